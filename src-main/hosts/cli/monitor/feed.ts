/**
 * Where the records of a monitor come from: a Farport that runs here or elsewhere, a port of this very process, a file. What reads them says
 * when it is ready for more: nothing is sent before, and nothing waits but in the recording itself.
 */
import type { LineSettings } from '../../../contract/line.ts'
import type { TrafficFrom } from '../../../contract/recording.ts'
import type { Page } from '../../../traffic/page.ts'

/** What is known of a recording before its first record. */
export interface FeedBegin {
  /** Of the share, link or port. */
  readonly name: string
  /** As people read it: `/dev/ttyUSB0`. */
  readonly port: string
  /** Of the computer whose clock the times are. */
  readonly computer?: string
  /** In force, where that is known. */
  readonly settings?: LineSettings
  /** What came before is not for us, although it was asked for. */
  readonly noHistory?: true
}

/** Called one after the other: what comes next waits for the promise. */
export interface FeedReader {
  /** First, and again where another recording takes its place. */
  begin(begin: FeedBegin): Promise<void>
  page(page: Page): Promise<void>
}

export interface Feed {
  /** It grows while it is read; false: a file. */
  readonly isLive: boolean
  /** What nobody uses just now, by its name: nothing may come for a long time. */
  readonly idle?: string | undefined
  /**
   * Reads until the end, or until the signal is aborted. Rejects with a Fault, with what the reader rejects with; not because of the signal.
   * Once.
   */
  run(from: TrafficFrom, reader: FeedReader, signal: AbortSignal): Promise<void>
}
