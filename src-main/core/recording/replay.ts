/**
 * The topic `replay`: one direction of a capture sent again to a share, a link or any port, in the times it had or quicker. It is a user like
 * any other one, who waits for the port and for its turn to write. Called by the backend of an instance.
 */
import type { FileHandle } from 'node:fs/promises'
import type { Clock } from '../../base/clock.ts'
import { sleep } from '../../base/clock.ts'
import type { Disposable } from '../../base/event.ts'
import { once } from '../../base/event.ts'
import { Fault, toFault } from '../../contract/faults.ts'
import type { ReplayItem } from '../../contract/recording.ts'
import type { TrafficEvent } from '../../contract/traffic.ts'
import type { TopicArguments } from '../../contract/topics.ts'
import type { Subscriber } from '../../rpc/subscription.ts'
import { ReplaySession } from '../../sessions/replay-session.ts'
import type { Core } from '../core.ts'
import type { Joined } from '../users.ts'
import { portionsOf, type Portion } from './capture-reader.ts'
import { ReplayPace } from './replay-pace.ts'

/** How often it says how far it is, in ms. */
const PROGRESS_MS = 250
/** Bytes that are sent before others have their turn. */
const BREATH = 64 * 1024

export interface ReplayOptions {
  readonly core: Pick<Core, 'joined' | 'join'>
  readonly clock: Clock
  readonly open: (name: string) => Promise<FileHandle>
}

/** Never throws: what it comes to ends the subscription. Disposing cancels. */
export function replay(
  options: ReplayOptions,
  spec: TopicArguments<'replay'>,
  subscriber: Subscriber
): Disposable {
  const running = new Replay(options, spec, subscriber)
  void running.run()
  return running
}

class Replay implements Disposable {
  readonly #options: ReplayOptions
  readonly #spec: TopicArguments<'replay'>
  readonly #subscriber: Subscriber
  readonly #session = new ReplaySession()
  readonly #pace: ReplayPace
  readonly #over = new AbortController()
  #where: Joined | undefined
  #number = 0
  #bytes = 0
  #sinceBreath = 0
  #toldMs = -Infinity
  #waits: 'port' | 'control' | undefined

  constructor(options: ReplayOptions, spec: TopicArguments<'replay'>, subscriber: Subscriber) {
    this.#options = options
    this.#spec = spec
    this.#subscriber = subscriber
    this.#pace = new ReplayPace(spec.timing)
    this.#session.onClose((reason) =>
      this.#over.abort(new Fault('peer-closed', `The replay was ended: ${reason.message}.`))
    )
  }

  dispose(): void {
    this.#over.abort(new Fault('peer-closed', 'The replay was called off.'))
    this.#session.leave()
  }

  async run(): Promise<void> {
    const { open } = this.#options
    try {
      const handle = await open(this.#spec.source)
      try {
        await this.#join()
        for await (const portion of portionsOf(handle)) if (portion.index === 0) await this.#portion(portion)
      } finally {
        await handle.close()
      }
      await this.#breath()
      const lost = this.#state?.sessions.find(({ id }) => id === this.#number)?.lostToDevice ?? 0
      this.#subscriber.send({ type: 'done', bytes: this.#bytes, lost } satisfies ReplayItem)
      this.#session.leave()
      this.#subscriber.end()
    } catch (error) {
      this.#session.leave()
      this.#subscriber.end(toFault(error))
    }
  }

  get #state() {
    return this.#where?.state
  }

  async #join(): Promise<void> {
    const { to } = this.#spec
    const { core } = this.#options
    const shown = (link: Joined, session: number | undefined): void => {
      if (session === undefined) throw new Fault('usage', `${link.state.name} takes no more users just now.`)
      this.#where = link
      this.#number = session
      this.#tell({ type: 'joined', id: link.state.id, session })
    }
    if ('port' in to) {
      await core.join(to.port, this.#session, {}, shown)
      return
    }
    const link = core.joined(to.id)
    shown(link, link.admit(this.#session, {}))
  }

  async #portion({ slice: { page, from, to } }: Portion): Promise<void> {
    const { records, direction, settings } = this.#spec
    for (let record = from; record < to; record++) {
      const number = page.first + record
      if (number < records.from || number >= (records.to ?? Infinity)) continue
      const event = settings ? page.event(record) : undefined
      if (event && !isReplayed(event)) continue
      if (!event && (page.isEvent(record) || page.direction(record) !== direction)) continue
      await this.#due(page.timeNs(record))
      await this.#ready()
      if (event) await this.#event(event)
      else await this.#send(page.bytes(record).slice())
      this.#progress(number)
    }
  }

  async #due(timeNs: number): Promise<void> {
    const { clock } = this.#options
    const waitMs = this.#pace.waitMs(timeNs, clock.nowMs())
    if (waitMs > 0) await sleep(clock, waitMs, this.#over.signal)
    this.#over.signal.throwIfAborted()
  }

  /** The port is open and it is ours to write; the times of the rest move by the wait. */
  async #ready(): Promise<void> {
    const { clock } = this.#options
    const sinceMs = clock.nowMs()
    for (let waits = this.#waiting; waits; waits = this.#waiting) {
      if (waits !== this.#waits) this.#tell({ type: 'waiting', for: waits })
      this.#waits = waits
      if (this.#where) await once(this.#where.onState, this.#over.signal)
      this.#over.signal.throwIfAborted()
    }
    if (this.#waits) this.#pace.delay(clock.nowMs() - sinceMs)
    this.#waits = undefined
  }

  get #waiting(): 'port' | 'control' | undefined {
    const state = this.#state
    if (state?.state.type !== 'open') return 'port'
    return state.sessions.find(({ id }) => id === this.#number)?.writer ? undefined : 'control'
  }

  async #send(bytes: Uint8Array): Promise<void> {
    await this.#session.send(bytes)
    this.#bytes += bytes.length
    this.#sinceBreath += bytes.length
    if (this.#sinceBreath >= BREATH) await this.#breath()
  }

  async #event(event: TrafficEvent): Promise<void> {
    if (event.type === 'settings') await this.#answered(this.#session.apply(event.settings))
    else if (event.type === 'lines') await this.#answered(this.#session.control(event.lines))
    else if (event.type === 'break') this.#session.sendBreak(event.durationMs)
  }

  /** One that left is answered nothing. */
  async #answered(answer: Promise<unknown>): Promise<void> {
    const { signal } = this.#over
    let cancel: () => void = () => undefined
    const over = new Promise<void>((resolve) => (cancel = resolve))
    signal.addEventListener('abort', cancel, { once: true })
    await Promise.race([answer, over])
    signal.removeEventListener('abort', cancel)
    signal.throwIfAborted()
  }

  async #breath(): Promise<void> {
    this.#sinceBreath = 0
    await new Promise((resolve) => setImmediate(resolve))
    this.#over.signal.throwIfAborted()
  }

  #progress(record: number): void {
    const nowMs = this.#options.clock.nowMs()
    if (nowMs < this.#toldMs + PROGRESS_MS || this.#subscriber.credit < 2) return
    this.#toldMs = nowMs
    this.#tell({ type: 'progress', record, bytes: this.#bytes })
  }

  /** Where there is no credit it is left out; the last word always has one kept back. */
  #tell(item: ReplayItem): void {
    if (this.#subscriber.credit > 1) this.#subscriber.send(item)
  }
}

function isReplayed({ type }: TrafficEvent): boolean {
  return type === 'settings' || type === 'lines' || type === 'break'
}
