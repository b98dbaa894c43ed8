/**
 * One direction's bytes cut behind a byte that ends something (a line's LF, SLIP's END, the zero of COBS), however rows tear them.
 * Keeps what is not ended yet, up to a limit; more of it is counted and forgotten.
 */
import type { BytesRow } from './parts.ts'

export interface Piece {
  /** Without the byte that ended it; a copy where it began in another row. */
  readonly bytes: Uint8Array
  /** Where its first byte stands in the row; negative: so many bytes of it stand before the row. */
  readonly from: number
  /** Behind its last byte, the ending one not counted. */
  readonly to: number
  /** The byte that ended it. */
  readonly end: number
  /** The row it began in, and the time of that. */
  readonly row: number
  readonly timeNs: number
  /** Bytes of it that were beyond the limit, and are not in `bytes`. */
  readonly lost: number
}

export class Pieces {
  readonly #ends: readonly number[]
  readonly #limit: number
  #held: Uint8Array = new Uint8Array(0)
  #lost = 0
  #row = 0
  #timeNs = 0

  constructor(ends: readonly number[], limit: number) {
    this.#ends = ends
    this.#limit = limit
  }

  /** Bytes that wait for their end, with those that were too many to keep. */
  get waiting(): number {
    return this.#held.length + this.#lost
  }

  /** What waits, as far as it is kept. */
  get held(): Uint8Array {
    return this.#held
  }

  copy(): Pieces {
    const other = new Pieces(this.#ends, this.#limit)
    // Bytes that are held are never changed: more of them is another array.
    other.#held = this.#held
    other.#lost = this.#lost
    other.#row = this.#row
    other.#timeNs = this.#timeNs
    return other
  }

  reset(): void {
    this.#held = new Uint8Array(0)
    this.#lost = 0
  }

  take(row: BytesRow): Piece[] {
    const pieces: Piece[] = []
    let from = 0
    for (let at = 0; at < row.bytes.length; at++) {
      const end = row.bytes[at] ?? 0
      if (!this.#ends.includes(end)) continue
      pieces.push(this.#piece(row, from, at, end))
      from = at + 1
    }
    this.#hold(row, row.bytes.subarray(from))
    return pieces
  }

  #piece(row: BytesRow, from: number, to: number, end: number): Piece {
    const begun = this.waiting > 0
    const first = begun ? { row: this.#row, timeNs: this.#timeNs } : { row: row.number, timeNs: row.timeNs }
    const before = this.waiting
    this.#hold(row, begun ? row.bytes.subarray(from, to) : new Uint8Array(0))
    const bytes = begun ? this.#held : row.bytes.subarray(from, Math.min(to, from + this.#limit))
    const lost = begun ? this.#lost : to - from - bytes.length
    this.reset()
    return { bytes, from: from - before, to, end, ...first, lost }
  }

  #hold(row: BytesRow, bytes: Uint8Array): void {
    if (bytes.length === 0) return
    if (this.waiting === 0) {
      this.#row = row.number
      this.#timeNs = row.timeNs
    }
    const kept = bytes.subarray(0, this.#limit - this.#held.length)
    this.#lost += bytes.length - kept.length
    if (kept.length === 0) return
    const held = new Uint8Array(this.#held.length + kept.length)
    held.set(this.#held)
    held.set(kept, this.#held.length)
    this.#held = held
  }
}
