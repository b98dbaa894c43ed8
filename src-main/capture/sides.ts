/**
 * One side of a connection, as it was recorded there: all bytes of each direction, and when each arrived. Made for both-ends.ts.
 */
import type { Steps } from '../base/steps.ts'
import { DIRECTIONS, type Direction } from '../contract/traffic.ts'
import type { TrafficLog } from '../traffic/log.ts'
import { wallNsOf } from './files/record-packets.ts'

/** All bytes of one direction, and when each arrived. */
export interface Stream {
  readonly bytes: Buffer
  /** Where each record begins, and when it was there: ns since the origin, by the clock of its side. */
  readonly starts: Float64Array
  readonly times: Float64Array
}

export interface Side {
  readonly from: number
  readonly to: number
  readonly streams: Readonly<Record<Direction, Stream>>
}

export interface SideOptions {
  /** The bytes of this session alone, of those to the device. */
  readonly session?: number | undefined
  /** What comes before this record is left out. */
  readonly first?: number | undefined
}

/** Records that are looked at before others may go on. */
const AT_ONCE = 256

/** `origin`: of `originOf`, ns since 1970. */
export function* sideOf(log: TrafficLog, origin: bigint, options: SideOptions = {}): Steps<Side> {
  const { session, first = 0 } = options
  let [from, to] = [Infinity, -Infinity]
  // No more than these: memory that is not written to costs nothing.
  const most = log.pages.reduce((sum, { lineBytes }) => sum + lineBytes, 0)
  const records = log.pages.reduce((sum, { count }) => sum + count, 0)
  const parts = byDirection(() => ({
    bytes: Buffer.allocUnsafeSlow(most),
    length: 0,
    count: 0,
    starts: new Float64Array(records),
    times: new Float64Array(records)
  }))
  for (const page of log.pages) {
    for (let record = Math.max(0, first - page.first); record < page.count; record++) {
      if (record % AT_ONCE === 0) yield
      const time = Number(wallNsOf(page.timeNs(record), page.wallOffsetMs) - origin)
      from = Math.min(from, time)
      to = Math.max(to, time)
      if (page.isEvent(record)) continue
      const direction = page.direction(record)
      if (direction === 'to-device' && session !== undefined && page.session(record) !== session) continue
      const part = parts[direction]
      part.starts[part.count] = part.length
      part.times[part.count++] = time
      const bytes = page.bytes(record)
      part.bytes.set(bytes, part.length)
      part.length += bytes.length
    }
    yield
  }
  const streams = byDirection((direction) => {
    const { bytes, length, count, starts, times } = parts[direction]
    return {
      bytes: bytes.subarray(0, length),
      starts: starts.subarray(0, count),
      times: times.subarray(0, count)
    }
  })
  return { from, to, streams }
}

/** The time of the first record of them all, ns since 1970. */
export function originOf(...logs: readonly TrafficLog[]): bigint {
  const [page] = logs.flatMap((log) => log.pages.filter(({ count }) => count > 0).slice(0, 1))
  return page ? wallNsOf(page.timeNs(0), page.wallOffsetMs) : 0n
}

export function byDirection<T>(make: (direction: Direction) => T): Record<Direction, T> {
  const [first, second] = DIRECTIONS
  return { [first]: make(first), [second]: make(second) }
}

/** The record that has the byte there. */
export function recordAt({ starts }: Stream, at: number): number {
  let [low, high] = [0, starts.length - 1]
  while (low < high) {
    const middle = (low + high + 1) >>> 1
    if ((starts[middle] ?? 0) <= at) low = middle
    else high = middle - 1
  }
  return low
}

export function timeAt(stream: Stream, at: number): number {
  return stream.times[recordAt(stream, at)] ?? 0
}

/** Places from `from` up to `to` at which records begin. */
export function* recordsIn(stream: Stream, from: number, to: number): Generator<number> {
  for (let record = recordAt(stream, from); record < stream.starts.length; record++) {
    const start = stream.starts[record] ?? 0
    if (start >= to) return
    if (start >= from) yield start
  }
}
