/**
 * What strangers' packets may take of the processor: each sender, and all together, a part of every second. What comes beyond is
 * dropped before it is decoded. Time itself is measured, so that few expensive packets count as much as many cheap ones.
 */
import { ALL_MS_PER_SECOND, SENDER_MS_PER_SECOND, SENDERS } from './limits.ts'

/** Runs empty by use, and full again in a second. */
class Allowance {
  readonly #perSecondMs: number
  #leftMs: number
  #atMs: number

  constructor(perSecondMs: number, nowMs: number) {
    this.#perSecondMs = perSecondMs
    this.#leftMs = perSecondMs
    this.#atMs = nowMs
  }

  has(nowMs: number): boolean {
    this.#leftMs = Math.min(
      this.#perSecondMs,
      this.#leftMs + ((nowMs - this.#atMs) * this.#perSecondMs) / 1000
    )
    this.#atMs = nowMs
    return this.#leftMs > 0
  }

  take(ms: number): void {
    this.#leftMs -= ms
  }
}

export class Flood {
  readonly #all: Allowance
  /** The one heard last is at the end. */
  readonly #senders = new Map<string, Allowance>()

  constructor(nowMs: number) {
    this.#all = new Allowance(ALL_MS_PER_SECOND, nowMs)
  }

  /** Runs `handle` where the sender's time and everybody's allow; `measureMs` is a clock for what it took. */
  run(sender: string, nowMs: number, measureMs: () => number, handle: () => void): boolean {
    const own = this.#sender(sender, nowMs)
    if (!own.has(nowMs) || !this.#all.has(nowMs)) return false
    const startMs = measureMs()
    handle()
    const tookMs = measureMs() - startMs
    own.take(tookMs)
    this.#all.take(tookMs)
    return true
  }

  #sender(sender: string, nowMs: number): Allowance {
    const own = this.#senders.get(sender) ?? new Allowance(SENDER_MS_PER_SECOND, nowMs)
    this.#senders.delete(sender)
    this.#senders.set(sender, own)
    if (this.#senders.size > SENDERS) {
      const [oldest] = this.#senders.keys()
      if (oldest !== undefined) this.#senders.delete(oldest)
    }
    return own
  }
}
