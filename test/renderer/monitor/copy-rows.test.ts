import { afterEach, expect, it, vi } from 'vitest'
import { FRAME_ROWS } from '../../../src-main/traffic/row.ts'
import { copyRows, MAX_COPIED_ROWS } from '../../../src-renderer/model/monitor/copy-rows.ts'
import { FakeDesk } from './fake-desk.ts'
import { TestTurns } from './test-turns.ts'

afterEach(() => vi.unstubAllGlobals())

function rig(rows: number) {
  const copied: string[] = []
  vi.stubGlobal('navigator', {
    clipboard: { writeText: (text: string) => Promise.resolve(void copied.push(text)) }
  })
  const desk = new FakeDesk()
  for (let row = 0; row < rows; row++) desk.traffic.bytes('from-device', `row ${row}\r\n`)
  // Each look at the time is a ms later than the one before.
  const turns = new TestTurns()
  let nowMs = 0
  turns.nowMs = () => nowMs++
  return { desk, turns, copied }
}

it('copies as many rows as may be copied in slices, and each of them once', async () => {
  const { desk, turns, copied } = rig(MAX_COPIED_ROWS + 1)
  const all = { from: 0, to: MAX_COPIED_ROWS - 1 }
  const done = { is: false }
  const copying = copyRows(desk, all, turns).then(() => (done.is = true))
  let slices = 0
  while (!done.is) {
    if (turns.turn()) slices++
    await Promise.resolve()
  }
  await copying
  expect(slices).toBeGreaterThan(100)
  const [text = ''] = copied
  const lines = text.split('\n')
  expect(lines).toHaveLength(MAX_COPIED_ROWS + 1)
  expect(lines[9999]).toMatch(/ row 9999␍␊$/)
  expect(new Set(lines).size).toBe(lines.length)
  await expect(copyRows(desk, { from: 0, to: MAX_COPIED_ROWS }, turns)).rejects.toThrow('No more than 10,000')
})

it('copies nothing where rows are cut anew meanwhile', async () => {
  const { desk, turns, copied } = rig(1000)
  const copying = copyRows(desk, { from: 0, to: 999 }, turns)
  const ends = expect(copying).rejects.toThrow('Rows end elsewhere now')
  desk.traffic.cutBy(FRAME_ROWS)
  turns.turn()
  await ends
  expect(copied).toEqual([])
})
