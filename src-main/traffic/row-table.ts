/**
 * The rows of a recording as columns: numbers alone, in blocks, so that a million rows cost some 40 MB and no work of the collector, and
 * the oldest can go. Filled by RowSplitter; the bytes stay in the log (row-reader.ts brings both together).
 */

/** Rows of a block. */
const BLOCK = 16_384
const SHIFT = 14
const MASK = BLOCK - 1

export const ROW_EVENT = 1
export const ROW_FROM_DEVICE = 2
/** An event stands between its bytes, or they began before their page: to be read record by record. */
const SCATTERED = 4

/** Rows one behind the other: row `first` + i stands at index i of each. To be read only. */
export interface RowColumns {
  readonly first: number
  /** The row behind the last one. */
  readonly end: number
  readonly timeNs: Float64Array
  readonly endNs: Float64Array
  readonly record: Float64Array
  readonly offset: Uint32Array
  readonly length: Uint32Array
  readonly session: Uint32Array
  /** ROW_EVENT, ROW_FROM_DEVICE, and more. */
  readonly flags: Uint8Array
}

type Block = Omit<RowColumns, 'first' | 'end'>

export class RowTable {
  readonly #blocks: Block[] = []
  /** Rows that are not in one piece, ascending. */
  #scattered: number[] = []
  /** The number of the first row of the first block. */
  #base = 0
  #first = 0
  #end = 0

  /** The oldest row that is still here; `end` where there is none. */
  get first(): number {
    return this.#first
  }

  /** The number that the next row will have. */
  get end(): number {
    return this.#end
  }

  timeNs(row: number): number {
    return this.#at(row).timeNs[row & MASK] ?? 0
  }

  /** When its last byte was there, as far as it can be told. */
  endNs(row: number): number {
    return this.#at(row).endNs[row & MASK] ?? 0
  }

  record(row: number): number {
    return this.#at(row).record[row & MASK] ?? 0
  }

  offset(row: number): number {
    return this.#at(row).offset[row & MASK] ?? 0
  }

  /** Bytes; 0 for an event. */
  length(row: number): number {
    return this.#at(row).length[row & MASK] ?? 0
  }

  session(row: number): number {
    return this.#at(row).session[row & MASK] ?? 0
  }

  isEvent(row: number): boolean {
    return this.#flag(row, ROW_EVENT)
  }

  isFromDevice(row: number): boolean {
    return this.#flag(row, ROW_FROM_DEVICE)
  }

  /** Its bytes do not stand in one piece even where one page has them all. */
  isScattered(row: number): boolean {
    return this.#flag(row, SCATTERED)
  }

  /** The columns that have this row, for those who look at many: good until rows come or go. */
  columns(row: number): RowColumns {
    const { timeNs, endNs, record, offset, length, session, flags } = this.#at(row)
    const first = row - (row & MASK)
    const end = Math.min(this.#end, first + BLOCK)
    return { first, end, timeNs, endNs, record, offset, length, session, flags }
  }

  /** The last row that begins at or before this place of the recording; `first` - 1 where there is none. */
  rowAt(record: number, offset: number): number {
    let [low, high] = [this.#first - 1, this.#end - 1]
    while (low < high) {
      const middle = Math.floor((low + high + 1) / 2)
      const start = this.record(middle)
      if (start < record || (start === record && this.offset(middle) <= offset)) low = middle
      else high = middle - 1
    }
    return low
  }

  /**
   * Answers the number of the new row; it has no bytes yet. `record`: the number of its first one in the recording; `offset`: where in that its
   * bytes begin. Numbers one by one: an object for each row would cost more than all the rest.
   */
  begin(timeNs: number, record: number, offset: number, session: number, isFromDevice: boolean): number {
    const row = this.#end++
    if ((row - this.#base) >>> SHIFT >= this.#blocks.length) this.#blocks.push(makeBlock())
    const block = this.#at(row)
    const at = row & MASK
    block.timeNs[at] = timeNs
    block.endNs[at] = timeNs
    block.record[at] = record
    block.offset[at] = offset
    block.length[at] = 0
    block.session[at] = session
    block.flags[at] = isFromDevice ? ROW_FROM_DEVICE : 0
    return row
  }

  /** Answers the number of the new row. */
  event(timeNs: number, record: number): number {
    const row = this.begin(timeNs, record, 0, 0, false)
    this.#at(row).flags[row & MASK] = ROW_EVENT
    return row
  }

  grow(row: number, bytes: number, endNs: number): void {
    const block = this.#at(row)
    block.length[row & MASK] = (block.length[row & MASK] ?? 0) + bytes
    block.endNs[row & MASK] = endNs
  }

  /** Those of the rows from `from` to below `to` that are scattered. */
  scatteredIn(from: number, to: number): readonly number[] {
    return this.#scattered.slice(firstNotBelow(this.#scattered, from), firstNotBelow(this.#scattered, to))
  }

  scatter(row: number): void {
    if (this.isScattered(row)) return
    this.#scattered.splice(firstNotBelow(this.#scattered, row), 0, row)
    const { flags } = this.#at(row)
    flags[row & MASK] = (flags[row & MASK] ?? 0) | SCATTERED
  }

  /** Rows that begin before this record of the recording go; the last one stays in any case, for it may grow. */
  dropBefore(record: number): void {
    while (this.#first < this.#end - 1 && this.record(this.#first) < record) this.#first++
    while (this.#first - this.#base >= BLOCK) {
      this.#blocks.shift()
      this.#base += BLOCK
      this.#scattered = this.#scattered.slice(firstNotBelow(this.#scattered, this.#first))
    }
  }

  clear(): void {
    this.#blocks.length = 0
    this.#scattered = []
    this.#first = this.#end
    this.#base = this.#end - (this.#end & MASK)
    if (this.#end & MASK) this.#blocks.push(makeBlock())
  }

  #flag(row: number, flag: number): boolean {
    return ((this.#at(row).flags[row & MASK] ?? 0) & flag) !== 0
  }

  #at(row: number): Block {
    const block = this.#blocks[(row - this.#base) >>> SHIFT]
    if (!block || row < this.#first || row >= this.#end) throw new RangeError(`there is no row ${row}`)
    return block
  }
}

/** The index of the first number that is not below `limit`. */
function firstNotBelow(ascending: readonly number[], limit: number): number {
  let [low, high] = [0, ascending.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((ascending[middle] ?? 0) < limit) low = middle + 1
    else high = middle
  }
  return low
}

function makeBlock(): Block {
  return {
    timeNs: new Float64Array(BLOCK),
    endNs: new Float64Array(BLOCK),
    record: new Float64Array(BLOCK),
    offset: new Uint32Array(BLOCK),
    length: new Uint32Array(BLOCK),
    session: new Uint32Array(BLOCK),
    flags: new Uint8Array(BLOCK)
  }
}
