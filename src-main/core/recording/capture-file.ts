/**
 * One file of a capture being written: a cursor into a recording, a form, and a file. The recording is the queue, so a disk that is slow
 * costs no memory and never holds traffic up: what the recording let go meanwhile is counted, and stands in the file as an event. Called
 * by captures.ts.
 */
import type { FileHandle } from 'node:fs/promises'
import type { CaptureFormat, CaptureMeta } from '../../capture/format.ts'
import type { TrafficLog } from '../../traffic/log.ts'
import { encodeEvent, PageWriter } from '../../traffic/page-writer.ts'
import { INDEX_ENTRY, PAGE_HEADER, type Page } from '../../traffic/page.ts'
import { Cursor } from './cursor.ts'

/** Records that are formatted at once, in bytes: a few ms. */
const PORTION = 256 * 1024

export interface CaptureFileOptions {
  readonly log: TrafficLog
  /** The first record. */
  readonly from: number
  readonly meta: CaptureMeta
  readonly form: CaptureFormat
  /** Closed by `end`. */
  readonly handle: FileHandle
}

export class CaptureFile {
  readonly #options: CaptureFileOptions
  readonly #cursor: Cursor
  #began = false
  #bytesBefore: number | undefined
  #bytes = 0
  #records = 0
  #missed = 0
  /** A write failed: nothing follows. */
  #isCut = false

  constructor(options: CaptureFileOptions) {
    this.#options = options
    this.#cursor = new Cursor(options.log, options.from)
  }

  /** Of the file. */
  get bytes(): number {
    return this.#bytes
  }

  get records(): number {
    return this.#records
  }

  /** Records that the recording let go before they were written. */
  get missed(): number {
    return this.#missed
  }

  /** The record that is written next. */
  get next(): number {
    return this.#cursor.next
  }

  /** Writes what comes next, up to that record, one portion; false: there was nothing. Rejects with the system's error; one call at a time. */
  async write(end = Infinity): Promise<boolean> {
    if (!this.#began) {
      this.#began = true
      await this.#put(this.#options.form.start(this.#options.meta))
    }
    const expected = this.#cursor.next
    if (expected >= end) return false
    const slice = this.#cursor.read(PORTION)
    if (!slice) return false
    const { page, from } = slice
    const to = Math.min(slice.to, end - page.first)
    if (to <= from) return false
    const pieces: Uint8Array[] = []
    const gap = page.first + from - expected
    if (gap > 0) {
      const missed = missedPage(page, from, gap, this.#bytesBefore)
      pieces.push(this.#options.form.page(missed, 0, 1))
      this.#missed += gap
    }
    pieces.push(this.#options.form.page(page, from, to))
    this.#records += to - from
    this.#bytesBefore = bytesUpTo(page, to)
    for (const piece of pieces) await this.#put(piece)
    return true
  }

  /** Writes its end, where all before that is there, and closes it. Rejects with the system's error; it is closed then, too. */
  async end(): Promise<void> {
    const { form, handle, meta } = this.#options
    try {
      if (this.#isCut) return
      if (!this.#began) await this.#put(form.start(meta))
      this.#began = true
      await this.#put(form.end())
    } finally {
      await handle.close()
    }
  }

  async #put(bytes: Uint8Array): Promise<void> {
    const { handle } = this.#options
    let at = 0
    try {
      while (at < bytes.length) {
        const { bytesWritten } = await handle.write(bytes, at, bytes.length - at)
        at += bytesWritten
        this.#bytes += bytesWritten
      }
    } catch (error) {
      await this.#cut(bytes, at)
      throw error
    }
  }

  /** Half a block at its end would have other programs refuse the file. */
  async #cut(piece: Uint8Array, written: number): Promise<void> {
    const { handle, form } = this.#options
    this.#isCut = true
    const excess = written - (form.whole?.(piece, written) ?? written)
    if (excess === 0) return
    const size = this.#bytes - excess
    // Where it cannot be cut, the reader here tells what follows.
    await handle.truncate(size).then(
      () => (this.#bytes = size),
      () => undefined
    )
  }
}

function bytesUpTo(page: Page, to: number): number {
  let bytes = page.bytesBefore
  for (let record = 0; record < to; record++)
    if (!page.isEvent(record)) bytes += page.end(record) - page.start(record)
  return bytes
}

/** In the place of `records` records before `from`. */
function missedPage(page: Page, from: number, records: number, bytesBefore: number | undefined): Page {
  const before = bytesUpTo(page, from)
  const bytes = Math.max(0, before - (bytesBefore ?? before))
  const event = encodeEvent({ type: 'missed', records, bytes, why: 'the disk was too slow' })
  const size = PAGE_HEADER + event.length + INDEX_ENTRY
  const memory = new Uint8Array(Math.ceil(size / INDEX_ENTRY) * INDEX_ENTRY)
  const writer = new PageWriter(memory, page.first + from - 1, page.wallOffsetMs, before)
  writer.encoded(page.timeNs(from), event)
  return writer.page
}
