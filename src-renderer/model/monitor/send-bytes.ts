/** The bytes that the send box sends for what stands in it: text, hexadecimal or escapes; a check sum; the line's ending. Pure. */
import { CHECKS } from '../../../src-main/traffic/checks.ts'
import { hexByte, hexOf } from '../../../src-main/traffic/decoders/text.ts'
import { words } from '../../words/words.ts'

export const SEND_MODES = ['text', 'hex', 'escapes'] as const
export type SendMode = (typeof SEND_MODES)[number]

export const SEND_ENDINGS = ['none', 'cr', 'lf', 'crlf'] as const
export type SendEnding = (typeof SEND_ENDINGS)[number]

export const SEND_CHECKS = [
  'none',
  'sum8',
  'xor',
  'lrc',
  'modbus',
  'ccitt',
  'xmodem',
  'crc32',
  'nmea'
] as const
export type SendCheck = (typeof SEND_CHECKS)[number]

/** What is sent, as it was typed. */
export interface SendLine {
  readonly mode: SendMode
  readonly text: string
  readonly check: SendCheck
  readonly ending: SendEnding
}

/** More is a file, see SendFile; in characters. */
export const MAX_SEND_TEXT = 16_384

/** `at`, `to`: the characters that make no sense. */
export type SendBytes =
  | { readonly type: 'bytes'; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly type: 'wrong'; readonly why: string; readonly at: number; readonly to: number }

const ENDINGS: Readonly<Record<SendEnding, readonly number[]>> = {
  none: [],
  cr: [13],
  lf: [10],
  crlf: [13, 10]
}

/** As `CHECKS` calls them; the low byte first where their protocols have it so. */
const CHECK_OF: Readonly<
  Record<Exclude<SendCheck, 'none' | 'nmea'>, readonly [name: string, isLow: boolean]>
> = {
  sum8: ['Sum of 8 bits', false],
  xor: ['XOR', false],
  lrc: ['LRC (two’s complement of the sum)', false],
  modbus: ['CRC-16/MODBUS', true],
  ccitt: ['CRC-16/CCITT-FALSE', false],
  xmodem: ['CRC-16/XMODEM', false],
  crc32: ['CRC-32', true]
}

const utf8 = new TextEncoder()
const DOLLAR = 0x24
const EXCLAMATION = 0x21

/** All of it: what was typed, its check sum, the ending. Never throws. */
export function sendBytes({ mode, text, check, ending }: SendLine): SendBytes {
  const typed = mode === 'text' ? { type: 'bytes' as const, bytes: utf8.encode(text) } : read(mode, text)
  if (typed.type === 'wrong') return typed
  const { bytes } = typed
  // An ending alone is a line; a check sum of nothing is nothing.
  const sum = bytes.length === 0 ? [] : checkBytes(check, bytes)
  return { type: 'bytes', bytes: Uint8Array.from([...bytes, ...sum, ...ENDINGS[ending]]) }
}

function read(mode: 'hex' | 'escapes', text: string): SendBytes {
  return mode === 'hex' ? readHex(text) : readEscapes(text)
}

/** `01 03 0a`, `01030a`, `0x01, 0x03`, `1 3 a`. */
function readHex(text: string): SendBytes {
  const bytes: number[] = []
  for (const { 0: piece, index } of text.matchAll(/[^\s,;:]+/g)) {
    const start = /^0x/i.test(piece) ? 2 : piece.startsWith('\\x') ? 2 : 0
    const digits = piece.slice(start)
    const foreign = digits.search(/[^\dA-Fa-f]/)
    if (foreign >= 0 || digits === '') {
      const at = index + start + Math.max(foreign, 0)
      const character = String.fromCodePoint(text.codePointAt(at) ?? 0x20)
      return {
        type: 'wrong',
        why: digits === '' ? words.monitorSend.halfByte(piece) : words.monitorSend.noDigit(character),
        at: digits === '' ? index : at,
        to: digits === '' ? index + piece.length : at + character.length
      }
    }
    if (digits.length > 1 && digits.length % 2 === 1)
      return { type: 'wrong', why: words.monitorSend.halfByte(piece), at: index, to: index + piece.length }
    for (let at = 0; at < digits.length; at += 2) bytes.push(Number.parseInt(digits.slice(at, at + 2), 16))
  }
  return { type: 'bytes', bytes: Uint8Array.from(bytes) }
}

const SIMPLE: Readonly<Record<string, number>> = {
  r: 13,
  n: 10,
  t: 9,
  '0': 0,
  a: 7,
  b: 8,
  e: 27,
  f: 12,
  v: 11,
  '\\': 0x5c,
  '"': 0x22,
  "'": 0x27
}
const ESCAPE = /\\(?:x([\dA-Fa-f]{2})|u([\dA-Fa-f]{4})|u\{([\dA-Fa-f]{1,6})\}|([rnt0abefv\\"']))/y
const LAST_POINT = 0x10ffff

function readEscapes(text: string): SendBytes {
  const bytes: number[] = []
  for (let at = 0; at < text.length;) {
    const next = text.indexOf('\\', at)
    if (next !== at) {
      const end = next < 0 ? text.length : next
      for (const byte of utf8.encode(text.slice(at, end))) bytes.push(byte)
      at = end
      continue
    }
    const pair = surrogates(text, at)
    ESCAPE.lastIndex = at
    const found = pair ? undefined : ESCAPE.exec(text)
    const point = pair?.point ?? pointOf(found ?? [])
    if (!pair && (!found || point > LAST_POINT || (point >= 0xd800 && point < 0xe000)))
      return wrongEscape(text, at)
    if (found && (found[1] ?? found[4]) !== undefined) bytes.push(point)
    else for (const byte of utf8.encode(String.fromCodePoint(point))) bytes.push(byte)
    at = pair?.end ?? ESCAPE.lastIndex
  }
  return { type: 'bytes', bytes: Uint8Array.from(bytes) }
}

/** `\ud83d\ude00`: two halves of one character. */
function surrogates(text: string, at: number): { readonly point: number; readonly end: number } | undefined {
  const found = /^\\u([dD][89abAB][\dA-Fa-f]{2})\\u([dD][c-fC-F][\dA-Fa-f]{2})/.exec(text.slice(at, at + 12))
  if (!found) return undefined
  const [, high = '', low = ''] = found
  const point = String.fromCharCode(Number.parseInt(high, 16), Number.parseInt(low, 16)).codePointAt(0) ?? 0
  return { point, end: at + 12 }
}

function pointOf([, byte, unit, point, simple]: readonly (string | undefined)[]): number {
  if (simple !== undefined) return SIMPLE[simple] ?? 0
  return Number.parseInt(byte ?? unit ?? point ?? '', 16)
}

function wrongEscape(text: string, at: number): SendBytes {
  const digits = /^\\(?:x[\dA-Fa-f]?|u\{?[\dA-Fa-f]*\}?|.)?/su.exec(text.slice(at, at + 10))?.[0] ?? '\\'
  return { type: 'wrong', why: words.monitorSend.noEscape(digits), at, to: at + digits.length }
}

/** What stands behind the bytes. */
function checkBytes(check: SendCheck, bytes: Uint8Array): readonly number[] {
  if (check === 'none') return []
  if (check === 'nmea') return nmeaSum(bytes)
  const [name, isLow] = CHECK_OF[check]
  const found = CHECKS.find((each) => each.name === name)
  if (!found) return []
  const value = found.of(bytes)
  const result = Array.from({ length: found.size }, (_, at) => Math.floor(value / 256 ** at) & 0xff)
  return isLow ? result : result.reverse()
}

/** `*hh`: exclusive or of what stands between `$` or `!` and it (NMEA 0183 §5.3). */
function nmeaSum(bytes: Uint8Array): readonly number[] {
  const hasStart = bytes[0] === DOLLAR || bytes[0] === EXCLAMATION
  const sum = bytes.subarray(hasStart ? 1 : 0).reduce((all, byte) => all ^ byte, 0)
  return [...utf8.encode(`*${hexByte(sum)}`)]
}

/** The same bytes as escapes: what was pasted in several lines stays one line. */
export function asEscapes(text: string): string {
  return text
    .replaceAll('\\', '\\\\')
    .replaceAll('\r', '\\r')
    .replaceAll('\n', '\\n')
    .replaceAll('\t', '\\t')
    .replace(/\p{Cc}/gu, (control) => `\\u00${hexByte(control.charCodeAt(0))}`)
}

/** What another mode has to show for the same bytes; undefined: it cannot, and the text stays. */
export function translated(text: string, from: SendMode, to: SendMode): string | undefined {
  if (from === to || text === '') return text
  const read = sendBytes({ mode: from, text, check: 'none', ending: 'none' })
  if (read.type === 'wrong') return undefined
  if (to === 'hex') return hexOf(read.bytes, Infinity)
  const decoded = plainText(read.bytes)
  if (to === 'escapes') return decoded === undefined ? escapedBytes(read.bytes) : asEscapes(decoded)
  return decoded !== undefined && !/\p{Cc}/u.test(decoded) ? decoded : undefined
}

/** Undefined: it is no UTF-8. */
function plainText(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

function escapedBytes(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) =>
    byte >= 0x20 && byte < 0x7f && byte !== 0x5c ? String.fromCharCode(byte) : `\\x${hexByte(byte)}`
  ).join('')
}
