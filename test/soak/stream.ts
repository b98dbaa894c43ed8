/**
 * Bytes that say where they belong. Each stream is made from its number and the position alone, so that whoever receives some of
 * it, in pieces, from anywhere, knows which bytes they are: one that is missing, doubled, in the wrong place or from elsewhere
 * is found.
 */

/** Looked at in one piece while searching. */
const WINDOW = 64 * 1024

export interface Stream {
  readonly id: number
  /** Bytes that were sent of it so far. */
  sent: number
}

/** `size` bytes of the stream from `start` on. Every value but CR, whose meaning in telnet depends on the moment. */
export function bytesOf(id: number, start: number, size: number): Buffer {
  const bytes = Buffer.allocUnsafe(size)
  for (let n = 0; n < size; n++) {
    let word = Math.imul(start + n + 1, 0x9e3779b1) ^ Math.imul(id, 0x85ebca6b)
    word = Math.imul(word ^ (word >>> 15), 0x2c1b3c6d)
    word = Math.imul(word ^ (word >>> 12), 0x297a2d39)
    const byte = (word ^ (word >>> 15)) & 0xff
    // Many 0xFF, for they are doubled on the way.
    bytes[n] = byte === 0x0d || byte < 8 ? 0xff : byte
  }
  return bytes
}

/** How many of the last of these bytes, `most` at the most, are those of the stream just before `position`. */
export function commonEnd(bytes: Buffer, id: number, position: number, most: number): number {
  const limit = Math.min(most, bytes.length)
  if (limit <= 0) return 0
  const expected = bytesOf(id, position - limit, limit)
  let count = 0
  while (count < limit && bytes[bytes.length - 1 - count] === expected[limit - 1 - count]) count++
  return count
}

/** Where in the stream, from `from` on and before `end`, these bytes stand; undefined: nowhere in what was sent. */
export function search({ id, sent }: Stream, from: number, needle: Buffer, end = sent): number | undefined {
  for (let start = from; start + needle.length <= end; start += WINDOW) {
    const window = bytesOf(id, start, Math.min(WINDOW + needle.length - 1, end - start))
    const at = window.indexOf(needle)
    if (at >= 0) return start + at
  }
  return undefined
}
