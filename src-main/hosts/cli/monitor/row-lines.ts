/**
 * Rows as lines of a terminal or a pipe:
 *
 *     14:02:09.123456 → 01 03 00 00 00 02 C4 0B  │ Read 2 holding registers at 0, unit 1
 *     14:02:09.141020 ← 01 03 04 00 EA 01 2C 7B 86
 *     14:02:09.200000 · Settings 9600 → 115200 8N1 (workshop-pc)
 *     14:02:10.000000 ! 1,204 bytes not captured
 *
 * Called with every row that is shown, in order, and once in between with what was noticed. Nothing of a row acts on a terminal.
 */
import { plainText } from '../../../base/plain-text.ts'
import type { Direction } from '../../../contract/traffic.ts'
import { columnWords, hexWords, textWords, type ControlBytes } from '../../../traffic/byte-words.ts'
import type { Decoded, Verdict } from '../../../traffic/decoder.ts'
import { eventWords, inForceAfter, NOTHING_KNOWN, type EventLevel } from '../../../traffic/event-words.ts'
import { TIME_WIDTH, TimeTrail, type TimeMode } from '../../../traffic/time-words.ts'
import type { View } from './arguments.ts'
import type { Paint, Part } from './colors.ts'
import type { ShownRow } from '../../../capture/filtered-rows.ts'

export interface LineOptions {
  readonly view: View
  readonly time: TimeMode | undefined
  readonly controls: ControlBytes
  readonly paint: Paint
  /** Places of the terminal in one line; Infinity: nobody folds. Asked for each row, for a window changes. */
  readonly columns: () => number
}

const ARROWS: Readonly<Record<Direction, string>> = { 'to-device': '→', 'from-device': '←' }
/** A beginning of this row was shown before. */
const REST = '…'
const SIGNS: Readonly<Record<EventLevel, string>> = { info: '·', warning: '!', error: '!' }
const EVENT_PARTS: Readonly<Record<EventLevel, Part>> = { info: 'event', warning: 'warning', error: 'error' }
const VERDICTS: Readonly<Record<Verdict, { readonly sign: string; readonly part: Part }>> = {
  ok: { sign: '│', part: 'faint' },
  note: { sign: '│', part: 'warning' },
  bad: { sign: '✗', part: 'error' }
}

/** Names and reasons of others, in one line. */
const MAX_EVENT = 400
/** Bytes of one line where nobody folds and the characters stand beside them. */
const USUAL_BYTES = 16
const MOST_BYTES = 32

export class RowLines {
  readonly #options: LineOptions
  readonly #trail: TimeTrail | undefined
  readonly #timeWidth: number
  #inForce = NOTHING_KNOWN

  constructor(options: LineOptions) {
    const { time } = options
    this.#options = options
    this.#trail = time && new TimeTrail(time)
    this.#timeWidth = time ? TIME_WIDTH[time] + 1 : 0
  }

  /** One line or several. */
  of(shown: ShownRow): string[] {
    const { row } = shown
    const time = this.#trail ? `${this.#trail.words(row).padStart(this.#timeWidth - 1)} ` : ''
    if (row.content.type === 'bytes')
      return this.#bytes(time, shown, row.content.direction, row.content.bytes)
    const { text, level } = eventWords(row.content.event, this.#inForce)
    this.#inForce = inForceAfter(row.content.event, this.#inForce)
    return [this.#event(time, text, level)]
  }

  /** What nobody recorded, but was noticed here: a hint. */
  notice(text: string, level: EventLevel): string {
    return this.#event(' '.repeat(this.#timeWidth), text, level)
  }

  #event(time: string, text: string, level: EventLevel): string {
    const { paint } = this.#options
    return `${paint('faint', time)}${paint(EVENT_PARTS[level], `${SIGNS[level]} ${plainText(text, MAX_EVENT)}`)}`
  }

  #bytes(time: string, { decoded, isRest }: ShownRow, direction: Direction, bytes: Uint8Array): string[] {
    const { paint, view, columns } = this.#options
    const arrow = `${isRest ? REST : ARROWS[direction]} `
    const room = columns() - time.length - arrow.length
    const onlyWords = view === 'decoded' && decoded !== undefined
    const raw = onlyWords ? [] : this.#raw(bytes, room)
    const words = decoded && this.#decoded(decoded)
    const head = paint('faint', time) + paint(direction, arrow)
    const indent = ' '.repeat(time.length + arrow.length)
    if (onlyWords && words) return [head + words.painted]
    const lines = raw.map((line, at) => (at === 0 ? head : indent) + paint(direction, line.trimEnd()))
    if (!words) return lines
    const [only = ''] = raw
    if (raw.length > 1 || only.length + words.plain.length + 2 > room)
      return [...lines, indent + words.painted]
    return [`${lines[0] ?? head}  ${words.painted}`]
  }

  /** One line at the least, also for a row whose bytes are gone. */
  #raw(bytes: Uint8Array, room: number): string[] {
    const { view, controls } = this.#options
    switch (view) {
      case 'hex':
        return pieces(bytes, hexWidth(room, 3, bytes.length)).map(hexWords)
      case 'mixed': {
        const width = Math.min(MOST_BYTES, hexWidth(room, 4, USUAL_BYTES))
        return pieces(bytes, width).map(
          (piece) => `${hexWords(piece).padEnd(width * 3 - 1)}  ${columnWords(piece)}`
        )
      }
      case 'lines':
      case 'decoded':
      case 'text':
        return [textWords(bytes, controls)]
    }
  }

  #decoded({ text, verdict }: Decoded): { readonly plain: string; readonly painted: string } {
    const { paint, view } = this.#options
    const { sign, part } = VERDICTS[verdict]
    // Where it stands alone it needs no line before it.
    const alone = view === 'decoded' && verdict !== 'bad'
    const plain = alone ? plainText(text, MAX_EVENT) : `${sign} ${plainText(text, MAX_EVENT)}`
    return { plain, painted: view === 'decoded' && verdict === 'ok' ? plain : paint(part, plain) }
  }
}

/** How many bytes fit in one line, each so many places wide: whole eights where there is room for one. */
function hexWidth(room: number, each: number, most: number): number {
  if (room === Infinity) return Math.max(1, most)
  const fit = Math.floor((each === 4 ? room - 1 : room + 1) / each)
  if (fit >= 8) return fit - (fit % 8)
  return Math.max(1, fit)
}

function pieces(bytes: Uint8Array, width: number): Uint8Array[] {
  const count = Math.max(1, Math.ceil(bytes.length / width))
  return Array.from({ length: count }, (_, at) => bytes.subarray(at * width, (at + 1) * width))
}
