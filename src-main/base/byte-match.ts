/**
 * Finds one byte string in a stream, however that is cut into chunks (Knuth, Morris and Pratt: a partial match is never begun
 * anew, so `ababc` is found in `abababc`).
 */
export class ByteMatch {
  readonly #pattern: Uint8Array
  /** For each number of matching bytes: how many of them still match when the next one does not. */
  readonly #fallback: Uint32Array
  #matched = 0

  /** An empty pattern is never found. */
  constructor(pattern: Uint8Array) {
    this.#pattern = pattern
    this.#fallback = new Uint32Array(pattern.length + 1)
    for (let at = 1, matched = 0; at < pattern.length; at++) {
      matched = this.#step(matched, pattern[at])
      this.#fallback[at + 1] = matched
    }
  }

  /** True when the pattern ends within this chunk, the chunks before it included; more than once counts as once. */
  seen(chunk: Uint8Array): boolean {
    const { length } = this.#pattern
    if (length === 0) return false
    let found = false
    for (const byte of chunk) {
      this.#matched = this.#step(this.#matched, byte)
      if (this.#matched < length) continue
      found = true
      this.#matched = this.#fallback[length] ?? 0
    }
    return found
  }

  #step(matched: number, byte: number | undefined): number {
    let now = matched
    while (now > 0 && this.#pattern[now] !== byte) now = this.#fallback[now] ?? 0
    return this.#pattern[now] === byte ? now + 1 : 0
  }
}
