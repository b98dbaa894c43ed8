/**
 * The records that a filter lets pass, as pages again: what `export --filter` and `monitor --json --filter` write. A row becomes a record, so rows
 * that are left out leave nothing behind, and numbers begin at 0.
 */
import { Page, PAGE_HEADER, INDEX_ENTRY } from '../traffic/page.ts'
import { encodeEvent, PageWriter } from '../traffic/page-writer.ts'
import type { ShownRow } from './filtered-rows.ts'

export class FilteredPages {
  #next = 0
  #bytes = 0

  /** Undefined: there are no rows. */
  of(rows: readonly ShownRow[]): Page | undefined {
    const [first] = rows
    if (!first) return undefined
    const events = rows.map(({ row: { content } }) =>
      content.type === 'event' ? encodeEvent(content.event) : undefined
    )
    let size = PAGE_HEADER + INDEX_ENTRY
    for (const [at, { row }] of rows.entries())
      size += (events[at] ?? bytesOf(row.content)).length + INDEX_ENTRY
    const memory = new Uint8Array(Math.ceil(size / INDEX_ENTRY) * INDEX_ENTRY)
    const writer = new PageWriter(memory, this.#next, first.row.wallOffsetMs, this.#bytes)
    for (const [at, { row }] of rows.entries()) {
      const { content, timeNs } = row
      const event = events[at]
      if (event) writer.encoded(timeNs, event)
      else if (content.type === 'bytes')
        writer.bytes(timeNs, content.direction, content.session, content.bytes)
    }
    this.#next += rows.length
    this.#bytes += writer.page.lineBytes
    return writer.page
  }
}

const NOTHING = new Uint8Array(0)

function bytesOf(content: ShownRow['row']['content']): Uint8Array {
  return content.type === 'bytes' ? content.bytes : NOTHING
}
