/** Text for terminals: escape sequences by name, and the text without them. A sequence that rows tear is named where it ends. */
import type { DecodedField, Decoded, Decoder, DecoderKind } from '../decoder.ts'
import { TEXT_ROWS, type Row } from '../row.ts'
import { csiWords, escWords, oscWords } from './ansi-names.ts'
import { AnsiParser, type Sequence } from './ansi-parser.ts'
import { textShare } from './lines.ts'
import { breaksOff, bytesRow, copied, joined, perDirection } from './parts.ts'
import { saturation, streams } from './sample.ts'
import { readText, shown } from './text.ts'

class AnsiDecoder implements Decoder {
  #parsers = perDirection(() => new AnsiParser())

  copy(): AnsiDecoder {
    const other = new AnsiDecoder()
    other.#parsers = copied(this.#parsers, (parser) => parser.copy())
    return other
  }

  decode(row: Row): Decoded | undefined {
    if (row.content.type === 'event') {
      if (breaksOff(row.content.event)) for (const parser of Object.values(this.#parsers)) parser.reset()
      return undefined
    }
    const found = bytesRow(row)
    if (!found || found.bytes.length === 0) return undefined
    const parser = this.#parsers[found.direction]
    const { text, sequences } = parser.receive(found.bytes)
    const line = shown(readText(text).text.replace(/(?:\r\n|\n|\r)$/, ''), 1000)
    const broken = sequences.some((each) => !each.whole)
    const unknown = sequences.some((each) => wordsOf(each) === undefined)
    const fields: DecodedField[] = sequences.map(fieldOf)
    if (parser.busy) fields.push({ name: 'Sequence', value: 'goes on in the next row' })
    const alone = sequences.map((each) => wordsOf(each) ?? 'unknown sequence').join(', ')
    return joined(
      [
        {
          text: line === '' && alone !== '' ? `(${alone})` : line,
          verdict: broken ? 'bad' : unknown ? 'note' : 'ok',
          fields,
          keys: { sequences: String(sequences.length) }
        }
      ],
      found.bytes.length
    )
  }
}

function fieldOf(sequence: Sequence): DecodedField {
  const { body, from, to, whole, long } = sequence
  const problem = `${whole ? '' : ', broken off'}${long ? ', too long to be shown' : ''}`
  const words = wordsOf(sequence) ?? 'unknown sequence'
  return { name: `ESC ${shown(body, 24)}`, value: `${shown(words, 200)}${problem}`, from, to }
}

/** Undefined: not known. */
function wordsOf({ kind, body }: Sequence): string | undefined {
  switch (kind) {
    case 'csi': {
      const match = /^\[([<=>?]?)([\d;:]*)([ -/]*)([@-~])$/.exec(body)
      if (!match) return undefined
      const [, prefix = '', parameters = '', intermediates = '', final = ''] = match
      return csiWords(prefix, parameters, intermediates, final)
    }
    case 'osc':
      return oscWords(body.slice(1).replace(/(?:\x07|\x1b\\)$/, ''))
    case 'string': {
      const names: Readonly<Record<string, string>> = {
        P: 'device control string',
        X: 'string',
        '^': 'private message',
        _: 'program command'
      }
      return names[body.charAt(0)]
    }
    case 'esc':
      return escWords(body.slice(0, -1), body.slice(-1))
  }
}

/** Text, and known sequences in it. */
function likeness(rows: readonly Row[]): number {
  let [known, strange, size, text] = [0, 0, 0, 0]
  for (const { bytes } of streams(rows)) {
    const parser = new AnsiParser()
    const found = parser.receive(bytes)
    for (const sequence of found.sequences) {
      if (sequence.whole && wordsOf(sequence) !== undefined) known++
      else strange++
    }
    size += bytes.length
    text += textShare(found.text) * found.text.length + (bytes.length - found.text.length)
  }
  if (size === 0 || text < 0.97 * size || strange > 0.1 * known) return 0
  return saturation(known, 4) * saturation(known, size / 1000)
}

export const ansi: DecoderKind = {
  id: 'ansi',
  name: 'ANSI text',
  rows: TEXT_ROWS,
  keys: ['sequences'],
  likeness,
  make: () => new AnsiDecoder()
}
