import { describe, expect, it } from 'vitest'
import { cobs, readCobs } from '../../../src-main/traffic/decoders/cobs.ts'
import { Pieces } from '../../../src-main/traffic/decoders/pieces.ts'
import { readSlip, slip } from '../../../src-main/traffic/decoders/slip.ts'
import { anyBytes, cut, cuts, joined } from '../../properties.ts'
import * as fc from 'fast-check'
import { cobsOf, slipOf } from './encoders.ts'
import { decodeAll, fromDevice, hex, texts, valuesOf } from './rows.ts'

describe('SLIP', () => {
  it.each([
    ['C0 45 00 DB DC 11 C0', 'frame of 4 bytes: 45 00 C0 11', 'ok'],
    ['DB DD C0', 'frame of 1 bytes: DB', 'ok'],
    ['C0 C0 C0', 'END', 'ok'],
    ['C0 01 C0 C0 02 C0', 'frame of 1 bytes: 01 · frame of 1 bytes: 02', 'ok'],
    ['01 DB 02 C0', 'frame of 2 bytes, wrong escapes: 1: 01 02', 'bad'],
    ['01 DB C0', 'frame of 1 bytes, wrong escapes: 1: 01', 'bad'],
    ['C0 01 02', '2 bytes of a frame, not ended yet', 'ok']
  ])('%s', (bytes, text, verdict) => {
    const [decoded] = decodeAll(slip.make(), [fromDevice(hex(bytes))])
    expect(decoded).toMatchObject({ text, verdict })
  })

  it('reads a frame over rows, its place where it stands in one', () => {
    const found = decodeAll(slip.make(), [fromDevice(hex('C0 01 DB')), fromDevice(hex('DC 02 C0 03 C0'))])
    expect(found[1]?.text).toBe('frame of 3 bytes: 01 C0 02 · frame of 1 bytes: 03')
    const frames = found[1]?.fields.filter((field) => field.name === 'Frame')
    expect(frames).toEqual([
      { name: 'Frame', value: '01 C0 02' },
      { name: 'Frame', value: '03', from: 3, to: 4 }
    ])
  })

  it('reads what was escaped', () => {
    fc.assert(
      fc.property(anyBytes(0, 300), (bytes) => {
        expect(readSlip(slipOf(bytes).slice(1, -1)).bytes).toEqual(bytes)
      })
    )
  })
})

describe('COBS', () => {
  // The examples of the paper and of every test bench: zeros, none, and blocks of 254.
  it.each([
    ['01 01 00', '00'],
    ['01 01 01 00', '00 00'],
    ['03 11 22 02 33 00', '11 22 00 33'],
    ['05 11 22 33 44 00', '11 22 33 44'],
    ['02 11 01 01 01 00', '11 00 00 00']
  ])('%s', (coded, plain) => {
    const [decoded] = decodeAll(cobs.make(), [fromDevice(hex(coded))])
    expect(decoded?.verdict).toBe('ok')
    expect(valuesOf(decoded, 'Frame')).toEqual([plain])
  })

  it('says which code is wrong', () => {
    const [decoded] = decodeAll(cobs.make(), [fromDevice(hex('02 11 05 22 00'))])
    expect(decoded).toMatchObject({
      text: 'frame of 3 bytes, wrong code: 3 bytes missing: 11 00 22',
      verdict: 'bad',
      keys: { frame: 'bad' }
    })
    expect(decoded?.fields.find((field) => field.name === 'Wrong code')).toMatchObject({ from: 2, to: 3 })
  })

  it('reads a frame over rows', () => {
    const found = texts(cobs.make(), [fromDevice(hex('03 11')), fromDevice(hex('22 00 00'))])
    expect(found).toEqual(['2 bytes of a frame, not ended yet', 'frame of 2 bytes: 11 22'])
  })

  it('reads what was coded', () => {
    const zeros = fc
      .array(fc.constantFrom(0, 0, 1, 2, 255), { maxLength: 20 })
      .map((list) => Uint8Array.from(list))
    const long = fc
      .integer({ min: 240, max: 1040 })
      .map((size) => Uint8Array.from({ length: size }, (_, at) => (at % 255) + 1))
    fc.assert(
      fc.property(fc.oneof(anyBytes(1, 600), zeros, long), (bytes) => {
        expect(readCobs(cobsOf(bytes).slice(0, -1))).toMatchObject({ bytes, missing: 0 })
      })
    )
  })
})

describe('pieces of a stream', () => {
  it('are the same however rows tear them, and never more than the limit', () => {
    fc.assert(
      fc.property(anyBytes(0, 200), cuts, fc.integer({ min: 1, max: 20 }), (bytes, sizes, limit) => {
        const ends = bytes.map((byte) => byte % 8)
        const whole = new Pieces([0], limit)
        const torn = new Pieces([0], limit)
        const row = (number: number, chunk: Uint8Array) =>
          ({ number, timeNs: number, endNs: number, direction: 'from-device', bytes: chunk }) as const
        const told = (pieces: ReturnType<Pieces['take']>) =>
          pieces.map(({ bytes: kept, lost }) => ({ kept: [...kept], lost }))
        const expected = told(whole.take(row(0, ends)))
        const found = told(cut(ends, sizes).flatMap((chunk, number) => torn.take(row(number, chunk))))
        expect(found).toEqual(expected)
        expect(torn.waiting).toBe(whole.waiting)
        expect(torn.held.length).toBeLessThanOrEqual(limit)
        const all = expected.flatMap(({ kept, lost }) => [...kept, ...new Array<number>(lost).fill(1), 0])
        expect(all.length + torn.waiting).toBe(joined([ends]).length)
      })
    )
  })
})
