/** Bytes in one slab: at 4 KiB a read, one allocation serves at least sixteen reads. */
export const SLAB_SIZE = 64 * 1024

/** The most that one read takes. At 64 KiB a read, 5.7 s of data at 115,200 bit/s would queue behind one chunk. */
export const PIECE_SIZE = 4 * 1024

/** A rest smaller than this is given up for a fresh slab: tiny reads cost more than the memory they save. */
export const SMALLEST_PIECE = 512

/**
 * Room for what a descriptor reads, one Slab for each reader: `next` offers the free piece, `take` hands on what was read
 * into it. What was taken is never written again, so anybody may keep it without a copy; the price is that a kept byte
 * keeps its whole 64 KiB slab.
 *
 * The pieces are Buffers, as `indexOf` on a plain Uint8Array is some thirty times slower.
 */
export class Slab {
  #slab: Buffer | undefined
  #offset = 0

  /** The piece to read into, `SMALLEST_PIECE` to `PIECE_SIZE` bytes; the same bytes again until something is taken. */
  next(): Buffer {
    if (!this.#slab || this.#slab.length - this.#offset < SMALLEST_PIECE) {
      // The slow kind: never a slice of Node's own pool, which others write to.
      this.#slab = Buffer.allocUnsafeSlow(SLAB_SIZE)
      this.#offset = 0
    }
    return this.#slab.subarray(this.#offset, Math.min(this.#offset + PIECE_SIZE, this.#slab.length))
  }

  /** The first `length` bytes of the piece that `next` offered last: immutable from now on. */
  take(length: number): Buffer {
    const start = this.#offset
    const slab = this.#slab
    if (!slab || length > Math.min(PIECE_SIZE, slab.length - start)) {
      throw new RangeError(`${length} bytes were taken from a smaller piece`)
    }
    this.#offset += length
    return slab.subarray(start, this.#offset)
  }
}
