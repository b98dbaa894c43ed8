import fc from 'fast-check'
import { expect, it } from 'vitest'
import { DEFAULT_SETTINGS } from '../../src-main/contract/line.ts'
import type { Direction } from '../../src-main/contract/traffic.ts'
import type { TrafficLog } from '../../src-main/traffic/log.ts'
import { MAX_ROW_BYTES, type RowRules } from '../../src-main/traffic/row.ts'
import { cut, cuts } from '../properties.ts'
import { Rows } from './rows.ts'
import { makeLog } from './stores.ts'

const MS = 1e6
const RX = 'from-device'
const TX = 'to-device'
const ascii = (text: string): Uint8Array => Uint8Array.from(text, (each) => each.charCodeAt(0))

function say(log: TrafficLog, atMs: number, text: string, direction: Direction = RX, session = 0): void {
  log.bytes(atMs * MS, direction, session, ascii(text))
}

function rowsOf(rules: RowRules, fill: (log: TrafficLog) => void, settings = DEFAULT_SETTINGS): string[] {
  const log = makeLog()
  fill(log)
  return new Rows(log, rules, settings).shown()
}

it('ends a row behind LF, and behind a CR alone', () => {
  const text = ['one\r\ntwo\nthr', 'ee\rfour\r', '\nfive\r', 'six\n\n']
  const rows = rowsOf({ newline: true }, (log) => text.forEach((each, at) => say(log, at, each)))
  expect(rows).toEqual(['< one\r\n', '< two\n', '< three\r', '< four\r\n', '< five\r', '< six\n', '< \n'])
})

it('ends a row where the direction or the writer changes', () => {
  const rows = rowsOf({}, (log) => {
    say(log, 0, 'a', TX, 1)
    say(log, 1, 'b', TX, 1)
    say(log, 2, 'c', TX, 2)
    say(log, 3, 'd')
    say(log, 4, 'e', TX, 2)
  })
  expect(rows).toEqual(['> ab', '> c', '< d', '> e'])
})

it('ends a row after a length, and in any case at its longest', () => {
  expect(rowsOf({ length: 3 }, (log) => ['ab', 'cdefg', 'h'].forEach((each) => say(log, 0, each)))).toEqual([
    '< abc',
    '< def',
    '< gh'
  ])
  const long = rowsOf({}, (log) => say(log, 0, 'x'.repeat(MAX_ROW_BYTES + 1)))
  expect(long.map(({ length }) => length - 2)).toEqual([MAX_ROW_BYTES, 1])
})

it('cuts before start bytes and behind end bytes, wherever the chunks were cut', () => {
  const frames = ['<<', 'one>', '>', 'x<', '<two', '>>lost<<thr', 'ee>>']
  const rules = { start: ascii('<<'), end: ascii('>>') }
  const rows = rowsOf(rules, (log) => frames.forEach((each, at) => say(log, at, each)))
  expect(rows).toEqual(['< <<one>>', '< x', '< <<two>>', '< lost', '< <<three>>'])
})

it.each([
  [9600, 3.5 * (10 / 9600) * 1000],
  [19_200, 3.5 * (10 / 19_200) * 1000],
  [38_400, 1.75],
  [921_600, 1.75]
])('ends a row at a silence of 3.5 characters at %i bit/s', (baudRate, gapMs) => {
  const settings = { ...DEFAULT_SETTINGS, baudRate }
  const character = 10_000 / baudRate
  const rows = rowsOf(
    { gapMs: 'auto' },
    (log) => {
      say(log, 0, 'a')
      say(log, 0.99 * gapMs + character, 'b')
      say(log, 2 * gapMs + 2.1 * character, 'c')
    },
    settings
  )
  expect(rows).toEqual(['< ab', '< c'])
})

it('takes the buffers of an adapter for no silence', () => {
  // 16 characters of 1.04 ms each come at once every 16.7 ms.
  const rows = rowsOf(
    { gapMs: 'auto' },
    (log) => {
      for (let i = 0; i < 4; i++) say(log, 20 + i * 16.7, '0123456789abcdef')
    },
    { ...DEFAULT_SETTINGS, baudRate: 9600 }
  )
  expect(rows).toHaveLength(1)
})

it('takes a program that writes ahead of the line for no silence', () => {
  const rows = rowsOf(
    { gapMs: 'auto' },
    (log) => {
      say(log, 0, 'x'.repeat(100), TX, 1)
      say(log, 90, 'y', TX, 1)
      say(log, 200, 'z', TX, 1)
    },
    { ...DEFAULT_SETTINGS, baudRate: 9600 }
  )
  expect(rows).toEqual([`> ${'x'.repeat(100)}y`, '> z'])
})

it('goes on behind an event, but for one that changes what the bytes are', () => {
  const modem = { cts: true, dsr: 'unknown', dcd: 'unknown', ri: 'unknown' } as const
  const rows = rowsOf({ gapMs: 'auto' }, (log) => {
    say(log, 0, 'ab')
    log.event(0.1 * MS, { type: 'modem', modem })
    say(log, 0.2, 'cd')
    log.event(0.3 * MS, { type: 'settings', session: 1, settings: { ...DEFAULT_SETTINGS, baudRate: 300 } })
    say(log, 40, 'ef')
    say(log, 40 + 33.4 + 100, 'g')
  })
  expect(rows).toEqual(['< abcd', '* modem', '* settings', '< efg'])
})

it('tells the settings in force at a row, and its times', () => {
  const log = makeLog()
  const slow = { ...DEFAULT_SETTINGS, baudRate: 300 }
  log.event(0, {
    type: 'port',
    state: 'open',
    settings: slow,
    lines: { dtr: true, rts: true, break: false },
    modem: { cts: false, dsr: false, dcd: false, ri: false }
  })
  say(log, 100, 'a')
  say(log, 110, 'b')
  const rows = new Rows(log, { gapMs: 1000 }, undefined).all()
  expect(rows[0]).toMatchObject({ content: { type: 'event' }, wallOffsetMs: 1000 })
  expect(rows[1]).toMatchObject({ timeNs: 100 * MS, endNs: 110 * MS, content: { settings: slow } })
})

const marks = fc.uint8Array({ minLength: 1, maxLength: 4, max: 2 })
const rulesOf: fc.Arbitrary<RowRules> = fc.record(
  { newline: fc.boolean(), length: fc.integer({ min: 1, max: 9 }), start: marks, end: marks },
  { requiredKeys: [] }
)
/** Bytes that make newlines and marks likely. */
const streams = fc
  .array(fc.constantFrom(0, 1, 2, 10, 13, 65), { maxLength: 80 })
  .map((bytes) => Uint8Array.from(bytes))

it('makes the same rows of any chunks, in any portions and pages', () => {
  fc.assert(
    fc.property(rulesOf, streams, cuts, fc.integer({ min: 1, max: 5 }), (rules, stream, sizes, portion) => {
      const whole = makeLog()
      if (stream.length > 0) whole.bytes(5 * MS, RX, 0, stream)
      const pieces = makeLog(96)
      for (const piece of cut(stream, sizes)) pieces.bytes(5 * MS, RX, 0, piece)
      const rows = new Rows(pieces, rules)
      while (rows.splitter.push(pieces, portion));
      expect(rows.shown()).toEqual(new Rows(whole, rules).shown())
      expect(
        rows
          .shown()
          .map((each) => each.slice(2))
          .join('')
      ).toBe(Buffer.from(stream).toString('latin1'))
    }),
    { numRuns: 3000 }
  )
})

it('makes the same rows where events stand between the pieces', () => {
  fc.assert(
    fc.property(rulesOf, streams, cuts, (rules, stream, sizes) => {
      const whole = makeLog()
      if (stream.length > 0) whole.bytes(5 * MS, RX, 0, stream)
      const pieces = makeLog(320)
      for (const piece of cut(stream, sizes)) {
        pieces.bytes(5 * MS, RX, 0, piece)
        pieces.event(5 * MS, { type: 'marker', number: 1, text: '' })
      }
      const bytesOf = (rows: Rows): string[] => rows.shown().filter((each) => !each.startsWith('*'))
      expect(bytesOf(new Rows(pieces, rules))).toEqual(bytesOf(new Rows(whole, rules)))
    }),
    { numRuns: 2000 }
  )
})

it('reads a row whose start bytes have an event between them', () => {
  const log = makeLog()
  log.bytes(MS, RX, 0, Uint8Array.of(0, 1))
  log.event(MS, { type: 'marker', number: 1, text: '' })
  log.bytes(MS, RX, 0, Uint8Array.of(1, 2))
  const rows = new Rows(log, { start: Uint8Array.of(1, 1) }).shown()
  expect(rows.filter((each) => !each.startsWith('*'))).toEqual(['< \0', '< \x01\x01\x02'])
})

it('forgets rows whose records are gone, and goes on', () => {
  const log = makeLog(1024, 3)
  const rows = new Rows(log, { newline: true })
  for (let i = 0; i < 50_000; i++) {
    say(log, i, `line ${i}\n`)
    if (i % 7 === 0) log.event(i * MS, { type: 'marker', number: i, text: '' })
    rows.splitter.push(log)
  }
  const shown = rows.shown()
  expect(shown.at(-1)).toBe('< line 49999\n')
  expect(shown.length).toBeLessThan(200)
  expect(rows.table.end - rows.table.first).toBe(shown.length)
})

it('goes on behind records that its log never had', () => {
  const source = makeLog(160, 2)
  const mine = makeLog()
  const rows = new Rows(mine, { newline: true })
  say(source, 0, 'one\n')
  for (const page of source.pages) mine.append(page)
  rows.splitter.push(mine)
  for (let at = 1; at < 100; at++) say(source, at, `line ${at}\n`)
  for (const page of source.pages) mine.append(page)
  rows.splitter.push(mine)
  const [first, gap, ...rest] = rows.shown()
  expect([first, gap]).toEqual(['< one\n', expect.stringMatching(/^\*/)])
  expect(rest.at(-1)).toBe('< line 99\n')
})
