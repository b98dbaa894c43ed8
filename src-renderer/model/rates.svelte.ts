/** How fast bytes go through each share and link: the core tells totals, the page looks at them each second. */
import type { StateTree } from '../../src-main/contract/state.ts'
import type { Clock } from '../../src-main/base/clock.ts'
import type { Disposable } from '../../src-main/base/event.ts'

/** What a sparkline shows, in seconds. */
export const RATE_SECONDS = 30
const PERIOD_MS = 1000

/** Bytes in each of the last seconds, both ways together; the newest last. */
export type Rates = Readonly<Record<string, readonly number[]>>

/** The rates a period later. What is new counts from now on; a total that fell is one that was begun anew. */
export function nextRates(
  rates: Rates,
  before: StateTree['bridges'],
  after: StateTree['bridges'],
  seconds: number
): Rates {
  const next: Record<string, readonly number[]> = {}
  for (const [id, bridge] of Object.entries(after)) {
    const old = before[id]
    const moved = old
      ? bridge.bytesToDevice + bridge.bytesFromDevice - old.bytesToDevice - old.bytesFromDevice
      : 0
    next[id] = [...(rates[id] ?? []), Math.max(0, moved) / seconds].slice(-RATE_SECONDS)
  }
  return next
}

export class RateWatch implements Disposable {
  readonly #timer: Disposable
  #before: StateTree['bridges'] = {}
  #beforeMs: number
  rates = $state.raw<Rates>({})

  constructor(tree: () => StateTree, clock: Clock) {
    this.#beforeMs = clock.nowMs()
    this.#timer = clock.every(PERIOD_MS, () => {
      const { bridges } = tree()
      const nowMs = clock.nowMs()
      this.rates = nextRates(this.rates, this.#before, bridges, (nowMs - this.#beforeMs) / 1000)
      this.#before = bridges
      this.#beforeMs = nowMs
    })
  }

  /** Of all together, in bytes/s. */
  get total(): number {
    return Object.values(this.rates).reduce((sum, each) => sum + (each.at(-1) ?? 0), 0)
  }

  dispose(): void {
    this.#timer.dispose()
  }
}
