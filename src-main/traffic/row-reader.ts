/** Rows with their bytes, out of the table and the log. */
import type { LineSettings } from '../contract/line.ts'
import type { TrafficEvent } from '../contract/traffic.ts'
import type { TrafficLog } from './log.ts'
import type { Row } from './row.ts'
import type { RowTable } from './row-table.ts'

const NOTHING = new Uint8Array(0)

export interface RowSources {
  readonly log: TrafficLog
  readonly table: RowTable
  readonly settingsAt: (record: number) => LineSettings | undefined
}

export class RowReader {
  readonly #sources: RowSources

  constructor(sources: RowSources) {
    this.#sources = sources
  }

  /** Throws a RangeError for a row that the table does not have (any more). */
  row(number: number): Row {
    const { log, table } = this.#sources
    const record = table.record(number)
    const page = log.pageOf(record)
    return {
      number,
      timeNs: table.timeNs(number),
      endNs: table.endNs(number),
      wallOffsetMs: page?.wallOffsetMs ?? 0,
      content: table.isEvent(number)
        ? { type: 'event', event: this.event(number) }
        : this.#bytes(number, record)
    }
  }

  /** The bytes of a row: a view where they stand in one piece, else a copy; empty for an event, and where they are gone. */
  bytes(number: number): Uint8Array {
    const { log, table } = this.#sources
    const length = table.length(number)
    let record = table.record(number)
    const page = log.pageOf(record)
    if (length === 0 || !page) return NOTHING
    const start = page.start(record - page.first) + table.offset(number)
    if (!table.isScattered(number) && start + length <= page.dataEnd)
      return page.memory.subarray(start, start + length)
    const joined = new Uint8Array(length)
    for (let size = 0, offset = table.offset(number); size < length; record++, offset = 0) {
      const piece = this.#piece(record, offset)
      if (!piece) return joined.subarray(0, size)
      joined.set(piece.subarray(0, length - size), size)
      size += piece.length
    }
    return joined
  }

  /** Of a row that is one. */
  event(number: number): TrafficEvent {
    const record = this.#sources.table.record(number)
    const page = this.#sources.log.pageOf(record)
    const event = page?.event(record - page.first)
    // What a newer Farport recorded, and cannot be read here, was there all the same.
    return event ?? { type: 'missed', records: 1, bytes: 0, why: 'an event that cannot be read' }
  }

  #bytes(number: number, record: number): Row['content'] {
    const { table, settingsAt } = this.#sources
    const settings = settingsAt(record)
    return {
      type: 'bytes',
      direction: table.isFromDevice(number) ? 'from-device' : 'to-device',
      session: table.session(number),
      bytes: this.bytes(number),
      ...(settings && { settings })
    }
  }

  /** The line's bytes of one record, from an offset on; none for an event, undefined where the record is gone. */
  #piece(record: number, offset: number): Uint8Array | undefined {
    const page = this.#sources.log.pageOf(record)
    if (!page) return undefined
    return page.isEvent(record - page.first) ? NOTHING : page.bytes(record - page.first).subarray(offset)
  }
}
