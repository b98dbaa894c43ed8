/** Writes the records of a feed in one of the forms of files, as far as a filter lets them pass. Made by commands/export.ts. */
import type { CaptureFormat } from '../../../capture/format.ts'
import { CsvForm } from '../../../capture/files/csv-form.ts'
import { JsonForm } from '../../../capture/files/json-form.ts'
import type { RowForm } from '../../../capture/files/row-file.ts'
import { TextFileForm } from '../../../capture/files/text-form.ts'
import { makeForm, type FileForm, type FormOptions } from '../../../capture/files/forms.ts'
import type { RunExpressions } from '../../../traffic/filter/row-search.ts'
import type { Filter } from '../../../traffic/filter/filter.ts'
import { TEXT_ROWS, type RowRules } from '../../../traffic/row.ts'
import type { Page } from '../../../traffic/page.ts'
import type { FeedBegin, FeedReader } from './feed.ts'
import { FormLines } from './form-lines.ts'
import { FilteredPages } from './filtered-pages.ts'
import { metaOf } from './meta.ts'
import { RowStream, type ShownRow } from './row-stream.ts'

/** Records that are formatted at once: a few ms. */
const PORTION = 2048

export interface ExporterOptions extends Pick<FormOptions, 'decoder' | 'direction'> {
  readonly form: FileForm
  readonly rules?: RowRules | undefined
  readonly filter: Filter | undefined
  readonly expressions: RunExpressions
  readonly put: (bytes: Uint8Array) => Promise<void>
}

export class Exporter implements FeedReader {
  readonly #options: ExporterOptions
  readonly #format: CaptureFormat
  readonly #rows: RowStream | undefined
  /** Rows that were cut already are not cut again. */
  readonly #lines: FormLines | undefined
  readonly #filtered = new FilteredPages()
  #isBegun = false

  constructor(options: ExporterOptions) {
    const { form, decoder, direction, filter, expressions } = options
    const rules = options.rules ?? decoder?.rows ?? TEXT_ROWS
    this.#options = options
    this.#format = makeForm(form, { decoder, direction, rules })
    if (!filter) return
    this.#rows = new RowStream({ rules, decoder, filter, expressions })
    const rowForm = rowFormOf(form)
    this.#lines = rowForm && new FormLines(rowForm)
  }

  /** A file has one recording: what follows another one belongs to it. */
  async begin(begin: FeedBegin): Promise<void> {
    await this.#filter(await this.#rows?.rest())
    this.#rows?.restart(begin.settings)
    if (this.#isBegun) return
    this.#isBegun = true
    await this.#options.put(
      this.#lines ? encoded(this.#lines.begin(begin)) : this.#format.start(metaOf(begin))
    )
  }

  async page(page: Page): Promise<void> {
    if (this.#rows) await this.#filter(await this.#rows.take(page))
    else await this.#write(page)
  }

  async end(): Promise<void> {
    if (!this.#isBegun) return
    await this.#filter(await this.#rows?.rest())
    if (!this.#lines) await this.#options.put(this.#format.end())
  }

  async #filter(rows: readonly ShownRow[] = []): Promise<void> {
    const lines = this.#lines
    if (lines) {
      await this.#options.put(encoded(rows.flatMap((row) => lines.of(row))))
      return
    }
    const page = this.#filtered.of(rows)
    if (page) await this.#write(page)
  }

  async #write(page: Page): Promise<void> {
    for (let from = 0; from < page.count; from += PORTION)
      await this.#options.put(this.#format.page(page, from, Math.min(page.count, from + PORTION)))
  }
}

/** Undefined: it has no lines of rows. */
function rowFormOf(form: FileForm): RowForm | undefined {
  switch (form) {
    case 'text':
      return new TextFileForm()
    case 'csv':
      return new CsvForm()
    case 'jsonl':
      return new JsonForm()
    case 'pcapng':
    case 'raw':
      return undefined
  }
}

function encoded(lines: readonly string[]): Uint8Array {
  return Buffer.from(lines.map((line) => `${line}\n`).join(''))
}
