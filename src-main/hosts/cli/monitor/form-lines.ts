/** Rows in one of the forms of files with a line for each: `--json`, and what an export with a filter writes. */
import type { RowForm } from '../../../capture/files/row-file.ts'
import { inForceAfter, NOTHING_KNOWN, type InForce } from '../../../traffic/event-words.ts'
import type { FeedBegin } from './feed.ts'
import { metaOf } from './meta.ts'
import type { ShownLines } from './monitor.ts'
import type { ShownRow } from '../../../capture/filtered-rows.ts'

export class FormLines implements ShownLines {
  readonly #form: RowForm
  #inForce: InForce = NOTHING_KNOWN

  constructor(form: RowForm) {
    this.#form = form
  }

  begin(begin: FeedBegin): string[] {
    this.#inForce = begin.settings ? { settings: begin.settings } : NOTHING_KNOWN
    return linesOf(this.#form.head(metaOf(begin)))
  }

  of({ row, decoded }: ShownRow): string[] {
    const text = this.#form.row(row, this.#inForce, decoded)
    if (row.content.type === 'event') this.#inForce = inForceAfter(row.content.event, this.#inForce)
    return linesOf(text)
  }
}

/** Without the end of the last one. */
function linesOf(text: string): string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n')
}
