/** Rows for decoders, as recordings would have them: a script of what each side said when. */
import type { Direction, TrafficEvent } from '../../../src-main/contract/traffic.ts'
import type { Decoded, Decoder } from '../../../src-main/traffic/decoder.ts'
import type { Row } from '../../../src-main/traffic/row.ts'
import { hex } from '../../hex.ts'

export const UP = 'to-device'
export const DOWN = 'from-device'

/** What one side said, and how many ms after what stood before. */
export interface Said {
  readonly direction: Direction
  readonly bytes: Uint8Array
  /** 10 where absent. */
  readonly afterMs?: number
}

export const toDevice = (bytes: Uint8Array | string, afterMs?: number): Said => said(UP, bytes, afterMs)
export const fromDevice = (bytes: Uint8Array | string, afterMs?: number): Said => said(DOWN, bytes, afterMs)

function said(direction: Direction, bytes: Uint8Array | string, afterMs = 10): Said {
  return { direction, bytes: typeof bytes === 'string' ? ascii(bytes) : bytes, afterMs }
}

/** One byte a character. */
export function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}

export function utf8(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'utf8'))
}

export { hex }

/** A row each, a byte each 100 µs. */
export function rowsOf(script: readonly Said[], first = 0): Row[] {
  let nowNs = 1e9
  return script.map(({ direction, bytes, afterMs = 10 }, index) => {
    const timeNs = nowNs + afterMs * 1e6
    const endNs = timeNs + 1e5 * bytes.length
    nowNs = endNs
    const content = { type: 'bytes', direction, session: 1, bytes } as const
    return { number: first + index, timeNs, endNs, wallOffsetMs: 0, content }
  })
}

export function eventRow(event: TrafficEvent, number = 0, timeNs = 0): Row {
  return { number, timeNs, endNs: timeNs, wallOffsetMs: 0, content: { type: 'event', event } }
}

/** What it says of each row. */
export function decodeAll(decoder: Decoder, script: readonly Said[]): (Decoded | undefined)[] {
  return rowsOf(script).map((row) => decoder.decode(row))
}

/** Only the words. */
export function texts(decoder: Decoder, script: readonly Said[]): (string | undefined)[] {
  return decodeAll(decoder, script).map((decoded) => decoded?.text)
}

/** Of all fields with this name. */
export function valuesOf(decoded: Decoded | undefined, name: string): string[] {
  return decoded?.fields.filter((field) => field.name === name).map((field) => field.value) ?? []
}
