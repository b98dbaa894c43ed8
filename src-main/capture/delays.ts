/** How long things took, of any number of them in little memory. Made for both-ends.ts. */

export interface Latency {
  readonly p50Ms: number
  readonly p95Ms: number
  readonly maxMs: number
}

/** The most that are sorted: a percentile of so many is right to within a per cent. */
const MAX_KEPT = 4096

/** Delays as the two clocks have them, in ns. Of very many every 2nd, 4th, … is kept; the least and the largest are exact. */
export class Delays {
  #kept: number[] = []
  #every = 1
  #count = 0
  #leastNs = Infinity
  #mostNs = -Infinity

  get count(): number {
    return this.#count
  }

  /** Infinity where there is none. */
  get leastNs(): number {
    return this.#leastNs
  }

  /** Undefined where there is none. */
  get medianNs(): number | undefined {
    return new Float64Array(this.#kept).sort()[this.#kept.length >> 1]
  }

  add(delayNs: number): void {
    this.#leastNs = Math.min(this.#leastNs, delayNs)
    this.#mostNs = Math.max(this.#mostNs, delayNs)
    if (this.#count++ % this.#every !== 0) return
    this.#kept.push(delayNs)
    if (this.#kept.length < MAX_KEPT) return
    this.#kept = this.#kept.filter((_, index) => index % 2 === 0)
    this.#every *= 2
  }

  /** Undefined: there was none. `shiftNs`: add it for the real delays. */
  latency(shiftNs: number): Latency | undefined {
    if (this.#count === 0) return undefined
    const delays = new Float64Array(this.#kept).sort()
    const ms = (delayNs: number): number => (delayNs + shiftNs) / 1e6
    const at = (part: number): number =>
      ms(delays[Math.min(delays.length - 1, Math.floor(part * delays.length))] ?? 0)
    return { p50Ms: at(0.5), p95Ms: at(0.95), maxMs: ms(this.#mostNs) }
  }
}
