/** Rows as text for the clipboard: as the list shows them, one a line, whole. */
import { hexWords, textWords } from '../../../src-main/traffic/byte-words.ts'
import { eventWords, grouped } from '../../../src-main/traffic/event-words.ts'
import { TIME_WIDTH, timeWords } from '../../../src-main/traffic/time-words.ts'
import { Fault } from '../../../src-main/contract/faults.ts'
import { words } from '../../words/words.ts'
import { copyText } from '../copy-text.ts'
import type { MonitorDesk } from './contract.ts'
import { pageTurns, type Turns } from './turns.ts'

/** What somebody pastes elsewhere; a file is the place for more. */
export const MAX_COPIED_ROWS = 10_000
/** Of one slice of work, in ms. */
const SLICE_MS = 4
/** Between two looks at the time. */
const ROWS_AT_A_TIME = 16

/**
 * Rows from one number to another, both of them too, as far as they are shown; in slices, and what is given up meanwhile is left out. Rejects
 * with a Fault where that is too much, or rows are cut anew.
 */
export async function copyRows(
  desk: MonitorDesk,
  rows: { readonly from: number; readonly to: number },
  turns: Turns = pageTurns()
): Promise<void> {
  const { shown } = desk
  const [low, high] = [shown.indexOf(rows.from), shown.indexOf(rows.to + 1)]
  if (high - low > MAX_COPIED_ROWS)
    throw new Fault('usage', words.monitorList.tooManyToCopy(grouped(MAX_COPIED_ROWS)))
  const { cut } = desk.traffic
  // Their places are others as soon as the oldest are given up.
  const numbers = Float64Array.from({ length: high - low }, (_, place) => shown.rowAt(low + place))
  const lines: string[] = []
  let startMs = turns.nowMs()
  for (const [place, number] of numbers.entries()) {
    const line = rowText(desk, number, numbers[place - 1])
    if (line !== undefined) lines.push(line)
    if (place % ROWS_AT_A_TIME !== 0 || turns.nowMs() - startMs < SLICE_MS) continue
    await new Promise<void>((resolve) => turns.soon(resolve))
    if (desk.traffic.cut !== cut) throw new Fault('usage', words.monitorList.cutMeanwhile)
    startMs = turns.nowMs()
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
