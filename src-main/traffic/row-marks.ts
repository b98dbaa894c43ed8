/**
 * What stands before any row of a table: the last byte that went the other way, what was in force, the beginning of it all. Lists ask for
 * rows in any order, so it is remembered as the table grows, some bytes for each 256 rows. Call `extend` whenever the table has grown.
 */
import { inForceAfter, NOTHING_KNOWN, type InForce } from './event-words.ts'
import type { RowReader } from './row-reader.ts'
import type { RowTable } from './row-table.ts'
import type { TimeMarks } from './time-words.ts'

const BLOCK = 256
const NONE = -1
/** Blocks of rows that are gone are forgotten so many at a time. */
const STALE_BLOCKS = 1024
/** Changes of settings and lines that are remembered; of older ones nothing is known any more. */
const MAX_CHANGES = 16_384

export class RowMarks {
  readonly #table: RowTable
  readonly #reader: RowReader
  /** For each block the last row before it that has bytes of that direction. */
  #toDevice: number[] = []
  #fromDevice: number[] = []
  /** The number of the first block that is remembered. */
  #base = 0
  #lastTo = NONE
  #lastFrom = NONE
  #next = 0
  #startNs: number | undefined
  /** Event rows that changed what is in force, ascending, and what was before the first of them and behind each. */
  #changes: number[] = []
  #states: InForce[] = []
  #before: InForce = NOTHING_KNOWN

  /** `initial`: in force before the first row, as far as it is known. */
  constructor(table: RowTable, reader: RowReader, initial: InForce = NOTHING_KNOWN) {
    this.#table = table
    this.#reader = reader
    this.#before = initial
  }

  /** The time of the first row that it ever saw; undefined: there was none. */
  get startNs(): number | undefined {
    return this.#startNs
  }

  /** Looks at the rows that came. Rows that went unseen are no rows. */
  extend(): void {
    const table = this.#table
    if (this.#next < table.first) this.#skipTo(table.first)
    for (; this.#next < table.end; this.#next++) {
      const row = this.#next
      this.#startNs ??= table.timeNs(row)
      if (Math.floor(row / BLOCK) >= this.#base + this.#toDevice.length) this.#begin()
      if (table.isEvent(row)) this.#event(row)
      else if (table.isFromDevice(row)) this.#lastFrom = row
      else this.#lastTo = row
    }
    if (Math.floor(table.first / BLOCK) - this.#base > STALE_BLOCKS) this.#forget()
  }

  /** What a time is told from. `previous`: the row that stands before it in the list, where that is not the one before. */
  timeMarks(row: number, previous = row - 1): TimeMarks {
    const table = this.#table
    return {
      startNs: this.#startNs ?? table.timeNs(row),
      previousNs: previous >= table.first && previous < row ? table.timeNs(previous) : undefined,
      otherNs: this.#otherNs(row)
    }
  }

  /** In force before this row, as far as anybody said. */
  inForce(row: number): InForce {
    let [low, high] = [0, this.#changes.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#changes[middle] ?? 0) < row) low = middle + 1
      else high = middle
    }
    return this.#states[low - 1] ?? this.#before
  }

  #otherNs(row: number): number | undefined {
    const table = this.#table
    if (table.isEvent(row)) return undefined
    const other = this.#lastBefore(row, !table.isFromDevice(row))
    return other >= table.first ? table.endNs(other) : undefined
  }

  #lastBefore(row: number, isFromDevice: boolean): number {
    const table = this.#table
    const block = Math.floor(row / BLOCK)
    const from = Math.max(table.first, block * BLOCK)
    for (let at = row - 1; at >= from; at--)
      if (!table.isEvent(at) && table.isFromDevice(at) === isFromDevice) return at
    return (isFromDevice ? this.#fromDevice : this.#toDevice)[block - this.#base] ?? NONE
  }

  #begin(): void {
    this.#toDevice.push(this.#lastTo)
    this.#fromDevice.push(this.#lastFrom)
  }

  #event(row: number): void {
    const event = this.#reader.event(row)
    const before = this.#states.at(-1) ?? this.#before
    const after = inForceAfter(event, before)
    if (after === before) return
    this.#changes.push(row)
    this.#states.push(after)
    if (this.#changes.length <= MAX_CHANGES) return
    this.#before = NOTHING_KNOWN
    this.#changes = this.#changes.slice(MAX_CHANGES / 2)
    this.#states = this.#states.slice(MAX_CHANGES / 2)
  }

  #skipTo(row: number): void {
    const block = Math.floor(row / BLOCK)
    while (this.#base + this.#toDevice.length <= block) this.#begin()
    this.#next = row
  }

  #forget(): void {
    const stale = Math.floor(this.#table.first / BLOCK) - this.#base
    this.#toDevice = this.#toDevice.slice(stale)
    this.#fromDevice = this.#fromDevice.slice(stale)
    this.#base += stale
  }
}
