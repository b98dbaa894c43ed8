import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FilterError, type Filter } from '../../src-main/traffic/filter/filter.ts'
import {
  expressionsOf,
  matches,
  needsDecoder,
  requiredBytes,
  type RowFacts
} from '../../src-main/traffic/filter/match.ts'
import { parseFilter } from '../../src-main/traffic/filter/parse.ts'

const KEYS = ['fc', 'unit', 'crc', 'type']
const MS = 1e6

interface Given {
  readonly text?: string
  readonly fromDevice?: boolean
  readonly gapMs?: number
  readonly session?: number
  readonly event?: string
  readonly decoded?: Readonly<Record<string, string>>
}

function facts({ text = '', fromDevice = true, gapMs, session = 0, event, decoded = {} }: Given): RowFacts {
  const bytes = new Uint8Array(Buffer.from(text, 'latin1'))
  return {
    isFromDevice: () => fromDevice,
    length: () => bytes.length,
    gapNs: () => (gapMs === undefined ? undefined : gapMs * MS),
    session: () => session,
    bytes: () => bytes,
    event: () => event,
    decoded: (key) => decoded[key],
    expression: (expression) => expression.test(text)
  }
}

const parsed = (text: string): Filter => parseFilter(text, KEYS)!
const fits = (filter: string, given: Given): boolean | undefined => matches(parsed(filter), facts(given))

it.each<[string, Given, boolean]>([
  ['dir:rx', {}, true],
  ['dir:tx', {}, false],
  ['dir:TX', { fromDevice: false }, true],
  ['len>8', { text: '12345678' }, false],
  ['len>8', { text: '123456789' }, true],
  ['len=2', { text: '12' }, true],
  ['len!=2', { text: '12' }, false],
  ['len<=2 len>=2', { text: '12' }, true],
  ['hex:01 03', { text: 'a\x01\x03b' }, true],
  ['hex:0103', { text: 'a\x01\x03b' }, true],
  ['hex:01:03', { text: 'a\x01\x03b' }, true],
  ['hex:01 ?? 62', { text: 'a\x01\x03b' }, true],
  ['hex:01 ?? 62', { text: 'a\x01b' }, false],
  ['hex:FF', { text: '\xff' }, true],
  ['hex:01 03 text:"OK"', { text: 'OK\x01\x03' }, true],
  ['hex:01 03 text:"OK"', { text: 'OK\x01' }, false],
  ['text:"OK"', { text: 'AT\r\nOK\r\n' }, true],
  ['text:OK', { text: 'ok' }, false],
  ['text:"a\\r\\n\\x00\\"\\\\"', { text: '..a\r\n\0"\\' }, true],
  ['OK', { text: 'OK' }, true],
  ['"two words"', { text: 'in two words' }, true],
  ['grüße', { text: Buffer.from('grüße').toString('latin1') }, true],
  ['/^AT\\+/', { text: 'AT+GMR' }, true],
  ['/^at\\+/', { text: 'AT+GMR' }, false],
  ['/^at\\+/i', { text: 'AT+GMR' }, true],
  ['/[/]x/', { text: '/x' }, true],
  ['/ü+$/', { text: Buffer.from('füü').toString('latin1') }, true],
  ['/\\x01./s', { text: '\x01\n' }, true],
  ['session:2', { session: 2 }, true],
  ['session:2', { session: 3 }, false],
  ['gap>100ms', { gapMs: 101 }, true],
  ['gap>100', { gapMs: 100 }, false],
  ['gap>=0.1s', { gapMs: 100 }, true],
  ['gap<500us', { gapMs: 0.4 }, true],
  ['gap<500us', {}, false],
  ['event:any', { event: 'break' }, true],
  ['event:break', { event: 'lines' }, false],
  ['event:any', {}, false],
  ['not event:any', {}, true],
  ['text:x', { event: 'break' }, false],
  ['len=0', { event: 'break' }, false],
  ['fc:3', { decoded: { fc: '3' } }, true],
  ['fc:3', { decoded: { fc: '4' } }, false],
  ['crc:BAD', { decoded: { crc: 'bad' } }, true],
  ['a b', { text: 'ba' }, true],
  ['a or b', { text: 'b' }, true],
  ['a and b or c', { text: 'c' }, true],
  ['a (b or c)', { text: 'ba' }, true],
  ['a (b or c)', { text: 'bc' }, false],
  ['!a', { text: 'b' }, true],
  ['not not a', { text: 'a' }, true],
  ['not (a or b)', { text: 'b' }, false],
  ['order', { text: 'order' }, true],
  [
    'dir:rx len>8 hex:01 03 text:"OK" /O./ fc:3 crc:bad',
    { text: 'OK\x01\x03.....', decoded: { fc: '3', crc: 'bad' } },
    true
  ]
])('%s', (filter, given, expected) => {
  expect(fits(filter, given)).toBe(expected)
})

describe('says what is wrong, and where', () => {
  it.each([
    ['dir:up', 5, 2, 'dir is rx'],
    ['len>x', 5, 1, 'here must stand a number, like len>8'],
    [
      'len>8 dirr:rx',
      7,
      4,
      '“dirr” is none of dir, len, gap, session, hex, text, event, fc, unit, crc, type'
    ],
    ['hex:0', 5, 1, 'pairs of hex digits'],
    ['hex:01 zz hex:', 15, 1, 'pairs of hex digits'],
    ['hex:??', 5, 2, 'one byte at least that is not ??'],
    ['text:', 6, 1, 'text needs'],
    ['a "b', 3, 2, 'this " is never closed'],
    ['""', 1, 2, 'nothing between the quotes'],
    ['"\\xg0"', 2, 2, '\\x needs two hex digits'],
    ['(a', 1, 1, 'this ( is never closed'],
    ['a)', 2, 1, 'there is no ( for this )'],
    ['a or', 5, 1, 'something to look for is missing here'],
    ['or a', 1, 1, 'something to look for is missing here'],
    ['not', 4, 1, 'not understood'],
    ['/a(/', 1, 4, 'this is no expression: Unterminated group'],
    ['/a', 1, 2, 'no / at its end'],
    ['/a/g', 4, 1, 'behind an expression may stand'],
    ['gap>fast', 5, 4, 'gap needs a time'],
    ['event:bang', 7, 4, 'event is one of any, settings'],
    ['session<2', 1, 8, 'session knows no <; write session:2'],
    ['fc>3', 1, 3, 'fc knows no >; write fc:3'],
    ['fc:', 4, 1, 'fc needs a value'],
    ['('.repeat(60) + 'a', 51, 1, 'nested too deep'],
    ['x'.repeat(5000), 4097, 904, 'too long']
  ])('%s', (filter, column, length, message) => {
    let found: unknown
    try {
      parseFilter(filter, KEYS)
    } catch (error) {
      found = error
    }
    expect(found).toBeInstanceOf(FilterError)
    expect(found).toMatchObject({ column, length, message: expect.stringContaining(message) as string })
  })
})

it('finds nothing to filter by in an empty text', () => {
  expect(parseFilter('', KEYS)).toBeUndefined()
  expect(parseFilter('  \t', KEYS)).toBeUndefined()
})

it('never throws anything but a FilterError within the text, whatever is typed', () => {
  const typed = fc.array(
    fc.oneof(
      fc.constantFrom(
        ...' ()"/\\!:<>=?or not dir: len> hex: text: /a/ event:'.split(/(?<=.)/),
        'hex:01 ',
        'or ',
        'not ',
        'dir:'
      ),
      fc.string({ maxLength: 3 })
    ),
    { maxLength: 20 }
  )
  fc.assert(
    fc.property(typed, (pieces) => {
      const text = pieces.join('')
      try {
        const filter = parseFilter(text, KEYS)
        if (filter) matches(filter, facts({ text: 'x' }))
      } catch (error) {
        expect(error).toBeInstanceOf(FilterError)
        const { column, length } = error as FilterError
        expect(column).toBeGreaterThanOrEqual(1)
        expect(column).toBeLessThanOrEqual(text.length + 1)
        expect(length).toBeGreaterThanOrEqual(1)
      }
    }),
    { numRuns: 10_000 }
  )
})

it('leaves rows undecided that hang on an expression, and no others', () => {
  const unknown = { ...facts({ text: 'abc' }), expression: () => undefined }
  expect(matches(parsed('/x/'), unknown)).toBeUndefined()
  expect(matches(parsed('not /x/'), unknown)).toBeUndefined()
  expect(matches(parsed('abc /x/'), unknown)).toBeUndefined()
  expect(matches(parsed('zzz /x/'), unknown)).toBe(false)
  expect(matches(parsed('/x/ zzz'), unknown)).toBe(false)
  expect(matches(parsed('abc or /x/'), unknown)).toBe(true)
  expect(matches(parsed('zzz or /x/'), unknown)).toBeUndefined()
})

it('tells what a search can begin with, and what else it needs', () => {
  const hello = [...Buffer.from('hello')]
  expect(requiredBytes(parsed('dir:rx hello ab'))).toEqual(hello)
  expect(requiredBytes(parsed('hello or ab'))).toBeUndefined()
  expect(requiredBytes(parsed('not hello'))).toBeUndefined()
  expect(requiredBytes(parsed('(hello ab) len>3'))).toEqual(hello)
  expect(expressionsOf(parsed('/a/ or not (/b/i x)')).map(String)).toEqual(['/a/', '/b/i'])
  expect(needsDecoder(parsed('a or not fc:3'))).toBe(true)
  expect(needsDecoder(parsed('a len>3'))).toBe(false)
})
