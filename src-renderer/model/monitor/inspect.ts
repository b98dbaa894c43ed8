/** Bytes as people paste them elsewhere, and what of a row the detail pane tells. Pure. */
import type { TrafficEvent } from '../../../src-main/contract/traffic.ts'
import { formatSettings } from '../../../src-main/contract/line.ts'
import { columnWords } from '../../../src-main/traffic/byte-words.ts'
import { readText } from '../../../src-main/traffic/decoders/text.ts'
import { eventWords, type InForce } from '../../../src-main/traffic/event-words.ts'
import { clockWords, secondsWords, wallTime, type TimeMarks } from '../../../src-main/traffic/time-words.ts'
import type { Row } from '../../../src-main/traffic/row.ts'
import { words } from '../../words/words.ts'
import type { Fact } from '../fact.ts'

export const COPY_FORMS = ['hex', 'text', 'c', 'python', 'base64'] as const
export type CopyForm = (typeof COPY_FORMS)[number]

const BACKSLASHED: Readonly<Record<number, string>> = {
  0x09: '\\t',
  0x0a: '\\n',
  0x0d: '\\r',
  0x27: "\\'",
  0x5c: '\\\\'
}

export function copied(bytes: Uint8Array, form: CopyForm): string {
  switch (form) {
    case 'hex':
      return Array.from(bytes, hex).join(' ')
    case 'text':
      return readText(bytes).text
    case 'c':
      return `{ ${Array.from(bytes, (byte) => `0x${hex(byte)}`).join(', ')} }`
    case 'python':
      return `b'${Array.from(bytes, pythonByte).join('')}'`
    case 'base64':
      return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
  }
}

/** Two digits, upper case. */
export function hex(byte: number): string {
  return byte.toString(16).toUpperCase().padStart(2, '0')
}

function pythonByte(byte: number): string {
  const short = BACKSLASHED[byte]
  if (short !== undefined) return short
  return byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`
}

/** A line of the byte grid. */
export interface GridLine {
  readonly at: number
  readonly bytes: readonly { readonly at: number; readonly hex: string; readonly text: string }[]
}

/** `width`: bytes of a line. */
export function gridLines(bytes: Uint8Array, width: number): readonly GridLine[] {
  const lines: GridLine[] = []
  for (let at = 0; at < bytes.length; at += width) {
    const part = bytes.subarray(at, at + width)
    const text = columnWords(part)
    lines.push({
      at,
      bytes: Array.from(part, (byte, index) => ({
        at: at + index,
        hex: hex(byte),
        text: text.charAt(index)
      }))
    })
  }
  return lines
}

/** `0010`: four digits at the least. */
export function offsetWords(at: number): string {
  return at.toString(16).toUpperCase().padStart(4, '0')
}

/** Where a row stands in time and who made it. */
export function rowFacts(row: Row, marks: TimeMarks, session: string | undefined): readonly Fact[] {
  const say = words.monitorFind
  const { content, timeNs, endNs, wallOffsetMs } = row
  const facts: Fact[] = [{ name: say.time, text: clockWords(wallTime(timeNs, wallOffsetMs)), isFixed: true }]
  if (content.type === 'bytes' && endNs > timeNs)
    facts.push({ name: say.ended, text: secondsText(endNs - timeNs), isFixed: true })
  if (marks.previousNs !== undefined)
    facts.push({ name: say.sincePrevious, text: secondsText(timeNs - marks.previousNs), isFixed: true })
  if (marks.otherNs !== undefined)
    facts.push({ name: say.sinceOther, text: secondsText(timeNs - marks.otherNs), isFixed: true })
  if (session !== undefined) facts.push({ name: say.session, text: session })
  if (content.type === 'bytes' && content.settings)
    facts.push({ name: say.settings, text: formatSettings(content.settings), isFixed: true })
  return facts
}

function secondsText(ns: number): string {
  return `+${secondsWords(ns)} s`
}

/** An event in full: its words as in the list, what such an event is, and all that it says by itself. */
export function eventInFull(
  event: TrafficEvent,
  before: InForce
): {
  readonly text: string
  readonly level: string
  readonly means: string
  readonly facts: readonly Fact[]
} {
  const { text, level } = eventWords(event, before)
  const facts: Fact[] = []
  for (const [name, value] of Object.entries(event) as [string, unknown][])
    if (name !== 'type' && value !== '' && value !== 0)
      facts.push({ name: sayField(name), text: sayValue(name, value) })
  const { means } = words.monitorFind
  return { text, level, means: means[event.type] ?? '', facts }
}

function sayField(name: string): string {
  return words.monitorFind.eventFields[name] ?? name
}

function sayValue(name: string, value: unknown): string {
  if (name === 'settings') return formatSettings(value as Parameters<typeof formatSettings>[0])
  if (name === 'direction')
    return value === 'to-device' ? words.monitorFind.toDevice : words.monitorFind.fromDevice
  if (typeof value === 'object' && value !== null)
    return Object.entries(value as Record<string, unknown>)
      .map(
        ([key, each]) =>
          `${key.toUpperCase()} ${each === true ? 'on' : each === false ? 'off' : String(each)}`
      )
      .join(', ')
  return String(value)
}
