/**
 * Messages on a stream of bytes: each behind its length. Called by whatever speaks in messages over a Connection (the first words
 * of farport/1, pairing, rpc); knows nothing of what is in them.
 *
 *     00 00 00 05  68 65 6C 6C 6F        00 00 00 00
 *     length u32   payload               an empty one
 *     big endian
 *
 * Sans-IO. A length above the limit is a violation, and the end: where the next frame begins nobody can know.
 */
import type { Violation } from './codec.ts'

/** For whoever is not known yet. */
export const STRANGER_FRAME_LIMIT = 4 * 1024

/** For whoever is known. */
export const FRAME_LIMIT = 16 * 1024 * 1024

const HEADER_SIZE = 4

/** The first room for a frame that comes in pieces: it grows with what came, never with what was announced. */
const FIRST_ROOM = 4 * 1024

export interface Frame {
  readonly type: 'frame'
  /** Immutable; a view into the chunk where it came in one. */
  readonly payload: Uint8Array
}

export type FrameEvent = Frame | Violation

/**
 * Bytes in, frames out. `push` and `next` by turns, so that a frame may change the `limit` of those behind it, or say that no frame
 * comes any more (`rest`); `receive` for who needs neither.
 */
export class FrameReader {
  /** Payload bytes of one frame at the most; counts for frames that `next` has not answered yet. */
  limit: number
  #chunks: Uint8Array[] = []
  /** Of a frame whose header is complete: the bytes that came, in room for more. */
  #room: Uint8Array | undefined
  #length: number | undefined
  #filled = 0
  #header = new Uint8Array(HEADER_SIZE)
  #headerFilled = 0
  #broken = false

  constructor(limit: number) {
    this.limit = limit
  }

  /** Bytes that were pushed and stand in no frame that `next` answered. At most the limit and what was pushed last. */
  get held(): number {
    const waiting = this.#chunks.reduce((sum, each) => sum + each.length, 0)
    return this.#headerFilled + this.#filled + waiting
  }

  push(chunk: Uint8Array): void {
    if (!this.#broken && chunk.length > 0) this.#chunks.push(chunk)
  }

  /** The next complete frame; undefined until more is pushed. A violation once, and then nothing more. */
  next(): FrameEvent | undefined {
    if (this.#length === undefined) {
      const length = this.#readHeader()
      if (length === undefined) return undefined
      if (length > this.limit) return this.#violation(length)
      this.#length = length
    }
    const payload = this.#readPayload(this.#length)
    if (!payload) return undefined
    this.#length = undefined
    this.#headerFilled = 0
    return { type: 'frame', payload }
  }

  /** `push`, and all that `next` answers. */
  receive(chunk: Uint8Array): FrameEvent[] {
    this.push(chunk)
    const events: FrameEvent[] = []
    for (let event = this.next(); event; event = this.next()) events.push(event)
    return events
  }

  /** The bytes behind the last frame, for who reads on without frames; the reader has none of them afterwards. */
  rest(): Uint8Array {
    const begun = this.#header.slice(0, this.#headerFilled)
    const rest = joined([
      begun,
      this.#room?.subarray(0, this.#filled) ?? begun.subarray(0, 0),
      ...this.#chunks
    ])
    this.#forget()
    return rest
  }

  #readHeader(): number | undefined {
    while (this.#headerFilled < HEADER_SIZE) {
      const piece = this.#take(HEADER_SIZE - this.#headerFilled)
      if (!piece) return undefined
      this.#header.set(piece, this.#headerFilled)
      this.#headerFilled += piece.length
    }
    return new DataView(this.#header.buffer).getUint32(0)
  }

  #readPayload(length: number): Uint8Array | undefined {
    if (this.#filled === 0) {
      if (length === 0) return new Uint8Array(0)
      const [first] = this.#chunks
      // The usual case: all of it in one piece, and no copy.
      if (first && first.length >= length) return this.#take(length)
    }
    // A copy: a piece may be a few bytes of a large slab, which it would keep.
    for (let piece = this.#take(length - this.#filled); piece; piece = this.#take(length - this.#filled)) {
      this.#makeRoom(this.#filled + piece.length, length).set(piece, this.#filled)
      this.#filled += piece.length
    }
    if (this.#filled < length) return undefined
    const payload = this.#room?.subarray(0, length)
    this.#room = undefined
    this.#filled = 0
    return payload
  }

  /** At most `wanted` bytes of the first chunk; undefined where there is none, or none are wanted. */
  #take(wanted: number): Uint8Array | undefined {
    const first = this.#chunks[0]
    if (!first || wanted === 0) return undefined
    if (first.length <= wanted) this.#chunks.shift()
    else this.#chunks[0] = first.subarray(wanted)
    return first.length <= wanted ? first : first.subarray(0, wanted)
  }

  #makeRoom(needed: number, length: number): Uint8Array {
    const room = this.#room
    if (room && room.length >= needed) return room
    const larger = new Uint8Array(Math.min(length, Math.max(FIRST_ROOM, needed, (room?.length ?? 0) * 2)))
    if (room) larger.set(room.subarray(0, this.#filled))
    this.#room = larger
    return larger
  }

  #violation(length: number): Violation {
    const bytes = this.#header.slice()
    this.#forget()
    this.#broken = true
    return {
      type: 'violation',
      what: `a frame of ${length} bytes, where ${this.limit} are allowed`,
      section: 'farport/1 frames',
      bytes
    }
  }

  #forget(): void {
    this.#chunks = []
    this.#room = undefined
    this.#length = undefined
    this.#filled = 0
    this.#headerFilled = 0
  }
}

/** A payload as it goes over the wire, at most `FRAME_LIMIT` bytes of it: more is a RangeError, as no reader takes it. */
export function encodeFrame(payload: Uint8Array): Uint8Array {
  if (payload.length > FRAME_LIMIT) {
    throw new RangeError(`a frame of ${payload.length} bytes, where ${FRAME_LIMIT} are allowed`)
  }
  const frame = new Uint8Array(HEADER_SIZE + payload.length)
  new DataView(frame.buffer).setUint32(0, payload.length)
  frame.set(payload, HEADER_SIZE)
  return frame
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, each) => sum + each.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
