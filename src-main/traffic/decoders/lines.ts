/** Lines of text: UTF-8, or Latin-1 where it is none; a character that two rows have a part of each is shown with the second one. */
import type { DecodedField, Decoder, DecoderKind } from '../decoder.ts'
import { TEXT_ROWS, type Row } from '../row.ts'
import { breaksOff, bytesRow, copied, cut, perDirection } from './parts.ts'
import { saturation, streams } from './sample.ts'
import { readText, shown, tornTail } from './text.ts'

class LinesDecoder implements Decoder {
  /** The begun character at the end of the row before, at most 3 bytes. */
  #torn = perDirection(() => ({ bytes: new Uint8Array(0) }))

  copy(): LinesDecoder {
    const other = new LinesDecoder()
    other.#torn = copied(this.#torn, (torn) => ({ ...torn }))
    return other
  }

  decode(row: Row) {
    if (row.content.type === 'event' && breaksOff(row.content.event))
      for (const torn of Object.values(this.#torn)) torn.bytes = new Uint8Array(0)
    const found = bytesRow(row)
    if (!found || found.bytes.length === 0) return undefined
    const torn = this.#torn[found.direction]
    const all = Uint8Array.of(...torn.bytes, ...found.bytes)
    const whole = all.subarray(0, all.length - tornTail(all))
    const read = readText(whole)
    // What is no UTF-8 before its end was not torn either.
    const { text, codePage } = read.codePage === 'Latin-1' ? readText(found.bytes) : read
    torn.bytes = read.codePage === 'Latin-1' ? new Uint8Array(0) : all.slice(whole.length)
    const [ending] = /(?:\r\n|\n|\r)?$/.exec(text) ?? ['']
    const line = text.slice(0, text.length - ending.length)
    const fields: DecodedField[] = [
      { name: 'Characters', value: String(Array.from(line).length) },
      { name: 'Line end', value: ending === '' ? 'none' : shown(ending) },
      { name: 'Code page', value: codePage }
    ]
    return {
      text: cut(shown(line, 1000)),
      verdict: 'ok' as const,
      fields,
      keys: { codepage: codePage.toLowerCase() }
    }
  }
}

/** Share of printable characters above which bytes are text, and how long lines may be on the average. */
const TEXT_SHARE = 0.97
const LONG_LINE = 400

/** How much of it is text: 0 to 1, control characters that text has (tab, CR, LF, escape sequences' ESC) count as text. */
export function textShare(bytes: Uint8Array): number {
  if (bytes.length === 0) return 0
  const { text, codePage } = readText(bytes.subarray(firstWhole(bytes), bytes.length - tornTail(bytes)))
  const wrong = text.match(/[^\P{Cc}\t\r\n\x1b\x08\x07\f]/gu)?.length ?? 0
  if (codePage !== 'Latin-1') return 1 - wrong / Math.max(1, text.length)
  // Text in Latin-1 has few letters beyond ASCII; binary data has half of all bytes there.
  const beyond = text.match(/[\xa0-\xff]/g)?.length ?? 0
  return 1 - (wrong + Math.max(0, beyond - 0.1 * text.length)) / text.length
}

/** Behind the rest of a character that began before the sample. */
function firstWhole(bytes: Uint8Array): number {
  let at = 0
  while (at < 3 && ((bytes[at] ?? 0) & 0xc0) === 0x80) at++
  return at
}

function likeness(rows: readonly Row[]): number {
  let [size, text, ends] = [0, 0, 0]
  for (const { bytes } of streams(rows)) {
    size += bytes.length
    text += textShare(bytes) * bytes.length
    for (let at = 0; at < bytes.length; at++)
      if (bytes[at] === 0x0a || (bytes[at] === 0x0d && bytes[at + 1] !== 0x0a)) ends++
  }
  if (size === 0 || text / size < TEXT_SHARE || ends * LONG_LINE < size) return 0
  // Any decoder of text that knows more is to be suggested before this one.
  return 0.85 * saturation(ends, 4) * saturation(size, 60)
}

export const lines: DecoderKind = {
  id: 'lines',
  name: 'Lines of text',
  rows: TEXT_ROWS,
  keys: ['codepage'],
  likeness,
  make: () => new LinesDecoder()
}
