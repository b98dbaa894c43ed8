/** A bounded FIFO of chunks, counted in bytes. Chunks are kept as they came, never copied. */
export class ByteQueue {
  readonly #limit: number
  #chunks: Uint8Array[] = []
  #size = 0

  /** `limit` in bytes: what `push` accepts at the most. */
  constructor(limit: number) {
    this.#limit = limit
  }

  get size(): number {
    return this.#size
  }

  get full(): boolean {
    return this.#size >= this.#limit
  }

  /** Takes the chunk, or as much of it as there is room for; answers the number of bytes that were not taken. */
  push(chunk: Uint8Array): number {
    const room = this.#limit - this.#size
    if (room <= 0) return chunk.length
    const taken = chunk.length <= room ? chunk : chunk.subarray(0, room)
    this.#chunks.push(taken)
    this.#size += taken.length
    return chunk.length - taken.length
  }

  shift(): Uint8Array | undefined {
    const chunk = this.#chunks.shift()
    if (chunk) this.#size -= chunk.length
    return chunk
  }

  /** Empties the queue; answers how many bytes that lost. */
  clear(): number {
    const lost = this.#size
    this.#chunks = []
    this.#size = 0
    return lost
  }
}
