/**
 * NMEA 0183: sentences of ships and satellite receivers, with their check sum (the exclusive or of all between `$` and `*`).
 *
 *     $GPGGA,092725.00,4717.11,N,00833.91,E,1,08,1.01,499.6,M,48.0,M,,*5B CR LF
 *     $ talker type, fields …                                          * sum
 *     ! AIVDM …  encapsulated (AIS)     $P MAKER …  proprietary     \s:src,c:1600000000*5E\  a tag block before any of them
 *
 * Known deviations of devices: no check sum, lower-case digits in it, sentences longer than 82 characters.
 */
import type { Decoded, DecodedField, Decoder, DecoderKind } from '../decoder.ts'
import { TEXT_ROWS, type Row } from '../row.ts'
import { fieldsOf, summaryOf } from './nmea-fields.ts'
import { makerName, sentenceName, talkerName } from './nmea-names.ts'
import { breaksOff, bytesRow, copied, joined, perDirection } from './parts.ts'
import { Pieces, type Piece } from './pieces.ts'
import { saturation, streams } from './sample.ts'
import { hexByte, latin1, shown } from './text.ts'

const CR = 0x0d
const LF = 0x0a

/** 82 by the standard; proprietary ones and tag blocks are longer. */
const MAX_SENTENCE = 1024

export interface Sentence {
  /** `$` or `!`. */
  readonly sign: string
  /** `GPGGA`, `PUBX`. */
  readonly address: string
  readonly fields: readonly string[]
  /** Characters before `$`, a tag block's. */
  readonly offset: number
  readonly sum: 'ok' | 'none' | 'wrong'
  readonly expected: number
}

/** A line without its end; undefined: it is no sentence. */
export function readSentence(line: string): Sentence | undefined {
  const match = /^(\\[^\\]*\\)?([$!])([A-Z][A-Z0-9]{1,9})(,[^*\\]*)?(?:\*([0-9A-Fa-f]{2}))?\s*$/.exec(line)
  if (!match) return undefined
  const [, tag = '', sign = '', address = '', rest = '', digits] = match
  const expected = exclusiveOr(address + rest)
  const sum = digits === undefined ? 'none' : Number.parseInt(digits, 16) === expected ? 'ok' : 'wrong'
  const fields = rest === '' ? [] : rest.slice(1).split(',')
  return { sign, address, fields, offset: tag.length, sum, expected }
}

function exclusiveOr(text: string): number {
  let sum = 0
  for (let at = 0; at < text.length; at++) sum ^= text.charCodeAt(at)
  return sum & 0xff
}

class NmeaDecoder implements Decoder {
  #pieces = perDirection(() => new Pieces([CR, LF], MAX_SENTENCE))

  copy(): NmeaDecoder {
    const other = new NmeaDecoder()
    other.#pieces = copied(this.#pieces, (pieces) => pieces.copy())
    return other
  }

  decode(row: Row): Decoded | undefined {
    if (row.content.type === 'event') {
      if (breaksOff(row.content.event)) for (const pieces of Object.values(this.#pieces)) pieces.reset()
      return undefined
    }
    const found = bytesRow(row)
    if (!found || found.bytes.length === 0) return undefined
    const pieces = this.#pieces[found.direction]
    const lines = pieces.take(found).filter((piece) => piece.bytes.length > 0)
    const parts = lines.map(describe)
    if (pieces.waiting > 0) parts.push(begun(pieces.held))
    return joined(parts, found.bytes.length)
  }
}

function begun(held: Uint8Array): Decoded {
  return {
    text: `not complete: ${shown(latin1(held), 80)}`,
    verdict: 'note',
    fields: [],
    keys: { type: 'part' }
  }
}

function describe(piece: Piece): Decoded {
  const line = latin1(piece.bytes)
  const sentence = readSentence(line)
  if (!sentence) return noSentence(line, piece)
  const { type, head, fields: names } = headOf(sentence)
  const start = piece.from + sentence.offset
  const fields: DecodedField[] = []
  if (sentence.offset > 0)
    fields.push({
      name: 'Tag block',
      value: shown(line.slice(0, sentence.offset)),
      from: piece.from,
      to: start
    })
  fields.push({ name: 'Sentence', value: head, from: start, to: start + 1 + sentence.address.length })
  let at = start + 1 + sentence.address.length + 1
  for (const [index, value] of sentence.fields.entries()) {
    const words = names?.[index]
    const shownValue = shown(value)
    const name = words?.name ?? `Field ${index + 1}`
    if (value !== '')
      fields.push({
        name,
        value: words ? words.value(shownValue, sentence.fields, index) : shownValue,
        from: at,
        to: at + value.length
      })
    at += value.length + 1
  }
  fields.push({
    name: 'Check sum',
    value: sumWords(sentence, line),
    from: at,
    to: piece.from + line.trimEnd().length
  })
  if (sentence.sum === 'none') fields.splice(-1, 1, { name: 'Check sum', value: 'none' })
  const summary = summaryOf(type, sentence.fields) ?? shown(sentence.fields.join(', '), 200)
  return {
    text: `${head}${summary === '' ? '' : `: ${summary}`}${sentence.sum === 'wrong' ? `, ${sumWords(sentence, line)}` : ''}`,
    verdict: sentence.sum === 'ok' ? 'ok' : sentence.sum === 'none' ? 'note' : 'bad',
    fields,
    keys: {
      type: type.toLowerCase(),
      talker: sentence.address.slice(0, 2).toLowerCase(),
      crc: sentence.sum === 'wrong' ? 'bad' : sentence.sum
    }
  }
}

function noSentence(line: string, { from, to }: Piece): Decoded {
  const text = shown(line, 200)
  return {
    text: `no sentence: ${text}`,
    verdict: /^[$!\\]/.test(line) ? 'bad' : 'note',
    fields: [{ name: 'No sentence', value: text, from, to }],
    keys: { type: 'none' }
  }
}

function sumWords({ sum, expected }: Sentence, line: string): string {
  if (sum === 'none') return 'none'
  const digits = line.trimEnd().slice(-2).toUpperCase()
  return sum === 'ok' ? `${digits} ok` : `wrong check sum ${digits}, should be ${hexByte(expected)}`
}

/** Which sentence of whom, in words, and the names of its fields. */
function headOf({ address, fields }: Sentence) {
  if (address.startsWith('P')) {
    const maker = makerName(address.slice(1, 4))
    return { type: address, head: `${address} ${maker ? `of ${maker}` : 'proprietary'}`, fields: undefined }
  }
  const [talker, type] = [address.slice(0, 2), address.slice(2)]
  const of = talkerName(talker)
  const suffix = of === undefined ? '' : ` (${of})`
  // A question: $CCGPQ,GGA.
  if (address.length === 5 && address.endsWith('Q') && fields.length === 1)
    return {
      type: 'Q',
      head: `${address} Query to ${talkerName(address.slice(2, 4)) ?? address.slice(2, 4)}${suffix}`,
      fields: undefined
    }
  const name = sentenceName(type)
  return { type, head: `${address}${name ? ` ${name}` : ''}${suffix}`, fields: fieldsOf(type, fields) }
}

/** The share of all bytes that stand in sentences; those with a right check sum count, others a little. */
function likeness(rows: readonly Row[]): number {
  let [sure, framed, total] = [0, 0, 0]
  for (const { bytes } of streams(rows)) {
    const lines = latin1(bytes).split(/[\r\n]+/)
    // The first and the last may be cut.
    for (const line of lines.slice(1, -1).concat(lines[0] ?? '')) {
      const sentence = readSentence(line)
      if (!sentence && line === lines[0]) continue
      total += line.length
      if (!sentence || sentence.sum === 'wrong') continue
      framed += line.length * (sentence.sum === 'ok' ? 1 : 0.9)
      sure += sentence.sum === 'ok' ? 1 : 0.25
    }
  }
  return total === 0 ? 0 : saturation(framed, 0.85 * total) * saturation(sure, 3)
}

export const nmea: DecoderKind = {
  id: 'nmea',
  name: 'NMEA 0183',
  rows: TEXT_ROWS,
  keys: ['type', 'talker', 'crc'],
  likeness,
  make: () => new NmeaDecoder()
}
