/**
 * What a list of traffic shows in one line: bytes of one direction and session that belong together, or one event. Rows are numbered from
 * 0 and stand in the order of their beginnings; an event that comes within a row stands behind it, and the row goes on. Written by
 * RowSplitter (row-splitter.ts), kept in columns by RowTable (row-table.ts), so that a million of them is no million objects.
 */
import type { Direction, TrafficEvent } from '../contract/traffic.ts'
import type { LineSettings } from '../contract/line.ts'

/**
 * Where a row ends. A change of direction, of the session that writes, or of the settings always ends it, and so does a loss; what is absent
 * here does not.
 */
export interface RowRules {
  /** A silence of so many ms; `auto`: 3.5 characters at the settings in force, at least 1.75 ms above 19200 bit/s. */
  readonly gapMs?: number | 'auto'
  /** Behind LF, and behind a CR that no LF follows. */
  readonly newline?: boolean
  /** After so many bytes. */
  readonly length?: number
  /** Before these bytes. */
  readonly start?: Uint8Array
  /** Behind these bytes. */
  readonly end?: Uint8Array
}

/** Ends in any case here: a device that never says a newline. */
export const MAX_ROW_BYTES = 4096

export const TEXT_ROWS: RowRules = { newline: true, gapMs: 100 }
export const FRAME_ROWS: RowRules = { gapMs: 'auto' }

/** One row, out of the table. */
export interface Row {
  readonly number: number
  /** Of its first byte, or the event; ns of the recording computer's monotonic clock. */
  readonly timeNs: number
  /** Add it to `timeNs / 1e6` for ms since 1970. */
  readonly wallOffsetMs: number
  /** Of its last byte. */
  readonly endNs: number
  readonly content:
    | {
        readonly type: 'bytes'
        readonly direction: Direction
        readonly session: number
        /** A view, or a copy where they do not stand in one piece. Empty: the recording gave them up. */
        readonly bytes: Uint8Array
        /** In force at its beginning; absent: nobody said. */
        readonly settings?: LineSettings
      }
    | { readonly type: 'event'; readonly event: TrafficEvent }
}
