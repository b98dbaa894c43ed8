/** How often one peer may want something that others are told of. Called by control-commands.ts. */
import type { Clock } from '../../base/clock.ts'
import { Fault } from '../../contract/faults.ts'

/** More than a person wants, and few enough that nobody's log or device suffers. */
export const MAX_CALLS_PER_PERIOD = 10
/** In ms. */
export const PERIOD_MS = 1000

export class CallPace {
  readonly #clock: Clock
  /** By peer: when its period began, and how often it called since. */
  readonly #periods = new Map<string, { readonly beginMs: number; count: number }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Throws the Fault `usage` for one who calls too often. */
  count(peer: string): void {
    const nowMs = this.#clock.nowMs()
    for (const [id, { beginMs }] of this.#periods) if (nowMs - beginMs >= PERIOD_MS) this.#periods.delete(id)
    const period = this.#periods.get(peer) ?? { beginMs: nowMs, count: 0 }
    this.#periods.set(peer, period)
    if (++period.count > MAX_CALLS_PER_PERIOD)
      throw new Fault('usage', 'This computer asks for the control too often. Wait a second and try again.')
  }
}
