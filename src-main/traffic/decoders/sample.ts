/** What detection looks at: the newest bytes of some rows, however they were cut into rows. Pure functions. */
import { DIRECTIONS, type Direction } from '../../contract/traffic.ts'
import type { Row } from '../row.ts'
import { bytesRow } from './parts.ts'

/** Enough to be sure, little enough to be quick. */
const MAX_SAMPLE = 16 * 1024

/** A pause that no framing has within a frame, and that a row may have been cut at. */
const BURST_PAUSE_NS = 50e6

/** Bytes of one direction that came without a pause between them. */
export interface Burst {
  readonly direction: Direction
  readonly bytes: Uint8Array
}

/** In order; the newest 16 KB. */
export function bursts(rows: readonly Row[]): Burst[] {
  const found: { direction: Direction; chunks: Uint8Array[]; endNs: number }[] = []
  let size = 0
  for (const row of newest(rows)) {
    const { direction, bytes, timeNs, endNs } = row
    const last = found.at(-1)
    if (last?.direction === direction && timeNs - last.endNs <= BURST_PAUSE_NS) {
      last.chunks.push(bytes)
      last.endNs = endNs
    } else found.push({ direction, chunks: [bytes], endNs })
    size += bytes.length
  }
  return size === 0 ? [] : found.map(({ direction, chunks }) => ({ direction, bytes: concat(chunks) }))
}

/** Each direction's bytes, one behind the other; directions without any are left out. */
export function streams(rows: readonly Row[]): Burst[] {
  const taken = newest(rows)
  return DIRECTIONS.map((direction) => ({
    direction,
    bytes: concat(taken.filter((row) => row.direction === direction).map((row) => row.bytes))
  })).filter((stream) => stream.bytes.length > 0)
}

/** 0 for none of them, 1 for `enough`. */
export function saturation(count: number, enough: number): number {
  return Math.min(1, count / enough)
}

function newest(rows: readonly Row[]) {
  const taken = []
  let room = MAX_SAMPLE
  for (let at = rows.length - 1; at >= 0 && room > 0; at--) {
    const each = rows[at]
    const row = each && bytesRow(each)
    if (!row || row.bytes.length === 0) continue
    taken.push(row)
    room -= row.bytes.length
  }
  return taken.reverse()
}

function concat(chunks: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(chunks.reduce((sum, each) => sum + each.length, 0))
  let at = 0
  for (const chunk of chunks) {
    all.set(chunk, at)
    at += chunk.length
  }
  return all
}
