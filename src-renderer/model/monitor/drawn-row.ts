/**
 * One row as the list draws it: plain texts, made when it comes into sight and again when something of it changes. Called for the few dozen
 * rows that are seen, up to 60 times a second; knows nothing of where they stand.
 */
import { hexWords, columnWords, textWords } from '../../../src-main/traffic/byte-words.ts'
import type { Decoded, Verdict } from '../../../src-main/traffic/decoder.ts'
import { eventWords, grouped, type EventLevel } from '../../../src-main/traffic/event-words.ts'
import { timeWords } from '../../../src-main/traffic/time-words.ts'
import { words } from '../../words/words.ts'
import type { ByteRange, MonitorDesk } from './contract.ts'

/** Bytes of a row that are written in the list; the detail pane has all of them. */
const MAX_TEXT = 512
/** A silence from here on is drawn, in ns. */
const GAP_NS = 50e6

export type MarkKind = 'plain' | 'found' | 'range'

/** A piece of a text that looks the same. */
export interface DrawnPart {
  readonly text: string
  readonly kind: MarkKind
}

export interface DrawnRow {
  /** Its number, and of the row that stands before it in the list; undefined: none does. */
  readonly row: number
  readonly previous: number | undefined
  /** Bytes, 0 for an event. */
  readonly size: number
  readonly kind: 'to-device' | 'from-device' | EventLevel
  readonly time: string
  readonly length: string
  /** Characters of the bytes, or the words of the event. */
  readonly text: readonly DrawnPart[]
  /** Empty where none is wanted. */
  readonly hex: readonly DrawnPart[]
  readonly decoded: DrawnDecoded | undefined
  /** `412 ms`: nothing passed for so long before it; empty: it is not worth a line. */
  readonly gap: string
  readonly isDim: boolean
  /** What it was made of, to see whether it is still right. */
  readonly of: RowSource
}

export interface DrawnDecoded {
  readonly text: string
  readonly verdict: Verdict
  readonly isUnanswered: boolean
}

export interface RowSource {
  readonly decoded: Decoded | undefined
  readonly isUnanswered: boolean
  readonly found: readonly ByteRange[]
  readonly range: ByteRange | undefined
  readonly isDim: boolean
}

/** How rows are written now. A new object: all are written anew. */
export interface RowFormat {
  readonly view: MonitorDesk['options']['view']
  readonly time: MonitorDesk['options']['time']
  readonly controls: MonitorDesk['options']['controls']
  /** Of hexadecimal, that fit beside the text; 0: none is shown. */
  readonly hexBytes: number
  readonly hasDecoded: boolean
}

export function sourceOf(desk: MonitorDesk, row: number): RowSource {
  return {
    decoded: desk.decoded(row),
    isUnanswered: desk.isUnanswered(row),
    found: desk.found(row),
    range: desk.selected === row ? desk.range : undefined,
    isDim: desk.shown.isDim(row)
  }
}

/** It says the same as when it was drawn, but for the bytes that came. */
export function isSameSource(a: RowSource, b: RowSource): boolean {
  return (
    a.decoded === b.decoded &&
    a.isUnanswered === b.isUnanswered &&
    (a.found === b.found || (a.found.length === 0 && b.found.length === 0)) &&
    a.range === b.range &&
    a.isDim === b.isDim
  )
}

/** Undefined: the row is gone from the table. */
export function drawRow(
  desk: MonitorDesk,
  row: number,
  previous: number | undefined,
  format: RowFormat,
  of: RowSource
): DrawnRow | undefined {
  const { table, reader, marks } = desk.traffic
  if (row < table.first || row >= table.end) return undefined
  const own = { row, previous, of, isDim: of.isDim, size: table.length(row) }
  const time = timeWords(format.time, reader.row(row), marks.timeMarks(row, previous))
  const gap = gapBefore(desk, row, previous)
  if (table.isEvent(row)) {
    const { text, level } = eventWords(reader.event(row), marks.inForce(row))
    const parts: DrawnPart[] = [{ text, kind: 'plain' }]
    return { ...own, time, gap, kind: level, length: '', text: parts, hex: [], decoded: undefined }
  }
  const all = reader.bytes(row)
  const bytes = all.subarray(0, MAX_TEXT)
  const isHex = format.hexBytes > 0
  const write = (piece: Uint8Array): string =>
    isHex ? columnWords(piece) : textWords(piece, format.controls)
  return {
    ...own,
    time,
    gap,
    kind: table.isFromDevice(row) ? 'from-device' : 'to-device',
    length: grouped(own.size),
    text: parts(isHex ? bytes.subarray(0, format.hexBytes) : bytes, own.size, of, write),
    hex: isHex ? parts(bytes.subarray(0, format.hexBytes), own.size, of, hexWords, ' ') : [],
    decoded: format.hasDecoded ? decodedOf(of) : undefined
  }
}

/** `412 ms`, `1.2 s`, `3 min 4 s`. */
export function spanWords(ns: number): string {
  const ms = ns / 1e6
  if (ms < 9.95) return `${ms.toFixed(1)} ms`
  if (ms < 999.5) return `${Math.round(ms)} ms`
  const seconds = ms / 1000
  if (seconds < 99.95) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`
  return `${Math.floor(whole / 3600)} h ${Math.floor(whole / 60) % 60} min`
}

function gapBefore(desk: MonitorDesk, row: number, previous: number | undefined): string {
  const { table } = desk.traffic
  // Between rows that a filter left others out of, it was no silence.
  if (previous !== row - 1 || previous < table.first) return ''
  const ns = table.timeNs(row) - table.endNs(previous)
  return ns >= GAP_NS ? spanWords(ns) : ''
}

function decodedOf({ decoded, isUnanswered }: RowSource): DrawnDecoded | undefined {
  if (!decoded) return undefined
  const { answers, verdict, text } = decoded
  const pair = answers && words.monitorList.answers(grouped(answers.row + 1), spanWords(answers.afterNs))
  return { text: pair === undefined ? text : `${text} · ${pair}`, verdict, isUnanswered }
}

/** Bytes as pieces that are marked or not; `size`: of the whole row, which may be longer. */
function parts(
  bytes: Uint8Array,
  size: number,
  { found, range }: RowSource,
  write: (bytes: Uint8Array) => string,
  between = ''
): DrawnPart[] {
  const end = size > bytes.length ? '…' : ''
  if (found.length === 0 && !range) return [{ text: write(bytes) + end, kind: 'plain' }]
  const all: DrawnPart[] = []
  for (let at = 0; at < bytes.length;) {
    const kind = kindAt(at, found, range)
    const to = Math.min(bytes.length, nextEdge(at, found, range))
    const isLast = to === bytes.length
    all.push({ text: write(bytes.subarray(at, to)), kind })
    if (!isLast && between) all.push({ text: between, kind: 'plain' })
    at = to
  }
  if (end) all.push({ text: end, kind: 'plain' })
  return all
}

function kindAt(at: number, found: readonly ByteRange[], range: ByteRange | undefined): MarkKind {
  if (range && at >= range.from && at < range.to) return 'range'
  return found.some(({ from, to }) => at >= from && at < to) ? 'found' : 'plain'
}

function nextEdge(at: number, found: readonly ByteRange[], range: ByteRange | undefined): number {
  let edge = Infinity
  const look = (each: number): void => {
    if (each > at && each < edge) edge = each
  }
  for (const { from, to } of range ? [...found, range] : found) {
    look(from)
    look(to)
  }
  return edge
}
