import type { Direction } from '../../../contract/traffic.ts'
import { bytesCount, grouped } from '../../../traffic/event-words.ts'
import type { Page } from '../../../traffic/page.ts'

/** What passed while a monitor was there: its last line. */
export class Totals {
  rows = 0
  readonly #bytes: Record<Direction, number> = { 'to-device': 0, 'from-device': 0 }
  #lost = 0
  #missed = 0
  #next: number | undefined
  /** Bytes of the line before that record. */
  #before = 0

  /** Every page of a recording, in order. */
  page(page: Page): void {
    // Overtaken: as TrafficLog.append tells it in the rows.
    if (this.#next !== undefined && page.first > this.#next) this.#missed += page.bytesBefore - this.#before
    this.#next = page.first + page.count
    this.#before = page.bytesBefore + page.lineBytes
    for (let record = 0; record < page.count; record++) {
      if (!page.isEvent(record)) {
        this.#bytes[page.direction(record)] += page.end(record) - page.start(record)
        continue
      }
      const event = page.event(record)
      if (event?.type === 'lost') this.#lost += event.bytes
      if (event?.type === 'missed') this.#missed += event.bytes
    }
  }

  /** Another recording: its numbers begin anew. */
  restart(): void {
    this.#next = undefined
  }

  get bytes(): number {
    return this.#bytes['to-device'] + this.#bytes['from-device']
  }

  /** `12 rows, 1,204 bytes (→ 96, ← 1,108), nothing lost`. */
  get words(): string {
    return `${grouped(this.rows)} row${this.rows === 1 ? '' : 's'}, ${this.bytesWords}`
  }

  /** The same without the rows. */
  get bytesWords(): string {
    const ways = `→ ${grouped(this.#bytes['to-device'])}, ← ${grouped(this.#bytes['from-device'])}`
    const lost = [
      ...(this.#lost > 0 ? [`${bytesCount(this.#lost)} lost`] : []),
      ...(this.#missed > 0 ? [`${bytesCount(this.#missed)} not captured`] : [])
    ]
    return `${bytesCount(this.bytes)} (${ways}), ${lost.length === 0 ? 'nothing lost' : lost.join(', ')}`
  }
}
