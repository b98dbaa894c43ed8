/**
 * Finds the rows of a recording that fit a filter, in portions that take no longer than they may, and goes on as it grows. Where every row
 * that fits must have certain bytes, those are looked for in whole pages, and only rows that have them are looked at.
 *
 * A user's expressions are run by whoever was given (`expressions`): they may take for ever. Rows that hang on them wait for the answer, and
 * all later ones behind them, so what is found is in order.
 */
import type { Decoded } from '../decoder.ts'
import { findBytes, type BytePattern } from '../find-bytes.ts'
import type { TrafficLog } from '../log.ts'
import type { Page } from '../page.ts'
import type { RowReader } from '../row-reader.ts'
import type { RowTable } from '../row-table.ts'
import type { Filter } from './filter.ts'
import { expressionsOf, matches, requiredBytes, type RowFacts } from './match.ts'

/** For each text (a character for each byte), for each expression: does it fit? Rejects where that took too long. */
export type RunExpressions = (
  expressions: readonly RegExp[],
  texts: readonly Uint8Array[]
) => Promise<readonly (readonly boolean[])[]>

export interface SearchOptions {
  readonly log: TrafficLog
  readonly table: RowTable
  readonly reader: RowReader
  readonly filter: Filter
  /** The row that still goes on: it is not looked at before it ends. */
  readonly openRow: () => number | undefined
  readonly decoded?: (row: number) => Decoded | undefined
  readonly expressions?: RunExpressions
  /** A quicker search for plain bytes than findBytes, where the system has one. */
  readonly find?: FindPlain
  readonly nowMs: () => number
}

/** The index of the first place between `from` and `to` where all of `plain` stands; -1: there is none. */
export type FindPlain = (bytes: Uint8Array, plain: Uint8Array, from: number, to: number) => number

/** `more`: there is more to do now. `waiting`: for an answer about expressions. `done`: until the recording grows. */
export type SearchState = 'more' | 'waiting' | 'done'

type Find = (bytes: Uint8Array, from: number, to: number) => number

/** Rows of one portion of work, between two looks at the clock … */
const PORTION_ROWS = 1024
/** … and bytes, where they are searched as a whole: some 4 ms at the very worst. */
const PORTION_BYTES = 64 * 1024

export class RowSearch {
  readonly #options: SearchOptions
  readonly #pattern: BytePattern | undefined
  readonly #find: Find
  readonly #expressions: readonly RegExp[]
  readonly #found: number[] = []
  #next: number
  #waiting = false
  #fault: unknown

  constructor(options: SearchOptions) {
    this.#options = options
    this.#pattern = requiredBytes(options.filter)
    this.#find = finder(this.#pattern ?? [], options.find)
    this.#expressions = expressionsOf(options.filter)
    this.#next = options.table.first
  }

  /** Row numbers, ascending. Rows may be gone from the table since. */
  get found(): readonly number[] {
    return this.#found
  }

  /** Rows below this were looked at. */
  get upTo(): number {
    return this.#next
  }

  /** Why it finds no more: what `expressions` rejected with. */
  get fault(): unknown {
    return this.#fault
  }

  /** Works for about so many ms, at least one portion. `answered`: called when `waiting` is over. */
  step(budgetMs: number, answered?: () => void): SearchState {
    const { nowMs, table, openRow } = this.#options
    const until = nowMs() + budgetMs
    do {
      if (this.#waiting) return 'waiting'
      this.#next = Math.max(this.#next, table.first)
      const end = Math.min(table.end, openRow() ?? Infinity)
      if (this.#next >= end || this.#fault !== undefined) return 'done'
      this.#portion(end, answered)
    } while (nowMs() < until)
    return 'more'
  }

  #portion(end: number, answered: (() => void) | undefined): void {
    const from = this.#next
    const portion = this.#pattern ? this.#searched(end) : this.#all(end)
    this.#next = portion.to
    const open: number[] = []
    const fitting: number[] = []
    for (const row of portion.rows) {
      const verdict = matches(this.#options.filter, this.#facts(row, undefined))
      if (verdict !== false) fitting.push(row)
      if (verdict === undefined) open.push(row)
    }
    if (open.length > 0) void this.#ask(open, fitting, answered)
    else this.#found.push(...fitting)
    if (this.#next <= from) throw new RangeError('a search that does not move')
  }

  #all(end: number): { rows: number[]; to: number } {
    const to = Math.min(end, this.#next + PORTION_ROWS)
    return { rows: Array.from({ length: to - this.#next }, (_, i) => this.#next + i), to }
  }

  /** The next rows whose bytes begin in one page, and those of them that have the pattern, or may have it. */
  #searched(end: number): { rows: number[]; to: number } {
    const { log, table } = this.#options
    const first = this.#next
    const page = log.pageOf(table.record(first))
    if (!page) return { rows: [], to: first + 1 }
    const start = placeOf(page, table.record(first), table.offset(first))
    const to = Math.min(end, Math.max(first + 1, this.#rowBehind(page, start + PORTION_BYTES)))
    const stop = to < table.end ? this.#beginning(page, to) : page.dataEnd
    // What does not stand in one piece cannot be found in the page: such rows are looked at one by one.
    const rows = new Set(table.scatteredIn(first, to))
    if (this.#crosses(page, to - 1)) rows.add(to - 1)
    for (let at = start; at < stop;) {
      const hit = this.#find(page.memory, at, stop)
      if (hit < 0) break
      const row = this.#rowOf(page, hit)
      if (row >= first && row < to) rows.add(row)
      const next = row + 1 < to ? this.#beginning(page, row + 1) : stop
      at = Math.max(hit + 1, row >= first && !table.isScattered(row) ? next : hit + 1)
    }
    return { rows: [...rows].sort((a, b) => a - b), to }
  }

  /** The first row that begins behind this place of the page, or in the page behind it. */
  #rowBehind(page: Page, offset: number): number {
    const record = offset < page.dataEnd ? page.recordAt(offset) : page.count - 1
    const within = offset < page.dataEnd ? offset - page.start(record) : Infinity
    return this.#options.table.rowAt(page.first + record, within) + 1
  }

  /** The row that has the byte at this place of the page. */
  #rowOf(page: Page, offset: number): number {
    const { table } = this.#options
    const record = page.recordAt(offset)
    let row = table.rowAt(page.first + record, offset - page.start(record))
    // An event that came within the row stands behind it.
    if (!page.isEvent(record)) while (row > table.first && table.isEvent(row)) row--
    return row
  }

  /** Where in the page a row begins; the end of its data for one of a later page. */
  #beginning(page: Page, row: number): number {
    const { table } = this.#options
    const record = table.record(row)
    return record < page.first + page.count ? placeOf(page, record, table.offset(row)) : page.dataEnd
  }

  #crosses(page: Page, row: number): boolean {
    const { table } = this.#options
    if (table.isEvent(row)) return row > table.first && this.#crosses(page, row - 1)
    return this.#beginning(page, row) + table.length(row) > page.dataEnd
  }

  async #ask(
    open: readonly number[],
    fitting: readonly number[],
    answered: (() => void) | undefined
  ): Promise<void> {
    const { expressions, reader, filter } = this.#options
    this.#waiting = true
    try {
      if (!expressions) throw new TypeError('nobody runs expressions here')
      // Copies: the pages may be gone before the answer is there.
      const texts = open.map((row) => reader.bytes(row).slice())
      const answers = await expressions(this.#expressions, texts)
      const byRow = new Map(open.map((row, index) => [row, answers[index] ?? []]))
      const { table } = this.#options
      for (const row of fitting) {
        const known = byRow.get(row)
        if (!known || (row >= table.first && matches(filter, this.#facts(row, known)))) this.#found.push(row)
      }
    } catch (error) {
      this.#fault = error
    }
    this.#waiting = false
    answered?.()
  }

  #facts(row: number, answers: readonly boolean[] | undefined): RowFacts {
    const { table, reader, decoded } = this.#options
    return {
      isFromDevice: () => table.isFromDevice(row),
      length: () => table.length(row),
      gapNs: () => (row > table.first ? table.timeNs(row) - table.endNs(row - 1) : undefined),
      session: () => table.session(row),
      bytes: () => reader.bytes(row),
      event: () => (table.isEvent(row) ? reader.event(row).type : undefined),
      decoded: (key) => decoded?.(row)?.keys?.[key],
      expression: (expression) => answers?.[this.#expressions.indexOf(expression)]
    }
  }
}

function finder(pattern: BytePattern, find: FindPlain | undefined): Find {
  const plain = pattern.filter((byte) => byte !== undefined)
  if (!find || plain.length < pattern.length) return (bytes, from, to) => findBytes(bytes, pattern, from, to)
  const needle = Uint8Array.from(plain)
  return (bytes, from, to) => find(bytes, needle, from, to)
}

function placeOf(page: Page, record: number, offset: number): number {
  return page.start(record - page.first) + offset
}
