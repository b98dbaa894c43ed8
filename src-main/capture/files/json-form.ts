/**
 * JSON Lines: an object for each row, for programs. The first line says what was recorded: {"farport":1,"name":…,"port":…,"computer":…,"settings":…};
 * then, with fields that are only ever added:
 *
 *     {"row":0,"time":"2026-11-21T13:02:09.123456789Z","ns":123456789,"direction":"to-device","session":1,"hex":"41540d","text":"AT\r"}
 *     {"row":1,"time":…,"ns":…,"event":{"type":"marker",…},"words":"Marker 1: here"}
 *
 * `ns`: the recording computer's monotonic clock, as `endNs`, that of the last byte; `text` only where the bytes are UTF-8; `decoded`: {text, verdict,
 * fields, keys}, where a decoder said something.
 */
import { readText } from '../../traffic/decoders/text.ts'
import type { Decoded } from '../../traffic/decoder.ts'
import { eventWords, type InForce } from '../../traffic/event-words.ts'
import type { Row } from '../../traffic/row.ts'
import { isoWords, wallTime } from '../../traffic/time-words.ts'
import type { CaptureMeta } from '../format.ts'
import type { RowForm } from './row-file.ts'

const VERSION = 1

export class JsonForm implements RowForm {
  head(meta: CaptureMeta): string {
    return line({ farport: VERSION, ...meta })
  }

  row(row: Row, before: InForce, decoded?: Decoded): string {
    return line(rowObject(row, before, decoded))
  }
}

/** What stands in the line of a row. */
export function rowObject(row: Row, before: InForce, decoded?: Decoded): object {
  const { number, timeNs, endNs, content } = row
  const when = { row: number, time: isoWords(wallTime(timeNs, row.wallOffsetMs)), ns: timeNs }
  if (content.type === 'event')
    return { ...when, event: content.event, words: eventWords(content.event, before).text }
  const { direction, session, bytes } = content
  const { text, codePage } = readText(bytes)
  return {
    ...when,
    endNs,
    direction,
    session,
    hex: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex'),
    ...(codePage !== 'Latin-1' && { text }),
    ...(decoded && { decoded: { ...decoded } })
  }
}

function line(value: object): string {
  return `${JSON.stringify(value)}\n`
}
