/**
 * Turns pages of a recording into rows to be shown, as they come: cut, decoded, filtered, in order. Called by monitor and export for each
 * page; keeps the last pages alone, however long it goes on. Rows are only good until the next call: their bytes are views.
 */
import type { LineSettings } from '../contract/line.ts'
import type { Decoded, Decoder, DecoderKind } from '../traffic/decoder.ts'
import type { Filter } from '../traffic/filter/filter.ts'
import { expressionsOf, matches, type RowFacts } from '../traffic/filter/match.ts'
import type { RunExpressions } from '../traffic/filter/row-search.ts'
import { TrafficLog } from '../traffic/log.ts'
import type { Page } from '../traffic/page.ts'
import { RowReader } from '../traffic/row-reader.ts'
import { RowSplitter } from '../traffic/row-splitter.ts'
import { RowTable } from '../traffic/row-table.ts'
import type { Row, RowRules } from '../traffic/row.ts'

/** The largest record of any recording, and what stands around it. */
const PAGE_BYTES = 1024 * 1024 + 4096
/** What is being shown, and what its rows began in. */
const MAX_PAGES = 3

export interface FilteredRowsOptions {
  readonly rules: RowRules
  readonly decoder?: DecoderKind | undefined
  readonly filter?: Filter | undefined
  /** Needed where the filter has expressions. */
  readonly expressions: RunExpressions
  /** Every row, also those that the filter leaves out. */
  readonly seen?: (row: Row) => void
}

export interface ShownRow {
  readonly row: Row
  readonly decoded?: Decoded
  /** It goes on with a row whose beginning was shown before it ended. */
  readonly isRest?: true
}

export class FilteredRows {
  readonly #options: FilteredRowsOptions
  readonly #expressions: readonly RegExp[]
  #parts = new Parts()
  #table: RowTable
  #splitter: RowSplitter
  #reader: RowReader
  #decoder: Decoder | undefined
  /** The first row that was not shown. */
  #next = 0
  /** A row that goes on, and how much of it was shown. */
  #begun: { readonly row: number; readonly bytes: number } | undefined
  /** When the last byte of the row before was there. */
  #lastEndNs: number | undefined

  constructor(options: FilteredRowsOptions) {
    this.#options = options
    this.#expressions = options.filter ? expressionsOf(options.filter) : []
    this.#table = new RowTable()
    this.#splitter = new RowSplitter(this.#table, options.rules)
    this.#reader = this.#makeReader()
    this.#decoder = options.decoder?.make()
  }

  /** There is something of a row that goes on, and may go on for long. */
  get hasOpen(): boolean {
    const open = this.#splitter.openRow
    if (open === undefined) return false
    return this.#next <= open || this.#table.length(open) > (this.#begun?.bytes ?? 0)
  }

  /**
   * Another recording follows: what is open is over, and its numbers begin anew. Call `rest` before. `settings`: in force at its beginning,
   * where that is known.
   */
  restart(settings?: LineSettings): void {
    this.#parts = new Parts()
    this.#table = new RowTable()
    this.#splitter = new RowSplitter(this.#table, this.#options.rules, settings)
    this.#reader = this.#makeReader()
    this.#next = 0
    this.#begun = undefined
    this.#lastEndNs = undefined
  }

  /** The rows that ended by now. Rejects as `expressions` does. Not before the call before it is over. */
  take(page: Page): Promise<ShownRow[]> {
    this.#parts.append(page)
    this.#splitter.push(this.#parts.log)
    return this.#collect(false)
  }

  /** Also what is there of the row that goes on. */
  rest(): Promise<ShownRow[]> {
    return this.#collect(true)
  }

  /** The last rows, however they were filtered: for a guess at what it is. */
  lastRows(count: number): Row[] {
    const from = Math.max(this.#table.first, this.#table.end - count)
    return Array.from({ length: this.#table.end - from }, (_, index) => this.#reader.row(from + index))
  }

  #makeReader(): RowReader {
    return new RowReader({
      log: this.#parts.log,
      table: this.#table,
      settingsAt: (record) => this.#splitter.settingsAt(record)
    })
  }

  async #collect(withOpen: boolean): Promise<ShownRow[]> {
    const table = this.#table
    const open = this.#splitter.openRow
    const rows: ShownRow[] = []
    if (this.#begun) this.#continue(this.#begun, open, withOpen, rows)
    // What follows a row that goes on and was shown is events alone.
    const blocked = open !== undefined && !withOpen && open >= this.#next
    const end = blocked ? open : table.end
    for (let number = Math.max(this.#next, table.first); number < end; number++) {
      const row = this.#reader.row(number)
      rows.push(this.#decoded(row))
      if (number === open) this.#begun = { row: number, bytes: table.length(number) }
    }
    this.#next = Math.max(this.#next, end)
    return this.#filtered(rows)
  }

  #continue(
    begun: { readonly row: number; readonly bytes: number },
    open: number | undefined,
    withOpen: boolean,
    rows: ShownRow[]
  ): void {
    const goesOn = open === begun.row
    if (begun.row < this.#table.first) {
      this.#begun = undefined
      return
    }
    const length = this.#table.length(begun.row)
    if (length > begun.bytes && (withOpen || !goesOn)) {
      const row = this.#reader.row(begun.row)
      if (row.content.type === 'bytes') {
        const content = { ...row.content, bytes: row.content.bytes.subarray(begun.bytes) }
        rows.push({ ...this.#decoded({ ...row, content }), isRest: true })
      }
      this.#begun = { row: begun.row, bytes: length }
    }
    if (!goesOn) this.#begun = undefined
  }

  #decoded(row: Row): ShownRow {
    this.#options.seen?.(row)
    const decoded = this.#decoder?.decode(row)
    return decoded ? { row, decoded } : { row }
  }

  async #filtered(rows: ShownRow[]): Promise<ShownRow[]> {
    const { filter, expressions } = this.#options
    if (!filter) return rows
    const facts = rows.map((shown) => this.#facts(shown))
    const verdicts = facts.map((fact) => matches(filter, fact(undefined)))
    const open = rows.flatMap(({ row }, index) =>
      verdicts[index] === undefined && row.content.type === 'bytes'
        ? [{ index, bytes: row.content.bytes }]
        : []
    )
    if (open.length > 0) {
      const answers = await expressions(
        this.#expressions,
        open.map(({ bytes }) => bytes)
      )
      for (const [at, { index }] of open.entries())
        verdicts[index] = matches(filter, facts[index]?.(answers[at]) ?? NO_FACTS)
    }
    return rows.filter((_, index) => verdicts[index] === true)
  }

  #facts({ row, decoded }: ShownRow): (answers: readonly boolean[] | undefined) => RowFacts {
    const { content, timeNs, endNs } = row
    const gapNs = this.#lastEndNs === undefined ? undefined : timeNs - this.#lastEndNs
    this.#lastEndNs = endNs
    const bytes = content.type === 'bytes' ? content : undefined
    return (answers) => ({
      isFromDevice: () => bytes?.direction === 'from-device',
      length: () => bytes?.bytes.length ?? 0,
      gapNs: () => gapNs,
      session: () => bytes?.session ?? 0,
      bytes: () => bytes?.bytes ?? NOTHING,
      event: () => (content.type === 'event' ? content.event.type : undefined),
      decoded: (key) => decoded?.keys?.[key],
      expression: (expression) => answers?.[this.#expressions.indexOf(expression)]
    })
  }
}

const NOTHING = new Uint8Array(0)

const NO_FACTS: RowFacts = {
  isFromDevice: () => false,
  length: () => 0,
  gapNs: () => undefined,
  session: () => 0,
  bytes: () => NOTHING,
  event: () => undefined,
  decoded: () => undefined,
  expression: () => false
}

/** The last pages of a recording, in memory that is used again and again. */
class Parts {
  readonly #spare: Uint8Array[] = []
  #wallOffsetMs = 0
  readonly log = new TrafficLog({
    store: {
      take: () => this.#spare.pop() ?? new Uint8Array(PAGE_BYTES),
      give: (bytes) => void this.#spare.push(bytes)
    },
    maxPages: MAX_PAGES,
    wallOffsetMs: () => this.#wallOffsetMs
  })

  append(page: Page): void {
    const turned = page.wallOffsetMs !== this.#wallOffsetMs
    this.#wallOffsetMs = page.wallOffsetMs
    if (turned && this.log.end > this.log.first) this.log.newPage()
    this.log.append(page)
  }
}
