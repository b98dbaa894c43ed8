/**
 * Pages of one recording after the other, as if it were a single one: where a share was switched off and on, or Farport was started anew,
 * numbers and clocks begin anew, and what a window has stays. Called by LiveTraffic for each page that comes.
 */
import type { TrafficLog } from '../../../src-main/traffic/log.ts'
import { FLOAT, INDEX_ENTRY, Page, pageMemory } from '../../../src-main/traffic/page.ts'

const NS_PER_MS = 1e6

export class JoinedPages {
  readonly #log: TrafficLog
  /** What is added to the numbers of the recording that comes now, for those of the log. */
  #records = 0
  #bytes = 0
  #timeNs = 0
  /** The next page is the first one of another recording. */
  #isFirst = false

  constructor(log: TrafficLog) {
    this.#log = log
  }

  /** The record that comes next, as the recording numbers it. */
  get next(): number {
    return this.#log.end - this.#records
  }

  /** Another recording follows, with this record of it. What the log has of the one before ends with an event. */
  begin(from: number): void {
    const log = this.#log
    const last = log.pages.at(-1)
    if (!last) {
      // Also where all was given up: numbers only ever go on.
      this.#records = log.end === 0 ? 0 : log.end - from
      return
    }
    log.event(last.timeNs(Math.max(0, last.count - 1)), {
      type: 'port',
      state: 'closed',
      why: 'another recording begins'
    })
    this.#records = log.end - from
    this.#isFirst = true
  }

  /** Takes a page from elsewhere into the log; its memory may be changed. Throws a RangeError for what is none. */
  append(bytes: Uint8Array): void {
    const own = bytes.byteOffset % 8 === 0 ? bytes : Uint8Array.from(bytes)
    const page = Page.from(own)
    if (this.#isFirst && page.count > 0) this.#joinTo(page)
    if (this.#records !== 0 || this.#timeNs !== 0) this.#shift(page, own)
    this.#log.append(page)
  }

  #joinTo(page: Page): void {
    this.#isFirst = false
    const last = this.#log.pages.at(-1)
    if (!last) return
    this.#bytes = last.bytesBefore + last.lineBytes - page.bytesBefore
    this.#timeNs = Math.round((page.wallOffsetMs - last.wallOffsetMs) * NS_PER_MS)
  }

  #shift(page: Page, bytes: Uint8Array): void {
    const { floats } = pageMemory(bytes)
    add(floats, FLOAT.first, this.#records)
    add(floats, FLOAT.before, this.#bytes)
    if (this.#timeNs === 0) return
    add(floats, FLOAT.wall, -this.#timeNs / NS_PER_MS)
    const last = floats.length - INDEX_ENTRY / 8
    for (let record = 0; record < page.count; record++)
      add(floats, last - record * (INDEX_ENTRY / 8), this.#timeNs)
  }
}

function add(floats: Float64Array, at: number, value: number): void {
  floats[at] = (floats[at] ?? 0) + value
}
