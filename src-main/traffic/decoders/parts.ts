/** What decoders have in common: rows of bytes, what ends a conversation, and several findings of one row as one. */
import type { Direction, TrafficEvent } from '../../contract/traffic.ts'
import type { Decoded, DecodedField, Verdict } from '../decoder.ts'
import type { Row } from '../row.ts'
import { shown } from './text.ts'

/** A row's fields and text grow no further, whatever its bytes. */
const MAX_FIELDS = 400
export const MAX_TEXT = 400

export interface BytesRow {
  readonly number: number
  readonly timeNs: number
  readonly endNs: number
  readonly direction: Direction
  readonly bytes: Uint8Array
}

/** The row where it is bytes; undefined for an event. */
export function bytesRow(row: Row): BytesRow | undefined {
  const { number, timeNs, endNs, content } = row
  if (content.type !== 'bytes') return undefined
  return { number, timeNs, endNs, direction: content.direction, bytes: content.bytes }
}

/** Behind it, nothing goes on that came before: bytes are missing, or the line is another one. */
export function breaksOff(event: TrafficEvent): boolean {
  return (
    event.type === 'lost' || event.type === 'missed' || event.type === 'port' || event.type === 'settings'
  )
}

export function perDirection<T>(make: () => T): Readonly<Record<Direction, T>> {
  return { 'to-device': make(), 'from-device': make() }
}

export function copied<T>(all: Readonly<Record<Direction, T>>, copy: (one: T) => T): Record<Direction, T> {
  return { 'to-device': copy(all['to-device']), 'from-device': copy(all['from-device']) }
}

const RANK: Readonly<Record<Verdict, number>> = { ok: 0, note: 1, bad: 2 }

/** The graver of the two. */
export function worse(a: Verdict, b: Verdict): Verdict {
  return RANK[a] >= RANK[b] ? a : b
}

/** Several frames of one row as one finding; undefined for none. A field that stands partly in another row loses its place. */
export function joined(parts: readonly Decoded[], size: number): Decoded | undefined {
  const [only] = parts
  if (!only) return undefined
  const texts: string[] = []
  const keys: Record<string, string> = {}
  const fields: DecodedField[] = []
  const unanswered: number[] = []
  let verdict: Verdict = 'ok'
  for (const [index, part] of parts.entries()) {
    texts.push(part.text)
    verdict = worse(verdict, part.verdict)
    unanswered.push(...(part.unanswered ?? []))
    for (const [key, value] of Object.entries(part.keys ?? {})) keys[key] = withValue(keys[key], value)
    if (parts.length > 1 && fields.length < MAX_FIELDS)
      fields.push({ name: `Frame ${index + 1} of ${parts.length}`, value: safe(part.text) })
    for (const field of part.fields) if (fields.length < MAX_FIELDS) fields.push(placed(field, size))
  }
  const answers = parts.find((part) => part.answers)?.answers
  return {
    text: safe(texts.slice(0, MAX_TEXT).join(' · ')),
    verdict,
    fields,
    ...(Object.keys(keys).length > 0 && { keys }),
    ...(answers && { answers }),
    ...(unanswered.length > 0 && { unanswered })
  }
}

/** Not longer than a column may be. */
export function cut(text: string, most = MAX_TEXT): string {
  return text.length <= most ? text : `${text.slice(0, most - 1).replace(/[\ud800-\udbff]$/, '')}…`
}

/** As `cut`, and nothing in it acts on a terminal, wherever it came from. */
function safe(text: string): string {
  return cut(shown(text.slice(0, 2 * MAX_TEXT)))
}

function withValue(before: string | undefined, value: string): string {
  if (before === undefined || before === value) return value
  return before.split(' ').includes(value) || before.length > MAX_TEXT ? before : `${before} ${value}`
}

function placed(field: DecodedField, size: number): DecodedField {
  const { name, from, to } = field
  const value = safe(field.value)
  if (from === undefined || to === undefined || from < 0 || to > size) return { name, value }
  return { name, value, from, to }
}
