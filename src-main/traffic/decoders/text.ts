/** Bytes as text, for decoders: UTF-8 where it is, else Latin-1; and text as people may see it, without what acts on a terminal. */

export type CodePage = 'ASCII' | 'UTF-8' | 'Latin-1'

export interface ReadText {
  readonly text: string
  readonly codePage: CodePage
}

/** The names of 0 to 31 (ECMA-48 §5.2). */
const CONTROLS = (
  'NUL SOH STX ETX EOT ENQ ACK BEL BS TAB LF VT FF CR SO SI ' +
  'DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM SUB ESC FS GS RS US'
).split(' ')

/** What a string is made of at a time: longer argument lists overflow the stack. */
const AT_A_TIME = 4096

/** All of it as UTF-8, or all of it as Latin-1: one wrong byte decides. Never throws. */
export function readText(bytes: Uint8Array): ReadText {
  const points: number[] = []
  let ascii = true
  for (let at = 0; at < bytes.length;) {
    const size = sequenceSize(bytes, at)
    if (size === 0) return { text: latin1(bytes), codePage: 'Latin-1' }
    if (size > 1) ascii = false
    points.push(codePoint(bytes, at, size))
    at += size
  }
  let text = ''
  for (let at = 0; at < points.length; at += AT_A_TIME)
    text += String.fromCodePoint(...points.slice(at, at + AT_A_TIME))
  return { text, codePage: ascii ? 'ASCII' : 'UTF-8' }
}

/** A character for each byte. */
export function latin1(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += AT_A_TIME)
    text += String.fromCharCode(...bytes.subarray(at, at + AT_A_TIME))
  return text
}

/**
 * How many bytes at the end begin a UTF-8 character that the next bytes may complete, 0 to 3; 0 also where the rest is no UTF-8.
 */
export function tornTail(bytes: Uint8Array): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back] ?? 0
    if (byte < 0x80) return 0
    if (byte < 0xc0) continue
    return expectedSize(byte) > back ? back : 0
  }
  return 0
}

/** Control characters by name (`<ESC>`), what is not seen or turns the direction of writing by number; a tab is four spaces. */
export function shown(text: string, most = Infinity): string {
  const clean = text
    .slice(0, most === Infinity ? undefined : most)
    .replaceAll('\t', '    ')
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, (character) => nameOf(character.codePointAt(0) ?? 0))
  return text.length > most ? `${clean}…` : clean
}

function nameOf(point: number): string {
  const name = point === 0x7f ? 'DEL' : CONTROLS[point]
  return name === undefined ? `<U+${point.toString(16).toUpperCase().padStart(4, '0')}>` : `<${name}>`
}

/** `01 A0 …`, at most so many bytes. */
export function hexOf(bytes: Uint8Array, most = 64): string {
  const digits = Array.from(bytes.subarray(0, most), hexByte).join(' ')
  return bytes.length > most ? `${digits} …` : digits
}

/** Two digits, upper case. */
export function hexByte(byte: number): string {
  return byte.toString(16).toUpperCase().padStart(2, '0')
}

/** `0x002A`. */
export function hexWord(word: number, digits = 4): string {
  return `0x${word.toString(16).toUpperCase().padStart(digits, '0')}`
}

function expectedSize(first: number): number {
  if (first >= 0xc2 && first <= 0xdf) return 2
  if (first >= 0xe0 && first <= 0xef) return 3
  return first >= 0xf0 && first <= 0xf4 ? 4 : 0
}

/** The size of the character there; 0: it is none (Unicode, table 3-7: no longer than needed, no halves of pairs). */
export function sequenceSize(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0
  if (first < 0x80) return 1
  const size = expectedSize(first)
  if (size === 0 || at + size > bytes.length) return 0
  const second = bytes[at + 1] ?? 0
  const low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80
  const high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf
  if (second < low || second > high) return 0
  for (let next = at + 2; next < at + size; next++) if (((bytes[next] ?? 0) & 0xc0) !== 0x80) return 0
  return size
}

function codePoint(bytes: Uint8Array, at: number, size: number): number {
  const first = bytes[at] ?? 0
  if (size === 1) return first
  let point = first & (0xff >> (size + 1))
  for (let next = at + 1; next < at + size; next++) point = (point << 6) | ((bytes[next] ?? 0) & 0x3f)
  return point
}
