/**
 * AT commands of modems and modules, paired with their answers.
 *
 *     → AT+CSQ CR      ← AT+CSQ CR (the echo)   ← +CSQ: 20,99   ← OK     final: the command is done
 *     ← RING           nobody asked: an unsolicited result
 *
 * After CONNECT all is data until NO CARRIER, or a command. Behind the prompt `> ` comes a text, ended by Ctrl-Z.
 */
import type { Decoded, DecodedField, Decoder, DecoderKind } from '../decoder.ts'
import { TEXT_ROWS, type Row } from '../row.ts'
import { commandWords, errorWords } from './at-names.ts'
import { breaksOff, bytesRow, type BytesRow, copied, joined, perDirection } from './parts.ts'
import { Pieces, type Piece } from './pieces.ts'
import { saturation, streams } from './sample.ts'
import { latin1, readText, shown } from './text.ts'

const CR = 0x0d
const LF = 0x0a
const CTRL_Z = 0x1a
const ESCAPE = 0x1b
const MAX_LINE = 1024

/** AT, then no letter that would make it a word of text (`AT NOON` is none; `ATI`, `AT+X`, `ATD123;` are). */
const COMMAND = /^(?:A\/|AT(?:$|[A-Z]$|[A-Z&+\\%#*$^!][^]*))$/i
const FINAL =
  /^(?:OK|ERROR|NO CARRIER|BUSY|NO ANSWER|NO DIAL ?TONE|\+CM[ES] ERROR: ?.*|SEND OK|SEND FAIL|CLOSE OK|SHUT OK|COMMAND NOT SUPPORT|TOO MANY PARAMETERS|FAIL)$/
const CONNECTED = /^CONNECT(?: .*)?$/
/** Comes by itself, whatever was asked. */
const UNSOLICITED =
  /^(?:RING|\+CMTI:|\+CMT:|\+CDSI?:|\+CRING:|\+CLIP:|\+CCWA:|\+CUSD:|RDY|SMS READY|CALL READY|\+CIEV:|\+QIND:|\+QIURC:|\+UUSO|NORMAL POWER DOWN|\^[A-Z]+:|WIFI (?:CONNECTED|DISCONNECT|GOT IP)|ready$)/i

interface Asked {
  readonly text: string
  readonly name: string
  readonly row: number
  readonly endNs: number
}

class AtDecoder implements Decoder {
  #pieces = perDirection(() => new Pieces([CR, LF, CTRL_Z, ESCAPE], MAX_LINE))
  #asked: Asked | undefined
  #prompted = false
  #data = false

  copy(): AtDecoder {
    const other = new AtDecoder()
    other.#pieces = copied(this.#pieces, (pieces) => pieces.copy())
    other.#asked = this.#asked
    other.#prompted = this.#prompted
    other.#data = this.#data
    return other
  }

  decode(row: Row): Decoded | undefined {
    if (row.content.type === 'event') {
      if (breaksOff(row.content.event)) this.#reset()
      return undefined
    }
    const found = bytesRow(row)
    if (!found || found.bytes.length === 0) return undefined
    const pieces = this.#pieces[found.direction]
    const lines = pieces.take(found).filter((piece) => piece.bytes.length > 0)
    const parts = lines.map((piece) => this.#line(found, piece))
    if (found.direction === 'from-device' && latin1(pieces.held) === '> ') {
      pieces.reset()
      this.#prompted = true
      parts.push(this.#answer(found, 'prompt for a text', 'ok', 'prompt'))
    } else if (pieces.waiting > 0) {
      const text = `not complete: ${shown(readText(pieces.held).text, 80)}`
      parts.push({ text, verdict: 'ok', fields: [], keys: { type: 'part' } })
    }
    return joined(parts, found.bytes.length)
  }

  #reset(): void {
    for (const pieces of Object.values(this.#pieces)) pieces.reset()
    this.#asked = undefined
    this.#prompted = false
    this.#data = false
  }

  #line(row: BytesRow, piece: Piece): Decoded {
    const line = readText(piece.bytes).text
    return row.direction === 'to-device'
      ? this.#toDevice(row, piece, line)
      : this.#fromDevice(row, piece, line)
  }

  #toDevice(row: BytesRow, { from, to, end }: Piece, line: string): Decoded {
    const place: DecodedField = { name: 'Text', value: shown(line), from, to }
    if (this.#prompted) {
      if (end === CTRL_Z || end === ESCAPE) this.#prompted = false
      const how = end === CTRL_Z ? ', sent' : end === ESCAPE ? ', given up' : ''
      return {
        text: `text${how}: ${shown(line, 200)}`,
        verdict: 'ok',
        fields: [place],
        keys: { type: 'text' }
      }
    }
    // The way out of data mode has no line end of its own.
    const command = line.replace(/^\+\+\+/, '').trim()
    if (!COMMAND.test(command)) {
      const what = this.#data ? 'data' : 'no command'
      const verdict = this.#data ? ('ok' as const) : ('note' as const)
      return {
        text: `${what}: ${shown(line, 200)}`,
        verdict,
        fields: [place],
        keys: { type: what.replace(' ', '-') }
      }
    }
    const before = this.#asked
    const name = nameOf(command)
    this.#data = false
    this.#asked = { text: command, name, row: row.number, endNs: row.endNs }
    const words = commandWords(name)
    const fields = [{ ...place, name: 'Command' }, ...commandFields(command, name)]
    if (before) fields.push({ name: 'Before', value: `the command in row ${before.row} had no final answer` })
    return {
      text: `command ${shown(command, 200)}${words === undefined ? '' : ` (${words})`}`,
      verdict: 'ok',
      fields,
      keys: { type: 'command', command: name.toLowerCase() },
      ...(before && { unanswered: [before.row] })
    }
  }

  #fromDevice(row: BytesRow, { from, to }: Piece, line: string): Decoded {
    const text = line.trim()
    const field: DecodedField = { name: 'Text', value: shown(line), from, to }
    if (this.#asked && text === this.#asked.text)
      return this.#answer(row, `echo of ${shown(text, 200)}`, 'ok', 'echo', [field])
    if (CONNECTED.test(text)) {
      const found = this.#answer(row, `${shown(text)}: data from now on`, 'ok', 'final', [field])
      this.#asked = undefined
      this.#data = true
      return found
    }
    if (FINAL.test(text)) return this.#final(row, text, field)
    if (this.#data)
      return { text: `data: ${shown(line, 200)}`, verdict: 'ok', fields: [field], keys: { type: 'data' } }
    // What begins as the command does is its answer, also where such a line may come by itself.
    const asked = this.#asked && text.toUpperCase().startsWith(`${this.#asked.name}:`)
    if (!this.#asked || (UNSOLICITED.test(text) && !asked)) return unsolicited(text, field)
    return this.#answer(row, shown(text, 200), 'ok', 'answer', [field])
  }

  #final(row: BytesRow, text: string, field: DecodedField): Decoded {
    const good = /^(?:OK|SEND OK|CLOSE OK|SHUT OK)$/.test(text)
    const error = /^\+CM([ES]) ERROR: ?(\d+)$/.exec(text)
    const words = error && errorWords(error[1] === 'E' ? 'CME' : 'CMS', Number(error[2]))
    const fields: DecodedField[] = [field]
    if (words) fields.push({ name: 'Error', value: words })
    const asked = this.#asked ? ` to ${shown(this.#asked.text, 60)}` : ''
    const found = this.#answer(
      row,
      `${shown(text, 100)}${words ? ` (${words})` : ''}${asked}`,
      good ? 'ok' : 'note',
      'final',
      fields
    )
    this.#asked = undefined
    this.#prompted = false
    this.#data = false
    return { ...found, keys: { ...found.keys, result: good ? 'ok' : 'error' } }
  }

  #answer(
    row: BytesRow,
    text: string,
    verdict: 'ok' | 'note',
    type: string,
    fields: readonly DecodedField[] = []
  ): Decoded {
    const asked = this.#asked
    if (!asked) return { text, verdict, fields, keys: { type } }
    const afterNs = Math.max(0, row.timeNs - asked.endNs)
    const time = { name: 'Time from command', value: `${(afterNs / 1e6).toFixed(3)} ms` }
    return {
      text,
      verdict,
      fields: [...fields, { name: 'Answers', value: `row ${asked.row}` }, time],
      keys: { type, command: asked.name.toLowerCase() },
      answers: { row: asked.row, afterNs }
    }
  }
}

function unsolicited(text: string, field: DecodedField): Decoded {
  const name = /^[+^*]\w+/.exec(text)?.[0] ?? ''
  const words = commandWords(name.toUpperCase())
  return {
    text: `unsolicited ${shown(text, 200)}${words ? ` (${words})` : ''}`,
    verdict: 'ok',
    fields: [field],
    keys: { type: 'unsolicited' }
  }
}

/** `AT+CSQ?` → `+CSQ`, `ATD123;` → `D`, `AT&F` → `&F`, `AT` → ``. */
function nameOf(command: string): string {
  const match = /^AT([+#*$^!%\\][A-Z0-9]+|&[A-Z]|[A-Z])/i.exec(command)
  return match?.[1]?.toUpperCase() ?? ''
}

function commandFields(command: string, name: string): DecodedField[] {
  const rest = command.slice(2 + name.length)
  if (!name.startsWith('+')) return []
  const kind = rest === '?' ? 'read' : rest === '=?' ? 'test' : rest.startsWith('=') ? 'set' : 'execute'
  const fields = [{ name: 'Kind', value: kind }]
  return kind === 'set' ? [...fields, { name: 'Parameters', value: shown(rest.slice(1)) }] : fields
}

/** Commands, and final results in the other direction (or behind them, on a line that is listened to from one side). */
function likeness(rows: readonly Row[]): number {
  let [commands, finals, lines] = [0, 0, 0]
  for (const { bytes } of streams(rows))
    for (const raw of latin1(bytes).split(/[\r\n]+/)) {
      const line = raw.trim()
      if (line === '') continue
      if (/^AT/i.test(line) && COMMAND.test(line)) commands++
      else if (FINAL.test(line) || CONNECTED.test(line)) finals++
      else lines++
    }
  const known = commands + finals
  if (commands === 0 || finals === 0) return 0
  return saturation(known, 4) * saturation(known, 0.3 * (known + lines))
}

export const at: DecoderKind = {
  id: 'at',
  name: 'AT commands',
  rows: TEXT_ROWS,
  keys: ['type', 'command', 'result'],
  likeness,
  make: () => new AtDecoder()
}
