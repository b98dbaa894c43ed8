/** Fills one page of traffic. Called by recorders and readers of files; makes no object per record of bytes. */
import type { Direction, TrafficEvent } from '../contract/traffic.ts'
import { encodeJson } from '../protocol/ascii-json.ts'
import {
  FLOAT,
  INDEX_ENTRY,
  KIND,
  MAX_SESSION,
  Page,
  PAGE_HEADER,
  PAGE_MAGIC,
  pageMemory,
  WORD,
  type PageMemory
} from './page.ts'

/** An event that is longer is told without its words. */
export const MAX_EVENT_BYTES = 4096

const BY_HAND = 6

export class PageWriter {
  readonly page: Page
  readonly #memory: PageMemory
  #count = 0
  #end = PAGE_HEADER
  /** Where in `words` the next index entry stands; data may not grow beyond. */
  #entry: number

  /** `bytes`: zeros or an old page, a multiple of 16 long. The others: see Page. */
  constructor(bytes: Uint8Array, first: number, wallOffsetMs: number, bytesBefore: number) {
    const memory = pageMemory(bytes)
    memory.words[WORD.magic] = PAGE_MAGIC
    memory.words[WORD.count] = 0
    memory.words[WORD.end] = PAGE_HEADER
    memory.floats[FLOAT.first] = first
    memory.words[WORD.events] = 0
    memory.floats[FLOAT.wall] = wallOffsetMs
    memory.floats[FLOAT.before] = bytesBefore
    this.#memory = memory
    this.#entry = memory.words.length - INDEX_ENTRY / 4
    this.page = new Page(memory)
  }

  /** How many records; those of the page, as soon as a reader looks. */
  get count(): number {
    return this.#count
  }

  /** Bytes of data that still fit into one record; negative: not even an index entry does. */
  get room(): number {
    return this.#entry * 4 - this.#end
  }

  /**
   * Writes what fits of the chunk from `from` on as one record; answers how many bytes that were, 0 where the page is full. `continued`: the
   * record goes on with a chunk that began in the page before.
   */
  bytes(
    timeNs: number,
    direction: Direction,
    session: number,
    chunk: Uint8Array,
    from = 0,
    continued = false
  ): number {
    const size = Math.min(chunk.length - from, this.room)
    if (size <= 0) return 0
    const { bytes } = this.#memory
    const at = this.#end
    // A few bytes by hand are quicker than a call: up to there, as measured.
    if (size <= BY_HAND) for (let i = 0; i < size; i++) bytes[at + i] = chunk[from + i] ?? 0
    else bytes.set(from === 0 && size === chunk.length ? chunk : chunk.subarray(from, from + size), at)
    const way = direction === 'from-device' ? KIND.fromDevice : 0
    this.#enter(timeNs, (way | (continued ? KIND.continued : 0) | (session & MAX_SESSION)) >>> 0, size)
    return size
  }

  /** False: it does not fit any more. */
  event(timeNs: number, event: TrafficEvent): boolean {
    return this.encoded(timeNs, encodeEvent(event))
  }

  /** As `event`, of one that is encoded already. */
  encoded(timeNs: number, json: Uint8Array): boolean {
    if (json.length > this.room) return false
    const { bytes, words } = this.#memory
    bytes.set(json, this.#end)
    words[WORD.events] = (words[WORD.events] ?? 0) + json.length
    this.#enter(timeNs, KIND.event, json.length)
    return true
  }

  #enter(timeNs: number, kind: number, size: number): void {
    const { words, floats } = this.#memory
    const entry = this.#entry
    floats[entry / 2] = timeNs
    words[entry + 2] = this.#end
    words[entry + 3] = kind
    this.#entry = entry - INDEX_ENTRY / 4
    this.#end += size
    words[WORD.end] = this.#end
    words[WORD.count] = ++this.#count
  }
}

/** Longer than MAX_EVENT_BYTES: its texts are cut. */
export function encodeEvent(event: TrafficEvent): Uint8Array {
  const json = encodeJson(event)
  if (json.length <= MAX_EVENT_BYTES) return json
  const short = Object.entries(event).map(([key, value]): [string, unknown] => [
    key,
    typeof value === 'string' ? value.slice(0, 200) : value
  ])
  return encodeJson(Object.fromEntries(short))
}

/** A copy of some records as a page of its own, no larger than they need. */
export function copyRecords(page: Page, from: number, to: number): Uint8Array {
  const start = page.start(from)
  const end = to > from ? page.end(to - 1) : start
  const size = PAGE_HEADER + (end - start) + (to - from) * INDEX_ENTRY
  const copy = new Uint8Array(Math.ceil(size / INDEX_ENTRY) * INDEX_ENTRY)
  const memory = pageMemory(copy)
  memory.words[WORD.magic] = PAGE_MAGIC
  memory.words[WORD.count] = to - from
  memory.words[WORD.end] = PAGE_HEADER + end - start
  memory.floats[FLOAT.first] = page.first + from
  memory.floats[FLOAT.wall] = page.wallOffsetMs
  copy.set(page.memory.subarray(start, end), PAGE_HEADER)
  const { length } = page.memory
  copy.set(
    page.memory.subarray(length - to * INDEX_ENTRY, length - from * INDEX_ENTRY),
    copy.length - (to - from) * INDEX_ENTRY
  )
  memory.words[WORD.events] = eventBytes(page, from, to)
  memory.floats[FLOAT.before] = page.bytesBefore + start - PAGE_HEADER - eventBytes(page, 0, from)
  for (let record = 0, entry = memory.words.length - 4; record < to - from; record++, entry -= 4)
    memory.words[entry + 2] = (memory.words[entry + 2] ?? 0) - start + PAGE_HEADER
  return copy
}

function eventBytes(page: Page, from: number, to: number): number {
  let bytes = 0
  for (let record = from; record < to; record++)
    if (page.isEvent(record)) bytes += page.end(record) - page.start(record)
  return bytes
}
