/**
 * Frames without a zero (COBS, Cheshire and Baker 1999), each ended by one.
 *
 *     03 11 22 02 33 00      the frame 11 22 00 33
 *     n, then n-1 bytes that are not zero, then a zero where n < 255 and the frame goes on
 */
import type { Decoded, DecodedField, DecoderKind } from '../decoder.ts'
import type { Row } from '../row.ts'
import { FramedDecoder } from './framed.ts'
import type { Piece } from './pieces.ts'
import { saturation, streams } from './sample.ts'
import { hexOf } from './text.ts'

const END = 0x00

export interface CobsFrame {
  readonly bytes: Uint8Array
  /** How many bytes the last code announced that are not there; 0: the frame is sound. */
  readonly missing: number
  /** Where the last code stands. */
  readonly lastCode: number
}

/** What stood between two zeros. */
export function readCobs(coded: Uint8Array): CobsFrame {
  const bytes: number[] = []
  let [at, lastCode] = [0, 0]
  while (at < coded.length) {
    const code = coded[at] ?? 0
    lastCode = at
    const block = coded.subarray(at + 1, at + code)
    bytes.push(...block)
    if (block.length < code - 1)
      return { bytes: Uint8Array.from(bytes), missing: code - 1 - block.length, lastCode }
    at += Math.max(1, code)
    if (code < 0xff && at < coded.length) bytes.push(0)
  }
  return { bytes: Uint8Array.from(bytes), missing: 0, lastCode }
}

function describe(piece: Piece): Decoded {
  const { bytes, missing, lastCode } = readCobs(piece.bytes)
  const bad = missing > 0 && piece.lost === 0
  const fields: DecodedField[] = [
    { name: 'Frame', value: hexOf(bytes), from: piece.from, to: piece.to },
    { name: 'Length', value: `${bytes.length} bytes` }
  ]
  if (bad)
    fields.push({
      name: 'Wrong code',
      value: `${missing} bytes more announced than there are`,
      from: piece.from + lastCode,
      to: piece.from + lastCode + 1
    })
  if (piece.lost > 0) fields.push({ name: 'Too long', value: `${piece.lost} bytes more` })
  const problem = bad
    ? `, wrong code: ${missing} bytes missing`
    : piece.lost > 0
      ? ', too long to be shown'
      : ''
  return {
    text: `frame of ${bytes.length} bytes${problem}: ${hexOf(bytes, 16)}`,
    verdict: bad ? 'bad' : piece.lost > 0 ? 'note' : 'ok',
    fields,
    keys: { frame: bad ? 'bad' : 'ok', size: String(bytes.length) }
  }
}

/** Codes lead exactly to the zero once in a hundred times by chance; frames of a byte or two do it more often and say nothing. */
function likeness(rows: readonly Row[]): number {
  let [sound, broken, covered, total] = [0, 0, 0, 0]
  for (const { bytes } of streams(rows)) {
    total += bytes.length
    // The first piece may have begun before the sample.
    let from = bytes.indexOf(END) + 1
    if (from === 0) continue
    covered += from
    for (let at = from; at < bytes.length; at++) {
      if (bytes[at] !== END) continue
      const frame = bytes.subarray(from, at)
      if (frame.length > 3)
        if (readCobs(frame).missing === 0) {
          sound++
          covered += frame.length + 1
        } else broken++
      from = at + 1
    }
  }
  if (sound < 3 || total === 0) return 0
  const share = sound / (sound + broken)
  return share * share * saturation(covered, 0.8 * total) * saturation(sound, 5)
}

export const cobs: DecoderKind = {
  id: 'cobs',
  name: 'COBS',
  rows: { end: Uint8Array.of(END), gapMs: 100 },
  keys: ['frame', 'size'],
  likeness,
  make: () => new FramedDecoder({ end: END, endWords: 'delimiter', describe })
}
