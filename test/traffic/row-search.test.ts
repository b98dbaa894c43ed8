import fc from 'fast-check'
import { expect, it } from 'vitest'
import { matches } from '../../src-main/traffic/filter/match.ts'
import { parseFilter } from '../../src-main/traffic/filter/parse.ts'
import {
  RowSearch,
  type FindPlain,
  type RunExpressions,
  type SearchOptions
} from '../../src-main/traffic/filter/row-search.ts'
import type { TrafficLog } from '../../src-main/traffic/log.ts'
import type { RowRules } from '../../src-main/traffic/row.ts'
import { Rows } from './rows.ts'
import { makeLog } from './stores.ts'

const expressions: RunExpressions = (list, texts) =>
  Promise.resolve(texts.map((text) => list.map((each) => each.test(Buffer.from(text).toString('latin1')))))

/** A search, and all that it found. */
interface Looked {
  readonly search: RowSearch
  readonly found: number[]
}

function search(
  log: TrafficLog,
  rows: Rows,
  filter: string,
  run: RunExpressions = expressions,
  find?: FindPlain,
  range: Pick<SearchOptions, 'from' | 'to' | 'backward'> = {}
): Looked {
  const found: number[] = []
  const looked = new RowSearch({
    log,
    table: rows.table,
    reader: rows.reader,
    filter: parseFilter(filter, ['fc'])!,
    openRow: () => rows.splitter.openRow,
    keys: (row) => (rows.table.length(row) > 3 ? { fc: '3' } : undefined),
    expressions: run,
    ...(find && { find }),
    nowMs: () => performance.now(),
    ...range,
    found: (list, from, to) => {
      expect(list.every((row) => row >= from && row < to)).toBe(true)
      if (range.backward) found.unshift(...list)
      else found.push(...list)
    }
  })
  return { search: looked, found }
}

async function finish(looked: Looked): Promise<void> {
  const goesOn = await new Promise<boolean>((resolve) => {
    const state = looked.search.step(1, () => resolve(true))
    if (state !== 'waiting') resolve(state === 'more')
  })
  if (goesOn) await finish(looked)
}

const find: FindPlain = (bytes, plain, from, to) =>
  Buffer.from(bytes.buffer, bytes.byteOffset, to).indexOf(plain, from)

/** Every row, without any cleverness. */
function plainly(rows: Rows, fits: (text: string, isFromDevice: boolean) => boolean): number[] {
  return rows
    .all()
    .filter(({ number, content }) => {
      if (content.type === 'event' || number === rows.splitter.openRow) return false
      return fits(Buffer.from(content.bytes).toString('latin1'), content.direction === 'from-device')
    })
    .map(({ number }) => number)
}

const FILTERS: readonly [string, (text: string, isFromDevice: boolean) => boolean][] = [
  ['ab', (text) => text.includes('ab')],
  ['hex:61 ?? 61', (text) => /a[^]a/.test(text)],
  ['a dir:tx', (text, isFromDevice) => text.includes('a') && !isFromDevice],
  ['ab or "\\n"', (text) => text.includes('ab') || text.includes('\n')],
  ['not ab', (text) => !text.includes('ab')],
  ['len>2', (text) => text.length > 2],
  ['not (ab or ba)', (text) => !text.includes('ab') && !text.includes('ba')],
  [
    'not (ab len!=3 dir:rx)',
    (text, isFromDevice) => !(text.includes('ab') && text.length !== 3 && isFromDevice)
  ],
  ['b ab (a or fc:3)', (text) => text.includes('ab')],
  ['ab or fc:3 dir:rx', (text, isFromDevice) => text.includes('ab') || (text.length > 3 && isFromDevice)],
  ['session:2 or len<=1', (text) => text.length <= 1],
  ['not event:marker not /a.?b/', (text) => !/a.?b/.test(text)],
  ['/a.?b/', (text) => /a.?b/.test(text)],
  ['b not /a.?b/', (text) => text.includes('b') && !/a.?b/.test(text)],
  ['a fc:3', (text) => text.includes('a') && text.length > 3]
]

const records = fc.array(
  fc.record({
    text: fc.string({ unit: fc.constantFrom('a', 'b', '\n', '\0'), minLength: 1, maxLength: 12 }),
    isFromDevice: fc.boolean(),
    marker: fc.boolean()
  }),
  { maxLength: 40 }
)
const rules = fc.constantFrom<RowRules>({}, { newline: true }, { length: 4 })

it.each(
  FILTERS.flatMap(([filter, fits]) => [[filter, undefined, fits] as const, [filter, find, fits] as const])
)(
  'finds what looking at every row finds: %s %o',
  async (filter, quick, fits) => {
    await fc.assert(
      fc.asyncProperty(
        records,
        rules,
        fc.integer({ min: 8, max: 200 }),
        fc.nat(40),
        async (items, how, size, cut) => {
          const log = makeLog(size * 16)
          const rows = new Rows(log, how)
          const looked = search(log, rows, filter, expressions, quick)
          for (const [index, { text, isFromDevice, marker }] of items.entries()) {
            log.bytes(
              index,
              isFromDevice ? 'from-device' : 'to-device',
              0,
              Uint8Array.from(Buffer.from(text))
            )
            if (marker) log.event(index, { type: 'marker', number: 1, text: 'aba ab' })
            if (index !== cut) continue
            rows.splitter.push(log)
            await finish(looked)
          }
          rows.splitter.push(log)
          await finish(looked)
          // An event has no bytes, so it fits whatever says what bytes are not there.
          const withBytes = (found: readonly number[]) => found.filter((row) => !rows.table.isEvent(row))
          expect(withBytes(looked.found)).toEqual(plainly(rows, fits))

          // From the middle both ways, and both together are the same.
          const middle = Math.min(cut, rows.table.end)
          const before = search(log, rows, filter, expressions, quick, { to: middle, backward: true })
          const behind = search(log, rows, filter, expressions, quick, { from: middle })
          await finish(before)
          await finish(behind)
          expect([...before.found, ...behind.found]).toEqual(looked.found)
        }
      ),
      { numRuns: 400 }
    )
  },
  60_000
)

it('goes on where rows went meanwhile', async () => {
  const log = makeLog(1024, 3)
  const rows = new Rows(log, { newline: true })
  const looked = search(log, rows, 'ab')
  for (let i = 0; i < 500; i++) {
    log.bytes(i, 'from-device', 0, Uint8Array.from(Buffer.from(`ab ${i}\n`)))
    rows.splitter.push(log)
    if (i % 50 === 0) await finish(looked)
  }
  await finish(looked)
  expect(looked.found.at(-1)).toBe(499)
  expect(looked.found.filter((row) => row >= rows.table.first)).toHaveLength(
    rows.table.end - rows.table.first
  )
})

it('stops with the reason where an expression takes too long', async () => {
  const log = makeLog()
  log.bytes(0, 'from-device', 0, Uint8Array.from(Buffer.from('ab\nx\n')))
  const rows = new Rows(log, { newline: true })
  rows.splitter.push(log)
  const looked = search(log, rows, '/a/', () => Promise.reject(new Error('too long')))
  await finish(looked)
  expect(looked.search.fault).toEqual(new Error('too long'))
  expect(looked.found).toEqual([])
})

it.each([
  'gap>1ms',
  'gap<=1ms',
  'not gap>1ms',
  'event:any',
  'event:marker or gap=3ms',
  'not (event:any or a)'
])('says of events and silences what each row says by itself: %s', async (filter) => {
  const log = makeLog(512, 8)
  const rows = new Rows(log, { length: 4 })
  for (let index = 0; index < 60; index++) {
    log.bytes(index * 1e6 * ((index % 4) + 1), 'from-device', 0, Uint8Array.from([0x61 + (index % 3), 10]))
    if (index % 7 === 0) log.event(index * 4e6, { type: 'marker', number: index, text: 'a' })
  }
  rows.splitter.push(log)
  const looked = search(log, rows, filter)
  await finish(looked)
  const { table } = rows
  const gapNs = (row: number): number | undefined =>
    row > table.first ? table.timeNs(row) - table.endNs(row - 1) : undefined
  const read = parseFilter(filter, [])!
  const expected = rows
    .all()
    .filter(({ number, content }) => {
      const isEvent = content.type === 'event'
      return (
        number !== rows.splitter.openRow &&
        matches(read, {
          isFromDevice: () => true,
          length: () => table.length(number),
          gapNs: () => gapNs(number),
          session: () => 0,
          bytes: () => rows.reader.bytes(number),
          event: () => (isEvent ? content.event.type : undefined),
          decoded: () => undefined,
          expression: () => undefined
        }) === true
      )
    })
    .map(({ number }) => number)
  expect(looked.found).toEqual(expected)
  expect(expected.length).toBeGreaterThan(0)
  expect(expected.length).toBeLessThan(table.end - table.first)
})
