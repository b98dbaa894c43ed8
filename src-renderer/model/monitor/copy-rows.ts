/** Rows as text for the clipboard: as the list shows them, one a line, whole. */
import { hexWords, textWords } from '../../../src-main/traffic/byte-words.ts'
import { eventWords, grouped } from '../../../src-main/traffic/event-words.ts'
import { TIME_WIDTH, timeWords } from '../../../src-main/traffic/time-words.ts'
import { Fault } from '../../../src-main/contract/faults.ts'
import { words } from '../../words/words.ts'
import { copyText } from '../copy-text.ts'
import type { MonitorDesk } from './contract.ts'

/** What somebody pastes elsewhere; a file is the place for more. */
export const MAX_COPIED_ROWS = 10_000

/** Rows from one number to another, both of them too, as far as they are shown. Rejects with a Fault where that is too much. */
export async function copyRows(
  desk: MonitorDesk,
  rows: { readonly from: number; readonly to: number }
): Promise<void> {
  const { shown } = desk
  const [low, high] = [shown.indexOf(rows.from), shown.indexOf(rows.to + 1)]
  if (high - low > MAX_COPIED_ROWS)
    throw new Fault('usage', words.monitorList.tooManyToCopy(grouped(MAX_COPIED_ROWS)))
  const lines: string[] = []
  for (let index = low; index < high; index++) {
    const previous = index > low ? shown.rowAt(index - 1) : undefined
    const line = rowText(desk, shown.rowAt(index), previous)
    if (line !== undefined) lines.push(line)
  }
  await copyText(lines.length === 1 ? (lines[0] ?? '') : lines.map((line) => `${line}\n`).join(''))
}

/** Undefined: it is gone. */
export function rowText(desk: MonitorDesk, row: number, previous = row - 1): string | undefined {
  const { table, reader, marks } = desk.traffic
  const { view, time, controls } = desk.options
  if (row < table.first || row >= table.end) return undefined
  const clock = timeWords(time, reader.row(row), marks.timeMarks(row, previous)).padStart(TIME_WIDTH[time])
  if (table.isEvent(row)) return `${clock}  *  ${eventWords(reader.event(row), marks.inForce(row)).text}`
  const bytes = reader.bytes(row)
  const text = view === 'hex' ? hexWords(bytes) : textWords(bytes, controls)
  const decoded = desk.decoded(row)?.text
  const way = table.isFromDevice(row) ? '←' : '→'
  return `${clock}  ${way}  ${text}${decoded === undefined ? '' : `  ${decoded}`}`
}
