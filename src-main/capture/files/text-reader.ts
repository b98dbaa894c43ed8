/**
 * Opens the files of text that we write with a line for each row: JSON Lines and CSV. Called by file-reader.ts with the file's bytes in any portions.
 * Never throws on a file, and says in words what it could not read.
 */
import { grouped } from '../../traffic/event-words.ts'
import { csvCells, isCsvHead, hasOddQuotes, readCsvRow } from './csv-reader.ts'
import { readJsonHead, readJsonRow } from './jsonl-reader.ts'
import type { Recording } from './recording-reader.ts'
import { TextRows } from './text-rows.ts'

/** A longer line is passed over: a row has 4 KiB, which a decoder may explain at length. */
const MAX_LINE = 1024 * 1024
const LF = 0x0a

type Form = 'jsonl' | 'csv' | 'other'

export class TextReader {
  readonly #maxBytes: number
  readonly #utf8 = new TextDecoder()
  #held: Uint8Array[] = []
  #heldBytes = 0
  /** Of CSV, what came of a line whose quotes are open. */
  #begun = ''
  #isOpen = false
  #form: Form | undefined
  #rows: TextRows | undefined
  #events = 0
  #senseless = 0
  #tooLong = 0

  constructor({ maxBytes }: { readonly maxBytes: number }) {
    this.#maxBytes = maxBytes
  }

  get recordings(): readonly Recording[] {
    const rows = this.#rows
    return rows ? [{ meta: rows.meta, log: rows.log, isOwn: true }] : []
  }

  /** False: there is no use in more. */
  push(bytes: Uint8Array): boolean {
    let from = 0
    for (let lf = bytes.indexOf(LF); lf >= 0; lf = bytes.indexOf(LF, from)) {
      this.#hold(bytes.subarray(from, lf))
      this.#line()
      from = lf + 1
    }
    this.#hold(bytes.slice(from))
    this.#rows?.flush()
    return this.#form !== 'other'
  }

  end(): readonly string[] {
    const isCut = this.#heldBytes > 0 || this.#isOpen
    if (!this.#form) this.#line()
    this.#rows?.end()
    const times = (count: number): string => (count === 1 ? '' : ` (${grouped(count)} times)`)
    const { tooOld = 0 } = this.#rows ?? {}
    return [
      ...(this.#form === 'other' ? ['this is neither a capture nor CSV or JSON Lines of Farport'] : []),
      ...(this.#senseless > 0 ? [`a line that makes no sense was left out${times(this.#senseless)}`] : []),
      ...(this.#tooLong > 0 ? [`a line that is too long was left out${times(this.#tooLong)}`] : []),
      ...(tooOld > 0
        ? [`rows are older than those before them: their times are not right${times(tooOld)}`]
        : []),
      ...(this.#form === 'csv' && this.#events > 0
        ? ['events are only words in CSV: they are markers here']
        : []),
      ...(this.#rows && isCut ? ['the last line is not whole and was left out'] : [])
    ]
  }

  notKept(): readonly string[] {
    const { log, meta } = this.#rows ?? {}
    if (!log || log.dropped === 0) return []
    return [`${meta?.name ?? ''}: the first ${grouped(log.first)} records did not fit into memory`]
  }

  #hold(bytes: Uint8Array): void {
    this.#heldBytes += bytes.length
    if (this.#heldBytes <= MAX_LINE && bytes.length > 0) this.#held.push(bytes)
  }

  #line(): void {
    const isTooLong = this.#heldBytes > MAX_LINE || this.#begun.length > MAX_LINE
    const [first] = this.#held
    const bytes = this.#held.length === 1 && first ? first : Buffer.concat(this.#held)
    this.#held = []
    this.#heldBytes = 0
    if (isTooLong) {
      this.#begun = ''
      this.#isOpen = false
      this.#tooLong++
      this.#form ??= 'other'
      return
    }
    const line = this.#utf8.decode(bytes).replace(/\r$/, '')
    if (this.#form === undefined) this.#head(line)
    else if (this.#form === 'jsonl') this.#json(line)
    else if (this.#form === 'csv') this.#csv(line)
  }

  #head(line: string): void {
    const meta = readJsonHead(line)
    const isCsv = !meta && isCsvHead(csvCells(line))
    this.#form = meta ? 'jsonl' : isCsv ? 'csv' : 'other'
    if (this.#form !== 'other') this.#rows = new TextRows(meta ?? { name: 'CSV' }, this.#maxBytes)
  }

  #json(line: string): void {
    if (line === '') return
    const row = readJsonRow(line)
    if (row) this.#rows?.add(row)
    // Another recording took the place of the one before: its rows go on.
    else if (!readJsonHead(line)) this.#senseless++
  }

  #csv(line: string): void {
    // Each line's quotes are counted once, however many lines a cell has.
    const isFirst = !this.#isOpen
    if (hasOddQuotes(line)) this.#isOpen = !this.#isOpen
    const all = isFirst ? line : `${this.#begun}\n${line}`
    this.#begun = this.#isOpen ? all : ''
    if (this.#isOpen || all === '') return
    const cells = csvCells(all)
    const row = readCsvRow(cells, this.#events + 1)
    if (row && 'event' in row.content) this.#events++
    if (row) this.#rows?.add(row)
    else if (!isCsvHead(cells)) this.#senseless++
  }
}
