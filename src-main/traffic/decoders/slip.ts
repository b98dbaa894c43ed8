/**
 * SLIP frames (RFC 1055): END before and behind, two bytes escaped. KISS has the same frames.
 *
 *     C0 45 00 DB DC 11 C0      the frame 45 00 C0 11
 *     DB DC = C0   DB DD = DB   DB with anything else is wrong; the byte behind it is then taken as it is
 */
import type { Decoded, DecodedField, DecoderKind } from '../decoder.ts'
import type { Row } from '../row.ts'
import { FramedDecoder } from './framed.ts'
import type { Piece } from './pieces.ts'
import { bursts, saturation } from './sample.ts'
import { hexOf } from './text.ts'

const END = 0xc0
const ESC = 0xdb
const ESC_END = 0xdc
const ESC_ESC = 0xdd

export interface SlipFrame {
  readonly bytes: Uint8Array
  readonly escapes: number
  /** Escapes that are none, one at the frame's end included. */
  readonly wrong: number
}

/** What stood between two ENDs. */
export function readSlip(escaped: Uint8Array): SlipFrame {
  const bytes: number[] = []
  let [escapes, wrong] = [0, 0]
  for (let at = 0; at < escaped.length; at++) {
    const byte = escaped[at] ?? 0
    if (byte !== ESC) {
      bytes.push(byte)
      continue
    }
    const next = escaped[++at]
    if (next === ESC_END || next === ESC_ESC) escapes++
    else wrong++
    if (next !== undefined) bytes.push(next === ESC_END ? END : next === ESC_ESC ? ESC : next)
  }
  return { bytes: Uint8Array.from(bytes), escapes, wrong }
}

function describe(piece: Piece): Decoded {
  const { bytes, escapes, wrong } = readSlip(piece.bytes)
  const place = { from: piece.from, to: piece.to }
  const fields: DecodedField[] = [
    { name: 'Frame', value: hexOf(bytes), ...place },
    { name: 'Length', value: `${bytes.length} bytes` }
  ]
  if (escapes > 0) fields.push({ name: 'Escapes', value: String(escapes) })
  if (wrong > 0) fields.push({ name: 'Wrong escapes', value: String(wrong) })
  if (piece.lost > 0) fields.push({ name: 'Too long', value: `${piece.lost} bytes more` })
  const size = `${bytes.length + piece.lost} bytes`
  const bad = wrong > 0 ? `, wrong escapes: ${wrong}` : piece.lost > 0 ? ', too long to be shown' : ''
  return {
    text: `frame of ${size}${bad}: ${hexOf(bytes, 16)}`,
    verdict: wrong > 0 ? 'bad' : piece.lost > 0 ? 'note' : 'ok',
    fields,
    keys: { frame: wrong > 0 ? 'bad' : 'ok', size: String(bytes.length + piece.lost) }
  }
}

/**
 * Each of these says SLIP by chance once in 100 to 256 times: a pause right behind an END, an END at a burst's beginning or behind another
 * one, an escape that is one. An escape that is none speaks against it.
 */
function likeness(rows: readonly Row[]): number {
  let [frames, size, signs, wrong, ends, total, paused] = [0, 0, 0, 0, 0, 0, 0]
  for (const { bytes } of bursts(rows)) {
    total += bytes.length
    if (bytes.length < 3) continue
    paused++
    if (bytes.at(-1) === END) signs++
    if (bytes[0] === END) signs++
    let from = 0
    for (let at = 0; at < bytes.length; at++) {
      if (bytes[at] !== END) continue
      // One behind a frame, one before the next.
      if (ends > 0 && at === from) signs++
      // The first piece may have begun before the sample.
      if (++ends > 1 && at > from) {
        const frame = readSlip(bytes.subarray(from, at))
        frames++
        size += frame.bytes.length
        signs += frame.escapes
        wrong += frame.wrong
      }
      from = at + 1
    }
  }
  // Garbled lines and pictures are full of C0 too: their frames are tiny.
  if (frames < 3 || size < 4 * frames || ends > 0.25 * total || wrong > 0.1 * signs || paused === 0) return 0
  return saturation(signs, 6) * saturation(signs, 0.8 * Math.min(paused, frames)) * saturation(frames, 4)
}

export const slip: DecoderKind = {
  id: 'slip',
  name: 'SLIP',
  rows: { end: Uint8Array.of(END), gapMs: 100 },
  keys: ['frame', 'size'],
  likeness,
  make: () => new FramedDecoder({ end: END, endWords: 'END', describe })
}
