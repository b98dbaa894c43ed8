import { describe, expect, it } from 'vitest'
import * as fc from 'fast-check'
import { inForceAfter, NOTHING_KNOWN, type InForce } from '../../src-main/traffic/event-words.ts'
import { RowMarks } from '../../src-main/traffic/row-marks.ts'
import { RowReader } from '../../src-main/traffic/row-reader.ts'
import { RowSplitter } from '../../src-main/traffic/row-splitter.ts'
import { RowTable } from '../../src-main/traffic/row-table.ts'
import { TEXT_ROWS } from '../../src-main/traffic/row.ts'
import { TimeTrail } from '../../src-main/traffic/time-words.ts'
import type { TrafficLog } from '../../src-main/traffic/log.ts'
import { happenings, logOf } from './logs.ts'
import { makeLog } from './stores.ts'

/** Pushes some records at a time, and looks after each. */
function marksOf(
  log: TrafficLog,
  step = Infinity
): { table: RowTable; reader: RowReader; marks: RowMarks; go: () => void } {
  const table = new RowTable()
  const splitter = new RowSplitter(table, TEXT_ROWS)
  const reader = new RowReader({ log, table, settingsAt: (record) => splitter.settingsAt(record) })
  const marks = new RowMarks(table, reader)
  const go = (): void => {
    let isMore
    do {
      isMore = splitter.push(log, step)
      marks.extend()
    } while (isMore)
  }
  go()
  return { table, reader, marks, go }
}

describe('what stands before a row', () => {
  it('is what somebody knows who read all rows in order', () => {
    fc.assert(
      fc.property(happenings, fc.integer({ min: 1, max: 9 }), (all, step) => {
        const { table, reader, marks } = marksOf(logOf(all), step)
        const trail = new TimeTrail('clock')
        let before: InForce = NOTHING_KNOWN
        for (let row = table.first; row < table.end; row++) {
          const each = reader.row(row)
          expect(marks.timeMarks(row)).toEqual(trail.follow(each))
          expect(marks.inForce(row)).toEqual(before)
          if (each.content.type === 'event') before = inForceAfter(each.content.event, before)
        }
      })
    )
  })

  it('is found over thousands of rows of one direction, and not behind the oldest row', () => {
    const log = makeLog(64 * 1024, 4)
    log.bytes(1e9, 'to-device', 1, Uint8Array.from([0x3f, 0x0a]))
    for (let i = 0; i < 3000; i++) log.bytes(2e9 + i * 1e6, 'from-device', 0, Uint8Array.from([0x41, 0x0a]))
    const { table, marks, go } = marksOf(log)
    expect(marks.timeMarks(2999).otherNs).toBe(table.endNs(0))
    expect(marks.startNs).toBe(1e9)
    for (let i = 0; i < 20_000; i++) log.bytes(9e9 + i * 1e6, 'from-device', 0, Uint8Array.from([0x41, 0x0a]))
    go()
    expect(table.first).toBeGreaterThan(0)
    expect(marks.timeMarks(table.end - 1).otherNs).toBeUndefined()
    expect(marks.startNs).toBe(1e9)
  })

  it('stays right where whole pages went before they were cut', () => {
    const log = makeLog(4096, 3)
    const { table, marks, go } = marksOf(log)
    for (let turn = 0; turn < 5; turn++) {
      for (let i = 0; i < 5000; i++)
        log.bytes(
          1e9 * (turn + 1) + i * 1e5,
          i % 7 === 0 ? 'to-device' : 'from-device',
          0,
          Uint8Array.of(0x0a)
        )
      go()
    }
    const last = table.end - 1
    let other = last - 1
    while (table.isFromDevice(other) === table.isFromDevice(last)) other--
    expect(marks.timeMarks(last).otherNs).toBe(table.endNs(other))
  })
})
