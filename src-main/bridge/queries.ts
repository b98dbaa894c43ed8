/**
 * Queries that came while a port was being opened: nobody can tell then what is in force, and whoever asked would take for the
 * device's what is only assumed. They wait until it is known, but not for ever. Called by to-device.ts.
 */
import type { Clock } from '../base/clock.ts'
import type { Disposable } from '../base/event.ts'

export class Queries {
  readonly #clock: Clock
  readonly #limitMs: number
  #waiting: (() => void)[] = []
  #limit: Disposable | undefined

  /** None waits longer than `limitMs`. */
  constructor(clock: Clock, limitMs: number) {
    this.#clock = clock
    this.#limitMs = limitMs
  }

  /** Calls `answer` with the others, once. */
  add(answer: () => void): void {
    this.#waiting.push(answer)
    this.#limit ??= this.#clock.after(this.#limitMs, () => this.answerAll())
  }

  answerAll(): void {
    this.#limit?.dispose()
    this.#limit = undefined
    const waiting = this.#waiting
    this.#waiting = []
    for (const answer of waiting) answer()
  }
}
