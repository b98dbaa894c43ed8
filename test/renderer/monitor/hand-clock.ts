/** A clock that stands still until a test moves it, for tests of the page. */
import type { Disposable } from '../../../src-main/base/event.ts'
import type { Clock } from '../../../src-main/base/clock.ts'

interface Timer {
  readonly dueMs: number
  readonly call: () => void
}

export class HandClock implements Clock {
  #nowMs = 1000
  #timers: readonly Timer[] = []

  nowMs(): number {
    return this.#nowMs
  }

  get pending(): number {
    return this.#timers.length
  }

  after(delayMs: number, call: () => void): Disposable {
    const timer = { dueMs: this.#nowMs + delayMs, call }
    this.#timers = [...this.#timers, timer]
    return { dispose: () => (this.#timers = this.#timers.filter((each) => each !== timer)) }
  }

  every(): Disposable {
    throw new RangeError('nothing here does something every so often')
  }

  /** Moves on, firing what falls due on the way, and letting what waits for it go on. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms
    await settle()
    for (;;) {
      const [next] = this.#timers.filter(({ dueMs }) => dueMs <= endMs).sort((a, b) => a.dueMs - b.dueMs)
      if (!next) break
      this.#nowMs = next.dueMs
      this.#timers = this.#timers.filter((each) => each !== next)
      next.call()
      await settle()
    }
    this.#nowMs = endMs
  }
}

/** Lets promises go on, as many of them as wait for each other. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve))
}
