/** A capture file, read from its beginning to its end: however large it is, only what is being shown is in memory. */
import { open } from 'node:fs/promises'
import { CaptureFileReader } from '../../../capture/files/file-reader.ts'
import type { Recording } from '../../../capture/files/recording-reader.ts'
import { Fault } from '../../../contract/faults.ts'
import type { TrafficFrom } from '../../../contract/recording.ts'
import { Cursor } from '../../../core/recording/cursor.ts'
import { copyRecords } from '../../../traffic/page-writer.ts'
import { Page } from '../../../traffic/page.ts'
import { systemWords } from '../system-words.ts'
import type { Feed, FeedReader } from './feed.ts'

const READ_BYTES = 256 * 1024
/** Records are taken as they are read: only the rest of a piece waits. */
const MAX_BYTES = 8 * 1024 * 1024

export class FileFeed implements Feed {
  readonly isLive = false
  readonly #path: string
  readonly #which: number
  readonly #say: (text: string) => void

  /** `which`: of the recordings in it, from 1. `say`: what could not be read of it, a line each. */
  constructor(path: string, which: number, say: (text: string) => void) {
    this.#path = path
    this.#which = which
    this.#say = say
  }

  async run(_from: TrafficFrom, reader: FeedReader, signal: AbortSignal): Promise<void> {
    const file = await open(this.#path).catch((error: unknown) => {
      throw new Fault('usage', `${this.#path} cannot be read (${systemWords(error)}).`, error)
    })
    const source = new CaptureFileReader({ maxBytes: MAX_BYTES })
    const taker = new Taker(source, this.#which, reader)
    try {
      const buffer = new Uint8Array(READ_BYTES)
      while (!signal.aborted) {
        const { bytesRead } = await file.read(buffer, 0, READ_BYTES)
        if (bytesRead === 0 || !source.push(buffer.slice(0, bytesRead))) break
        await taker.take(signal)
      }
      if (signal.aborted) return
      for (const line of source.end()) this.#say(`${this.#path}: ${line}.`)
      await taker.take(signal)
    } finally {
      await file.close()
    }
    this.#check(source.recordings)
  }

  #check(recordings: readonly Recording[]): void {
    const { length } = recordings
    if (length === 0)
      throw new Fault(
        'usage',
        `${this.#path} has no serial traffic that can be read here. Give a file of farport capture (pcapng, CSV, JSON Lines), or one of Wireshark.`
      )
    if (this.#which > length)
      throw new Fault('usage', `${this.#path} has no recording ${this.#which}: there are ${length}.`)
    if (length > 1) {
      const names = recordings.map(({ meta }, index) => `${index + 1} ${meta.name}`).join(', ')
      this.#say(
        `${this.#path} has ${length} recordings: ${names}. This was ${this.#which}; --recording N chooses.`
      )
    }
  }
}

/** Hands on what one recording has more than before. */
class Taker {
  readonly #source: CaptureFileReader
  readonly #index: number
  readonly #reader: FeedReader
  #cursor: Cursor | undefined

  constructor(source: CaptureFileReader, which: number, reader: FeedReader) {
    this.#source = source
    this.#index = which - 1
    this.#reader = reader
  }

  async take(signal: AbortSignal): Promise<void> {
    const recording = this.#source.recordings[this.#index]
    if (!recording) return
    const { meta, log } = recording
    if (!this.#cursor) {
      // Its first record need not be 0.
      this.#cursor = new Cursor(log, log.first)
      const { name, port = name, computer, settings } = meta
      await this.#reader.begin({ name, port, ...(computer && { computer }), ...(settings && { settings }) })
    }
    for (let slice = this.#cursor.read(); slice && !signal.aborted; slice = this.#cursor.read()) {
      const { page, from, to } = slice
      await this.#reader.page(Page.from(copyRecords(page, from, to)))
    }
  }
}
