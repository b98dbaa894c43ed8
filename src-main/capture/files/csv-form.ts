/**
 * CSV as RFC 4180 has it: a header, CRLF, quotes where they are needed. For spreadsheets: a cell that one would take for a formula begins with an
 * apostrophe, for what stands in it came from a device or a network.
 */
import { hexWords, textWords } from '../../traffic/byte-words.ts'
import type { Decoded } from '../../traffic/decoder.ts'
import { eventWords, type InForce } from '../../traffic/event-words.ts'
import type { Row } from '../../traffic/row.ts'
import { isoWords, secondsWords, wallTime } from '../../traffic/time-words.ts'
import type { RowForm } from './row-file.ts'

/** `time`: ISO 8601, UTC; `since_start`: seconds; `session`: 0 for what comes from the device; `hex`, `text`: the bytes. */
export const CSV_COLUMNS = [
  'row',
  'time',
  'since_start',
  'direction',
  'session',
  'length',
  'hex',
  'text',
  'event',
  'decoded',
  'verdict'
] as const

export class CsvForm implements RowForm {
  #startNs: number | undefined

  head(): string {
    return line(CSV_COLUMNS)
  }

  row(row: Row, before: InForce, decoded?: Decoded): string {
    this.#startNs ??= row.timeNs
    const time = isoWords(wallTime(row.timeNs, row.wallOffsetMs))
    const since = secondsWords(row.timeNs - this.#startNs)
    const { content } = row
    const what =
      content.type === 'event'
        ? ['', '', '', '', '', eventWords(content.event, before).text]
        : [
            content.direction,
            String(content.session),
            String(content.bytes.length),
            hexWords(content.bytes),
            textWords(content.bytes, 'names'),
            ''
          ]
    return line([String(row.number), time, since, ...what, decoded?.text ?? '', decoded?.verdict ?? ''])
  }
}

/** What spreadsheets take for the beginning of a formula (also of full width). A negative number is none. */
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/
const NUMBER = /^-?\d+(\.\d+)?$/

function line(cells: readonly string[]): string {
  return `${cells.map(cell).join(',')}\r\n`
}

function cell(text: string): string {
  const safe = FORMULA.test(text) && !NUMBER.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
