/**
 * Finds the rows of a recording that fit a filter, in portions that take no longer than they may, and goes on as it grows. Where every row
 * that fits must have certain bytes, those are looked for in whole pages, and only rows that have them are looked at.
 *
 * It keeps nothing of what it found: each portion is handed on at once (`found`), so that a search may go on for ever. Forward it follows
 * the recording; backward it begins with the rows that are in sight and ends at the oldest one.
 *
 * A user's expressions are run by whoever was given (`expressions`): they may take for ever. Rows that hang on them wait for the answer, and
 * all later ones behind them, so what is found is in order.
 */
import type { Decoded } from '../decoder.ts'
import { findBytes, type BytePattern } from '../find-bytes.ts'
import type { TrafficLog } from '../log.ts'
import { PAGE_HEADER, type Page } from '../page.ts'
import type { RowReader } from '../row-reader.ts'
import type { RowTable } from '../row-table.ts'
import type { Filter } from './filter.ts'
import { expressionsOf, matches, needsDecoder, requiredBytes, type RowFacts } from './match.ts'
import { needsLook, NO, OPEN, patternsOf, RowVerdicts, YES } from './row-verdicts.ts'

/** For each text (a character for each byte; read before it returns), for each expression: does it fit? Rejects where that took too long. */
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
  /** What a decoder says of a row for filters: its `keys`. */
  readonly keys?: (row: number) => Decoded['keys']
  readonly expressions?: RunExpressions
  /** A quicker search for plain bytes than findBytes, where the system has one. */
  readonly find?: FindPlain
  readonly nowMs: () => number
  /** Only rows of this number and later ones; default: from the oldest one. */
  readonly from?: number
  /** Only rows below this number. Needed to go backward; default: all that come. */
  readonly to?: number
  /** The last rows first; over at the first one. */
  readonly backward?: boolean
  /**
   * What one portion found: of the rows from `from` to below `to`, those that fit, ascending. Portions of a search follow each other without
   * a hole, but for rows that are gone. Rows may have gone from the table since they were found. May not call `step`.
   */
  readonly found: (rows: readonly number[], from: number, to: number) => void
}

/** The index of the first place between `from` and `to` where all of `plain` stands; -1: there is none. */
export type FindPlain = (bytes: Uint8Array, plain: Uint8Array, from: number, to: number) => number

/** `more`: there is more to do now. `waiting`: for an answer about expressions. `done`: until the recording grows. */
export type SearchState = 'more' | 'waiting' | 'done'

type Find = (bytes: Uint8Array, from: number, to: number) => number

/** Rows of one portion of work, between two looks at the clock … */
const PORTION_ROWS = 8192
/** The same where each may have to be looked at … */
const LOOKED_ROWS = 1024
/** … or decoded first. */
const DECODED_ROWS = 128
/** … and bytes, where they are searched as a whole: some 4 ms at the very worst. */
const PORTION_BYTES = 64 * 1024
/** Of what is so near, the row is found by going there; of what is farther, by halves. */
const NEAR_BYTES = 1024

/** Some rows one behind the other. */
interface Portion {
  readonly from: number
  readonly to: number
}

export class RowSearch {
  readonly #options: SearchOptions
  /** How bytes are found, for each of the filter's patterns. */
  readonly #finds: ReadonlyMap<BytePattern, Find>
  readonly #verdicts: RowVerdicts
  readonly #expressions: readonly RegExp[]
  readonly #facts: Facts
  /** Of a portion. */
  readonly #rows: number
  /** Forward: the next row to look at; backward: the one behind it. */
  #next: number
  #waiting = false
  #fault: unknown

  constructor(options: SearchOptions) {
    this.#options = options
    const { filter } = options
    this.#finds = new Map(patternsOf(filter).map((each) => [each, finder(each, options.find)]))
    this.#verdicts = new RowVerdicts(options.table, filter, this.#searchBytes)
    this.#expressions = expressionsOf(filter)
    this.#facts = new Facts(options, this.#expressions)
    this.#rows = rowsOfPortion(filter)
    this.#next = options.backward ? (options.to ?? options.table.end) : (options.from ?? options.table.first)
  }

  /** Forward: rows below this were looked at; backward: those from it on. */
  get position(): number {
    return this.#next
  }

  /** Why it finds no more: what `expressions` rejected with. */
  get fault(): unknown {
    return this.#fault
  }

  /** Works for about so many ms, at least one portion. `answered`: called when `waiting` is over. */
  step(budgetMs: number, answered?: () => void): SearchState {
    const { nowMs } = this.#options
    const until = nowMs() + budgetMs
    do {
      if (this.#waiting) return 'waiting'
      const portion = this.#fault === undefined ? this.#portion() : undefined
      if (!portion) return 'done'
      this.#look(portion, answered)
    } while (nowMs() < until)
    return 'more'
  }

  /** The next one; undefined: there is none now. */
  #portion(): Portion | undefined {
    const { table, openRow, backward, from = 0, to = Infinity } = this.#options
    const first = Math.max(from, table.first)
    const end = Math.min(table.end, openRow() ?? Infinity, to)
    this.#next = backward ? Math.min(this.#next, end) : Math.max(this.#next, first)
    if (backward ? this.#next <= first : this.#next >= end) return undefined
    const portion = backward ? this.#before(first) : this.#behind(end)
    this.#next = backward ? portion.from : portion.to
    return portion
  }

  #behind(end: number): Portion {
    const { log, table } = this.#options
    const from = this.#next
    const most = Math.min(end, from + this.#rows)
    if (this.#finds.size === 0) return { from, to: most }
    const page = log.pageOf(table.record(from))
    if (!page) return { from, to: from + 1 }
    const start = placeOf(page, table.record(from), table.offset(from))
    return { from, to: Math.min(most, Math.max(from + 1, this.#rowBehind(page, start + PORTION_BYTES))) }
  }

  #before(first: number): Portion {
    const { log, table } = this.#options
    const to = this.#next
    const least = Math.max(first, to - this.#rows)
    if (this.#finds.size === 0) return { from: least, to }
    const page = log.pageOf(table.record(to - 1))
    if (!page) return { from: to - 1, to }
    const start = placeOf(page, table.record(to - 1), table.offset(to - 1))
    return { from: Math.min(to - 1, Math.max(least, this.#rowWithin(page, start - PORTION_BYTES))), to }
  }

  /** Those that fit are handed on, or asked about first. */
  #look({ from, to }: Portion, answered: (() => void) | undefined): void {
    const open: number[] = []
    const fitting: number[] = []
    const verdicts = this.#verdicts.of(from, to)
    for (let at = nextNot(verdicts, NO, 0); at < to - from; at = nextNot(verdicts, NO, at + 1)) {
      const row = from + at
      const fits = verdicts[at] === YES || matches(this.#options.filter, this.#facts.of(row, undefined))
      if (fits !== false) fitting.push(row)
      if (fits === undefined) open.push(row)
    }
    if (open.length > 0) void this.#ask(open, fitting, { from, to }, answered)
    else this.#options.found(fitting, from, to)
  }

  /** Rows whose bytes begin in one page. */
  readonly #searchBytes = (pattern: BytePattern, from: number, to: number, into: Uint8Array): void => {
    const { log, table } = this.#options
    const page = log.pageOf(table.record(from))
    const find = this.#finds.get(pattern)
    if (!page || !find) {
      into.fill(OPEN)
      return
    }
    into.fill(NO)
    const start = this.#beginning(page, from)
    const stop = to < table.end ? this.#beginning(page, to) : page.dataEnd
    for (let at = start, near = from; at < stop;) {
      const hit = find(page.memory, at, stop)
      if (hit < 0) break
      const row = this.#rowFrom(near, to, page, hit)
      const isWithin = row >= from && row < to
      const isWhole = isWithin && hit + pattern.length <= this.#beginning(page, row) + table.length(row)
      if (isWithin) into[row - from] = isWhole ? YES : OPEN
      const next = row + 1 < to ? this.#beginning(page, row + 1) : stop
      at = Math.max(hit + 1, isWithin && !table.isScattered(row) ? next : hit + 1)
      near = Math.max(near, row)
    }
    // What does not stand in one piece cannot be found in the page: such rows are looked at one by one.
    for (const row of table.scatteredIn(from, to)) into[row - from] = OPEN
    const last = this.#bytesBefore(to)
    if (last >= from && this.#crosses(page, last)) into[last - from] = OPEN
  }

  /** The first row that begins behind this place of the page, or in the page behind it. */
  #rowBehind(page: Page, offset: number): number {
    const record = offset < page.dataEnd ? page.recordAt(offset) : page.count - 1
    const within = offset < page.dataEnd ? offset - page.start(record) : Infinity
    return this.#options.table.rowAt(page.first + record, within) + 1
  }

  /** The first row that begins in the page, and not before this place of it. */
  #rowWithin(page: Page, offset: number): number {
    const { table } = this.#options
    if (offset <= PAGE_HEADER) return table.rowAt(page.first - 1, Infinity) + 1
    const record = page.recordAt(offset)
    return table.rowAt(page.first + record, offset - page.start(record) - 1) + 1
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

  /** The same, where it is `near` or a row below `to` behind it: most often one of the next ones. */
  #rowFrom(near: number, to: number, page: Page, offset: number): number {
    const { table } = this.#options
    if (offset - this.#beginning(page, near) > NEAR_BYTES) return this.#rowOf(page, offset)
    let row = near
    while (row + 1 < to && this.#beginning(page, row + 1) <= offset) row++
    return table.isEvent(row) ? this.#rowOf(page, offset) : row
  }

  /** Where in the page a row begins; the end of its data for one of a later page. */
  #beginning(page: Page, row: number): number {
    const { table } = this.#options
    const record = table.record(row)
    return record < page.first + page.count ? placeOf(page, record, table.offset(row)) : page.dataEnd
  }

  /** The last row below this one that has bytes: an event that came within it stands behind it. */
  #bytesBefore(row: number): number {
    const { table } = this.#options
    let last = row - 1
    while (last > table.first && table.isEvent(last)) last--
    return last
  }

  #crosses(page: Page, row: number): boolean {
    return this.#beginning(page, row) + this.#options.table.length(row) > page.dataEnd
  }

  async #ask(
    open: readonly number[],
    candidates: readonly number[],
    portion: Portion,
    answered: (() => void) | undefined
  ): Promise<void> {
    const { expressions, reader, filter, table, found } = this.#options
    this.#waiting = true
    try {
      if (!expressions) throw new TypeError('nobody runs expressions here')
      const texts = open.map((row) => reader.bytes(row))
      const answers = await expressions(this.#expressions, texts)
      let at = 0
      const fitting = candidates.filter((row) => {
        if (row !== open[at]) return true
        const known = answers[at++] ?? []
        return row >= table.first && matches(filter, this.#facts.of(row, known)) === true
      })
      found(fitting, portion.from, portion.to)
    } catch (error) {
      this.#fault = error
    }
    this.#waiting = false
    answered?.()
  }
}

/** Of one row after the other: there is no object for each. */
class Facts implements RowFacts {
  readonly #options: SearchOptions
  readonly #expressions: readonly RegExp[]
  #row = 0
  #answers: readonly boolean[] | undefined

  constructor(options: SearchOptions, expressions: readonly RegExp[]) {
    this.#options = options
    this.#expressions = expressions
  }

  /** Itself, for this row from now on. `answers`: of its expressions, as far as they are known. */
  of(row: number, answers: readonly boolean[] | undefined): this {
    this.#row = row
    this.#answers = answers
    return this
  }

  isFromDevice(): boolean {
    return this.#options.table.isFromDevice(this.#row)
  }

  length(): number {
    return this.#options.table.length(this.#row)
  }

  gapNs(): number | undefined {
    const { table } = this.#options
    const row = this.#row
    return row > table.first ? table.timeNs(row) - table.endNs(row - 1) : undefined
  }

  session(): number {
    return this.#options.table.session(this.#row)
  }

  bytes(): Uint8Array {
    return this.#options.reader.bytes(this.#row)
  }

  event(): string | undefined {
    const { table, reader } = this.#options
    return table.isEvent(this.#row) ? reader.event(this.#row).type : undefined
  }

  decoded(key: string): string | undefined {
    return this.#options.keys?.(this.#row)?.[key]
  }

  expression(expression: RegExp): boolean | undefined {
    return this.#answers?.[this.#expressions.indexOf(expression)]
  }
}

function rowsOfPortion(filter: Filter): number {
  // Few of them have the bytes.
  if (!needsLook(filter) || requiredBytes(filter)) return PORTION_ROWS
  return needsDecoder(filter) ? DECODED_ROWS : LOOKED_ROWS
}

function finder(pattern: BytePattern, find: FindPlain | undefined): Find {
  const plain = pattern.filter((byte) => byte !== undefined)
  if (!find || plain.length < pattern.length) return (bytes, from, to) => findBytes(bytes, pattern, from, to)
  const needle = Uint8Array.from(plain)
  return (bytes, from, to) => find(bytes, needle, from, to)
}

/** The index of the first number from `at` on that is another one; their count where there is none. */
function nextNot(numbers: Uint8Array, one: number, at: number): number {
  while (at < numbers.length && numbers[at] === one) at++
  return at
}

function placeOf(page: Page, record: number, offset: number): number {
  return page.start(record - page.first) + offset
}
