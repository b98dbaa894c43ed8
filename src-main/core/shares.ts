import { DialOut } from '../bridge/dial-out.ts'
import { Share } from '../bridge/share.ts'
import type { CommandArguments } from '../contract/commands.ts'
import { Fault } from '../contract/faults.ts'
import { Trace } from '../capture/trace.ts'
import type { LineWish } from '../contract/line.ts'
import { DEFAULT_STALL_TIMEOUT_MS } from '../net/carrier.ts'
import { checkServed, dial } from '../net/dial.ts'
import { parseEndpoint } from '../net/endpoint.ts'
import type { PortSource } from '../ports/port.ts'
import { RemoteSession } from '../sessions/remote.ts'
import type { Context } from './context.ts'
import { openDoors, readDoors, wordsOf } from './doors.ts'
import { shownTarget } from '../ports/program/secrets.ts'
import type { Report } from './notice.ts'
import { ShareWords } from './share-words.ts'
import { SwitchedShare } from './switched-share.ts'
import { farOf, readTarget, withDefaults } from './targets.ts'
import { withStrings } from './with-strings.ts'

type ShareArguments = CommandArguments<'share.start'>

/** A share that can be switched; on unless the spec says otherwise. Rejects as `makeShare`. */
export async function startShare(
  id: string,
  name: string,
  spec: ShareArguments,
  context: Context
): Promise<SwitchedShare> {
  checkWords(spec, context)
  let { listen } = spec
  const { defaults } = readTarget(spec.port, context)
  const own = (settings: LineWish): LineWish => withDefaults({ defaults, settings })
  const off = { id, name, port: shownTarget(spec.port.target), own: own(spec.port.settings) }
  const share = new SwitchedShare(off, async (called, settings) => {
    const port = settings ? { ...spec.port, settings } : spec.port
    const made = await makeShare(id, called, { ...spec, port, listen }, context)
    // Where it took any free port, it is found there again when it was switched off and on.
    listen = withAddresses(listen, made.state.addresses)
    return made
  })
  if (!spec.disabled) await share.enable()
  return share
}

/** What can be found wrong without looking at the device: also for a share that starts switched off. Throws a Fault. */
export function checkWords(spec: ShareArguments, context: Context): void {
  if (spec.listen.length + spec.dial.length === 0 && !spec.pooled)
    throw new Fault('usage', `Where shall ${shownTarget(spec.port.target)} be reached? Give it a listener.`)
  checkRules(spec)
  readTarget(spec.port, context)
  readDoors(spec)
  for (const { url } of spec.dial) checkServed(parseEndpoint(url))
}

/** Rules that have no effect beside each other would leave whoever wrote them in a wrong belief. */
function checkRules({ newcomer, writers, maxClients, oneWay, dial }: ShareArguments): void {
  const takesOver = newcomer === 'take-over'
  if (takesOver && maxClients === 1)
    throw new Fault(
      'usage',
      'Where one client alone has a place, nobody can come and take over. Allow more clients, or have newcomers kick-old.'
    )
  if (takesOver && writers !== 'one')
    throw new Fault(
      'usage',
      `Nobody can take over where ${writers === 'all' ? 'all write' : 'nobody writes'}. Leave out one of the two.`
    )
  if (oneWay === 'to-device' && dial.some(({ when }) => when === 'data'))
    throw new Fault(
      'usage',
      'Where bytes go to the device alone, nobody is called because of what that says. Use --dial, or both ways.'
    )
}

function withAddresses(
  listeners: ShareArguments['listen'],
  addresses: readonly string[]
): ShareArguments['listen'] {
  return listeners.map((listener, index) => {
    const url = addresses[index]
    if (url === undefined) return listener
    return typeof listener === 'string' ? url : { ...listener, url }
  })
}

/**
 * Builds a share: its device looked at but not opened, its listeners accepting. Rejects with a Fault of kind `config` or
 * `device`; then nothing listens.
 */
async function makeShare(id: string, name: string, spec: ShareArguments, context: Context): Promise<Share> {
  const report: Report = (notice) =>
    context.report(notice.subject === name ? { ...notice, subject: share?.name ?? name } : notice)
  const target = readTarget(spec.port, context)
  const doors = readDoors(spec)
  // The texts are asked for when there is somebody to tell: the share is there by then.
  let share: Share | undefined = undefined as Share | undefined
  const facts = { device: shownTarget(spec.port.target), name, settings: withDefaults(target) }
  const texts = new ShareWords(facts, () => share?.state)
  const dials = spec.dial.map((each) => makeDial(each, spec, texts, { ...context, report }))
  if (!spec.wait) await target.check()
  const sources = [
    ...(await openDoors(doors, spec, { shares: [{ id, name }], name }, { ...context, report }, texts)),
    ...dials
  ]
  share = new Share({
    id,
    name,
    port: stringed(target.source, name, spec, texts, report),
    recorders: traces(name, spec, texts, report),
    far: farOf(target),
    sources,
    settings: withDefaults(target),
    maxClients: spec.maxClients,
    writers: spec.writers,
    newcomer: spec.newcomer,
    keepSettings: spec.keepSettings ?? false,
    // Who waits for the device to speak has to listen to it.
    hold: (spec.openAtStart ?? false) || spec.dial.some(({ when }) => when === 'data'),
    ...(spec.oneWay && { oneWay: spec.oneWay }),
    ...(spec.inactivityMs !== undefined && { inactivityMs: spec.inactivityMs }),
    ...(spec.keepOpenMs !== undefined && { keepOpenMs: spec.keepOpenMs })
  })
  return share
}

/** With the strings that its device is sent. */
function stringed(
  source: PortSource,
  name: string,
  { openString = '', closeString = '' }: ShareArguments,
  texts: ShareWords,
  report: Report
): PortSource {
  if (openString === '' && closeString === '') return source
  return withStrings(source, {
    open: (settings) => texts.forDevice(openString, settings),
    close: (settings) => texts.forDevice(closeString, settings),
    closeLost: (bytes) =>
      report({ level: 'warning', subject: name, text: `${bytes} bytes of the close string were not sent` })
  })
}

function traces(name: string, { trace }: ShareArguments, texts: ShareWords, report: Report): Trace[] {
  if (trace.length === 0) return []
  return [
    new Trace({
      traces: trace,
      pathOf: (file, time, client) => texts.fileName(file, time, client),
      report: (text) => report({ level: 'warning', subject: name, text })
    })
  ]
}

function makeDial(
  { url, when }: ShareArguments['dial'][number],
  spec: ShareArguments,
  texts: ShareWords,
  { report, tls }: Context
): DialOut {
  const endpoint = parseEndpoint(url)
  const words = wordsOf(spec)
  const warn = (text: string): void => report({ level: 'warning', subject: url, text })
  return new DialOut({
    label: url,
    when,
    dial: async (signal) => {
      // Its far end is a client: one that takes nothing must not hold the device up for ever.
      const { stallTimeoutMs = DEFAULT_STALL_TIMEOUT_MS } = spec
      const connection = await dial(endpoint, {
        signal,
        warn,
        stallTimeoutMs,
        tls: tls && (() => tls.dialling())
      })
      const greeting = texts.greeting({ url, words }, connection.remoteAddress ?? '')
      return new RemoteSession(connection, endpoint.protocol, greeting)
    }
  })
}
