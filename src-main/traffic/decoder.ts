/**
 * What reads meaning out of rows. A decoder sees every row of one recording in order, live or stored, and adds words beside it; the bytes
 * stay as they are. It may remember what came before (a request, half a frame), and never more than some kilobytes.
 */
import type { LineSettings } from '../contract/line.ts'
import type { Row, RowRules } from './row.ts'

/** `bad`: a check failed or the form is broken. `note`: it is all right, and says something unusual (an exception, a refusal). */
export type Verdict = 'ok' | 'note' | 'bad'

/** One field for the detail pane, in the order of the frame. */
export interface DecodedField {
  readonly name: string
  readonly value: string
  /** Where it stands in the row, bytes from 0; absent: nowhere, or in several rows. */
  readonly from?: number
  readonly to?: number
}

export interface Decoded {
  /** One line for the column beside the bytes. */
  readonly text: string
  readonly verdict: Verdict
  readonly fields: readonly DecodedField[]
  /**
   * What filters ask for: `fc` (function code), `unit`, `crc` (ok or bad), `type` (an NMEA sentence); plain words, lower case. A row with
   * several frames has several values, parted by a space.
   */
  readonly keys?: Readonly<Record<string, string>>
  /** The number of the row that this one answers, and the time from its last byte to the first one here. */
  readonly answers?: { readonly row: number; readonly afterNs: number }
  /** Rows before this one that asked something, and it is known now that nobody answered. */
  readonly unanswered?: readonly number[]
}

export interface Decoder {
  /** Undefined: nothing to say of this row. Never throws, whatever the bytes; events are given too. */
  decode(row: Row): Decoded | undefined
  /** Another one that goes on from here by itself: what a list of rows begins with where it is read in the middle. */
  copy(): Decoder
}

/** How much the last rows look like what a decoder reads, 0 to 1; 0.8 and more is worth a suggestion. */
export type Likeness = (rows: readonly Row[]) => number

export interface DecoderKind {
  /** As in `--decode modbus-rtu`. */
  readonly id: string
  readonly name: string
  /** How rows are best cut for it. */
  readonly rows: RowRules
  readonly settings?: Partial<LineSettings>
  /** All that its findings may have in `keys`. */
  readonly keys: readonly string[]
  readonly likeness: Likeness
  readonly make: () => Decoder
}
