/**
 * What a decoder says of any row, in any order. Decoders read rows in their order and remember what came before, so a sweep goes over all of
 * them, some ms at a time, and leaves a copy of the decoder at the beginning of each block: a row is decoded again from there, exactly as the
 * sweep did. Of a row that the sweep has not reached, a decoder that began some rows before says what it can; where the sweep then says
 * something else, `onCorrected` tells.
 *
 * Nothing is kept of a row but a number for its keys, so that filters are quick, and a bit for what was not answered; findings themselves are
 * kept of the last blocks that were asked for.
 */
import type { Decoded, Decoder, DecoderKind } from '../../../src-main/traffic/decoder.ts'
import { RowSet } from '../../../src-main/traffic/filter/row-set.ts'
import type { Traffic } from './contract.ts'

const SHIFT = 8
/** Rows of a block. */
export const DECODED_BLOCK = 1 << SHIFT
const MASK = DECODED_BLOCK - 1
/** Rows that a decoder reads first where it begins in the middle. */
const WARM_UP = 64
/** Blocks whose findings are kept: what a list shows, and what is near it. */
const KEPT = 12
/** Different sets of keys that get a number; of what comes beyond, rows are decoded again when a filter asks. */
const MAX_KEYS = 50_000
/** Rows between two looks at the clock. */
const PORTION = 32

const UNKNOWN = 0
const TOO_MANY = 1

interface Notes {
  /** Before its first row; undefined: the sweep was not there yet. */
  checkpoint: Decoder | undefined
  /** For each row: which keys; UNKNOWN, TOO_MANY, or an index of `#keys`. */
  readonly keys: Uint16Array
}

/** A block that is read again. */
interface Replay {
  readonly block: number
  readonly isExact: boolean
  readonly decoder: Decoder
  readonly found: (Decoded | undefined)[]
  next: number
}

export class DecodedRows {
  readonly kind: DecoderKind
  readonly table: Traffic['table']
  readonly #traffic: Pick<Traffic, 'reader' | 'openRow'>
  readonly #onCorrected: (from: number, to: number) => void
  readonly #notes = new Map<number, Notes>()
  readonly #keys: Decoded['keys'][] = [undefined, undefined]
  readonly #numbers = new Map<string, number>()
  readonly #unanswered = new RowSet()
  /** The last one that was asked last. */
  readonly #replays: Replay[] = []
  #decoder: Decoder
  #next: number
  #oldest: number

  constructor(
    kind: DecoderKind,
    traffic: Pick<Traffic, 'table' | 'reader' | 'openRow'>,
    onCorrected: (from: number, to: number) => void = () => undefined
  ) {
    this.kind = kind
    this.table = traffic.table
    this.#traffic = traffic
    this.#onCorrected = onCorrected
    this.#decoder = kind.make()
    this.#next = traffic.table.first
    this.#oldest = this.#next >>> SHIFT
  }

  /** Rows below this are decoded for good. */
  get upTo(): number {
    return this.#next
  }

  /** Sweeps for about so many ms; true: there is more to do now. */
  step(budgetMs: number, nowMs: () => number): boolean {
    const until = nowMs() + budgetMs
    this.#forget()
    const end = this.#end()
    while (this.#next < end) {
      const to = Math.min(end, this.#next + PORTION)
      while (this.#next < to) this.#sweep(this.#next++)
      if (nowMs() >= until) return this.#next < end
    }
    return false
  }

  /** Undefined: nothing to say of it. Quick where rows near it were asked for. */
  decoded(row: number): Decoded | undefined {
    if (row < this.table.first || row >= this.table.end) return undefined
    const end = this.#end()
    const replay = this.#replayOf(row >>> SHIFT)
    this.#read(replay, Math.min(row + 1, end))
    if (row < end) return replay.found[row & MASK]
    // A row that goes on, or stands behind such a one: what it says so far.
    const decoder = replay.decoder.copy()
    for (let at = replay.next; at < row; at++) decoder.decode(this.#traffic.reader.row(at))
    return decoder.decode(this.#traffic.reader.row(row))
  }

  /** Its keys for a filter: quicker than all of it. */
  keys(row: number): Decoded['keys'] {
    const number = this.#notes.get(row >>> SHIFT)?.keys[row & MASK] ?? UNKNOWN
    return number > TOO_MANY ? this.#keys[number] : this.decoded(row)?.keys
  }

  isUnanswered(row: number): boolean {
    return this.#unanswered.has(row)
  }

  /** The rows that do not change any more. */
  #end(): number {
    return Math.min(this.table.end, this.#traffic.openRow() ?? Infinity)
  }

  #sweep(row: number): void {
    if ((row & MASK) === 0 || !this.#notes.get(row >>> SHIFT)?.checkpoint)
      this.#notesOf(row >>> SHIFT).checkpoint = this.#decoder.copy()
    const found = this.#decoder.decode(this.#traffic.reader.row(row))
    const notes = this.#notesOf(row >>> SHIFT)
    const before = notes.keys[row & MASK] ?? UNKNOWN
    const now = this.#note(notes, row, found)
    if (before !== UNKNOWN && before !== now) this.#onCorrected(row, row + 1)
  }

  #replayOf(block: number): Replay {
    const checkpoint = this.#notes.get(block)?.checkpoint
    const isExact = checkpoint !== undefined
    const index = this.#replays.findIndex((each) => each.block === block)
    const kept = this.#replays[index]
    if (index >= 0) this.#replays.splice(index, 1)
    const replay = kept?.isExact === isExact ? kept : this.#begin(block, checkpoint)
    this.#replays.push(replay)
    if (this.#replays.length > KEPT) this.#replays.shift()
    return replay
  }

  #begin(block: number, checkpoint: Decoder | undefined): Replay {
    const first = Math.max(block * DECODED_BLOCK, this.table.first)
    if (checkpoint) return { block, isExact: true, decoder: checkpoint.copy(), found: [], next: first }
    const decoder = this.kind.make()
    for (let row = Math.max(first - WARM_UP, this.table.first); row < first; row++)
      decoder.decode(this.#traffic.reader.row(row))
    return { block, isExact: false, decoder, found: [], next: first }
  }

  #read(replay: Replay, end: number): void {
    // The beginning of a block may be gone since it was read.
    for (let row = Math.max(replay.next, this.table.first); row < end; row++) {
      const found = replay.decoder.decode(this.#traffic.reader.row(row))
      replay.found[row & MASK] = found
      replay.next = row + 1
      if (row >= this.#next) this.#note(this.#notesOf(replay.block), row, found)
    }
  }

  #notesOf(block: number): Notes {
    const notes = this.#notes.get(block) ?? { checkpoint: undefined, keys: new Uint16Array(DECODED_BLOCK) }
    this.#notes.set(block, notes)
    return notes
  }

  #note(notes: Notes, row: number, found: Decoded | undefined): number {
    for (const each of found?.unanswered ?? []) this.#unanswered.add(each)
    return (notes.keys[row & MASK] = this.#numberOf(found?.keys))
  }

  #numberOf(keys: Decoded['keys']): number {
    let name = ''
    for (const key in keys) name += `${key}=${keys[key] ?? ''}\n`
    const known = this.#numbers.get(name)
    if (known !== undefined) return known
    if (this.#keys.length >= MAX_KEYS) return TOO_MANY
    const number = this.#keys.push(keys) - 1
    this.#numbers.set(name, number)
    return number
  }

  /** What the recording gave up is given up here. */
  #forget(): void {
    const { first } = this.table
    this.#unanswered.dropBefore(first)
    for (; this.#oldest < first >>> SHIFT; this.#oldest++) this.#notes.delete(this.#oldest)
    if (this.#next >= first) return
    // Rows went before it saw them.
    this.#next = first
    this.#decoder = this.kind.make()
  }
}
