/** How far the wall clock is from the monotonic one that records have, the same for all recordings of a process. Called by ring-pool.ts. */

/** The wall clock is read in whole ms; what differs by less is how it is read, and by more, that it was set or the computer slept, in ms. */
const TOLERANCE_MS = 20
/** Two looks at the wall clock so near each other, in ms: nobody else had the processor between them. */
const AT_ONCE_MS = 5
/** Where the computer is busier than that, whoever comes next looks again. */
const TRIES = 3

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
    for (let tries = 0; tries < TRIES; tries++) {
      const wall = wallMs()
      const now = nowMs()
      const offsetMs = wall + 0.5 - now
      if (Math.abs(offsetMs - this.#offsetMs) <= TOLERANCE_MS) return false
      // Far off: the clock was set, or the process waited for its turn between both looks.
      if (Math.abs(wallMs() - wall) > AT_ONCE_MS) continue
      this.#offsetMs = offsetMs
      return true
    }
    return false
  }
}
