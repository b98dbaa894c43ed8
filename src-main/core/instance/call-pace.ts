/** How often one peer may want something that others are told of. Called by control-commands.ts and door.ts. */
import type { Clock } from '../../base/clock.ts'
import { Fault, type FaultCode } from '../../contract/faults.ts'

/** More than a person wants, and few enough that nobody's log or device suffers. */
export const MAX_CALLS_PER_PERIOD = 10
/** In ms. */
export const PERIOD_MS = 1000

export interface Pace {
  /** So often … */
  readonly most: number
  /** … in so long, in ms. */
  readonly periodMs: number
  /** What is told to one who calls more often. */
  readonly tooOften: readonly [FaultCode, string]
}

const CONTROL: Pace = {
  most: MAX_CALLS_PER_PERIOD,
  periodMs: PERIOD_MS,
  tooOften: ['usage', 'This computer asks for the control too often. Wait a second and try again.']
}

export class CallPace {
  readonly #clock: Clock
  readonly #pace: Pace
  /** By peer: when its period began, and how often it called since. */
  readonly #periods = new Map<string, { readonly beginMs: number; count: number }>()

  constructor(clock: Clock, pace: Pace = CONTROL) {
    this.#clock = clock
    this.#pace = pace
  }

  /** Throws the Fault of the pace for one who calls too often. */
  count(peer: string): void {
    const { most, periodMs, tooOften } = this.#pace
    const nowMs = this.#clock.nowMs()
    for (const [id, { beginMs }] of this.#periods) if (nowMs - beginMs >= periodMs) this.#periods.delete(id)
    const period = this.#periods.get(peer) ?? { beginMs: nowMs, count: 0 }
    this.#periods.set(peer, period)
    if (++period.count > most) throw new Fault(...tooOften)
  }
}
