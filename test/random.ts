/** Repeatable randomness for property tests: the same seed, the same numbers (xorshift32). */
export class Random {
  #state: number

  /** `seed`: any integer but 0. */
  constructor(seed: number) {
    this.#state = seed | 0 || 1
  }

  /** An integer from 0 to below `limit`. */
  below(limit: number): number {
    this.#state ^= this.#state << 13
    this.#state ^= this.#state >>> 17
    this.#state ^= this.#state << 5
    return (this.#state >>> 0) % limit
  }

  pick<T>(choices: readonly T[]): T {
    const choice = choices[this.below(choices.length)]
    if (choice === undefined) throw new Error('nothing to pick from')
    return choice
  }
}
