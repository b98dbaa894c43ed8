/**
 * Where the bytes of one row end by what they say: at a newline, after a length, at start and end bytes. Knows no time and no direction;
 * called by RowSplitter with the bytes of one row after the other.
 */
import { MAX_ROW_BYTES, type RowRules } from './row.ts'

const LF = 0x0a
const CR = 0x0d

/** Start and end bytes beyond so many are not looked at. */
export const MAX_MARK_BYTES = 16

export class RowEnds {
  readonly #newline: boolean
  readonly #limit: number
  readonly #start: Mark | undefined
  readonly #end: Mark | undefined
  /** Of the row, before the bytes that come. */
  #size = 0
  #last = 0

  constructor(rules: RowRules) {
    this.#newline = rules.newline === true
    this.#limit = Math.max(1, Math.min(rules.length ?? MAX_ROW_BYTES, MAX_ROW_BYTES))
    this.#start = rules.start?.length ? new Mark(rules.start) : undefined
    this.#end = rules.end?.length ? new Mark(rules.end) : undefined
  }

  /** A row begins. */
  reset(): void {
    this.#size = 0
    this.#last = 0
    this.#start?.reset()
    this.#end?.reset()
  }

  /**
   * The row goes on with `bytes` from `from` on: the index behind its last byte there, or undefined: it takes them all and goes on. Less
   * than `from`: start bytes begin there, and the row ended before them; below 0 that is so many bytes before these.
   */
  next(bytes: Uint8Array, from: number): number | undefined {
    const room = from + this.#limit - this.#size
    let to = Math.min(bytes.length, room)
    let ended = room <= bytes.length
    if (this.#newline) {
      const line = this.#lineEnd(bytes, from, to)
      if (line !== undefined) {
        to = line
        ended = true
      }
    }
    const marked = this.#end?.ends(bytes, from, to)
    if (marked !== undefined) {
      to = marked
      ended = true
    }
    const started = this.#start?.begins(bytes, from, to, from - this.#size)
    if (started !== undefined) return started
    this.#size += to - from
    if (to > from) this.#last = bytes[to - 1] ?? 0
    return ended ? to : undefined
  }

  /** Behind LF, or behind a CR that no LF follows; whether one does shows with the next byte. */
  #lineEnd(bytes: Uint8Array, from: number, to: number): number | undefined {
    if (to <= from) return undefined
    if (this.#last === CR && this.#size > 0 && bytes[from] !== LF) return from
    const lf = bytes.indexOf(LF, from)
    const end = lf >= 0 && lf < to ? lf + 1 : undefined
    for (let cr = bytes.indexOf(CR, from); cr >= 0 && cr + 1 < (end ?? to); cr = bytes.indexOf(CR, cr + 1))
      if (bytes[cr + 1] !== LF) return cr + 1
    return end
  }
}

/** Bytes that are looked for in a stream, cut anywhere (Knuth, Morris and Pratt, as base/byte-match, but it says where). */
class Mark {
  readonly bytes: Uint8Array
  readonly #fallback: readonly number[]
  #matched = 0

  constructor(bytes: Uint8Array) {
    this.bytes = bytes.slice(0, MAX_MARK_BYTES)
    const fallback = [0, 0]
    for (let at = 1, matched = 0; at < this.bytes.length; at++) {
      while (matched > 0 && this.bytes[matched] !== this.bytes[at]) matched = fallback[matched] ?? 0
      if (this.bytes[matched] === this.bytes[at]) matched++
      fallback.push(matched)
    }
    this.#fallback = fallback
  }

  reset(): void {
    this.#matched = 0
  }

  /** The index behind the first one that ends in the piece. */
  ends(bytes: Uint8Array, from: number, to: number): number | undefined {
    for (let at = from; at < to; at++) if (this.#takes(bytes[at])) return at + 1
    return undefined
  }

  /** The index of the first one that ends in the piece and begins behind `rowStart`. */
  begins(bytes: Uint8Array, from: number, to: number, rowStart: number): number | undefined {
    for (let at = from; at < to; at++) {
      if (!this.#takes(bytes[at])) continue
      const start = at + 1 - this.bytes.length
      if (start > rowStart) return start
    }
    return undefined
  }

  #takes(byte: number | undefined): boolean {
    while (this.#matched > 0 && this.bytes[this.#matched] !== byte)
      this.#matched = this.#fallback[this.#matched] ?? 0
    if (this.bytes[this.#matched] === byte) this.#matched++
    if (this.#matched < this.bytes.length) return false
    this.#matched = this.#fallback[this.#matched] ?? 0
    return true
  }
}
