/**
 * Writes the records of a recording in one of the forms of files, as far as a filter lets them pass. Called by `farport export` and by the core,
 * which give it the pages one after the other and wait for each.
 */
import { inForceAfter, NOTHING_KNOWN, type InForce } from '../traffic/event-words.ts'
import type { Filter } from '../traffic/filter/filter.ts'
import type { RunExpressions } from '../traffic/filter/row-search.ts'
import type { Page } from '../traffic/page.ts'
import { TEXT_ROWS } from '../traffic/row.ts'
import { CsvForm } from './files/csv-form.ts'
import { makeForm, type FileForm, type FormOptions } from './files/forms.ts'
import { JsonForm } from './files/json-form.ts'
import type { RowForm } from './files/row-file.ts'
import { TextFileForm } from './files/text-form.ts'
import { FilteredPages } from './filtered-pages.ts'
import { FilteredRows, type ShownRow } from './filtered-rows.ts'
import type { CaptureFormat, CaptureMeta } from './format.ts'

/** Records that are formatted at once: a few ms. */
const PORTION = 2048
const UTF8 = new TextEncoder()

export interface ExporterOptions extends Omit<FormOptions, 'keeps'> {
  readonly form: FileForm
  /** Absent: everything passes. */
  readonly filter: Filter | undefined
  /** Needed where the filter has expressions. */
  readonly expressions: RunExpressions
  readonly put: (bytes: Uint8Array) => Promise<void>
}

export class Exporter {
  readonly #options: ExporterOptions
  readonly #format: CaptureFormat
  readonly #rows: FilteredRows | undefined
  /** Rows that were cut already are not cut again. */
  readonly #form: RowForm | undefined
  readonly #filtered = new FilteredPages()
  #inForce: InForce = NOTHING_KNOWN
  #isBegun = false

  constructor(options: ExporterOptions) {
    const { form, decoder, filter, expressions } = options
    const rules = options.rules ?? decoder?.rows ?? TEXT_ROWS
    this.#options = options
    this.#format = makeForm(form, { ...options, rules })
    if (!filter) return
    this.#rows = new FilteredRows({ rules, decoder, filter, expressions })
    this.#form = rowFormOf(options)
  }

  /** A file has one recording: what follows another one belongs to it. Rejects as `put` and `expressions` do; so do the others. */
  async begin(meta: CaptureMeta): Promise<void> {
    await this.#filter(await this.#rows?.rest())
    this.#rows?.restart(meta.settings)
    this.#inForce = meta.settings ? { settings: meta.settings } : NOTHING_KNOWN
    if (this.#isBegun) return
    this.#isBegun = true
    await this.#options.put(this.#form ? UTF8.encode(this.#form.head(meta)) : this.#format.start(meta))
  }

  async page(page: Page): Promise<void> {
    if (this.#rows) await this.#filter(await this.#rows.take(page))
    else await this.#write(page)
  }

  async end(): Promise<void> {
    if (!this.#isBegun) return
    await this.#filter(await this.#rows?.rest())
    if (!this.#form) await this.#options.put(this.#format.end())
  }

  async #filter(rows: readonly ShownRow[] = []): Promise<void> {
    if (rows.length === 0) return
    if (this.#form) {
      await this.#options.put(UTF8.encode(this.#lines(this.#form, rows)))
      return
    }
    const page = this.#filtered.of(rows)
    if (page) await this.#write(page)
  }

  #lines(form: RowForm, rows: readonly ShownRow[]): string {
    let text = ''
    for (const { row, decoded } of rows) {
      text += form.row(row, this.#inForce, decoded)
      if (row.content.type === 'event') this.#inForce = inForceAfter(row.content.event, this.#inForce)
    }
    return text
  }

  async #write(page: Page): Promise<void> {
    for (let from = 0; from < page.count; from += PORTION)
      await this.#options.put(this.#format.page(page, from, Math.min(page.count, from + PORTION)))
  }
}

/** Undefined: it has no lines of rows. */
function rowFormOf(options: ExporterOptions): RowForm | undefined {
  switch (options.form) {
    case 'text':
      return new TextFileForm(options)
    case 'csv':
      return new CsvForm()
    case 'jsonl':
      return new JsonForm()
    case 'pcapng':
    case 'raw':
      return undefined
  }
}
