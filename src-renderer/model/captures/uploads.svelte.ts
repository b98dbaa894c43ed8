/** Files from elsewhere on their way into the captures folder, one after the other, each in pieces. Made by the page. */
import type { Disposable } from '../../../src-main/base/event.ts'
import { toFault } from '../../../src-main/contract/faults.ts'
import { MAX_UPLOAD_PIECE, type SavedCapture } from '../../../src-main/contract/recording.ts'
import type { Core } from '../../core.svelte.ts'
import { fittingName, numberedName } from './file-list.ts'

/** Names that are tried where one is taken. */
const MAX_NAMES = 50

export interface Upload {
  readonly key: number
  readonly name: string
  readonly bytes: number
  readonly sent: number
  /** Why it is not here; absent: it is on its way. */
  readonly fault?: string
}

/** What of a browser's File is used. */
export interface UploadedFile {
  readonly name: string
  readonly size: number
  slice(from: number, to: number): { arrayBuffer(): Promise<ArrayBuffer> }
}

export class UploadDesk implements Disposable {
  readonly #core: Pick<Core, 'call'>
  readonly #arrived: (saved: SavedCapture) => void
  /** Keys of those that somebody gave up. */
  #ended: readonly number[] = []
  #row: Promise<void> = Promise.resolve()
  #last = 0
  #isOver = false
  uploads = $state.raw<readonly Upload[]>([])

  constructor(core: Pick<Core, 'call'>, arrived: (saved: SavedCapture) => void) {
    this.#core = core
    this.#arrived = arrived
  }

  add(files: Iterable<UploadedFile>): void {
    for (const file of files) {
      const upload = { key: ++this.#last, name: fittingName(file.name), bytes: file.size, sent: 0 }
      this.uploads = [...this.uploads, upload]
      this.#row = this.#row.then(() => this.#send(upload, file))
    }
  }

  /** Gives it up, or takes away what is told of it. What was sent of it is dropped there when nothing follows. */
  end(key: number): void {
    this.#ended = [...this.#ended, key]
    this.uploads = this.uploads.filter((each) => each.key !== key)
  }

  dispose(): void {
    this.#isOver = true
  }

  /** Never rejects. */
  async #send(upload: Upload, file: UploadedFile): Promise<void> {
    try {
      for (let number = 1; !this.#isGone(upload.key); number++) {
        const name = numberedName(upload.name, number)
        try {
          const saved = await this.#pieces(upload.key, name, file)
          if (!saved) return
          this.end(upload.key)
          this.#arrived(saved)
          return
        } catch (error) {
          if (toFault(error).code !== 'path-taken' || number >= MAX_NAMES) throw error
        }
      }
    } catch (error) {
      this.#change(upload.key, { fault: toFault(error).message })
    }
  }

  /** Undefined: it was given up. */
  async #pieces(key: number, name: string, file: UploadedFile): Promise<SavedCapture | undefined> {
    for (let at = 0; ; at += MAX_UPLOAD_PIECE) {
      if (this.#isGone(key)) return undefined
      const end = Math.min(file.size, at + MAX_UPLOAD_PIECE)
      const bytes = new Uint8Array(await file.slice(at, end).arrayBuffer())
      const done = end >= file.size
      const { saved } = await this.#core.call('capture.upload', { name, at, bytes, done })
      this.#change(key, { sent: end })
      if (done) return saved
    }
  }

  #isGone(key: number): boolean {
    return this.#isOver || this.#ended.includes(key)
  }

  #change(key: number, news: Partial<Upload>): void {
    this.uploads = this.uploads.map((each) => (each.key === key ? { ...each, ...news } : each))
  }
}
