/** Bytes in one slab: at 4 KiB a read, one allocation serves at least sixteen reads. */
export const SLAB_SIZE = 64 * 1024

/** The most that one read takes. At 64 KiB a read, 5.7 s of data at 115,200 bit/s would queue behind one chunk. */
export const PIECE_SIZE = 4 * 1024

/**
 * The most that one read takes where `reading` is used. A descriptor that has so much is fast; what a slow device is given of it
 * at once is decided by those who know the device.
 */
export const READ_SIZE = 64 * 1024

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

/** What Node's sockets and terminals take as `onread`; not in all of their types. */
export interface OnRead {
  readonly buffer: Uint8Array
  readonly callback: (length: number) => boolean
}

// One for all readers: what is in it is copied out within the very read. On Windows a read holds its buffer while it waits.
const shared = Buffer.allocUnsafeSlow(READ_SIZE)
let slab = Buffer.alloc(0)
let used = 0

/**
 * Lets a stream read into one buffer, at most `READ_SIZE` bytes at a time, and hands each piece on in a slab that all readers
 * share: immutable, so anybody may keep it. A reader has no memory of its own that way, and the copy costs less than to
 * give the system another buffer for each read.
 */
export function reading(received: (chunk: Buffer) => void): OnRead {
  const buffer = process.platform === 'win32' ? Buffer.allocUnsafeSlow(READ_SIZE) : shared
  return {
    buffer,
    callback: (length) => {
      received(kept(buffer, length))
      return true
    }
  }
}

function kept(buffer: Buffer, length: number): Buffer {
  if (length > PIECE_SIZE) {
    const own = Buffer.allocUnsafeSlow(length)
    own.set(buffer.subarray(0, length))
    return own
  }
  if (slab.length - used < length) {
    slab = Buffer.allocUnsafeSlow(SLAB_SIZE)
    used = 0
  }
  const chunk = slab.subarray(used, used + length)
  chunk.set(buffer.subarray(0, length))
  used += length
  return chunk
}
