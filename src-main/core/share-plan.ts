/**
 * What a share is to be, and how one is made of that and follows it when it changes while it runs: what stayed as it was goes on.
 * Called by switched-share.ts, one call at a time.
 */
import { DialOut } from '../bridge/dial-out.ts'
import { Share, type ShareRules } from '../bridge/share.ts'
import type { Trace } from '../capture/trace.ts'
import type { CloseReason } from '../contract/close.ts'
import type { CommandArguments } from '../contract/commands.ts'
import type { LineWish } from '../contract/line.ts'
import { DEFAULT_STALL_TIMEOUT_MS } from '../net/carrier.ts'
import { dial } from '../net/dial.ts'
import { parseEndpoint } from '../net/endpoint.ts'
import { shownTarget } from '../ports/program/secrets.ts'
import type { PortSource } from '../ports/port.ts'
import { RemoteSession } from '../sessions/remote.ts'
import type { Context } from './context.ts'
import { openDoor, readDoors, wordsOf } from './doors.ts'
import { Doorways } from './doorways.ts'
import type { Report } from './notice.ts'
import { recorded } from './recorded.ts'
import { ShareWords } from './share-words.ts'
import { farOf, readTarget, withDefaults } from './targets.ts'
import { withStrings } from './with-strings.ts'

export type ShareArguments = CommandArguments<'share.start'>

const DIALS_NO_MORE: CloseReason = { code: 'ended', message: 'it is not dialled any more' }

export class SharePlan {
  readonly #id: string
  readonly #context: Context
  #spec: ShareArguments
  readonly #doorways: Doorways
  /** Of the share that was made last. */
  #texts: ShareWords
  #share: Share | undefined
  #name = ''
  /** By what is dialled and when; each of them once. */
  #dials = new Map<string, DialOut>()

  /** Throws the Fault of words that no time mends. */
  constructor(id: string, spec: ShareArguments, context: Context) {
    this.#id = id
    this.#spec = spec
    this.#context = context
    this.#texts = new ShareWords({ device: '', name: '', settings: {} }, () => undefined)
    this.#doorways = new Doorways({
      doors: readDoors(spec),
      open: (door, waiting) =>
        openDoor(door, waiting, {
          ...context,
          report: this.#report,
          behind: { shares: [{ id, name: this.#name }], name: this.#name },
          texts: this.#texts
        })
    })
  }

  /**
   * Its device looked at but not opened, its listeners accepting. `settings`: its own ones, where they are others than it was asked for
   * with. Rejects with a Fault of kind `config` or `device`; then nothing listens.
   */
  async make(name: string, settings?: LineWish): Promise<Share> {
    const spec = this.#spec
    const target = readTarget(settings ? { ...spec.port, settings } : spec.port, this.#context)
    this.#name = name
    this.#share = undefined
    // The texts are asked for when there is somebody to tell: the share is there by then.
    const facts = { device: shownTarget(spec.port.target), name, settings: withDefaults(target) }
    this.#texts = new ShareWords(facts, () => this.#share && { ...this.#share.state, own: this.#share.own })
    if (!spec.wait) await target.check()
    const traces = await this.#traces()
    const doors = await this.#doorways.open(spec.wait ? 'address' : 'no')
    this.#dials = new Map()
    this.#share = new Share({
      id: this.#id,
      name,
      port: this.#stringed(target.source),
      recorders: [...traces, ...recorded(this.#context, spec)],
      far: farOf(target),
      sources: [...doors, ...this.#dialled(spec)],
      settings: withDefaults(target),
      ...(spec.oneWay && { oneWay: spec.oneWay }),
      ...rulesOf(spec)
    })
    // Once it was told that it listens, and not with the first client, who would wait for it. What is wrong then is said then.
    setImmediate(() => void target.load?.().catch(() => undefined))
    return this.#share
  }

  /**
   * Ends what the new words have no place for, so that its addresses are free for others. `share`: the one that was made, where it
   * runs. Rejects with the Fault of words that no time mends.
   */
  async shed(spec: ShareArguments, share: Share | undefined): Promise<void> {
    const kept = new Map(keyed(spec))
    const gone = [...this.#dials].filter(([key]) => !kept.has(key))
    for (const [key] of gone) this.#dials.delete(key)
    await Promise.all([
      this.#doorways.shed(readDoors(spec), share),
      ...gone.map(([, dialled]) => share?.shut(dialled, DIALS_NO_MORE))
    ])
  }

  /** It is this from now on, but for its device and what is written down of its traffic. As `shed`, and what is new begins. */
  async amend(spec: ShareArguments, share: Share | undefined): Promise<void> {
    await this.shed(spec, share)
    this.#spec = spec
    recorded(this.#context, spec)
    const doors = await this.#doorways.amend(readDoors(spec), share)
    if (!share) return
    share.amend(rulesOf(spec))
    await share.arrange([...doors, ...this.#dialled(spec)])
  }

  /** What is said of the share is said of what it is called by now. */
  readonly #report: Report = (notice) =>
    this.#context.report(
      notice.subject === this.#name ? { ...notice, subject: this.#share?.name ?? this.#name } : notice
    )

  /** In the order asked for. */
  #dialled(spec: ShareArguments): DialOut[] {
    return keyed(spec).map(([key, each]) => {
      const dialled = this.#dials.get(key) ?? this.#dial(each)
      this.#dials.set(key, dialled)
      return dialled
    })
  }

  #dial({ url, when }: ShareArguments['dial'][number]): DialOut {
    const endpoint = parseEndpoint(url)
    const { tls } = this.#context
    const warn = (text: string): void => this.#report({ level: 'warning', subject: url, text })
    return new DialOut({
      label: url,
      when,
      dial: async (signal) => {
        // Its far end is a client: one that takes nothing must not hold the device up for ever.
        const { stallTimeoutMs = DEFAULT_STALL_TIMEOUT_MS } = this.#spec
        const connection = await dial(endpoint, {
          signal,
          warn,
          stallTimeoutMs,
          tls: tls && (() => tls.dialling())
        })
        const words = wordsOf(this.#spec)
        const greeting = this.#texts.greeting({ url, words }, connection.remoteAddress ?? '')
        return new RemoteSession(connection, endpoint.protocol, greeting)
      }
    })
  }

  /** With the strings that its device is sent. */
  #stringed(source: PortSource): PortSource {
    const { openString = '', closeString = '' } = this.#spec
    const [texts, subject] = [this.#texts, this.#name]
    if (openString === '' && closeString === '') return source
    return withStrings(source, {
      open: (settings) => texts.forDevice(openString, settings),
      close: (settings) => texts.forDevice(closeString, settings),
      closeLost: (bytes) =>
        this.#report({ level: 'warning', subject, text: `${bytes} bytes of the close string were not sent` })
    })
  }

  async #traces(): Promise<Trace[]> {
    const { trace } = this.#spec
    const [texts, subject] = [this.#texts, this.#name]
    if (trace.length === 0) return []
    const { Trace } = await import('../capture/trace.ts')
    return [
      new Trace({
        traces: trace,
        pathOf: (file, time, client) => texts.fileName(file, time, client),
        report: (text) => this.#report({ level: 'warning', subject, text })
      })
    ]
  }
}

function rulesOf(spec: ShareArguments): ShareRules {
  const { maxClients, writers, newcomer, keepSettings = false, inactivityMs, keepOpenMs } = spec
  return {
    ...{ maxClients, writers, newcomer, keepSettings },
    // Who waits for the device to speak has to listen to it.
    hold: (spec.openAtStart ?? false) || spec.dial.some(({ when }) => when === 'data'),
    ...(inactivityMs !== undefined && { inactivityMs }),
    ...(keepOpenMs !== undefined && { keepOpenMs })
  }
}

/** Of each that is dialled, in their order; one that is dialled in the same way twice has two. */
function keyed({ dial }: ShareArguments): [string, ShareArguments['dial'][number]][] {
  const had = new Map<string, number>()
  return dial.map((each) => {
    const key = `${each.when} ${each.url}`
    const count = (had.get(key) ?? 0) + 1
    had.set(key, count)
    return [`${key} ${count}`, each]
  })
}
