/**
 * Rows as people read them, a line each; what a file of text has, a terminal shows. Several lines only where hexadecimal has a width.
 *
 *     14:02:09.123456 → AT␍
 *     14:02:09.223456 ← OK␍␊
 *     14:02:09.300000   Settings 9600 → 115200 8N1 (workshop-pc)
 */
import type { Direction } from '../../contract/traffic.ts'
import { columnWords, hexLines, hexWords, textWords, type ControlBytes } from '../../traffic/byte-words.ts'
import type { Decoded } from '../../traffic/decoder.ts'
import { eventWords, type InForce } from '../../traffic/event-words.ts'
import type { Row } from '../../traffic/row.ts'
import { dayWords, TIME_WIDTH, TimeTrail, wallTime, type TimeMode } from '../../traffic/time-words.ts'
import type { CaptureMeta } from '../format.ts'
import type { RowForm } from './row-file.ts'

/** `decoded`: what the decoder says, and the text where it says nothing. */
export const TEXT_VIEWS = ['text', 'hex', 'both', 'decoded'] as const
export type TextView = (typeof TEXT_VIEWS)[number]

export interface TextOptions {
  readonly view?: TextView | undefined
  readonly time?: TimeMode | undefined
  readonly controls?: ControlBytes | undefined
  /** Bytes in a line of hexadecimal; absent: all of the row. */
  readonly width?: number | undefined
}

/** App → Device points to the right. */
export const ARROWS: Readonly<Record<Direction, string>> = { 'to-device': '→', 'from-device': '←' }

export class TextForm implements RowForm {
  readonly #options: TextOptions
  readonly #trail: TimeTrail
  readonly #width: number
  #day = ''

  constructor(options: TextOptions = {}) {
    this.#options = options
    const mode = options.time ?? 'clock'
    this.#trail = new TimeTrail(mode)
    this.#width = TIME_WIDTH[mode]
  }

  head(): string {
    return ''
  }

  row(row: Row, before: InForce, decoded?: Decoded): string {
    const time = this.#trail.words(row).padStart(this.#width)
    const { content } = row
    const [mark, lines] =
      content.type === 'event'
        ? [' ', [eventWords(content.event, before).text]]
        : [ARROWS[content.direction], this.#lines(content.bytes, decoded)]
    const [first = '', ...more] = lines
    const rest = more.map((line) => `${' '.repeat(this.#width + 3)}${line}\n`)
    return `${this.#dayLine(row)}${time} ${mark} ${first}\n${rest.join('')}`
  }

  #lines(bytes: Uint8Array, decoded: Decoded | undefined): string[] {
    const { view = 'text', controls, width } = this.#options
    if (view === 'text') return [textWords(bytes, controls) + beside(decoded)]
    if (view === 'decoded') return [decoded ? verdict(decoded) + decoded.text : textWords(bytes, controls)]
    if (width === undefined) {
      const text = view === 'both' ? `  ${columnWords(bytes)}` : ''
      return [hexWords(bytes) + text + beside(decoded)]
    }
    const lines = hexLines(bytes, width).map(({ hex, text }) =>
      view === 'both' ? `${hex}  ${text}` : hex.trimEnd()
    )
    if (decoded) lines.push(verdict(decoded) + decoded.text)
    return lines
  }

  /** The clock alone would not tell one day from the next. */
  #dayLine(row: Row): string {
    if ((this.#options.time ?? 'clock') !== 'clock') return ''
    const day = dayWords(wallTime(row.timeNs, row.wallOffsetMs))
    if (day === this.#day) return ''
    this.#day = day
    return `${day}\n`
  }
}

/** A file of text begins with what it is a recording of. */
export class TextFileForm extends TextForm {
  override head(meta?: CaptureMeta): string {
    if (!meta) return ''
    const facts = [meta.name, meta.port, meta.computer && `on ${meta.computer}`]
    return `${facts.filter((each) => each !== undefined && each !== '').join(', ')}\n`
  }
}

function beside(decoded: Decoded | undefined): string {
  return decoded ? `  | ${verdict(decoded)}${decoded.text}` : ''
}

function verdict({ verdict: is }: Decoded): string {
  return is === 'bad' ? '✗ ' : ''
}
