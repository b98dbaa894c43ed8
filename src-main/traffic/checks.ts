/**
 * The check sums that devices end their frames with. Pure functions of bytes; the parameters of CRCs are those that everybody names them
 * by (width, polynomial, start, reflected, final exclusive or), the check value is that of the ASCII digits 1 to 9.
 */
import { crc16, lrc } from '../protocol/modbus-checks.ts'

export interface Check {
  /** As in `CRC-16/MODBUS`. */
  readonly name: string
  /** Bytes that it takes behind a frame. */
  readonly size: 1 | 2 | 4
  readonly of: (bytes: Uint8Array) => number
}

interface Crc {
  readonly width: 8 | 16 | 32
  readonly polynomial: number
  readonly start: number
  readonly reflected: boolean
  readonly end: number
}

/** Any CRC of 8, 16 or 32 bits, bit by bit: frames are short, and nobody waits. */
function crc({ width, polynomial, start, reflected, end }: Crc): (bytes: Uint8Array) => number {
  const top = 2 ** (width - 1)
  const mask = width === 32 ? 0xffff_ffff : 2 ** width - 1
  const backwards = mirrored(polynomial, width)
  return (bytes) => {
    let value = start
    for (const byte of bytes)
      if (reflected) {
        value = (value ^ byte) >>> 0
        for (let bit = 0; bit < 8; bit++) value = value & 1 ? ((value >>> 1) ^ backwards) >>> 0 : value >>> 1
      } else {
        value = (value ^ (byte << (width - 8))) >>> 0
        for (let bit = 0; bit < 8; bit++)
          value = ((value & top ? (value << 1) ^ polynomial : value << 1) & mask) >>> 0
      }
    return (value ^ end) >>> 0
  }
}

function mirrored(value: number, width: number): number {
  let result = 0
  for (let bit = 0; bit < width; bit++) if ((value >>> bit) & 1) result |= 1 << (width - 1 - bit)
  return result >>> 0
}

const crc16Of = (polynomial: number, start: number, reflected: boolean, end: number) =>
  crc({ width: 16, polynomial, start, reflected, end })
const crc8Of = (polynomial: number, start: number, reflected: boolean, end: number) =>
  crc({ width: 8, polynomial, start, reflected, end })

const sum = (bytes: Uint8Array) => bytes.reduce((all, byte) => all + byte, 0)
const exclusiveOr = (bytes: Uint8Array) => bytes.reduce((all, byte) => all ^ byte, 0)

/** Those that say more when they fit come first. */
export const CHECKS: readonly Check[] = [
  {
    name: 'CRC-32',
    size: 4,
    of: crc({ width: 32, polynomial: 0x04c11db7, start: 0xffffffff, reflected: true, end: 0xffffffff })
  },
  {
    name: 'CRC-32/MPEG-2',
    size: 4,
    of: crc({ width: 32, polynomial: 0x04c11db7, start: 0xffffffff, reflected: false, end: 0 })
  },
  {
    name: 'CRC-32C',
    size: 4,
    of: crc({ width: 32, polynomial: 0x1edc6f41, start: 0xffffffff, reflected: true, end: 0xffffffff })
  },
  { name: 'CRC-16/MODBUS', size: 2, of: crc16 },
  { name: 'CRC-16/ARC', size: 2, of: crc16Of(0x8005, 0, true, 0) },
  { name: 'CRC-16/USB', size: 2, of: crc16Of(0x8005, 0xffff, true, 0xffff) },
  { name: 'CRC-16/XMODEM', size: 2, of: crc16Of(0x1021, 0, false, 0) },
  { name: 'CRC-16/CCITT-FALSE', size: 2, of: crc16Of(0x1021, 0xffff, false, 0) },
  { name: 'CRC-16/AUG-CCITT', size: 2, of: crc16Of(0x1021, 0x1d0f, false, 0) },
  { name: 'CRC-16/GENIBUS', size: 2, of: crc16Of(0x1021, 0xffff, false, 0xffff) },
  { name: 'CRC-16/KERMIT', size: 2, of: crc16Of(0x1021, 0, true, 0) },
  { name: 'CRC-16/X-25', size: 2, of: crc16Of(0x1021, 0xffff, true, 0xffff) },
  { name: 'CRC-16/MCRF4XX', size: 2, of: crc16Of(0x1021, 0xffff, true, 0) },
  { name: 'CRC-16/DNP', size: 2, of: crc16Of(0x3d65, 0, true, 0xffff) },
  { name: 'Fletcher-16', size: 2, of: fletcher16 },
  { name: 'Sum of 16 bits', size: 2, of: (bytes) => sum(bytes) & 0xffff },
  { name: 'CRC-8', size: 1, of: crc8Of(0x07, 0, false, 0) },
  { name: 'CRC-8/MAXIM', size: 1, of: crc8Of(0x31, 0, true, 0) },
  { name: 'CRC-8/SAE-J1850', size: 1, of: crc8Of(0x1d, 0xff, false, 0xff) },
  { name: 'CRC-8/ROHC', size: 1, of: crc8Of(0x07, 0xff, true, 0) },
  { name: 'LRC (two’s complement of the sum)', size: 1, of: lrc },
  { name: 'Sum of 8 bits', size: 1, of: (bytes) => sum(bytes) & 0xff },
  { name: 'Complement of the sum', size: 1, of: (bytes) => ~sum(bytes) & 0xff },
  { name: 'XOR', size: 1, of: exclusiveOr }
]

/** RFC 1146's smaller one: both sums modulo 255, the second in the upper byte. */
function fletcher16(bytes: Uint8Array): number {
  let [first, second] = [0, 0]
  for (const byte of bytes) {
    first = (first + byte) % 255
    second = (second + first) % 255
  }
  return second * 256 + first
}
