import { DEFAULT_SETTINGS, type LineSettings } from '../../src-main/contract/line.ts'
import type { TrafficLog } from '../../src-main/traffic/log.ts'
import { RowReader } from '../../src-main/traffic/row-reader.ts'
import type { Row, RowRules } from '../../src-main/traffic/row.ts'
import { RowSplitter } from '../../src-main/traffic/row-splitter.ts'
import { RowTable } from '../../src-main/traffic/row-table.ts'

/** A log cut into rows, read anew each time. */
export class Rows {
  readonly table = new RowTable()
  readonly splitter: RowSplitter
  readonly reader: RowReader
  readonly #log: TrafficLog

  constructor(log: TrafficLog, rules: RowRules, settings: LineSettings | undefined = DEFAULT_SETTINGS) {
    this.#log = log
    this.splitter = new RowSplitter(this.table, rules, settings)
    const settingsAt = (record: number): LineSettings | undefined => this.splitter.settingsAt(record)
    this.reader = new RowReader({ log, table: this.table, settingsAt })
  }

  all(): Row[] {
    this.splitter.push(this.#log)
    return Array.from({ length: this.table.end - this.table.first }, (_, i) =>
      this.reader.row(this.table.first + i)
    )
  }

  /** `>` to the device, `<` from it, `*` an event. */
  shown(): string[] {
    return this.all().map(({ content }) =>
      content.type === 'event'
        ? `* ${content.event.type}`
        : `${content.direction === 'to-device' ? '>' : '<'} ${Buffer.from(content.bytes).toString('latin1')}`
    )
  }
}
