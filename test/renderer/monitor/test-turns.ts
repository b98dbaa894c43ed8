/** Turns that come when the test says so. */
import type { Turns } from '../../../src-renderer/model/monitor/turns.ts'

export class TestTurns implements Turns {
  calls: (() => void)[] = []

  nowMs(): number {
    return performance.now()
  }

  soon(call: () => void): void {
    this.calls.push(call)
  }

  frame(call: () => void): { dispose(): void } {
    this.calls.push(call)
    return { dispose: () => (this.calls = this.calls.filter((each) => each !== call)) }
  }

  /** One round; true: there was something to do. */
  turn(): boolean {
    const calls = this.calls.splice(0)
    for (const call of calls) call()
    return calls.length > 0
  }

  /** Until nothing is left to do; answers how many rounds that took. */
  settle(): number {
    let rounds = 0
    while (this.turn()) if (++rounds > 100_000) throw new Error('it never ends')
    return rounds
  }
}
