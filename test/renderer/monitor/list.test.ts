import { flushSync } from 'svelte'
import { describe, expect, it } from 'vitest'
import { RowList } from '../../../src-renderer/model/monitor/row-list.svelte.ts'
import {
  drawRow,
  sourceOf,
  spanWords,
  type RowFormat
} from '../../../src-renderer/model/monitor/drawn-row.ts'
import { rowText } from '../../../src-renderer/model/monitor/copy-rows.ts'
import {
  elementHeight,
  lastPosition,
  MAX_HEIGHT,
  positionAfter,
  scrollTopFor
} from '../../../src-renderer/model/monitor/list-scroll.ts'
import { rooted } from '../../../src-renderer/model/monitor/rooted.svelte.ts'
import { FakeDesk } from './fake-desk.ts'

const LINES: RowFormat = { view: 'lines', time: 'start', controls: 'names', hexBytes: 0, hasDecoded: false }

/** So many rows, of which ten are seen at once. */
function listOf(rows: number): { desk: FakeDesk; list: RowList } {
  const desk = new FakeDesk()
  for (let row = 0; row < rows; row++) desk.traffic.bytes('from-device', `line ${row}\n`)
  const [list] = rooted(() => new RowList(desk))
  list.measures = { width: 800, height: 200, rowHeight: 20, characterWidth: 8 }
  flushSync()
  return { desk, list }
}

const seen = (list: RowList): number[] =>
  list.drawn.slots
    .filter(({ top }) => top + list.drawn.offset > -20 && top + list.drawn.offset < 200)
    .map(({ drawn }) => drawn.row)
    .sort((a, b) => a - b)

describe('the list of rows', () => {
  it('stays at its end while it follows', () => {
    const { desk, list } = listOf(50)
    expect(seen(list)).toEqual([40, 41, 42, 43, 44, 45, 46, 47, 48, 49])
    desk.traffic.bytes('from-device', 'one more\n')
    expect(seen(list).at(-1)).toBe(50)
  })

  it('stays where it is when somebody has scrolled up, whatever comes below', () => {
    const { desk, list } = listOf(50)
    list.moved(800)
    list.scrolled(305)
    expect(desk.isFollowing).toBe(false)
    const before = seen(list)
    expect(before[0]).toBe(15)
    for (let i = 0; i < 30; i++) desk.traffic.bytes('from-device', 'more\n')
    expect(seen(list)).toEqual(before)
    expect(list.scrollTop).toBe(305)
    expect(list.sight).toBe(15)
  })

  it('hears of no scrolling once it is gone', () => {
    const { desk, list } = listOf(50)
    list.moved(800)
    list.dispose()
    list.scrolled(305)
    expect(desk.isFollowing).toBe(true)
  })

  it('keeps what is read when the oldest rows go', () => {
    const { desk, list } = listOf(5000)
    list.moved(99_800)
    list.scrolled(60_007)
    const before = seen(list)
    // So much of the log that its first rows are gone.
    desk.traffic.table.dropBefore(desk.traffic.table.record(2000))
    desk.traffic.bytes('from-device', 'more\n')
    expect(desk.shown.count).toBe(3001)
    expect(seen(list)).toEqual(before)
    expect(list.scrollTop).toBe(20_007)
  })

  it('follows again at its end', () => {
    const { desk, list } = listOf(50)
    list.moved(800)
    list.scrolled(300)
    list.scrolled(800)
    expect(desk.isFollowing).toBe(true)
    list.scrolled(300)
    list.follow()
    expect(seen(list).at(-1)).toBe(49)
  })

  it('goes on following when its rows are cut anew, and the browser scrolls what became shorter', () => {
    const { desk, list } = listOf(0)
    list.moved(800)
    list.scrolled(0)
    expect(desk.isFollowing).toBe(true)
    for (let i = 0; i < 50; i++) desk.traffic.bytes('from-device', 'more\n')
    list.moved(900)
    list.scrolled(800)
    expect(desk.isFollowing).toBe(true)
  })

  it('shows no more while it is paused, and nothing from before it was cleared', () => {
    const { desk, list } = listOf(50)
    desk.pausedAt = desk.traffic.table.end
    const before = seen(list)
    desk.traffic.bytes('from-device', 'more\n')
    expect(seen(list)).toEqual(before)
    expect(list.count).toBe(50)
    desk.pausedAt = undefined
    desk.clearedAt = 48
    expect(seen(list)).toEqual([48, 49, 50])
  })

  it('selects by keys, and what is selected stays in sight', () => {
    const { desk, list } = listOf(50)
    list.step(-1)
    expect(desk.selected).toBe(49)
    list.step(-1)
    expect(desk).toMatchObject({ selected: 48, isFollowing: false })
    list.step(-list.pageRows)
    expect(seen(list)).toContain(desk.selected)
    list.toStart()
    expect(desk.selected).toBe(0)
    list.step(2, true)
    list.step(1, true)
    expect(list.selection).toEqual({ from: 0, to: 3 })
    list.step(1)
    expect(list.selection).toEqual({ from: 4, to: 4 })
    list.step(Infinity)
    expect(desk.selected).toBe(49)
  })

  it('draws a row anew only when something of it changed', () => {
    const { desk, list } = listOf(30)
    const before = list.drawn.slots
    desk.traffic.bytes('from-device', 'no end')
    desk.isFollowing = false
    list.show(29)
    const first = list.drawn.slots.find(({ drawn }) => drawn.row === 28)
    expect(before.find(({ drawn }) => drawn.row === 28)).toBe(first)
    desk.traffic.bytes('from-device', ' yet')
    list.show(30)
    expect(list.drawn.slots.find(({ drawn }) => drawn.row === 30)?.drawn.text[0]?.text).toBe('no end yet')
  })
})

describe('a scroll bar over more rows than an element is high', () => {
  const size = { rows: 3 * MAX_HEIGHT, view: 500 }

  it('goes from one end to the other', () => {
    expect(elementHeight(size)).toBe(MAX_HEIGHT)
    expect(scrollTopFor(lastPosition(size), size)).toBe(MAX_HEIGHT - 500)
    expect(positionAfter(0, 0, MAX_HEIGHT - 500, size)).toBe(lastPosition(size))
    expect(positionAfter(5e7, 1e7, 0, size)).toBe(0)
    // Half of the way.
    expect(positionAfter(0, 0, (MAX_HEIGHT - 500) / 2, size)).toBeCloseTo(lastPosition(size) / 2, 3)
  })

  it('moves rows by what the wheel says', () => {
    expect(positionAfter(5e7, 1e7, 1e7 + 120, size)).toBe(5e7 + 120)
    expect(positionAfter(5e7, 1e7, 1e7 - 120, size)).toBe(5e7 - 120)
  })
})

describe('a row as it is drawn', () => {
  function drawn(desk: FakeDesk, row: number, format = LINES) {
    return drawRow(desk, row, row === 0 ? undefined : row - 1, format, sourceOf(desk, row))
  }

  it('has its time, direction, length and text', () => {
    const desk = new FakeDesk()
    desk.traffic.bytes('to-device', 'AT\r\n')
    desk.traffic.bytes('from-device', 'OK\r\n', 412)
    expect(drawn(desk, 0)).toMatchObject({ kind: 'to-device', time: '0.000000', length: '4', gap: '' })
    expect(drawn(desk, 1)).toMatchObject({
      kind: 'from-device',
      time: '0.412000',
      text: [{ text: 'OK<CR><LF>', kind: 'plain' }]
    })
    expect(drawn(desk, 1)?.gap).toMatch(/^41\d ms$/)
    expect(rowText(desk, 1)).toMatch(/ {2}← {2}OK␍␊$/)
  })

  it('has its hexadecimal, cut where it is too long', () => {
    const desk = new FakeDesk({ rules: {} })
    desk.traffic.bytes('from-device', Uint8Array.of(1, 2, 3, 0x41))
    const format = { ...LINES, view: 'hex', hexBytes: 2 } as const
    expect(drawn(desk, 0, format)).toMatchObject({
      hex: [{ text: '01 02…', kind: 'plain' }],
      text: [{ text: '..…', kind: 'plain' }]
    })
  })

  it('marks what was found, and what is selected in it', () => {
    const desk = new FakeDesk()
    desk.traffic.bytes('from-device', 'abcdef\n')
    desk.finds.set(0, [{ from: 1, to: 3 }])
    desk.selected = 0
    desk.range = { from: 4, to: 5 }
    expect(drawn(desk, 0)?.text).toEqual([
      { text: 'a', kind: 'plain' },
      { text: 'bc', kind: 'found' },
      { text: 'd', kind: 'plain' },
      { text: 'e', kind: 'range' },
      { text: 'f<LF>', kind: 'plain' }
    ])
  })

  it('tells events in words, by what was in force', () => {
    const desk = new FakeDesk()
    const settings = {
      baudRate: 9600,
      dataBits: 8,
      parity: 'none',
      stopBits: 1,
      flowControl: 'none'
    } as const
    desk.traffic.event({ type: 'settings', session: 0, settings })
    desk.traffic.event({ type: 'settings', session: 0, settings: { ...settings, baudRate: 115_200 } })
    desk.traffic.event({ type: 'line', line: { parity: 1, framing: 0, overrun: 0, break: 0 } })
    expect(drawn(desk, 1)?.text[0]?.text).toContain('9600 → 115200')
    expect(drawn(desk, 2)).toMatchObject({ kind: 'error', length: '' })
  })

  it('says what a decoder reads, and whom it answers', () => {
    const desk = new FakeDesk()
    desk.traffic.bytes('from-device', 'x\n')
    desk.decodings.set(0, {
      text: 'Read 2',
      verdict: 'ok',
      fields: [],
      answers: { row: 1233, afterNs: 3.2e6 }
    })
    expect(drawn(desk, 0, { ...LINES, hasDecoded: true })?.decoded).toEqual({
      text: 'Read 2 · answers row 1,234, after 3.2 ms',
      verdict: 'ok',
      isUnanswered: false
    })
  })

  it('is none where it is gone', () => {
    const desk = new FakeDesk()
    expect(drawRow(desk, 3, 2, LINES, { ...sourceOf(desk, 3) })).toBeUndefined()
  })

  it.each([
    [3.24e6, '3.2 ms'],
    [412.4e6, '412 ms'],
    [1.24e9, '1.2 s'],
    [184e9, '3 min 4 s'],
    [7380e9, '2 h 3 min']
  ])('tells spans: %s', (ns, text) => {
    expect(spanWords(ns)).toBe(text)
  })
})
