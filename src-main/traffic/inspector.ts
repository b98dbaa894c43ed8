/** What bytes of a row could be: numbers of all sizes, both ways around, and which check sum fits its end. Pure functions. */
import { CHECKS, type Check } from './checks.ts'
import { hexByte, readText, shown } from './decoders/text.ts'

/** One line of the inspector. The values are absent where too few bytes follow. */
export interface Reading {
  /** `u16`, `f64`. */
  readonly type: string
  readonly little?: string
  /** Absent for single bytes. */
  readonly big?: string
}

type Read = (view: DataView, little: boolean) => string

const TYPES: readonly (readonly [type: string, size: number, read: Read])[] = [
  ['u8', 1, (view) => String(view.getUint8(0))],
  ['i8', 1, (view) => String(view.getInt8(0))],
  ['u16', 2, (view, little) => String(view.getUint16(0, little))],
  ['i16', 2, (view, little) => String(view.getInt16(0, little))],
  ['u32', 4, (view, little) => String(view.getUint32(0, little))],
  ['i32', 4, (view, little) => String(view.getInt32(0, little))],
  ['u64', 8, (view, little) => String(view.getBigUint64(0, little))],
  ['i64', 8, (view, little) => String(view.getBigInt64(0, little))],
  ['f32', 4, (view, little) => single(view.getFloat32(0, little))],
  ['f64', 8, (view, little) => String(view.getFloat64(0, little))]
]

/** The numbers that begin at this byte, in the order of the table; and its bits, character and time. */
export function readings(bytes: Uint8Array, at: number): Reading[] {
  const rest = bytes.subarray(at, at + 8)
  const view = new DataView(rest.buffer, rest.byteOffset, rest.length)
  const numbers = TYPES.map(([type, size, read]): Reading => {
    if (size > rest.length) return { type }
    if (size === 1) return { type, little: read(view, true) }
    return { type, little: read(view, true), big: read(view, false) }
  })
  const [first] = rest
  if (first === undefined) return numbers
  return [
    ...numbers,
    { type: 'bits', little: first.toString(2).padStart(8, '0') },
    { type: 'text', little: character(rest) },
    ...(rest.length < 4 ? [] : [{ type: 'Unix time', little: time(view, true), big: time(view, false) }])
  ]
}

/** The fewest digits that mean this value in 32 bits. */
function single(value: number): string {
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits))
    if (Math.fround(short) === value) return String(short)
  }
  return String(Number(value.toPrecision(9)))
}

/** The character that begins here, in UTF-8 where it is one. */
function character(rest: Uint8Array): string {
  for (let size = 1; size <= Math.min(4, rest.length); size++) {
    const { text, codePage } = readText(rest.subarray(0, size))
    if (codePage !== 'Latin-1') return shown(text)
  }
  return shown(readText(rest.subarray(0, 1)).text)
}

function time(view: DataView, little: boolean): string {
  return new Date(1000 * view.getUint32(0, little)).toISOString().replace('.000Z', 'Z')
}

/** A check sum that fits the end of some bytes. */
export interface FittingCheck {
  readonly name: string
  /** `low byte first`, `in hex digits`; absent for a single byte. */
  readonly order?: string
  /** What it covers, and where it stands: bytes from 0. */
  readonly from: number
  readonly to: number
  readonly end: number
  readonly value: string
}

/** Frames' first bytes are often left out: a start byte, a length. */
const MAX_SKIPPED = 2

/** Behind the check sum: nothing, an end byte, CR LF. */
const MAX_BEHIND = 2

/** Fewer bytes fit too often by chance. */
const MIN_COVERED = 2

const MAX_BYTES = 4096

/**
 * Which check sums fit the last bytes of a row, the likeliest first: the wider one before the narrower, all bytes before some. By chance
 * about one of 16 bits in 500 rows fits, and one of 8 bits in every fourth, so compare several rows.
 */
export function fittingChecks(row: Uint8Array): FittingCheck[] {
  if (row.length > MAX_BYTES) return []
  const found = [...nmeaCheck(row)]
  for (let behind = 0; behind <= MAX_BEHIND; behind++) {
    if (behind > 0 && !endsLikeAFrame(row, behind)) continue
    for (let from = 0; from <= MAX_SKIPPED; from++)
      for (const check of CHECKS) found.push(...fits(row, check, from, row.length - behind))
  }
  return found.sort((a, b) => rank(b) - rank(a))
}

function rank({ from, to, end, value }: FittingCheck): number {
  return 100 * value.length - 10 * from + (end - to)
}

/** What may stand behind a check sum: CR, LF, ETX, EOT, `~`, END, or a zero. */
function endsLikeAFrame(row: Uint8Array, behind: number): boolean {
  const ends = [0x00, 0x03, 0x04, 0x0a, 0x0d, 0x16, 0x7e, 0xc0]
  return row.subarray(row.length - behind).every((byte) => ends.includes(byte))
}

function fits(row: Uint8Array, check: Check, from: number, end: number): FittingCheck[] {
  const to = end - check.size
  if (to - from < MIN_COVERED) return []
  const covered = row.subarray(from, to)
  // Nothing but zeros fits nearly all of them.
  if (covered.every((byte) => byte === 0)) return []
  const expected = check.of(covered)
  const little = numberAt(row, to, check.size, true)
  const big = numberAt(row, to, check.size, false)
  const value = `0x${expected
    .toString(16)
    .toUpperCase()
    .padStart(2 * check.size, '0')}`
  const place = { name: check.name, from, to, end, value }
  if (check.size === 1) return little === expected ? [place] : []
  return [
    ...(little === expected ? [{ ...place, order: 'low byte first' }] : []),
    ...(big === expected && big !== little ? [{ ...place, order: 'high byte first' }] : [])
  ]
}

function numberAt(row: Uint8Array, at: number, size: number, little: boolean): number {
  let value = 0
  for (let byte = 0; byte < size; byte++)
    value = value * 256 + (row[at + (little ? size - 1 - byte : byte)] ?? 0)
  return value
}

/** `$…*5B`: the exclusive or of what stands between, in hex digits. */
function nmeaCheck(row: Uint8Array): FittingCheck[] {
  const star = row.lastIndexOf(0x2a)
  const start = Math.max(row.lastIndexOf(0x24, star), row.lastIndexOf(0x21, star))
  if (star < 0 || start < 0 || star < start) return []
  const value = hexByte(row.subarray(start + 1, star).reduce((all, byte) => all ^ byte, 0))
  const digits = String.fromCharCode(...row.subarray(star + 1, star + 3)).toUpperCase()
  if (digits !== value) return []
  return [
    {
      name: 'NMEA',
      order: 'in hex digits',
      from: start + 1,
      to: star + 1,
      end: star + 3,
      value: `0x${value}`
    }
  ]
}
