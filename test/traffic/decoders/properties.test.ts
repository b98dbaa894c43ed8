/** Any decoder, whatever the bytes: never throws, says nothing beyond its limits, places fields within the row, keeps little. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DIRECTIONS, type TrafficEvent } from '../../../src-main/contract/traffic.ts'
import { encodeAscii } from '../../../src-main/protocol/modbus-ascii.ts'
import { encodeRtu } from '../../../src-main/protocol/modbus-rtu.ts'
import type { Decoded, Decoder } from '../../../src-main/traffic/decoder.ts'
import { DECODERS, decoderKind } from '../../../src-main/traffic/decoders/registry.ts'
import { likenesses } from '../../../src-main/traffic/detection.ts'
import { TEN_THOUSAND, anyBytes, bytesOf } from '../../properties.ts'
import { cobsOf, sentenceOf, slipOf } from './encoders.ts'
import { ascii, eventRow, rowsOf, type Said } from './rows.ts'

/** What each decoder acts on: delimiters, escapes, letters of commands. */
const HOSTILE = [
  0x00, 0x01, 0x03, 0x0a, 0x0d, 0x18, 0x1a, 0x1b, 0x20, 0x21, 0x24, 0x2a, 0x2b, 0x2c, 0x30, 0x3a, 0x3b, 0x3e,
  0x3f, 0x41, 0x47, 0x4d, 0x50, 0x54, 0x5b, 0x5c, 0x5d, 0x6d, 0x80, 0x83, 0xc0, 0xdb, 0xdc, 0xdd, 0xf0, 0xff
]

const pdu = fc.oneof(
  anyBytes(1, 12),
  fc
    .tuple(
      fc.constantFrom(1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 15, 16, 17, 20, 21, 22, 23, 24, 43, 0x83),
      bytesOf([0, 6, 14], 30)
    )
    .map(([code, rest]) => Uint8Array.of(code, ...rest))
)
const unit = fc.integer({ min: 0, max: 3 })
const types = fc.constantFrom(
  'GPGGA',
  'GPRMC',
  'GPGSV',
  'GPGSA',
  'GPZDA',
  'GPGLL',
  'GPVTG',
  'AIVDM',
  'PUBX',
  'CCGPQ'
)

/** Frames that are right as far as their check sum goes, cut anywhere, and bytes that are nothing. */
const piece = fc.oneof(
  bytesOf(HOSTILE),
  fc.tuple(unit, pdu).map(([to, body]) => encodeRtu(to, body)),
  fc.tuple(unit, pdu).map(([to, body]) => encodeAscii(to, body)),
  fc.tuple(types, fc.array(fc.constantFrom('', '1', 'A', '4717.1', 'x'))).map(([type, fields]) => {
    return ascii(sentenceOf([type, ...fields].join(',')))
  }),
  anyBytes(0, 20).map(slipOf),
  anyBytes(0, 20).map(cobsOf),
  fc
    .constantFrom(
      'AT+CSQ\r',
      'ATD1\r',
      '\r\nOK\r\n',
      '+CME ERROR: 3\r\n',
      '> ',
      'CONNECT\r\n',
      '\x1b[1;2',
      'm\x1b]0;'
    )
    .map(ascii)
)
const said: fc.Arbitrary<Said> = fc.record({
  direction: fc.constantFrom(...DIRECTIONS),
  bytes: fc
    .tuple(piece, fc.nat({ max: 20 }))
    .map(([bytes, cut]) => bytes.subarray(0, bytes.length - (cut > 12 ? cut : 0))),
  afterMs: fc.constantFrom(0, 1, 100, 2000)
})
const EVENTS: readonly TrafficEvent[] = [
  { type: 'missed', records: 1, bytes: 5, why: 'off' },
  { type: 'marker', number: 1, text: 'x' },
  { type: 'port', state: 'closed' }
]

function expectSound(decoded: Decoded | undefined, size: number): void {
  if (!decoded) return
  // No expect in here: ten thousand runs of some hundred fields each.
  const sound = decoded.fields.every(({ name, value, from, to }) => {
    const placed =
      from === undefined ? to === undefined : from >= 0 && (to ?? -1) >= from && (to ?? size + 1) <= size
    return placed && name !== '' && value.length <= 400 && clean(name) && clean(value)
  })
  if (!sound || decoded.fields.length > 400 || decoded.text.length > 400 || !clean(decoded.text))
    throw new Error(`unsound: ${JSON.stringify(decoded)}`)
  const { keys = {} } = decoded
  for (const value of Object.values(keys))
    if (value.length > 500 || value !== value.toLowerCase()) throw new Error(value)
}

/** Nothing in it acts on a terminal. */
function clean(text: string): boolean {
  return !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(text)
}

describe('decoders, for any input', () => {
  it.each(DECODERS)('$id: random bytes never break it', (kind) => {
    fc.assert(
      fc.property(
        fc.array(said, { maxLength: 8 }),
        fc.constantFrom(undefined, ...EVENTS),
        (script, event) => {
          const decoder = kind.make()
          const rows = rowsOf(script)
          for (const [index, row] of rows.entries()) {
            if (event && index === 3) decoder.decode(eventRow(event))
            const decoded = decoder.decode(row)
            expectSound(decoded, script[index]?.bytes.length ?? 0)
            const unknown = Object.keys(decoded?.keys ?? {}).find((key) => !kind.keys.includes(key))
            if (unknown !== undefined) throw new Error(`key ${unknown}`)
            if (decoded?.answers && (decoded.answers.row > index || !(decoded.answers.afterNs >= 0)))
              throw new Error('answers what comes later')
          }
        }
      ),
      TEN_THOUSAND
    )
  })

  it.each(DECODERS)('$id: a copy goes on as the original would have', (kind) => {
    fc.assert(
      fc.property(
        fc.array(said, { maxLength: 10 }),
        fc.nat(10),
        fc.array(said, { maxLength: 4 }),
        (script, cut, others) => {
          const rows = rowsOf(script)
          const whole = kind.make()
          const expected = rows.map((row) => whole.decode(row))
          const original = kind.make()
          for (const row of rows.slice(0, cut)) original.decode(row)
          const copy = original.copy()
          // What the original reads from now on is nothing to the copy.
          for (const row of rowsOf(others)) original.decode(row)
          expect(rows.slice(cut).map((row) => copy.decode(row))).toEqual(expected.slice(cut))
        }
      ),
      { numRuns: 1500 }
    )
  })

  it('detection: random bytes never break it, and nothing is surer than sure', () => {
    fc.assert(
      fc.property(fc.array(said, { maxLength: 8 }), (script) => {
        for (const { confidence } of likenesses(rowsOf(script)))
          if (!(confidence > 0 && confidence <= 1)) throw new Error(`confidence ${confidence}`)
      }),
      { numRuns: 2000 }
    )
  })
})

describe('memory of decoders', () => {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  const used = () => {
    gc()
    const { heapUsed, arrayBuffers } = process.memoryUsage()
    return heapUsed + arrayBuffers
  }

  /** Each begins something that never ends. */
  const ENDLESS: readonly [string, (row: number) => Uint8Array][] = [
    ['modbus-rtu', (row) => Uint8Array.of(1, 3, 250, ...new Array<number>(200).fill(row & 0xff))],
    ['modbus-rtu', (row) => encodeRtu(1 + (row % 200), Uint8Array.of(3, 0, row & 0xff, 0, 1))],
    ['modbus-ascii', () => ascii(`:${'01'.repeat(100)}`)],
    [
      'modbus-ascii',
      (row) =>
        encodeAscii(1 + (row % 200), Uint8Array.of(16, 0, 0, 0, 60, 120, ...new Array<number>(120).fill(1)))
    ],
    ['nmea', () => ascii(`$GPGGA,${'1,'.repeat(400)}`)],
    ['slip', () => new Uint8Array(500).fill(0xdb)],
    ['cobs', () => new Uint8Array(500).fill(0xff)],
    ['at', (row) => ascii(`AT+X=${'y'.repeat(500)}${row % 2 ? '\r' : ''}`)],
    ['ansi', () => ascii(`\x1b]0;${'x'.repeat(500)}`)],
    ['lines', () => new Uint8Array(500).fill(0xf0)]
  ]

  it.each(ENDLESS)('%s keeps some kilobytes of what never ends', (id, bytes) => {
    const make = (length: number) => Array.from({ length }, () => decoderKind(id)!.make())
    const feed = (kinds: readonly Decoder[], first: number, rows: number) => {
      for (let row = first; row < first + rows; row++) {
        const direction = DIRECTIONS[row % 3 === 0 ? 0 : 1]
        const content = { type: 'bytes', direction, session: 1, bytes: bytes(row) } as const
        for (const each of kinds)
          each.decode({ number: row, timeNs: row * 1e6, endNs: row * 1e6, wallOffsetMs: 0, content })
      }
    }
    // Others first: what the engine makes of the code itself is not theirs.
    feed(make(2), 0, 1100)
    const kinds = make(16)
    feed(kinds, 0, 100)
    const before = used()
    feed(kinds, 100, 1000)
    // Each took some 100 KB or more; the longest pieces of both directions take 8 KB.
    expect((used() - before) / kinds.length).toBeLessThan(20_000)
    expect(kinds.length).toBe(16)
  })
})
