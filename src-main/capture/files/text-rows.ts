/**
 * Rows out of a file of text, back as records: what CSV and JSON Lines have in common when they are opened again. The same rules cut these records into
 * the same rows; where a row was several chunks, only its first and its last time is known. Made for csv-reader.ts and jsonl-reader.ts.
 */
import { characterSeconds } from '../../contract/line.ts'
import type { Direction, TrafficEvent } from '../../contract/traffic.ts'
import { inForceAfter, type InForce } from '../../traffic/event-words.ts'
import { TrafficLog } from '../../traffic/log.ts'
import { MAX_SESSION } from '../../traffic/page.ts'
import { ENDS_ROW } from '../../traffic/row-splitter.ts'
import type { CaptureMeta } from '../format.ts'
import { LogBuilder } from './log-builder.ts'
import { SharedPages } from './shared-pages.ts'

/** What a line says. */
export interface TextRow {
  readonly wallNs: bigint
  /** Of the recording computer's monotonic clock; absent: the wall clock is all there is. */
  readonly ns?: number | undefined
  /** Of its last byte, by the same clock. */
  readonly endNs?: number | undefined
  readonly content:
    | { readonly direction: Direction; readonly session: number; readonly bytes: Uint8Array }
    | { readonly event: TrafficEvent }
}

/** The end of a row of bytes that is not in the log yet: an event may have come before it. */
interface Tail {
  readonly timeNs: number
  readonly direction: Direction
  readonly session: number
  readonly bytes: Uint8Array
}

/** Less is how two clocks are rounded, ns. */
const SAME_CLOCK_NS = 1000n
/** What is reckoned from the baud rate may differ by so much, ns. */
const ROUNDED_NS = 1000
/** Without a clock of its own a file's rows may be so much older than its first one, ns. */
const EARLIER_NS = 3_600_000_000_000n

export class TextRows {
  readonly log: TrafficLog
  meta: CaptureMeta
  readonly #builder: LogBuilder
  #inForce: InForce
  #clockNs: bigint | undefined
  #tail: Tail | undefined
  /** Times before the log's own beginning. */
  tooOld = 0

  constructor(meta: CaptureMeta, maxBytes: number) {
    const store = new SharedPages(maxBytes).store()
    this.log = new TrafficLog({ store, maxPages: Infinity, wallOffsetMs: () => 0 })
    this.#builder = new LogBuilder(this.log)
    this.meta = meta
    this.#inForce = { settings: meta.settings }
  }

  add(row: TextRow): void {
    const { content } = row
    const timeNs = this.#timeNs(row)
    if ('event' in content) this.#event(timeNs, content.event)
    else if (content.bytes.length > 0) this.#bytes(timeNs, (row.endNs ?? timeNs) - timeNs, content)
  }

  /** All that was added is in the log, but for the end of a row that may still be interrupted. */
  flush(): void {
    this.#builder.flush()
  }

  end(): void {
    this.#endRow()
    this.flush()
  }

  #event(timeNs: number, event: TrafficEvent): void {
    if (!this.#tail || timeNs >= this.#tail.timeNs || ENDS_ROW.has(event.type)) this.#endRow()
    this.#inForce = inForceAfter(event, this.#inForce)
    this.#builder.event(timeNs, event)
  }

  #bytes(
    timeNs: number,
    tookNs: number,
    { direction, session: given, bytes }: { direction: Direction; session: number; bytes: Uint8Array }
  ): void {
    this.#endRow()
    const session = given & MAX_SESSION
    const characterNs = this.#characterNs
    const isFromDevice = direction === 'from-device'
    const atOnceNs = isFromDevice ? 0 : bytes.length * characterNs + ROUNDED_NS
    if (bytes.length === 1 || tookNs <= atOnceNs) {
      this.#builder.bytes(timeNs, direction, session, bytes, false)
      return
    }
    // The first byte alone: more of them would seem to have begun earlier, and might belong to the row before.
    this.#builder.bytes(timeNs, direction, session, bytes.subarray(0, 1), false)
    const rest = bytes.slice(1)
    const restNs = timeNs + tookNs - (isFromDevice ? 0 : rest.length * characterNs)
    this.#tail = { timeNs: restNs, direction, session, bytes: rest }
  }

  #endRow(): void {
    const tail = this.#tail
    this.#tail = undefined
    if (tail) this.#builder.bytes(tail.timeNs, tail.direction, tail.session, tail.bytes, true)
  }

  get #characterNs(): number {
    const { settings } = this.#inForce
    return settings ? characterSeconds(settings) * 1e9 : 0
  }

  #timeNs({ wallNs, ns }: TextRow): number {
    const clockNs =
      ns === undefined ? (this.#clockNs ?? beginningNs(wallNs)) : wallNs - BigInt(Math.round(ns))
    const isOther = this.#clockNs === undefined || apart(clockNs, this.#clockNs) > SAME_CLOCK_NS
    if (isOther) {
      this.#endRow()
      this.#clockNs = clockNs
      const { end, bytesBefore } = this.#builder
      this.#builder.goOn({ first: end, bytesBefore, wallOffsetMs: offsetMsOf(clockNs) })
    }
    const timeNs = ns ?? Number(wallNs - clockNs)
    if (timeNs >= 0) return timeNs
    this.tooOld++
    return 0
  }
}

/** Of a clock for a file that has none, in whole ms: others a number of ms could not tell. */
function beginningNs(firstNs: bigint): bigint {
  const ns = firstNs > EARLIER_NS ? firstNs - EARLIER_NS : 0n
  return ns - (ns % 1_000_000n)
}

function apart(a: bigint, b: bigint): bigint {
  return a > b ? a - b : b - a
}

/** The nearest number: ns as one would be too coarse. */
function offsetMsOf(ns: bigint): number {
  const rest = Number(((ns % 1_000_000n) + 1_000_000n) % 1_000_000n)
  return Number((ns - BigInt(rest)) / 1_000_000n) + rest / 1e6
}

const ISO = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{9})Z$/

/** `2026-11-21T13:02:09.123456789Z` as ns since 1970; undefined: it is no such time. */
export function readIso(text: unknown): bigint | undefined {
  const [, seconds = '', rest = ''] = (typeof text === 'string' ? ISO.exec(text) : undefined) ?? []
  const ms = Date.parse(`${seconds}Z`)
  return Number.isFinite(ms) && ms >= 0 ? BigInt(ms) * 1_000_000n + BigInt(rest) : undefined
}

/** `01 03 ff` or `0103ff`; undefined: it is none. */
export function readHex(text: unknown): Uint8Array | undefined {
  if (typeof text !== 'string') return undefined
  const digits = text.replaceAll(' ', '')
  if (digits.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(digits)) return undefined
  return Uint8Array.from(Buffer.from(digits, 'hex'))
}
