/**
 * A recording in memory: pages in order, the last one growing, the oldest given up where there is no room. Recorders write into one, and
 * so does a window with what it is sent; rows, filters and exports read it. Knows no clock and no share.
 *
 * The memory of a page that was given up is written anew: who reads on after waiting asks for the page again (`pageOf`), or made a copy.
 */
import type { Direction, TrafficEvent } from '../contract/traffic.ts'
import { encodeEvent, PageWriter } from './page-writer.ts'
import type { Page } from './page.ts'

/** Where the memory of pages comes from and goes to. */
export interface PageStore {
  /** Zeros or an old page; undefined: there is none to be had, and the asker's own oldest page goes. */
  take(): Uint8Array | undefined
  give(bytes: Uint8Array): void
}

export interface LogOptions {
  readonly store: PageStore
  /** At least 1; two are needed for the oldest to go while the newest grows. */
  readonly maxPages: number
  /** See Page.wallOffsetMs; asked for each new page, but for those of `append`. */
  readonly wallOffsetMs: () => number
}

export class TrafficLog {
  readonly #options: LogOptions
  readonly #pages: Page[] = []
  #writer: PageWriter | undefined
  /** Behind the last page that is gone, where none is left. */
  #end = 0
  #bytesBefore = 0
  #dropped = 0

  constructor(options: LogOptions) {
    this.#options = options
  }

  /** In order; the records of one page go on where those of the page before ended, or later where some are missing. */
  get pages(): readonly Page[] {
    return this.#pages
  }

  /** The number of the oldest record that is still here; `end` where there is none. */
  get first(): number {
    return this.#pages[0]?.first ?? this.#end
  }

  /** The number that the next record will have. */
  get end(): number {
    const last = this.#pages.at(-1)
    return last ? last.first + last.count : this.#end
  }

  /** Bytes of memory that its pages take. */
  get size(): number {
    return this.#pages.reduce((sum, page) => sum + page.memory.length, 0)
  }

  /** Bytes of the line in its pages. */
  get lineBytes(): number {
    const [first] = this.#pages
    const last = this.#pages.at(-1)
    return first && last ? last.bytesBefore + last.lineBytes - first.bytesBefore : 0
  }

  /** … and in all that it gave up. */
  get bytesEver(): number {
    const last = this.#pages.at(-1)
    return last ? last.bytesBefore + last.lineBytes : this.#bytesBefore
  }

  /** How many pages it gave up for room. */
  get dropped(): number {
    return this.#dropped
  }

  /** The page that has this record; undefined where it is gone, missing or yet to come. */
  pageOf(record: number): Page | undefined {
    let [low, high] = [0, this.#pages.length - 1]
    while (low <= high) {
      const middle = (low + high) >>> 1
      const page = this.#pages[middle]
      if (!page) return undefined
      if (record < page.first) high = middle - 1
      else if (record >= page.first + page.count) low = middle + 1
      else return page
    }
    return undefined
  }

  /** Takes a chunk; it may be changed afterwards. A longer one than a page has room for becomes several records. */
  bytes(timeNs: number, direction: Direction, session: number, chunk: Uint8Array): void {
    let taken = this.#writer?.bytes(timeNs, direction, session, chunk) ?? 0
    while (taken < chunk.length)
      taken += this.#turn().bytes(timeNs, direction, session, chunk, taken, taken > 0)
  }

  event(timeNs: number, event: TrafficEvent): void {
    const json = encodeEvent(event)
    if (!this.#writer?.encoded(timeNs, json)) this.#turn().encoded(timeNs, json)
  }

  /**
   * Records of another log, with their numbers and its clock: those below `end` are here already. Where some are missing, the last of those is
   * an event that says how many and how much.
   */
  append(page: Page): void {
    const from = Math.max(0, this.end - page.first)
    if (from >= page.count) return
    if (page.first > this.end) {
      // Whoever begins to read in the middle misses nothing.
      if (this.end === 0 || this.#isTold(page)) this.#begin(page.first, page.bytesBefore, page.wallOffsetMs)
      else this.#missed(page)
    }
    // What its clock was found to be is the same for all records of a page.
    if (this.#writer?.page.wallOffsetMs !== page.wallOffsetMs) this.#turn(page.wallOffsetMs)
    for (let record = from; record < page.count; record++) this.#copy(page, record)
  }

  /** What comes next begins a page, with the wall clock as it is then. */
  newPage(): void {
    this.#writer = undefined
  }

  /** All pages go; numbers go on. */
  clear(): void {
    while (this.#pages.length > 0) this.#drop()
  }

  /** Gives up its oldest page, which another log needs more; false: it has one alone, or none. */
  dropOldest(): boolean {
    if (this.#pages.length < 2) return false
    this.#drop()
    return true
  }

  /** It begins with the event that says what is missing before it: whoever wrote it down came too late. */
  #isTold(next: Page): boolean {
    const event = next.event(0)
    return event?.type === 'missed' && event.records >= next.first - this.end
  }

  #missed(next: Page): void {
    const records = next.first - this.end
    const bytes = next.bytesBefore - this.bytesEver
    const event = encodeEvent({ type: 'missed', records, bytes, why: 'the reader came too late' })
    this.#begin(next.first - 1, next.bytesBefore, next.wallOffsetMs).encoded(next.timeNs(0), event)
  }

  #copy(page: Page, record: number): void {
    const timeNs = page.timeNs(record)
    const bytes = page.bytes(record)
    if (page.isEvent(record)) {
      if (!this.#writer?.encoded(timeNs, bytes)) this.#turn(page.wallOffsetMs).encoded(timeNs, bytes)
      return
    }
    // One record is one record here too, or the numbers would no longer be the same.
    const had = this.#writer
    const writer = had && had.room >= bytes.length ? had : this.#turn(page.wallOffsetMs)
    const direction = page.direction(record)
    const session = page.session(record)
    if (writer.bytes(timeNs, direction, session, bytes, 0, page.isContinued(record)) !== bytes.length)
      throw new RangeError('the pages here are smaller than those of the other log')
  }

  #turn(wallOffsetMs?: number): PageWriter {
    return this.#begin(this.end, this.bytesEver, wallOffsetMs)
  }

  #begin(first: number, bytesBefore: number, wallOffsetMs = this.#options.wallOffsetMs()): PageWriter {
    const { store, maxPages } = this.#options
    if (this.#pages.length >= maxPages) this.#drop()
    let bytes = store.take()
    while (!bytes) {
      if (this.#pages.length === 0) throw new RangeError('no memory for a page of traffic')
      this.#drop()
      bytes = store.take()
    }
    this.#writer = new PageWriter(bytes, first, wallOffsetMs, bytesBefore)
    this.#pages.push(this.#writer.page)
    return this.#writer
  }

  #drop(): void {
    const page = this.#pages.shift()
    if (!page) return
    this.#dropped++
    this.#end = page.first + page.count
    this.#bytesBefore = page.bytesBefore + page.lineBytes
    if (this.#pages.length === 0) this.#writer = undefined
    this.#options.store.give(page.memory)
  }
}
