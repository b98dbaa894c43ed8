import { Share } from '../bridge/share.ts'
import type { CommandArguments } from '../contract/commands.ts'
import { SHUTDOWN } from '../contract/close.ts'
import type { ControlLines } from '../contract/line.ts'
import { AllowList } from '../net/allow-list.ts'
import { listen } from '../net/dial.ts'
import { parseEndpoint, type Endpoint } from '../net/endpoint.ts'
import { RemoteSource } from '../sessions/remote-source.ts'
import type { Terms } from '../sessions/session.ts'
import type { Report } from './notice.ts'
import { farOf, readTarget, withDefaults } from './targets.ts'

type ShareArguments = CommandArguments<'share.start'>
type ListenerArguments = Exclude<ShareArguments['listen'][number], string>

/**
 * Builds a share: its device looked at but not opened, its listeners accepting. Rejects with a Fault of kind `config` or
 * `device`; then nothing listens.
 */
export async function makeShare(
  id: string,
  name: string,
  spec: ShareArguments,
  report: Report
): Promise<Share> {
  const target = readTarget(spec.port, report)
  const doors = spec.listen.map((each) => readDoor(each, spec))
  if (!spec.wait) await target.check()
  const sources: RemoteSource[] = []
  try {
    for (const { endpoint, allowList, terms } of doors) {
      const listener = await listen(endpoint, {
        allowList,
        ...(spec.stallTimeoutMs !== undefined && { stallTimeoutMs: spec.stallTimeoutMs }),
        onRefused: ({ remote, why }) =>
          report({ level: 'warning', subject: name, text: `client refused: ${remote} (${why})` })
      })
      sources.push(new RemoteSource(listener, endpoint.protocol, terms))
    }
  } catch (error) {
    await Promise.all(sources.map((source) => source.close(SHUTDOWN)))
    throw error
  }
  return new Share({
    id,
    name,
    port: target.source,
    far: farOf(target),
    sources,
    settings: withDefaults(target),
    maxClients: spec.maxClients,
    writers: spec.writers,
    newcomer: spec.newcomer,
    keepSettings: spec.keepSettings ?? false,
    hold: spec.openAtStart ?? false,
    ...(spec.oneWay && { oneWay: spec.oneWay }),
    ...(spec.inactivityMs !== undefined && { inactivityMs: spec.inactivityMs }),
    ...(spec.keepOpenMs !== undefined && { keepOpenMs: spec.keepOpenMs }),
    ...(spec.port.noBreak && { unheeded: new Set<keyof ControlLines>(['break']) })
  })
}

interface Door {
  readonly endpoint: Endpoint
  readonly allowList: AllowList
  readonly terms: Terms
}

/** A listener as it was asked for; throws a Fault of kind `config`. */
function readDoor(listener: ShareArguments['listen'][number], { allow }: ShareArguments): Door {
  const given: ListenerArguments = typeof listener === 'string' ? { url: listener } : listener
  const { url, settings, observe } = given
  return {
    endpoint: parseEndpoint(url, 'listen'),
    allowList: new AllowList(given.allow ?? allow),
    terms: { ...(settings && { settings }), ...(observe && { observe }) }
  }
}
