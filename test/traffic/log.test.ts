import fc from 'fast-check'
import { expect, it } from 'vitest'
import { TrafficLog } from '../../src-main/traffic/log.ts'
import { copyRecords, MAX_EVENT_BYTES } from '../../src-main/traffic/page-writer.ts'
import { Page } from '../../src-main/traffic/page.ts'
import { contents, CountedStore, makeLog } from './stores.ts'

const chunkOf = fc.record({
  direction: fc.constantFrom('to-device' as const, 'from-device' as const),
  session: fc.integer({ min: 0, max: 0x1fff_ffff }),
  bytes: fc.uint8Array({ minLength: 1, maxLength: 700 })
})
const eventOf = fc.record({
  event: fc.record({ type: fc.constant('marker' as const), number: fc.nat(), text: fc.string() })
})
const things = fc.array(fc.oneof(chunkOf, eventOf), { maxLength: 60 })

type Items = typeof things extends fc.Arbitrary<infer T> ? T : never

/** Puts them in, and answers what is to be found. */
function fill(log: TrafficLog, items: Items): unknown[] {
  return items.map((item, index) => {
    const timeNs = index * 1000.5
    if ('event' in item) {
      log.event(timeNs, item.event)
      return { timeNs, event: item.event }
    }
    log.bytes(timeNs, item.direction, item.session, item.bytes)
    return { timeNs, direction: item.direction, session: item.session, bytes: [...item.bytes] }
  })
}

it('begins a page where it is told to, and none that is empty', () => {
  const log = makeLog()
  log.newPage()
  log.bytes(1, 'from-device', 0, Uint8Array.of(1))
  log.newPage()
  log.newPage()
  expect(log.pages).toHaveLength(1)
  log.bytes(2, 'from-device', 0, Uint8Array.of(2))
  log.bytes(3, 'from-device', 0, Uint8Array.of(3))
  expect(log.pages.map(({ first, count, bytesBefore }) => [first, count, bytesBefore])).toEqual([
    [0, 1, 0],
    [1, 2, 1]
  ])
  expect(log.lineBytes).toBe(3)
})

it('gives back what was put in, whatever the size of the pages', () => {
  fc.assert(
    fc.property(things, fc.integer({ min: 300, max: 700 }), (items, sixteenths) => {
      const log = makeLog(sixteenths * 16)
      const put = fill(log, items)
      expect(contents(log.pages)).toEqual(put)
      expect(log.first).toBe(0)
      expect(log.end).toBe(log.pages.reduce((sum, page) => sum + page.count, 0))
    })
  )
})

it('travels in copies of any cut, and is put together with the same numbers', () => {
  fc.assert(
    fc.property(things, fc.array(fc.nat(20)), (items, cuts) => {
      const log = makeLog(8192)
      const put = fill(log, items)
      const there = makeLog(8192)
      let turn = 0
      for (const page of log.pages)
        for (let from = 0; from < page.count;) {
          const to = Math.min(page.count, from + 1 + (cuts[turn++] ?? 7))
          there.append(Page.from(copyRecords(page, from, to)))
          from = to
        }
      expect(contents(there.pages)).toEqual(put)
      expect(there.end).toBe(log.end)
      expect(total(there)).toBe(total(log))
      for (const page of log.pages) there.append(page)
      expect(there.end).toBe(log.end)
    })
  )
})

function total(log: TrafficLog): number {
  const last = log.pages.at(-1)
  return last ? last.bytesBefore + last.lineBytes : 0
}

it('gives up its oldest page where there is no room, and says which records are left', () => {
  const log = makeLog(1024, 3)
  for (let i = 0; i < 100; i++) log.bytes(i, 'from-device', 0, new Uint8Array(100).fill(i))
  expect(log.pages).toHaveLength(3)
  expect(log.end).toBeGreaterThanOrEqual(100)
  expect(log.first).toBeGreaterThan(50)
  expect(log.pageOf(log.first - 1)).toBeUndefined()
  expect(log.pageOf(log.end)).toBeUndefined()
  expect(log.pages[0]!.bytesBefore).toBeGreaterThan(5000)
  expect(total(log)).toBe(100 * 100)
  for (let record = log.first; record < log.end; record++) {
    const page = log.pageOf(record)!
    expect(record - page.first).toBeLessThan(page.count)
  }
})

it('takes its own oldest page where the store has none, and gives all back', () => {
  const store = new CountedStore(1024, 2)
  const log = new TrafficLog({ store, maxPages: 50, wallOffsetMs: () => 0 })
  for (let i = 0; i < 60; i++) log.bytes(i, 'to-device', 1, new Uint8Array(100))
  expect(store.out).toBe(2)
  expect(log.dropped).toBeGreaterThan(3)
  const end = log.end
  log.clear()
  expect(store.out).toBe(0)
  expect([log.first, log.end]).toEqual([end, end])
  log.bytes(1, 'to-device', 1, Uint8Array.of(1))
  expect(log.first).toBe(end)
  expect(log.pages[0]!.bytesBefore).toBe(60 * 100)
})

it('begins anew at the number of what it is given, where records are missing', () => {
  const log = makeLog()
  for (let i = 0; i < 10; i++) log.bytes(i, 'from-device', 0, Uint8Array.of(i))
  const there = makeLog()
  const [page] = log.pages
  there.append(Page.from(copyRecords(page!, 0, 3)))
  there.append(Page.from(copyRecords(page!, 7, 10)))
  expect(there.pages.map(({ first, count }) => [first, count])).toEqual([
    [0, 3],
    [6, 4]
  ])
  expect(there.pages[1]!.event(0)).toEqual({
    type: 'missed',
    records: 4,
    bytes: 4,
    why: 'the reader came too late'
  })
  expect(there.pageOf(5)).toBeUndefined()
})

it('keeps an event of any length', () => {
  const log = makeLog(8192)
  log.event(0, { type: 'lost', direction: 'to-device', session: 1, bytes: 5, why: 'x'.repeat(100_000) })
  const page = log.pages[0]!
  expect(page.bytes(0).length).toBeLessThan(MAX_EVENT_BYTES)
  expect(page.event(0)).toMatchObject({ type: 'lost', bytes: 5 })
})

it('refuses what is no page, and never anything worse', () => {
  const log = makeLog(1024)
  for (let i = 0; i < 20; i++) log.bytes(i, 'from-device', 0, Uint8Array.of(i, i, i))
  log.event(21, { type: 'marker', number: 1, text: 'x' })
  const good = copyRecords(log.pages[0]!, 0, 21)
  expect(() => Page.from(new Uint8Array(0))).toThrow(RangeError)
  expect(() => Page.from(new Uint8Array(64))).toThrow(RangeError)
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 }),
      (hits) => {
        const bad = Uint8Array.from(good)
        for (const [at, value] of hits) bad[at] = value
        let page
        try {
          page = Page.from(bad)
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError)
          return
        }
        contents([page])
        for (let record = 0; record < page.count; record++)
          expect(page.bytes(record).length).toBe(page.end(record) - page.start(record))
      }
    )
  )
})

it('begins to read in the middle, and misses nothing', () => {
  const log = makeLog()
  for (let i = 0; i < 10; i++) log.bytes(i, 'from-device', 0, Uint8Array.of(i))
  const there = makeLog()
  there.append(Page.from(copyRecords(log.pages[0]!, 4, 10)))
  expect([there.first, there.end]).toEqual([4, 10])
  expect(contents(there.pages)).toEqual(contents(log.pages).slice(4))
})
