/** When the records of a replay are due. Pure: the caller has the clock. */
import type { ReplaySpec } from '../../contract/recording.ts'

const NS_PER_MS = 1e6

/** Timers are no finer, in ms: what is due within that goes at once, and the times stay right on the whole. */
const FINEST_MS = 1

export class ReplayPace {
  /** 0: without pause. */
  readonly #factor: number
  #first: { readonly timeNs: number; readonly nowMs: number } | undefined
  #delayMs = 0

  constructor(timing: ReplaySpec['timing'] = 'original') {
    this.#factor = timing === 'fast' ? 0 : timing === 'original' ? 1 : timing.factor
  }

  /** How long the record of that time has to wait yet, in ms; the first one waits for nothing. */
  waitMs(timeNs: number, nowMs: number): number {
    if (this.#factor === 0) return 0
    this.#first ??= { timeNs, nowMs }
    const dueMs = this.#first.nowMs + this.#delayMs + (timeNs - this.#first.timeNs) / NS_PER_MS / this.#factor
    return dueMs - nowMs > FINEST_MS ? dueMs - nowMs : 0
  }

  /** It stood still for so long. */
  delay(ms: number): void {
    this.#delayMs += ms
  }
}
