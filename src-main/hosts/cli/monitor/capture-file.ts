/**
 * Writes the pages of a feed into a file, or several that follow each other: `--save`, `farport capture`, `farport export`. Called with each page
 * and waited for, so that a slow disk holds up its reader and never the traffic.
 */
import { rm } from 'node:fs/promises'
import { extname } from 'node:path'
import type { CaptureFormat, CaptureMeta } from '../../../capture/format.ts'
import { Fault } from '../../../contract/faults.ts'
import { formOf, type FileForm } from '../../../capture/files/forms.ts'
import { CAPTURE_EXTENSIONS } from '../../../contract/recording.ts'
import type { Page } from '../../../traffic/page.ts'
import { NewFile } from './new-file.ts'

/** Records that are formatted at once: a few ms. */
const PORTION = 2048

export interface CaptureFileOptions {
  readonly path: string
  readonly make: () => CaptureFormat
  /** A file ends when it would grow beyond so many bytes; default: never. */
  readonly maxBytes?: number | undefined
  /** Where a file is full, another one follows, and so many are kept; absent: that is the end. */
  readonly rotate?: number | undefined
}

/** By the ending of its name. Throws `usage`. */
export function formOfPath(path: string): FileForm {
  const found = formOf(path)
  if (found) return found
  throw new Fault('usage', `${path} ends as no capture does. Choose one of: ${ENDINGS}.`)
}

const ENDINGS = Object.values(CAPTURE_EXTENSIONS).join(', ')

export class CaptureFiles {
  readonly #options: CaptureFileOptions
  readonly #written: string[] = []
  #meta: CaptureMeta | undefined
  #form: CaptureFormat | undefined
  #file: NewFile | undefined
  #bytes = 0
  #count = 0
  #isFull = false
  /** One after the other: a capture may be stopped while a page is being written. */
  #work: Promise<void> = Promise.resolve()

  constructor(options: CaptureFileOptions) {
    this.#options = options
  }

  /** Of all files. */
  get bytes(): number {
    return this.#bytes
  }

  /** Those that are there, the oldest first. */
  get files(): readonly string[] {
    return this.#written
  }

  /** It took all that it may have: what comes next is not written. */
  get isFull(): boolean {
    return this.#isFull
  }

  /** Where another recording takes the place of the one before, its records follow in the same file. Rejects with a Fault. */
  async begin(meta: CaptureMeta): Promise<void> {
    this.#meta = meta
    if (!this.#file) await this.#open()
  }

  /** Rejects with a Fault where the disk takes no more; then it is closed. */
  page(page: Page): Promise<void> {
    return this.#inOrder(() => this.#page(page))
  }

  /** All of it is there, and its end. Rejects as the page that failed. Repeated calls are safe. */
  end(): Promise<void> {
    return this.#inOrder(() => this.#end())
  }

  /** Ends, and takes away what it made: nothing came of it. Never rejects. */
  async discard(): Promise<void> {
    await this.end().catch(() => undefined)
    for (const file of this.#written.splice(0)) await rm(file, { force: true }).catch(() => undefined)
  }

  /** The next file, as after a limit of time. */
  turn(): Promise<void> {
    return this.#inOrder(async () => {
      if (this.#file) await this.#turn()
    })
  }

  #inOrder(task: () => Promise<void>): Promise<void> {
    this.#work = this.#work.then(task)
    return this.#work
  }

  async #page(page: Page): Promise<void> {
    for (let from = 0; from < page.count && !this.#isFull; from += PORTION) {
      const { maxBytes = Infinity } = this.#options
      const bytes = this.#form?.page(page, from, Math.min(page.count, from + PORTION))
      if (bytes) await this.#put(bytes)
      if ((this.#file?.size ?? 0) >= maxBytes) await this.#turn()
    }
  }

  async #end(): Promise<void> {
    const form = this.#form
    if (form && this.#file) await this.#put(form.end())
    this.#form = undefined
    await this.#file?.close()
    this.#file = undefined
  }

  async #turn(): Promise<void> {
    await this.#end()
    if (this.#options.rotate === undefined) {
      this.#isFull = true
      return
    }
    await this.#open()
    while (this.#written.length > this.#options.rotate) {
      const [oldest] = this.#written.splice(0, 1)
      if (oldest !== undefined) await rm(oldest, { force: true })
    }
  }

  async #open(): Promise<void> {
    const { path, make } = this.#options
    this.#file = await NewFile.open(numberedPath(path, ++this.#count))
    this.#written.push(this.#file.path)
    this.#form = make()
    if (this.#meta) await this.#put(this.#form.start(this.#meta))
  }

  async #put(bytes: Uint8Array): Promise<void> {
    const file = this.#file
    const form = this.#form
    const before = file?.size ?? 0
    try {
      await file?.write(bytes, form?.whole && ((piece, length) => form.whole?.(piece, length) ?? length))
      this.#bytes += bytes.length
    } catch (error) {
      this.#bytes += (file?.size ?? before) - before
      this.#form = this.#file = undefined
      await file?.close().catch(() => undefined)
      throw error
    }
  }
}

/** `gps.pcapng`, `gps-2.pcapng`, … */
function numberedPath(path: string, count: number): string {
  if (count === 1) return path
  const ending = extname(path)
  return `${path.slice(0, path.length - ending.length)}-${count}${ending}`
}
