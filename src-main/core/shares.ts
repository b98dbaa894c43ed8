import { Share } from '../bridge/share.ts'
import type { CommandArguments } from '../contract/commands.ts'
import { SHUTDOWN } from '../contract/close.ts'
import { AllowList } from '../net/allow-list.ts'
import { listen } from '../net/dial.ts'
import { parseEndpoint } from '../net/endpoint.ts'
import { RemoteSource } from '../sessions/remote-source.ts'
import type { Report } from './notice.ts'
import { farOf, readTarget, withDefaults } from './targets.ts'

/**
 * Builds a share: its device looked at but not opened, its listeners accepting. Rejects with a Fault of kind `config` or
 * `device`; then nothing listens.
 */
export async function makeShare(
  id: string,
  name: string,
  spec: CommandArguments<'share.start'>,
  report: Report
): Promise<Share> {
  const target = readTarget(spec.port, report)
  const endpoints = spec.listen.map((url) => parseEndpoint(url, 'listen'))
  const allowList = new AllowList(spec.allow)
  if (!spec.wait) await target.check()
  const sources: RemoteSource[] = []
  try {
    for (const endpoint of endpoints) {
      const listener = await listen(endpoint, {
        allowList,
        ...(spec.stallTimeoutMs !== undefined && { stallTimeoutMs: spec.stallTimeoutMs }),
        onRefused: ({ remote, why }) =>
          report({ level: 'warning', subject: name, text: `client refused: ${remote} (${why})` })
      })
      sources.push(new RemoteSource(listener, endpoint.protocol))
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
    keepSettings: spec.keepSettings ?? false
  })
}
