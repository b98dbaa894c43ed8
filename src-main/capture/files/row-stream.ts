/**
 * Rows out of records as they come, each once and as soon as it is complete. Called by the forms that have a line for each row, and by those that
 * decode; keeps some pages of what rows may still need.
 */
import type { LineSettings } from '../../contract/line.ts'
import { TrafficLog } from '../../traffic/log.ts'
import { copyRecords } from '../../traffic/page-writer.ts'
import { Page } from '../../traffic/page.ts'
import { RowReader } from '../../traffic/row-reader.ts'
import { RowSplitter } from '../../traffic/row-splitter.ts'
import { RowTable } from '../../traffic/row-table.ts'
import type { Row, RowRules } from '../../traffic/row.ts'

/** A row is at most 4 KiB, but events may stand within: two pages would do for all but those. */
const MAX_PAGES = 4
const PAGE_SIZE = 64 * 1024

export class RowStream {
  readonly #table = new RowTable()
  readonly #splitter: RowSplitter
  readonly #reader: RowReader
  readonly #log: TrafficLog
  #pageSize = PAGE_SIZE
  /** The first row that was not answered yet. */
  #next = 0

  constructor(rules: RowRules, settings: LineSettings | undefined) {
    this.#log = new TrafficLog({
      store: { take: () => new Uint8Array(this.#pageSize), give: () => undefined },
      maxPages: MAX_PAGES,
      wallOffsetMs: () => 0
    })
    this.#splitter = new RowSplitter(this.#table, rules, settings)
    const settingsAt = (record: number): LineSettings | undefined => this.#splitter.settingsAt(record)
    this.#reader = new RowReader({ log: this.#log, table: this.#table, settingsAt })
  }

  /** The rows that these records complete; their bytes are to be used before the next call. */
  *push(page: Page, from: number, to: number): Generator<Row> {
    const part = Page.from(copyRecords(page, from, to))
    this.#pageSize = Math.max(PAGE_SIZE, part.memory.length)
    this.#log.append(part)
    this.#splitter.push(this.#log)
    yield* this.#upTo(this.#splitter.openRow ?? this.#table.end)
  }

  /** The rows that were still open. */
  *rest(): Generator<Row> {
    yield* this.#upTo(this.#table.end)
  }

  *#upTo(end: number): Generator<Row> {
    this.#next = Math.max(this.#next, this.#table.first)
    while (this.#next < end) yield this.#reader.row(this.#next++)
  }
}
