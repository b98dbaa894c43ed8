/** How far the wall clock is from the monotonic one that records have, the same for all recordings of a process. Called by ring-pool.ts. */

/** The wall clock is read in whole ms; what differs by less is how it is read, and by more, that it was set or the computer slept, in ms. */
const TOLERANCE_MS = 20

export interface WallOffsetOptions {
  /** The monotonic clock, ms. */
  readonly nowMs: () => number
  /** ms since 1970. */
  readonly wallMs?: () => number
  /** A first guess, exacter than a look at the wall clock can be. */
  readonly originMs?: number
}

export class WallOffset {
  readonly #options: WallOffsetOptions
  #offsetMs: number

  constructor(options: WallOffsetOptions) {
    this.#options = options
    this.#offsetMs = options.originMs ?? performance.timeOrigin
    this.look()
  }

  /** Add it to a time of the monotonic clock for ms since 1970, as of the last look. */
  get ms(): number {
    return this.#offsetMs
  }

  /** Looks at both clocks: answers whether it is another one now. */
  look(): boolean {
    const { nowMs, wallMs = Date.now } = this.#options
    const offsetMs = wallMs() + 0.5 - nowMs()
    if (Math.abs(offsetMs - this.#offsetMs) <= TOLERANCE_MS) return false
    this.#offsetMs = offsetMs
    return true
  }
}
