/**
 * A form in which captures are written (pcapng, CSV, text, …): the agreement between those who have records and a place for them
 * (capture-writer.ts, exports), and the forms in `files/`. A form is one file being written: make one for each, for it may remember what
 * was in force before. It is pure: no clock, no disk; it never throws on what a page holds.
 */
import type { LineSettings } from '../contract/line.ts'
import type { Page } from '../traffic/page.ts'

/** What the beginning of a file says about all of it. */
export interface CaptureMeta {
  /** Of the share, link or port. */
  readonly name: string
  /** Its port, as people read it: `/dev/ttyUSB0`. */
  readonly port?: string
  /** In force at the first record, where that is known and no record of the file says it. */
  readonly settings?: LineSettings
  /** Of the computer whose clock the times are. */
  readonly computer?: string
  /** `Farport 1.2.3`. */
  readonly program?: string
}

/** Answers may be empty, and are the caller's: none is changed afterwards. */
export interface CaptureFormat {
  /** First, and once. */
  start(meta: CaptureMeta): Uint8Array
  /**
   * The records `from` up to `to` of the page, by their place in it (`to` is behind the last one); calls follow each other in the order of
   * the recording. What it answers has no views of the page: its memory is written anew as soon as this returns. A call with some hundred
   * KiB of records takes a few ms at the most, and whoever calls sees to it that it has no more.
   */
  page(page: Page, from: number, to: number): Uint8Array
  /** Last, and once: a footer, and what was held back. */
  end(): Uint8Array
  /**
   * Of what one of these answered, where a disk took no more than the first `length` bytes: up to where it is whole blocks or lines. Absent:
   * it is whole anywhere.
   */
  whole?(piece: Uint8Array, length: number): number
}

/** Makes a new one for each file: files of a rotation are whole by themselves. */
export type CaptureFormatSource = () => CaptureFormat
