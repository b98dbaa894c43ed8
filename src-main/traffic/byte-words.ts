/** Bytes as people read them, in lists, terminals and files of text: hexadecimal, or text with its control bytes made visible. Pure. */
import { hexByte, latin1, readText } from './decoders/text.ts'

/** `pictures`: ␍␊; `names`: `<CR><LF>`; `hidden`: left out, but for a tab, which is a space. */
export const CONTROL_BYTES = ['pictures', 'names', 'hidden'] as const
export type ControlBytes = (typeof CONTROL_BYTES)[number]

const NAMES = (
  'NUL SOH STX ETX EOT ENQ ACK BEL BS HT LF VT FF CR SO SI ' +
  'DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM SUB ESC FS GS RS US'
).split(' ')
const DEL = 0x7f
const PICTURES = 0x2400
const PICTURE_OF_DEL = 0x2421

/** Controls, what turns the direction of writing or is not seen, halves of characters, and separators that are new lines elsewhere. */
const NOT_PLAIN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

/** ` 00` to ` FF`: made once, since whole captures pass here. */
const SPACED = Array.from({ length: 256 }, (_, byte) => ` ${hexByte(byte)}`)

/**
 * One line of text, safe for a terminal: UTF-8 where all of the bytes are, else Latin-1. What is neither a control byte nor plain stands as
 * its number, `<U+202E>`, however control bytes are shown.
 */
export function textWords(bytes: Uint8Array, controls: ControlBytes = 'pictures'): string {
  const isAscii = bytes.every((byte) => byte < 0x80)
  return (isAscii ? latin1(bytes) : readText(bytes).text).replace(NOT_PLAIN, (character) => {
    const point = character.codePointAt(0) ?? 0
    if (point >= 0x20 && point !== DEL) return `<U+${point.toString(16).toUpperCase().padStart(4, '0')}>`
    return controlWords(point, controls)
  })
}

const DRAWN = /([\u2400-\u2421])/

/**
 * A text of `textWords` with `pictures`, cut where one stands: every second piece is one, as its name, `CR`. Few fonts have the characters
 * themselves, so a page draws the names.
 */
export function cutAtPictures(text: string): readonly string[] {
  return text.split(DRAWN).map((piece, at) => (at % 2 === 0 ? piece : pictureName(piece.charCodeAt(0))))
}

function pictureName(point: number): string {
  return point === PICTURE_OF_DEL ? 'DEL' : (NAMES[point - PICTURES] ?? '')
}

function controlWords(point: number, controls: ControlBytes): string {
  switch (controls) {
    case 'pictures':
      return String.fromCodePoint(point === DEL ? PICTURE_OF_DEL : PICTURES + point)
    case 'names':
      return `<${point === DEL ? 'DEL' : (NAMES[point] ?? '')}>`
    case 'hidden':
      return point === 9 ? ' ' : ''
  }
}

/** `01 A0 FF`: all of it. */
export function hexWords(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += SPACED[byte] ?? ''
  return text.slice(1)
}

/** One character for each byte, a dot for what is no printable ASCII: what stands beside hexadecimal. */
export function columnWords(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += byte >= 0x20 && byte < DEL ? String.fromCharCode(byte) : '.'
  return text
}

/** Lines of hexadecimal, `width` bytes each (at least 1), all filled up to the same length, with their characters beside them. */
export function hexLines(
  bytes: Uint8Array,
  width: number
): { readonly hex: string; readonly text: string }[] {
  const lines: { hex: string; text: string }[] = []
  for (let at = 0; at < bytes.length; at += width) {
    const part = bytes.subarray(at, at + width)
    lines.push({ hex: hexWords(part).padEnd(width * 3 - 1), text: columnWords(part) })
  }
  return lines
}
