/** When work of a window is done: in the next frame, or as soon as everything else had its turn. */
import type { Disposable } from '../../../src-main/base/event.ts'

export interface Turns {
  nowMs(): number
  /** Soon, but behind what waits already: input, frames. */
  soon(call: () => void): void
  /** Before the next frame is drawn; a window that nobody sees has no frames, and is told once a second. */
  frame(call: () => void): Disposable
}

const UNSEEN_MS = 1000

class PageTurns implements Turns {
  readonly #channel = new MessageChannel()
  #calls: (() => void)[] = []

  constructor() {
    this.#channel.port1.onmessage = () => {
      const calls = this.#calls
      this.#calls = []
      for (const call of calls) call()
    }
  }

  nowMs(): number {
    return performance.now()
  }

  soon(call: () => void): void {
    // Timers would wait for 4 ms each, and in a window that nobody sees for a second.
    if (this.#calls.push(call) === 1) this.#channel.port2.postMessage(undefined)
  }

  frame(call: () => void): Disposable {
    const over = (): void => {
      cancelAnimationFrame(frame)
      clearTimeout(timer)
    }
    const due = (): void => {
      over()
      call()
    }
    const frame = requestAnimationFrame(due)
    const timer = setTimeout(due, UNSEEN_MS)
    return { dispose: over }
  }
}

let turns: Turns | undefined

/** Those of this window. */
export function pageTurns(): Turns {
  return (turns ??= new PageTurns())
}
