/**
 * A Session without a client, and where such Sessions come from: the double for everything that serves Sessions. The
 * client's side is held in the hand (`send`, `ask`, `askControl`, `end`) and writes down what it was told.
 */
import type { CloseReason } from '../contract/close.ts'
import type { ControlLines, ControlWish, LineSettings, LineWish, Purge } from '../contract/line.ts'
import { Emitter } from '../base/event.ts'
import type { MemoryDuplexOptions } from '../base/memory-duplex.ts'
import { MemoryDuplex } from '../base/memory-duplex.ts'
import type { Notice, Request, Session, SessionIdentity, SessionSource, Terms } from './session.ts'

const REFUSED: CloseReason = { code: 'refused', message: 'nobody serves this address' }

/** A request and its answers: one when all is well. */
export interface Asked<Actual> {
  readonly answers: Actual[]
}

export class MemorySession extends MemoryDuplex implements Session {
  readonly who: SessionIdentity
  readonly #applies = new Emitter<Request<LineWish, LineSettings>>()
  readonly #controls = new Emitter<Request<ControlWish, ControlLines>>()
  readonly #breaks = new Emitter<number>()
  readonly #purges = new Emitter<Purge>()
  readonly #inputEnds = new Emitter<void>()
  #probes = 0

  /** What it was told, in order. */
  readonly notices: Notice[] = []
  /** All answers in the order in which they came. */
  readonly answered: (LineSettings | ControlLines)[] = []
  /** Why it ended; undefined while it lives. */
  closeReason: CloseReason | undefined

  readonly onApply = this.#applies.event
  readonly onControl = this.#controls.event
  readonly onBreak = this.#breaks.event
  readonly onPurge = this.#purges.event
  readonly onInputEnd = this.#inputEnds.event

  constructor(
    label = 'memory',
    options: MemoryDuplexOptions & Partial<Pick<SessionIdentity, 'address' | 'peer' | 'use'>> = {}
  ) {
    super(options)
    const { address, peer, use } = options
    this.who = {
      kind: peer ? 'peer' : address ? 'address' : 'program',
      label,
      ...(address && { address }),
      ...(peer && { peer }),
      ...(use && { use })
    }
    this.onClose((reason) => {
      this.closeReason = reason
    })
  }

  notify(notice: Notice): void {
    this.notices.push(notice)
  }

  probe(): void {
    this.#probes += 1
  }

  // The client's side.

  get probes(): number {
    return this.#probes
  }

  ask(wish: LineWish): Asked<LineSettings> {
    return this.#ask(this.#applies, wish)
  }

  askControl(wish: ControlWish): Asked<ControlLines> {
    return this.#ask(this.#controls, wish)
  }

  askBreak(durationMs: number): void {
    this.#breaks.fire(durationMs)
  }

  askPurge(which: Purge): void {
    this.#purges.fire(which)
  }

  /** The client has sent everything, and waits for the answer. */
  endInput(): void {
    this.#inputEnds.fire()
  }

  /** The client is gone at once. */
  cut(reason: CloseReason = { code: 'error', message: 'connection reset' }): void {
    this.abort(reason)
  }

  #ask<Wish, Actual extends LineSettings | ControlLines>(
    requests: Emitter<Request<Wish, Actual>>,
    wish: Wish
  ): Asked<Actual> {
    const answers: Actual[] = []
    requests.fire({
      wish,
      answer: (actual) => {
        answers.push(actual)
        this.answered.push(actual)
      }
    })
    return { answers }
  }
}

export class MemorySource implements SessionSource {
  readonly address: string
  readonly #sessions = new Emitter<Session>()
  readonly terms: Terms
  #closed = false
  readonly onSession = this.#sessions.event

  constructor(address = 'memory:', terms: Terms = {}) {
    this.address = address
    this.terms = terms
  }

  get closed(): boolean {
    return this.#closed
  }

  /** A client comes. */
  connect<S extends Session>(session: S): S {
    if (this.#closed || !this.#sessions.hasListeners) session.abort(REFUSED)
    else this.#sessions.fire(session)
    return session
  }

  close(): Promise<void> {
    this.#closed = true
    return Promise.resolve()
  }
}
