import type { Disposable } from '../src-main/base/event.ts'
import type { Clock } from '../src-main/base/clock.ts'

interface Timer {
  dueMs: number
  readonly periodMs: number | undefined
  readonly call: () => void
}

/** A clock that stands still until a test moves it. Timers fire in order of time. */
export class FakeClock implements Clock {
  #nowMs = 1000
  #timers: Timer[] = []

  nowMs(): number {
    return this.#nowMs
  }

  get pending(): number {
    return this.#timers.length
  }

  after(delayMs: number, call: () => void): Disposable {
    return this.#add({ dueMs: this.#nowMs + delayMs, periodMs: undefined, call })
  }

  every(periodMs: number, call: () => void): Disposable {
    return this.#add({ dueMs: this.#nowMs + periodMs, periodMs, call })
  }

  /** Moves on, firing what falls due on the way; promises that a timer settles run before the next timer. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms
    await settle()
    for (;;) {
      const next = this.#timers.filter((each) => each.dueMs <= endMs).sort((a, b) => a.dueMs - b.dueMs)[0]
      if (!next) break
      this.#nowMs = Math.max(this.#nowMs, next.dueMs)
      if (next.periodMs === undefined) this.#timers = this.#timers.filter((each) => each !== next)
      else next.dueMs += next.periodMs
      next.call()
      await settle()
    }
    this.#nowMs = endMs
  }

  #add(timer: Timer): Disposable {
    this.#timers.push(timer)
    return {
      dispose: () => {
        this.#timers = this.#timers.filter((each) => each !== timer)
      }
    }
  }
}

/** Lets promise callbacks run, a few deep. */
export async function settle(): Promise<void> {
  await new Promise<void>((resolve) => {
    setImmediate(resolve)
  })
}
