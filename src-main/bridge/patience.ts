/** Waits as long as something goes on: gives up when a number of bytes stood still for too long. */
import type { Clock } from '../base/clock.ts'
import type { Disposable } from '../base/event.ts'

/** "Send and close at once": what is left is delivered as long as it moves at all. */
export const STANDSTILL_MS = 10_000

/** Often enough that a closing port is not noticed late, rarely enough to cost nothing. */
const LOOK_MS = 10

export class Patience implements Disposable {
  readonly #timer: Disposable

  /**
   * Looks at `left()` (bytes) until it is 0, then calls `done`. Calls `giveUp` instead when it did not change for `limitMs`.
   * Exactly one of both is called, once, and neither after `dispose`.
   */
  constructor(clock: Clock, limitMs: number, left: () => number, done: () => void, giveUp: () => void) {
    let last = left()
    let sinceMs = clock.nowMs()
    this.#timer = clock.every(LOOK_MS, () => {
      const now = left()
      if (now === 0) {
        this.#timer.dispose()
        done()
      } else if (now !== last) {
        last = now
        sinceMs = clock.nowMs()
      } else if (clock.nowMs() - sinceMs >= limitMs) {
        this.#timer.dispose()
        giveUp()
      }
    })
  }

  dispose(): void {
    this.#timer.dispose()
  }
}
