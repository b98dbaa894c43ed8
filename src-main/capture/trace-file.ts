/**
 * One file that is appended to behind the traffic's back: what is written waits in a bounded queue, a file that cannot be
 * written or is too slow loses bytes of the trace, counted and told, and never holds anybody up. Called by trace.ts.
 */
import type { Clock } from '../base/clock.ts'
import type { Disposable } from '../base/event.ts'
import type { Disk, DiskFile } from './disk.ts'
import { Gaps } from './gaps.ts'

/** What may wait to be written, in bytes; a chunk counts as more than its bytes, for what an object costs. */
export const QUEUE_LIMIT = 1024 * 1024
const CHUNK_COST = 64
/** After a gap it goes on when no more than this waits: one long gap instead of many short ones. */
const RESUME_AT = QUEUE_LIMIT / 2

/** One write at the most. */
const BATCH_BYTES = 64 * 1024
const BATCH_CHUNKS = 512

/** What trickles is written together, at the latest after this long. */
export const FLUSH_MS = 50
/** A file that could not be opened or written is tried again. */
export const RETRY_MS = 10_000
/** A pipe that is full. */
const BUSY_MS = 50

export interface TraceFileOptions {
  readonly path: string
  /** It is put aside as PATH.1 before it grows beyond so many bytes; absent: never. */
  readonly rotateBytes?: number | undefined
  readonly clock: Clock
  readonly disk: Disk
  /** One line for people, without the path. */
  readonly report: (text: string) => void
  /** What stands in the file for bytes that do not. */
  readonly gap?: (bytes: number) => Uint8Array
  /** Another one that still writes to the same path. */
  readonly after?: Promise<void> | undefined
}

export class TraceFile {
  readonly path: string
  readonly #options: TraceFileOptions
  #queue: Uint8Array[] = []
  /** As the limit counts. */
  #cost = 0
  #file: DiskFile | undefined
  /** It was opened once: it is there even where nothing is ever written. */
  #made = false
  #size = 0
  /** It is no file that could be rotated, or has just refused to be: from this size on it is tried again. */
  #rotateAt: number
  #flush: Disposable | undefined
  #working: Promise<void> | undefined
  /** The message of the present failure; empty: there is none. */
  #failure = ''
  readonly #gaps: Gaps
  #wake: () => void = () => undefined
  #closing = false
  #givenUp = false

  /** It is opened at once. */
  constructor(options: TraceFileOptions) {
    this.#options = options
    this.path = options.path
    this.#gaps = new Gaps(options.clock, options.report)
    this.#rotateAt = options.rotateBytes ?? Infinity
    this.#work()
  }

  /** Never waits and never throws. The chunk is kept as it is. */
  write(chunk: Uint8Array): void {
    if (this.#closing || chunk.length === 0) return
    const cost = chunk.length + CHUNK_COST
    // One chunk finds room whatever its size: else a gap would not end.
    if (this.#gaps.open || (this.#queue.length > 0 && this.#cost + cost > QUEUE_LIMIT)) {
      this.#gaps.miss(chunk.length, this.#failure === '' ? 'the disk is too slow' : 'nothing can be written')
      return
    }
    this.#queue.push(chunk)
    this.#cost += cost
    if (this.#cost >= BATCH_BYTES) this.#work()
    else this.#flush ??= this.#options.clock.after(FLUSH_MS, () => this.#work())
  }

  /** Writes what waits and closes the file, or gives up after `timeoutMs`; another call may shorten that. Never rejects. */
  async close(timeoutMs: number): Promise<void> {
    this.#closing = true
    const limit = this.#options.clock.after(timeoutMs, () => {
      this.#givenUp = true
      this.#wake()
      this.#giveUp()
    })
    // A failed file gets its last chance now.
    this.#wake()
    this.#work()
    await Promise.race([this.#finish(), this.#untilGivenUp])
    limit.dispose()
    this.#giveUp()
  }

  async #finish(): Promise<void> {
    await this.#working
    // It may have been past its last look at what is to be done.
    if (this.#failure === '') this.#work()
    await this.#working
  }

  #giveUp: () => void = () => undefined
  readonly #untilGivenUp = new Promise<void>((resolve) => {
    this.#giveUp = (): void => {
      this.#endOfNews()
      resolve()
    }
  })

  /** One at a time; what comes meanwhile is seen by the one that runs. */
  #work(): void {
    this.#flush?.dispose()
    this.#flush = undefined
    this.#working ??= this.#writeAll().finally(() => {
      this.#working = undefined
      if (this.#queue.length > 0 && !this.#flush && !this.#closing) this.#work()
    })
  }

  async #writeAll(): Promise<void> {
    await this.#options.after
    while (!this.#givenUp && (this.#queue.length > 0 || !this.#made)) {
      try {
        await this.#writeSome()
      } catch (error) {
        // A file that fails while it is being closed had its last chance.
        const last = this.#closing
        await this.#failed(error as NodeJS.ErrnoException)
        if (last && this.#failure !== '') break
      }
    }
    if (this.#closing) await this.#closeFile()
  }

  async #writeSome(): Promise<void> {
    if (!this.#file) {
      this.#file = await this.#options.disk.open(this.path)
      this.#made = true
      this.#size = this.#file.size
      if (!this.#file.regular) this.#rotateAt = Infinity
    }
    const batch = this.#batch()
    if (batch.chunks.length === 0) return
    if (this.#size > 0 && this.#size + batch.bytes > this.#rotateAt) {
      await this.#rotate()
      return
    }
    const written = await this.#file.write(batch.chunks)
    this.#size += written
    this.#drop(written)
    this.#recovered()
  }

  #batch(): { chunks: Uint8Array[]; bytes: number } {
    const chunks: Uint8Array[] = []
    let bytes = 0
    for (const chunk of this.#queue) {
      if (chunks.length === BATCH_CHUNKS || (bytes > 0 && bytes + chunk.length > BATCH_BYTES)) break
      chunks.push(chunk)
      bytes += chunk.length
    }
    return { chunks, bytes }
  }

  /** Takes off the queue what was written. */
  #drop(bytes: number): void {
    let left = bytes
    let whole = 0
    for (const chunk of this.#queue) {
      if (left < chunk.length) break
      left -= chunk.length
      whole++
      this.#cost -= chunk.length + CHUNK_COST
    }
    this.#queue.splice(0, whole)
    const [head] = this.#queue
    if (!head || left === 0) return
    this.#queue[0] = head.subarray(left)
    this.#cost -= left
  }

  async #rotate(): Promise<void> {
    const { disk, rotateBytes = 0 } = this.#options
    await this.#closeFile()
    try {
      await disk.rename(this.path, `${this.path}.1`)
    } catch (error) {
      this.#rotateAt = this.#size + rotateBytes
      this.#options.report(`cannot be put aside as ${this.path}.1 (${(error as Error).message}); it grows on`)
      return
    }
    this.#rotateAt = rotateBytes
  }

  async #failed(error: NodeJS.ErrnoException): Promise<void> {
    if (error.code === 'EAGAIN') {
      await this.#sleep(BUSY_MS)
      return
    }
    const message = error.message.replace(/, (open|write)\b.*$/, '')
    if (message !== this.#failure)
      this.#options.report(`cannot be written: ${message}; tried again every ${RETRY_MS / 1000} s`)
    this.#failure = message
    await this.#closeFile()
    if (!this.#closing) await this.#sleep(RETRY_MS)
  }

  async #closeFile(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    try {
      await file?.close()
    } catch (error) {
      // What a network drive could not write after all is told only here.
      this.#options.report(`may lack its last bytes: ${(error as Error).message}`)
    }
  }

  /** Something was written. */
  #recovered(): void {
    const failed = this.#failure !== ''
    this.#failure = ''
    if (failed) this.#options.report('is written again')
    if (this.#gaps.open && this.#cost <= RESUME_AT) {
      const missing = this.#gaps.end()
      const mark = this.#options.gap?.(missing)
      if (mark) this.write(mark)
    }
    this.#gaps.tell(failed)
  }

  /** What was not told yet, and what will never be written. */
  #endOfNews(): void {
    const left = this.#queue.reduce((sum, chunk) => sum + chunk.length, 0)
    this.#queue = []
    this.#gaps.end(left)
    this.#gaps.tell(true)
    this.#gaps.dispose()
  }

  #sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#options.clock.after(delayMs, () => this.#wake())
      this.#wake = (): void => {
        timer.dispose()
        this.#wake = () => undefined
        resolve()
      }
    })
  }
}
