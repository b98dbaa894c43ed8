/**
 * One reader's place in a recording that goes on. The recording is the queue: a reader has nothing but a number, so a slow one costs no
 * memory, is overtaken, and sees by the numbers what it missed. Called by traffic-topic.ts and captures.ts; knows no clock.
 */
import { MAX_TRAFFIC_PAGE } from '../../contract/recording.ts'
import type { TrafficLog } from '../../traffic/log.ts'
import { INDEX_ENTRY, PAGE_HEADER, type Page } from '../../traffic/page.ts'

/** Some records of a page: `from` up to, and without, `to`, by their places in it. At once only: the page's memory may be written anew. */
export interface Slice {
  readonly page: Page
  readonly from: number
  readonly to: number
}

export class Cursor {
  readonly #log: TrafficLog
  /** The number of the record that is read next. */
  #next: number

  constructor(log: TrafficLog, next: number) {
    this.#log = log
    this.#next = next
  }

  get next(): number {
    return this.#next
  }

  /** There is something to read. */
  get isBehind(): boolean {
    return this.#next < this.#log.end
  }

  /** What stands before that record is not read. */
  skipTo(record: number): void {
    this.#next = Math.max(this.#next, record)
  }

  /** What comes next, no more than `maxBytes` as a page of its own, but one record at the least; undefined: all was read. */
  read(maxBytes = MAX_TRAFFIC_PAGE): Slice | undefined {
    const { first, end } = this.#log
    this.skipTo(Math.min(first, end))
    // What a reader of its own missed is a hole in the numbers of a log.
    const page = this.#log.pageOf(this.#next) ?? this.#log.pages.find((each) => each.first > this.#next)
    if (!page) return undefined
    this.skipTo(page.first)
    const from = this.#next - page.first
    const to = fitting(page, from, maxBytes)
    this.#next = page.first + to
    return { page, from, to }
  }
}

/** The record of that time or the first one after it; the one that comes next where all are older. */
export function recordSince(log: TrafficLog, timeNs: number): number {
  const page = log.pages.find((each) => each.count > 0 && each.timeNs(each.count - 1) >= timeNs)
  if (!page) return log.end
  let [low, high] = [0, page.count]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (page.timeNs(middle) < timeNs) low = middle + 1
    else high = middle
  }
  return page.first + low
}

function fitting(page: Page, from: number, maxBytes: number): number {
  const start = page.start(from)
  let [low, high] = [from + 1, page.count]
  while (low < high) {
    const middle = (low + high + 1) >>> 1
    const size = PAGE_HEADER + page.end(middle - 1) - start + (middle - from) * INDEX_ENTRY
    // A page is a multiple of an index entry long.
    if (size <= maxBytes - INDEX_ENTRY) low = middle
    else high = middle - 1
  }
  return low
}
