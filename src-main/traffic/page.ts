/**
 * A page of traffic: records in one piece of memory, as recordings keep them, processes send them, and windows read them, all without
 * an object per record. Written once by PageWriter (page-writer.ts), read by Page; pages of one recording follow each other.
 *
 *     0        header, 48 bytes: magic, count, end of the data, how much of that is events (u32 each); number of the first record,
 *              wall clock, bytes of the line in all records before (f64 each)
 *     48 …     the data of all records, one behind the other: a chunk's bytes as they came, an event as ASCII JSON
 *     … end    the index, growing down from the end, 16 bytes a record: time (f64), start of its data (u32), kind and session (u32)
 *
 * Little-endian, as every processor that runs this; another one is refused. Bytes of one direction and session that stand in records one
 * behind the other are one contiguous piece, so a search runs over the whole page at once.
 */
import { decodeJson } from '../protocol/ascii-json.ts'
import type { Direction, TrafficEvent } from '../contract/traffic.ts'
import { soundEvent } from './sound-event.ts'

export const PAGE_HEADER = 48
export const INDEX_ENTRY = 16
const MAGIC = 0x3150_5446

/** In the upper bits of an index entry's last word; the session below. */
const EVENT = 0x8000_0000
const FROM_DEVICE = 0x4000_0000
/** The rest of a chunk whose beginning is in the record before: one arrival, cut by the page's end. */
const CONTINUED = 0x2000_0000
export const MAX_SESSION = 0x1fff_ffff

/** What an index entry's last word says. */
export const KIND = { event: EVENT, fromDevice: FROM_DEVICE, continued: CONTINUED } as const

/** The four views of a page's memory: offsets in them are those of the header and the index. */
export interface PageMemory {
  readonly bytes: Uint8Array
  readonly words: Uint32Array
  readonly floats: Float64Array
}

/** `bytes`: all of it, a multiple of 16 long, at a multiple of 8 in its buffer. */
export function pageMemory(bytes: Uint8Array): PageMemory {
  const { buffer, byteOffset, byteLength } = bytes
  return {
    bytes,
    words: new Uint32Array(buffer, byteOffset, byteLength / 4),
    floats: new Float64Array(buffer, byteOffset, byteLength / 8)
  }
}

/** Where things stand in `words` and `floats`. */
export const WORD = { magic: 0, count: 1, end: 2, events: 3 } as const
export const FLOAT = { first: 2, wall: 3, before: 4 } as const
export { MAGIC as PAGE_MAGIC }

/**
 * Records by their place in the page, from 0. A page that is still being written may be read: what `count` counts stays as it is.
 */
export class Page {
  readonly #memory: PageMemory
  readonly #last: number

  /** Throws a RangeError for what is no page. The memory must stay as it is, but for what its writer adds. */
  constructor(memory: PageMemory) {
    if (memory.words[WORD.magic] !== MAGIC) throw new RangeError('no page of traffic')
    this.#memory = memory
    this.#last = memory.words.length - INDEX_ENTRY / 4
  }

  /** A page from another process or a file: every number in it is looked at, so that nothing below can go wrong. */
  static from(bytes: Uint8Array): Page {
    const aligned = bytes.byteOffset % 8 === 0 ? bytes : Uint8Array.from(bytes)
    if (aligned.length < PAGE_HEADER || aligned.length % INDEX_ENTRY !== 0)
      throw new RangeError('no page of traffic')
    const page = new Page(pageMemory(aligned))
    page.#check()
    return page
  }

  /** The number of its first record in the recording, from 0. */
  get first(): number {
    return this.#memory.floats[FLOAT.first] ?? 0
  }

  /** How many records. */
  get count(): number {
    return this.#memory.words[WORD.count] ?? 0
  }

  /** Add it to a record's time in ms for the wall clock, ms since 1970, as it was when the page was begun. */
  get wallOffsetMs(): number {
    return this.#memory.floats[FLOAT.wall] ?? 0
  }

  /** Bytes of the line in all records of the recording before this page. */
  get bytesBefore(): number {
    return this.#memory.floats[FLOAT.before] ?? 0
  }

  /** Bytes of the line in this page. */
  get lineBytes(): number {
    return this.dataEnd - PAGE_HEADER - (this.#memory.words[WORD.events] ?? 0)
  }

  /** All its memory, for a search; what stands before PAGE_HEADER and from `dataEnd` on is no data. */
  get memory(): Uint8Array {
    return this.#memory.bytes
  }

  get dataEnd(): number {
    return this.#memory.words[WORD.end] ?? PAGE_HEADER
  }

  /** ns of the recording computer's monotonic clock. */
  timeNs(record: number): number {
    return this.#memory.floats[(this.#last - record * (INDEX_ENTRY / 4)) / 2] ?? 0
  }

  start(record: number): number {
    return this.#memory.words[this.#last - record * (INDEX_ENTRY / 4) + 2] ?? 0
  }

  end(record: number): number {
    return record + 1 < this.count ? this.start(record + 1) : this.dataEnd
  }

  isEvent(record: number): boolean {
    return (this.#kind(record) & EVENT) !== 0
  }

  /** It goes on where the record before ended: one chunk. */
  isContinued(record: number): boolean {
    return (this.#kind(record) & CONTINUED) !== 0
  }

  direction(record: number): Direction {
    return this.#kind(record) & FROM_DEVICE ? 'from-device' : 'to-device'
  }

  /** The session's number in its hub; 0: none, as for what comes from the device. */
  session(record: number): number {
    return this.#kind(record) & MAX_SESSION
  }

  /** A view, no copy. */
  bytes(record: number): Uint8Array {
    return this.#memory.bytes.subarray(this.start(record), this.end(record))
  }

  /** Undefined: it is none, or none that can be read. */
  event(record: number): TrafficEvent | undefined {
    return this.isEvent(record) ? soundEvent(decodeJson(this.bytes(record))) : undefined
  }

  /** The record that has the data at this offset. */
  recordAt(offset: number): number {
    let [low, high] = [0, this.count - 1]
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if (this.start(middle) <= offset) low = middle
      else high = middle - 1
    }
    return low
  }

  #kind(record: number): number {
    return this.#memory.words[this.#last - record * (INDEX_ENTRY / 4) + 3] ?? 0
  }

  #check(): void {
    const size = this.#memory.bytes.length
    const { count, dataEnd } = this
    const indexStart = size - count * INDEX_ENTRY
    const sound =
      Number.isSafeInteger(this.first) &&
      this.first >= 0 &&
      Number.isFinite(this.wallOffsetMs) &&
      this.bytesBefore >= 0 &&
      dataEnd >= PAGE_HEADER &&
      dataEnd <= indexStart
    if (!sound) throw new RangeError('no page of traffic')
    let events = 0
    for (let record = 0, before = PAGE_HEADER; record < count; record++) {
      const start = this.start(record)
      if (start < before || start > dataEnd || !(this.timeNs(record) >= 0))
        throw new RangeError('no page of traffic')
      if (this.isEvent(record)) events += this.end(record) - start
      before = start
    }
    if (events !== this.#memory.words[WORD.events]) throw new RangeError('no page of traffic')
  }
}
