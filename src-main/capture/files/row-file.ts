/**
 * Files with a line for each row: text, CSV, JSON Lines. Cuts the records into rows, has them decoded where that is asked for, and lets a RowForm write
 * each; monitors use the same forms for rows that they have already.
 */
import type { Decoded, Decoder } from '../../traffic/decoder.ts'
import { inForceAfter, type InForce } from '../../traffic/event-words.ts'
import type { Page } from '../../traffic/page.ts'
import { TEXT_ROWS, type Row, type RowRules } from '../../traffic/row.ts'
import type { CaptureFormat, CaptureMeta } from '../format.ts'
import { RowStream } from './row-stream.ts'

/** How rows are written; each is given once, in their order. Answers end with their line's end, and may be empty. */
export interface RowForm {
  /** Before all rows. */
  head(meta: CaptureMeta): string
  /** `before`: what was in force on the line when the row began. */
  row(row: Row, before: InForce, decoded?: Decoded): string
}

export interface RowFileOptions {
  readonly form: RowForm
  /** Absent: lines of text. */
  readonly rules?: RowRules | undefined
  readonly decoder?: Decoder | undefined
  /** False: the row is left out. It is asked after the decoder, which sees all of them. */
  readonly keeps?: ((row: Row, decoded: Decoded | undefined) => boolean) | undefined
}

const NEWLINE = 0x0a
const UTF8 = new TextEncoder()

export class RowFile implements CaptureFormat {
  readonly #options: RowFileOptions
  #rows = new RowStream(TEXT_ROWS, undefined)
  #inForce: InForce = {}

  constructor(options: RowFileOptions) {
    this.#options = options
  }

  start(meta: CaptureMeta): Uint8Array {
    this.#rows = new RowStream(this.#options.rules ?? TEXT_ROWS, meta.settings)
    this.#inForce = { settings: meta.settings }
    return UTF8.encode(this.#options.form.head(meta))
  }

  page(page: Page, from: number, to: number): Uint8Array {
    return this.#lines(this.#rows.push(page, from, to))
  }

  end(): Uint8Array {
    return this.#lines(this.#rows.rest())
  }

  whole(piece: Uint8Array, length: number): number {
    return piece.subarray(0, length).lastIndexOf(NEWLINE) + 1
  }

  #lines(rows: Iterable<Row>): Uint8Array {
    const { form, decoder, keeps } = this.#options
    let text = ''
    for (const row of rows) {
      const decoded = decoder?.decode(row)
      if (!keeps || keeps(row, decoded)) text += form.row(row, this.#inForce, decoded)
      if (row.content.type === 'event') this.#inForce = inForceAfter(row.content.event, this.#inForce)
    }
    return UTF8.encode(text)
  }
}
