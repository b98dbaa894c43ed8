/** Waiting times between tries: doubling from the first to the longest, back to the first after a success. */
export class Backoff {
  readonly #firstMs: number
  readonly #longestMs: number
  #nextMs: number

  constructor(firstMs = 500, longestMs = 10_000) {
    this.#firstMs = firstMs
    this.#longestMs = longestMs
    this.#nextMs = firstMs
  }

  /** The time to wait before the next try, in ms. */
  next(): number {
    const delayMs = this.#nextMs
    this.#nextMs = Math.min(delayMs * 2, this.#longestMs)
    return delayMs
  }

  reset(): void {
    this.#nextMs = this.#firstMs
  }
}
