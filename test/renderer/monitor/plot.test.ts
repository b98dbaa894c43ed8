import { describe, expect, it } from 'vitest'
import { FRAME_ROWS, TEXT_ROWS } from '../../../src-main/traffic/row.ts'
import { plotColumns, valueRange } from '../../../src-renderer/model/monitor/plot-columns.ts'
import { PlotDesk } from '../../../src-renderer/model/monitor/plot-desk.svelte.ts'
import { inkOf, isGap } from '../../../src-renderer/model/monitor/plot-ink.ts'
import {
  MAX_POINTS,
  MAX_SERIES,
  PlotPoints,
  PlotSeries
} from '../../../src-renderer/model/monitor/plot-points.ts'
import { PlotReader } from '../../../src-renderer/model/monitor/plot-reader.ts'
import { FakeTraffic } from './fake-desk.ts'
import { TestTurns } from './test-turns.ts'

const endless = (): number => 1

function valuesOf(points: PlotPoints): Readonly<Record<string, readonly number[]>> {
  return Object.fromEntries(
    points.list.map(({ name, value, count }) => [name, [...value.subarray(0, count)]])
  )
}

function lineOf(...points: readonly (readonly [timeNs: number, value: number])[]): PlotSeries {
  const line = new PlotSeries('a')
  for (const [timeNs, value] of points) line.add(timeNs, value, 0)
  return line
}

describe('the points of a plot', () => {
  it('are the newest ones, in order, with their rows', () => {
    const line = new PlotSeries('a')
    const more = MAX_POINTS + 100_000
    for (let at = 0; at < more; at++) line.add(at * 10, at, at * 2)
    expect(line.count + line.dropped).toBe(more)
    expect(line.count).toBeGreaterThanOrEqual(MAX_POINTS)
    expect(line.value.length).toBeLessThanOrEqual(MAX_POINTS * 1.25)
    const last = line.count - 1
    expect([line.value[last], line.timeNs[last], line.row[last]]).toEqual([
      more - 1,
      (more - 1) * 10,
      (more - 1) * 2
    ])
    expect(line.value[0]).toBe(line.dropped)
    const place = line.placeOf(250_000 * 10)
    expect([
      line.value[place],
      line.value[line.nearest(2_500_004)!],
      line.value[line.nearest(2_500_006)!]
    ]).toEqual([250_000, 250_000, 250_001])
  })

  it('never go back in time', () => {
    const line = lineOf([10, 1], [5, 2])
    expect([...line.timeNs.subarray(0, 2)]).toEqual([10, 10])
  })

  it('have no more lines than can be told apart', () => {
    const points = new PlotPoints()
    for (let at = 0; at < MAX_SERIES + 3; at++) points.add(`n${at}`, at, 1, 0)
    points.add(`n${MAX_SERIES}`, 100, 1, 0)
    expect([points.list.length, points.others, points.newestNs, points.oldestNs]).toEqual([
      MAX_SERIES,
      3,
      MAX_SERIES - 1,
      0
    ])
    points.clear()
    expect([points.list.length, points.newestNs]).toEqual([0, undefined])
  })
})

describe('reading rows for a plot', () => {
  it('takes what the device says, with its time and row', () => {
    const traffic = new FakeTraffic()
    const points = new PlotPoints()
    const reader = new PlotReader(points)
    traffic.bytes('from-device', 'boot\r\n')
    traffic.bytes('to-device', 'temp:1\n')
    traffic.bytes('from-device', 'temp:23.5,hum:45\r\n', 1000)
    expect(reader.read(traffic, 0, endless)).toBe(true)
    traffic.bytes('from-device', 'temp:24\n')
    reader.read(traffic, 0, endless)
    expect(valuesOf(points)).toEqual({ temp: [23.5, 24], hum: [45] })
    const [temp] = points.list
    const row = temp?.row[0] ?? 0
    expect(new TextDecoder().decode(traffic.reader.bytes(row))).toBe('temp:23.5,hum:45\r\n')
    expect(temp?.timeNs[0]).toBe(traffic.table.timeNs(row))
  })

  it('takes the other direction, or both, from the beginning', () => {
    const traffic = new FakeTraffic()
    const points = new PlotPoints()
    const reader = new PlotReader(points)
    traffic.bytes('from-device', 'a:1\n')
    traffic.bytes('to-device', 'b:2\n')
    reader.restart('app')
    reader.read(traffic, 0, endless)
    expect(valuesOf(points)).toEqual({ '→ b': [2] })
    reader.restart('both')
    reader.read(traffic, 0, endless)
    expect(valuesOf(points)).toEqual({ a: [1], '→ b': [2] })
  })

  it('puts lines together that rows cut', () => {
    const traffic = new FakeTraffic({ length: 3 })
    const points = new PlotPoints()
    traffic.bytes('from-device', 'temp:2')
    traffic.bytes('from-device', '3.5\nhum:45\nx')
    new PlotReader(points).read(traffic, 0, endless)
    expect(valuesOf(points)).toEqual({ temp: [23.5], hum: [45] })
  })

  it('takes a silence as the end where nothing else is', () => {
    const traffic = new FakeTraffic(FRAME_ROWS)
    const points = new PlotPoints()
    for (const text of ['1', '2', '3']) traffic.bytes('from-device', text, 100)
    new PlotReader(points).read(traffic, 0, endless)
    expect(valuesOf(points)).toEqual({ '1': [1] })
  })

  it('makes no number of two halves with something missing between', () => {
    const traffic = new FakeTraffic()
    const points = new PlotPoints()
    traffic.bytes('from-device', 'temp:2')
    traffic.event({ type: 'missed', records: 1, bytes: 4, why: 'test' })
    traffic.bytes('from-device', '7\ntemp:8\n')
    new PlotReader(points).read(traffic, 0, endless)
    expect(valuesOf(points)).toEqual({ '1': [7], temp: [8] })
  })

  it('works in slices, and begins where the view was cleared', () => {
    const traffic = new FakeTraffic(TEXT_ROWS)
    for (let at = 0; at < 200; at++) traffic.bytes('from-device', `${at}\n`)
    const points = new PlotPoints()
    const reader = new PlotReader(points)
    let slices = 1
    while (!reader.read(traffic, 0, () => 0)) slices++
    expect(slices).toBeGreaterThan(3)
    expect(points.list[0]?.count).toBe(200)
    reader.restart()
    reader.read(traffic, 150, endless)
    expect(points.list[0]?.count).toBe(50)
  })
})

describe('what is drawn of the points', () => {
  it('is all of them where they fit, at their own times', () => {
    const lines = [lineOf([0, 1], [2e9, 3]), lineOf([1e9, 5], [2e9, 6])]
    expect(plotColumns(lines, { fromNs: 0, toNs: 4e9, originNs: 0, steps: 100 })).toEqual({
      x: [0, 1, 2],
      ys: [
        [1, undefined, 3],
        [undefined, 5, 6]
      ]
    })
  })

  it('goes one point beyond both edges', () => {
    const line = lineOf([0, 1], [1e9, 2], [2e9, 3], [3e9, 4], [4e9, 5])
    const { x } = plotColumns([line], { fromNs: 1.5e9, toNs: 2.5e9, originNs: 0, steps: 100 })
    expect(x).toEqual([1, 2, 3])
  })

  it('is the least and the most of each step where there are many: no peak is lost', () => {
    const line = new PlotSeries('a')
    for (let at = 0; at < 100_000; at++)
      line.add(at * 1e6, at === 54_321 ? 99 : at === 12_345 ? -99 : at % 7, at)
    const { x, ys } = plotColumns([line], { fromNs: 0, toNs: 100e9, originNs: 0, steps: 500 })
    expect(x.length).toBeLessThanOrEqual(1010)
    expect(x.every((time, at) => at === 0 || time > (x[at - 1] ?? 0))).toBe(true)
    expect(valueRange(ys)?.map(Math.round)).toEqual([-111, 111])
    expect(ys[0]).toHaveLength(x.length)
    const peak = x[ys[0]?.indexOf(99) ?? 0] ?? 0
    expect(Math.abs(peak - 54.321)).toBeLessThan(0.2)
  })

  it('stays where it is while the window moves on', () => {
    const line = new PlotSeries('a')
    for (let at = 0; at < 10_000; at++) line.add(at * 1e6, Math.sin(at), at)
    const window = { originNs: 0, steps: 100 }
    const before = plotColumns([line], { ...window, fromNs: 2e9, toNs: 7e9 })
    const after = plotColumns([line], { ...window, fromNs: 2.123e9, toNs: 7.123e9 })
    const common = before.x.slice(20, 180)
    const places = common.map((time) => after.x.indexOf(time))
    expect(places.every((place) => place >= 0)).toBe(true)
    expect(places.map((place) => after.ys[0]?.[place])).toEqual(before.ys[0]?.slice(20, 180))
  })

  it('has a range also where all is one value, or nothing', () => {
    expect(valueRange([[5, 5]])).toEqual([4.7, 5.3])
    expect(valueRange([[0]])).toEqual([-0.06, 0.06])
    expect(valueRange([[undefined]])).toBeUndefined()
  })
})

describe('the ink of a line', () => {
  const frame = { from: 0, to: 10, least: 0, most: 10, width: 10, height: 100 }

  it('covers every column between two points, as the line goes through them', () => {
    const { top, bottom, travel } = inkOf([0, 10], [0, 10], frame)
    expect([...bottom]).toEqual([100, 90, 80, 70, 60, 50, 40, 30, 20, 10])
    expect([...top]).toEqual([90, 80, 70, 60, 50, 40, 30, 20, 10, 0])
    expect(travel).toBe(100)
  })

  it('has every peak of a column, and no more', () => {
    const { top, bottom, travel } = inkOf([4.1, 4.2, 4.3, 4.4], [5, 9, 1, 5], frame)
    expect([top[4], bottom[4], travel]).toEqual([10, 90, 160])
    expect([...top].filter((each) => !Number.isNaN(each))).toHaveLength(1)
  })

  it('begins and ends beyond the edges, passes by what is no point, and is nothing of nothing', () => {
    const beyond = inkOf([-10, 0, 20], [5, undefined, 5], frame)
    expect([...beyond.top]).toEqual(Array<number>(10).fill(50))
    expect([...inkOf([1, 2], [undefined, undefined], frame).top].every(Number.isNaN)).toBe(true)
    // What cannot be seen is no way.
    expect(inkOf([1, 2, 3], [1e9, -1e9, 1e9], frame).travel).toBe(200)
  })

  it('holds each point in its column, and hangs together', () => {
    // The same ones each time, and none after the other.
    let number = 1
    const random = (): number => (number = (number * 16_807) % 2_147_483_647) / 2_147_483_647
    for (let round = 0; round < 20; round++) {
      let at = 0
      const x = Array.from({ length: 60 }, () => (at += random() ** 3))
      const y = x.map(() => (random() < 0.2 ? undefined : random() * 10))
      const { top, bottom } = inkOf(x, y, { ...frame, to: at, width: 40 })
      for (const [place, value] of y.entries()) {
        const column = Math.min(39, Math.floor(((x[place] ?? 0) / at) * 40))
        if (value === undefined || (x[place] ?? 0) >= at) continue
        expect(top[column]).toBeLessThanOrEqual(100 - value * 10 + 1e-9)
        expect(bottom[column]).toBeGreaterThanOrEqual(100 - value * 10 - 1e-9)
      }
      for (let column = 1; column < 40; column++) {
        if (Number.isNaN(top[column - 1] ?? NaN) || Number.isNaN(top[column] ?? NaN)) continue
        expect(top[column]).toBeLessThanOrEqual((bottom[column - 1] ?? 0) + 1e-9)
        expect(bottom[column]).toBeGreaterThanOrEqual((top[column - 1] ?? 0) - 1e-9)
      }
    }
  })

  it('is left out where its dashes are', () => {
    const pattern = Array.from({ length: 9 }, (_, column) => (isGap([2, 1, 1, 1], column) ? ' ' : '-')).join(
      ''
    )
    expect(pattern).toBe('-- - -- -')
    expect(isGap([], 3)).toBe(false)
  })
})

describe('a plot', () => {
  it('is drawn less often where a drawing takes long', () => {
    const traffic = new FakeTraffic()
    const turns = new TestTurns()
    let nowMs = 1000
    turns.nowMs = () => nowMs
    const plot = new PlotDesk({ traffic } as unknown as ConstructorParameters<typeof PlotDesk>[0], turns)
    let drawings = 0
    let costMs = 100
    plot.attach(() => {
      drawings++
      nowMs += costMs
    }, 100)
    const second = (): number => {
      drawings = 0
      for (const endMs = nowMs + 1000; nowMs < endMs; nowMs += 16) {
        traffic.bytes('from-device', '1\n')
        plot.grown(0, undefined)
        turns.turn()
      }
      return drawings
    }
    second()
    expect(second()).toBeLessThanOrEqual(3)
    costMs = 1
    second()
    expect(second()).toBeGreaterThanOrEqual(20)
    plot.dispose()
  })
})
