/**
 * Fills a log with records that come from a file, each one record, with their numbers and their clock. Called by recording-reader.ts; what does not
 * fit into the log's memory makes the log give up its oldest, which its owner counts.
 */
import type { Direction, TrafficEvent } from '../../contract/traffic.ts'
import type { TrafficLog } from '../../traffic/log.ts'
import { MAX_EVENT_BYTES, PageWriter } from '../../traffic/page-writer.ts'
import type { PageNote } from './notes.ts'

/** More records come before they go into the log; a record of a file is never longer. */
export const BUILDER_BYTES = 64 * 1024
/** For a header and an index entry. */
const AROUND = 128

/** The longest record that one page here has room for. */
export const MAX_RECORD = 1024 * 1024

export class LogBuilder {
  readonly log: TrafficLog
  #writer: PageWriter
  #memory = new Uint8Array(BUILDER_BYTES)
  #next = 0
  #bytes = 0
  #wallOffsetMs = 0

  constructor(log: TrafficLog) {
    this.log = log
    this.#writer = new PageWriter(this.#memory, 0, 0, 0)
  }

  /** Records that were put in, and bytes of the line before the next one. */
  get end(): number {
    return this.#next
  }

  get bytesBefore(): number {
    return this.#bytes
  }

  get wallOffsetMs(): number {
    return this.#wallOffsetMs
  }

  /** The next record is this one of the recording; a lower number than is due is not believed. */
  goOn({ first, wallOffsetMs, bytesBefore }: PageNote): void {
    this.flush()
    if (first > this.#next) {
      this.#next = first
      this.#bytes = Math.max(this.#bytes, bytesBefore)
    }
    this.#wallOffsetMs = wallOffsetMs
    this.#begin()
  }

  bytes(timeNs: number, direction: Direction, session: number, bytes: Uint8Array, continued: boolean): void {
    if (bytes.length === 0) return
    this.#makeRoom(bytes.length)
    this.#writer.bytes(timeNs, direction, session, bytes, 0, continued)
    this.#next++
    this.#bytes += bytes.length
  }

  event(timeNs: number, event: TrafficEvent): void {
    this.#makeRoom(MAX_EVENT_BYTES)
    if (this.#writer.event(timeNs, event)) this.#next++
  }

  /** All that was put in is in the log. */
  flush(): void {
    if (this.#writer.count === 0) return
    this.log.append(this.#writer.page)
    this.#begin()
  }

  #makeRoom(size: number): void {
    if (this.#writer.room >= size) return
    this.flush()
    if (this.#writer.room >= size) return
    this.#memory = new Uint8Array(Math.ceil((size + AROUND) / 16) * 16)
    this.#begin()
  }

  #begin(): void {
    this.#writer = new PageWriter(this.#memory, this.#next, this.#wallOffsetMs, this.#bytes)
  }
}
