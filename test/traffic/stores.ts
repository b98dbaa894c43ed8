import type { PageStore } from '../../src-main/traffic/log.ts'
import { TrafficLog } from '../../src-main/traffic/log.ts'
import type { Page } from '../../src-main/traffic/page.ts'

/** Pages of `size` bytes each, at most `limit` at a time; `out`: how many are out now. */
export class CountedStore implements PageStore {
  out = 0
  readonly #size: number
  readonly #limit: number

  constructor(size: number, limit = Infinity) {
    this.#size = size
    this.#limit = limit
  }

  take(): Uint8Array | undefined {
    if (this.out >= this.#limit) return undefined
    this.out++
    return new Uint8Array(this.#size)
  }

  give(): void {
    this.out--
  }
}

export function makeLog(pageSize = 1024, maxPages = 1000): TrafficLog {
  return new TrafficLog({ store: new CountedStore(pageSize), maxPages, wallOffsetMs: () => 1000 })
}

/** What is in a log, chunks that were cut by a page's end put together again. */
export function contents(pages: readonly Page[]): unknown[] {
  const found: { timeNs: number; direction?: string; session?: number; bytes?: number[]; event?: unknown }[] =
    []
  for (const page of pages)
    for (let record = 0; record < page.count; record++) {
      const timeNs = page.timeNs(record)
      if (page.isEvent(record)) found.push({ timeNs, event: page.event(record) })
      else if (page.isContinued(record)) found.at(-1)?.bytes?.push(...page.bytes(record))
      else
        found.push({
          timeNs,
          direction: page.direction(record),
          session: page.session(record),
          bytes: [...page.bytes(record)]
        })
    }
  return found
}
