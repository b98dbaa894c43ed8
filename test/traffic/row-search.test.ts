import fc from 'fast-check'
import { expect, it } from 'vitest'
import { parseFilter } from '../../src-main/traffic/filter/parse.ts'
import { RowSearch, type FindPlain, type RunExpressions } from '../../src-main/traffic/filter/row-search.ts'
import type { TrafficLog } from '../../src-main/traffic/log.ts'
import type { RowRules } from '../../src-main/traffic/row.ts'
import { Rows } from './rows.ts'
import { makeLog } from './stores.ts'

const expressions: RunExpressions = (list, texts) =>
  Promise.resolve(texts.map((text) => list.map((each) => each.test(Buffer.from(text).toString('latin1')))))

function search(
  log: TrafficLog,
  rows: Rows,
  filter: string,
  run: RunExpressions = expressions,
  find?: FindPlain
): RowSearch {
  return new RowSearch({
    log,
    table: rows.table,
    reader: rows.reader,
    filter: parseFilter(filter, ['fc'])!,
    openRow: () => rows.splitter.openRow,
    decoded: (row) =>
      rows.table.length(row) > 3 ? { text: '', verdict: 'ok', fields: [], keys: { fc: '3' } } : undefined,
    expressions: run,
    ...(find && { find }),
    nowMs: () => performance.now()
  })
}

async function finish(found: RowSearch): Promise<void> {
  const goesOn = await new Promise<boolean>((resolve) => {
    const state = found.step(1, () => resolve(true))
    if (state !== 'waiting') resolve(state === 'more')
  })
  if (goesOn) await finish(found)
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
          const found = search(log, rows, filter, expressions, quick)
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
            await finish(found)
          }
          rows.splitter.push(log)
          await finish(found)
          // An event has no bytes, so it fits whatever says what bytes are not there.
          const withBytes = found.found.filter((row) => !rows.table.isEvent(row))
          expect(withBytes).toEqual(plainly(rows, fits))
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
  const found = search(log, rows, 'ab')
  for (let i = 0; i < 500; i++) {
    log.bytes(i, 'from-device', 0, Uint8Array.from(Buffer.from(`ab ${i}\n`)))
    rows.splitter.push(log)
    if (i % 50 === 0) await finish(found)
  }
  await finish(found)
  expect(found.found.at(-1)).toBe(499)
  expect(found.found.filter((row) => row >= rows.table.first)).toHaveLength(rows.table.end - rows.table.first)
})

it('stops with the reason where an expression takes too long', async () => {
  const log = makeLog()
  log.bytes(0, 'from-device', 0, Uint8Array.from(Buffer.from('ab\nx\n')))
  const rows = new Rows(log, { newline: true })
  rows.splitter.push(log)
  const found = search(log, rows, '/a/', () => Promise.reject(new Error('too long')))
  await finish(found)
  expect(found.fault).toEqual(new Error('too long'))
  expect(found.found).toEqual([])
})
