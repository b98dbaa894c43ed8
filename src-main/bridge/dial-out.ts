/**
 * A share that connects by itself, instead of waiting for clients: kept connected always, as two real ports that are one cable
 * over a network, or from the moment on in which the device says something. What answers is a session like any other. Called by
 * core, which brings the dialler; the Junction takes the sessions.
 */
import { Backoff } from '../base/backoff.ts'
import type { Clock } from '../base/clock.ts'
import { sleep, systemClock } from '../base/clock.ts'
import { Emitter, once } from '../base/event.ts'
import { SHUTDOWN } from '../contract/close.ts'
import { Fault, toFault } from '../contract/faults.ts'
import type { Session, SessionSource } from '../sessions/session.ts'
import { STABLE_MS } from './keeper.ts'

export interface DialOutOptions {
  /** The URL, for people. */
  readonly label: string
  /** Rejects with a Fault or with the signal's reason. */
  readonly dial: (signal: AbortSignal) => Promise<Session>
  /** `always`, or `data`: when the device says something. */
  readonly when: 'always' | 'data'
  readonly clock?: Clock
}

/** What the device may say before somebody answers; what goes beyond is lost and counted. In bytes. */
export const EARLY_LIMIT = 64 * 1024

export class DialOut implements SessionSource {
  readonly address: string
  readonly outward = true
  readonly #options: DialOutOptions
  readonly #clock: Clock
  readonly #sessions = new Emitter<Session>()
  readonly #faults = new Emitter<Fault>()
  readonly #lost = new Emitter<number>()
  readonly #end = new AbortController()
  #early: Uint8Array[] = []
  #earlySize = 0
  /** Somebody is there. */
  #session: Session | undefined
  #running: Promise<void> | undefined
  /** Aborted when the next try shall be now; undefined: none is waited for. */
  #waiting: AbortController | undefined
  #told = ''

  readonly onSession
  readonly onFault = this.#faults.event
  /** Absent where it does not matter what the device says. */
  readonly ear: SessionSource['ear']

  constructor(options: DialOutOptions) {
    this.address = options.label
    this.#options = options
    this.#clock = options.clock ?? systemClock
    const always = options.when === 'always'
    this.onSession = (listener: (session: Session) => void) => {
      const subscription = this.#sessions.event(listener)
      if (always) this.#begin()
      return subscription
    }
    this.ear = always
      ? undefined
      : { hear: (chunk) => this.#hear(chunk), take: () => this.#take(), onLost: this.#lost.event }
  }

  /** See SessionSource. */
  retry(): void {
    this.#waiting?.abort()
  }

  /** A session that lives goes on to its own end. */
  async close(): Promise<void> {
    this.#end.abort()
    const untold = this.#earlySize
    this.#take()
    if (untold > 0) this.#lost.fire(untold)
    await this.#running
  }

  #begin(): void {
    if (this.#end.signal.aborted) return
    this.#running ??= this.#run(this.#end.signal).finally(() => {
      this.#running = undefined
    })
  }

  /** Until there is nothing to connect for. */
  async #run(signal: AbortSignal): Promise<void> {
    const backoff = new Backoff()
    while (!signal.aborted) {
      const startedMs = this.#clock.nowMs()
      const fault = await this.#once(signal)
      if (this.#clock.nowMs() - startedMs >= STABLE_MS) backoff.reset()
      // Whoever connects for the device's sake has done it, and waits for its next word.
      if (!fault && this.#options.when === 'data' && this.#earlySize === 0) return
      await this.#wait(backoff, signal)
    }
  }

  async #wait(backoff: Backoff, signal: AbortSignal): Promise<void> {
    const hastened = new AbortController()
    this.#waiting = hastened
    await sleep(this.#clock, backoff.next(), AbortSignal.any([signal, hastened.signal])).catch(
      () => undefined
    )
    if (hastened.signal.aborted) backoff.reset()
    this.#waiting = undefined
  }

  /** Connects and stays. Answers why it could not connect. */
  async #once(signal: AbortSignal): Promise<Fault | undefined> {
    try {
      const session = await this.#options.dial(signal)
      if (this.#isEnded()) {
        session.abort(SHUTDOWN)
        return undefined
      }
      this.#told = ''
      this.#session = session
      const ended = once(session.onClose)
      // Within that event: what the device says next is for the next one.
      session.onClose(() => (this.#session = undefined))
      this.#sessions.fire(session)
      await ended
      return undefined
    } catch (error) {
      if (this.#isEnded()) return undefined
      const fault = toFault(error)
      this.#tell(fault)
      return fault
    }
  }

  /** Once per cause, so that a far computer that stays away is one line. */
  #tell(fault: Fault): void {
    if (fault.message === this.#told) return
    this.#told = fault.message
    this.#faults.fire(new Fault(fault.code, `${fault.message} It is tried again.`, fault.cause))
  }

  #hear(chunk: Uint8Array): void {
    if (this.#session || this.#end.signal.aborted) return
    const room = Math.min(EARLY_LIMIT - this.#earlySize, chunk.length)
    if (room > 0) this.#early.push(chunk.subarray(0, room))
    this.#earlySize += room
    if (room < chunk.length) this.#lost.fire(chunk.length - room)
    this.#begin()
  }

  #take(): Uint8Array[] {
    const early = this.#early
    this.#early = []
    this.#earlySize = 0
    return early
  }

  /** A method and not the signal itself, since it may change while something is waited for. */
  #isEnded(): boolean {
    return this.#end.signal.aborted
  }
}
