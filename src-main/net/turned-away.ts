import type { Clock } from '../base/clock.ts'
import type { Disposable } from '../base/event.ts'
import type { Refusal } from './carrier.ts'

/** People are told of a sender at once, and of how much more came after a minute. */
export const SUMMARY_MS = 60_000

/** So many senders are told of by name within a minute; the rest are counted. */
export const MAX_NAMED = 8

/**
 * Refused datagrams, told so that a flood of them is no flood of messages: each sender once a minute, the rest as one number.
 * Called by the UDP listener.
 */
export class TurnedAway implements Disposable {
  readonly #clock: Clock
  readonly #tell: (refusal: Refusal) => void
  readonly #named = new Set<string>()
  #more = 0
  #timer: Disposable | undefined

  constructor(clock: Clock, tell: (refusal: Refusal) => void) {
    this.#clock = clock
    this.#tell = tell
  }

  /** One datagram; `key`: what it has in common with those that are told of together. */
  add(key: string, refusal: Refusal): void {
    this.#timer ??= this.#clock.after(SUMMARY_MS, () => this.#sum(), 'idle')
    if (this.#named.has(key) || this.#named.size >= MAX_NAMED) {
      this.#more++
      return
    }
    this.#named.add(key)
    this.#tell(refusal)
  }

  /** Tells the number that is still untold. */
  dispose(): void {
    if (this.#timer) this.#sum()
  }

  #sum(): void {
    this.#timer?.dispose()
    this.#timer = undefined
    this.#named.clear()
    if (this.#more === 0) return
    const why = `${this.#more} more datagrams within a minute, for the same reasons`
    this.#more = 0
    this.#tell({ remote: 'the same and others', why })
  }
}
