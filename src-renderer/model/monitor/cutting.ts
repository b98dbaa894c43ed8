/** The rows of a log as far as they are cut by some rules. Used by LiveTraffic, which makes another one for other rules; works in slices. */
import type { LineSettings } from '../../../src-main/contract/line.ts'
import type { InForce } from '../../../src-main/traffic/event-words.ts'
import type { TrafficLog } from '../../../src-main/traffic/log.ts'
import { RowMarks } from '../../../src-main/traffic/row-marks.ts'
import { RowReader } from '../../../src-main/traffic/row-reader.ts'
import { RowSplitter } from '../../../src-main/traffic/row-splitter.ts'
import { RowTable } from '../../../src-main/traffic/row-table.ts'
import type { RowRules } from '../../../src-main/traffic/row.ts'

/** Records between two looks at the clock: far less than a millisecond, but for records of many kilobytes. */
const PORTION = 128

export interface CuttingOptions {
  readonly log: TrafficLog
  readonly rules: RowRules
  /** In force before the first record that the log has, as far as it is known. */
  readonly settings?: LineSettings | undefined
  readonly inForce?: InForce | undefined
  /** More rows than that are not kept: the oldest page goes. */
  readonly maxRows: number
}

export class Cutting {
  readonly table = new RowTable()
  readonly reader: RowReader
  readonly marks: RowMarks
  readonly rules: RowRules
  readonly #log: TrafficLog
  readonly #splitter: RowSplitter
  readonly #maxRows: number

  constructor({ log, rules, settings, inForce, maxRows }: CuttingOptions) {
    this.#log = log
    this.rules = rules
    this.#maxRows = maxRows
    this.#splitter = new RowSplitter(this.table, rules, settings)
    const settingsAt = (record: number): LineSettings | undefined => this.settingsAt(record)
    this.reader = new RowReader({ log, table: this.table, settingsAt })
    this.marks = new RowMarks(this.table, this.reader, inForce)
  }

  get openRow(): number | undefined {
    return this.#splitter.openRow
  }

  settingsAt(record: number): LineSettings | undefined {
    return this.#splitter.settingsAt(record)
  }

  /** Works for about so many ms; true: there is more to do. */
  step(budgetMs: number, nowMs: () => number): boolean {
    const until = nowMs() + budgetMs
    for (;;) {
      const isMore = this.#splitter.push(this.#log, PORTION)
      if (this.table.end - this.table.first > this.#maxRows) this.#log.dropOldest()
      this.marks.extend()
      if (!isMore) return false
      if (nowMs() >= until) return true
    }
  }
}
