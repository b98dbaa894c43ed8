/** How long a record counts (RFC 6762 §5.2): asked for again at 80, 85, 90 and 95 % of its time, then it is over. */
import type { DnsRecord } from './message.ts'

/** Nobody keeps us asking several times a second, and nobody is believed longer than everything else is. */
const LEAST_MS = 10_000
const MOST_MS = 4_500_000
const REFRESH = [0.8, 0.85, 0.9, 0.95] as const

export class Lease {
  readonly sinceMs: number
  readonly ttlMs: number
  #asked: number

  /** `patience`: so many of the times to ask are left to whoever asks for something that brings this as well. */
  constructor({ ttl }: Pick<DnsRecord, 'ttl'>, nowMs: number, patience = 0) {
    this.sinceMs = nowMs
    this.ttlMs = Math.min(Math.max(ttl * 1000, LEAST_MS), MOST_MS)
    this.#asked = patience
  }

  isOver(nowMs: number): boolean {
    return nowMs >= this.sinceMs + this.ttlMs
  }

  /** More than half of it is left: nobody need say it again. */
  isFresh(nowMs: number): boolean {
    return nowMs < this.sinceMs + this.ttlMs / 2
  }

  /** Whole seconds. */
  left(nowMs: number): number {
    return Math.max(0, Math.floor((this.sinceMs + this.ttlMs - nowMs) / 1000))
  }

  /** True once for each time to ask. */
  isDue(nowMs: number): boolean {
    const part = REFRESH[this.#asked]
    if (part === undefined || nowMs < this.sinceMs + this.ttlMs * part) return false
    this.#asked++
    return true
  }
}
