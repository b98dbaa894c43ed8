import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeRtu } from '../../../src-main/protocol/modbus-rtu.ts'
import { CHECKS } from '../../../src-main/traffic/checks.ts'
import { fittingChecks, readings } from '../../../src-main/traffic/inspector.ts'
import { anyBytes, TEN_THOUSAND } from '../../properties.ts'
import { sentenceOf } from './encoders.ts'
import { ascii, hex } from './rows.ts'

/** Of the digits 1 to 9, as every catalogue of CRCs has it. */
const CHECK_VALUES: Readonly<Record<string, number>> = {
  'CRC-32': 0xcbf43926,
  'CRC-32/MPEG-2': 0x0376e6e7,
  'CRC-32C': 0xe3069283,
  'CRC-16/MODBUS': 0x4b37,
  'CRC-16/ARC': 0xbb3d,
  'CRC-16/USB': 0xb4c8,
  'CRC-16/XMODEM': 0x31c3,
  'CRC-16/CCITT-FALSE': 0x29b1,
  'CRC-16/AUG-CCITT': 0xe5cc,
  'CRC-16/GENIBUS': 0xd64e,
  'CRC-16/KERMIT': 0x2189,
  'CRC-16/X-25': 0x906e,
  'CRC-16/MCRF4XX': 0x6f91,
  'CRC-16/DNP': 0xea82,
  'Fletcher-16': 0x1ede,
  'Sum of 16 bits': 0x01dd,
  'CRC-8': 0xf4,
  'CRC-8/MAXIM': 0xa1,
  'CRC-8/SAE-J1850': 0x4b,
  'CRC-8/ROHC': 0xd0,
  'LRC (two’s complement of the sum)': 0x23,
  'Sum of 8 bits': 0xdd,
  'Complement of the sum': 0x22,
  XOR: 0x31
}

describe('check sums', () => {
  it.each(CHECKS)('$name has its check value', ({ name, of }) => {
    expect(of(ascii('123456789')).toString(16)).toBe(CHECK_VALUES[name]?.toString(16))
  })

  it('find the one that fits', () => {
    expect(fittingChecks(encodeRtu(1, hex('03 0000 000A')))[0]).toEqual({
      name: 'CRC-16/MODBUS',
      order: 'low byte first',
      from: 0,
      to: 6,
      end: 8,
      value: '0xCDC5'
    })
    expect(fittingChecks(ascii(sentenceOf('GPZDA,082710.00,16,09,2002,00,00')))[0]).toMatchObject({
      name: 'NMEA',
      order: 'in hex digits',
      value: '0x64'
    })
  })

  it.each(CHECKS)(
    '$name is found, both ways around, behind a start byte and before an end byte',
    ({ name, size, of }) => {
      fc.assert(
        fc.property(
          anyBytes(4, 30),
          fc.boolean(),
          fc.constantFrom(0, 1),
          fc.boolean(),
          (bytes, little, skipped, ended) => {
            fc.pre(bytes.subarray(skipped).some((byte) => byte !== 0))
            const value = of(bytes.subarray(skipped))
            const digits = Array.from({ length: size }, (_, at) => Math.floor(value / 256 ** at) & 0xff)
            const row = Uint8Array.of(
              ...bytes,
              ...(little ? digits : digits.reverse()),
              ...(ended ? [0x0d] : [])
            )
            const found = fittingChecks(row).filter((each) => each.name === name && each.from === skipped)
            return found.some(({ end, to }) => end === bytes.length + size && to === bytes.length)
          }
        )
      )
    }
  )

  it('any bytes: never break it, and 16 bits fit by chance about as often as they must', () => {
    let by16 = 0
    fc.assert(
      fc.property(anyBytes(0, 40), (bytes) => {
        if (fittingChecks(bytes).some(({ value }) => value.length > 4)) by16++
      }),
      { ...TEN_THOUSAND, seed: 1 }
    )
    // 13 of them, two orders, three beginnings: 78 in 65536, a dozen in 10,000, and some more where an end byte stands.
    expect(by16).toBeLessThan(120)
  })
})

describe('readings', () => {
  it('reads numbers both ways around', () => {
    const found = readings(hex('00 41 C8 00 00 00 00 F0 BF'), 1)
    expect(found).toEqual([
      { type: 'u8', little: '65' },
      { type: 'i8', little: '65' },
      { type: 'u16', little: '51265', big: '16840' },
      { type: 'i16', little: '-14271', big: '16840' },
      { type: 'u32', little: '51265', big: '1103626240' },
      { type: 'i32', little: '51265', big: '1103626240' },
      { type: 'u64', little: '13830554455654844481', big: '4740038607807508671' },
      { type: 'i64', little: '-4616189618054707135', big: '4740038607807508671' },
      { type: 'f32', little: '7.18376e-41', big: '25' },
      { type: 'f64', little: '-1.0000000000113831', big: '805306368.007347' },
      { type: 'bits', little: '01000001' },
      { type: 'text', little: 'A' },
      { type: 'Unix time', little: '1970-01-01T14:14:25Z', big: '2004-12-21T10:50:40Z' }
    ])
  })

  it('reads no further than the row', () => {
    expect(readings(hex('01 02'), 1).filter(({ little }) => little !== undefined)).toEqual([
      { type: 'u8', little: '2' },
      { type: 'i8', little: '2' },
      { type: 'bits', little: '00000010' },
      { type: 'text', little: '<STX>' }
    ])
    expect(readings(hex('01'), 1).every(({ little }) => little === undefined)).toBe(true)
    expect(readings(hex('E6 B8 A9'), 0).find(({ type }) => type === 'text')?.little).toBe('温')
  })

  it('agrees with what a view of the bytes reads', () => {
    fc.assert(
      fc.property(anyBytes(8, 16), fc.nat({ max: 8 }), (bytes, at) => {
        fc.pre(at + 8 <= bytes.length)
        const buffer = Buffer.from(bytes)
        const value = (type: string) => readings(bytes, at).find((each) => each.type === type)
        expect(value('u32')).toEqual({
          type: 'u32',
          little: String(buffer.readUInt32LE(at)),
          big: String(buffer.readUInt32BE(at))
        })
        expect(Number(value('f64')?.little)).toEqual(buffer.readDoubleLE(at))
        expect(Math.fround(Number(value('f32')?.big))).toEqual(buffer.readFloatBE(at))
      })
    )
  })
})
