/**
 * What the rooms of the monitor hand to each other: one recording as it comes, cut into rows; how it is shown; which of its rows. The parts of
 * parts/monitor are each given the whole desk, and take what they need.
 *
 * Reactivity: nothing here is a deep proxy. `$state.raw` holds small plain values, and the log, the table and the columns tell by numbers that
 * they grew (`Traffic.version`): at the most once in a frame, however much comes.
 */
import type { Disposable, Event } from '../../../src-main/base/event.ts'
import type { FaultRecord } from '../../../src-main/contract/faults.ts'
import type { CaptureItem, TrafficItem, TrafficSpec } from '../../../src-main/contract/recording.ts'
import type { Decoded } from '../../../src-main/traffic/decoder.ts'
import type { TrafficLog } from '../../../src-main/traffic/log.ts'
import type { RowRules } from '../../../src-main/traffic/row.ts'
import type { RowMarks } from '../../../src-main/traffic/row-marks.ts'
import type { RowReader } from '../../../src-main/traffic/row-reader.ts'
import type { RowTable } from '../../../src-main/traffic/row-table.ts'
import type { ControlBytes } from '../../../src-main/traffic/byte-words.ts'
import type { TimeMode } from '../../../src-main/traffic/time-words.ts'
import type { BaudFinding } from '../../../src-main/traffic/baud-doctor.ts'
import type { Core } from '../../core.svelte.ts'

/**
 * `recording`: a share or link of the state. `port`: any other port, opened for this alone and never written to. `file`: of the captures
 * folder; it may hold several recordings (both ends of a link), `recording` says which is shown, from 0.
 */
export type MonitorTarget =
  | { readonly type: 'recording'; readonly id: string }
  | { readonly type: 'port'; readonly port: Extract<TrafficSpec, { readonly port: unknown }>['port'] }
  | { readonly type: 'file'; readonly name: string; readonly recording: number }

/** What is watched, as the core told it last. */
export type MonitorBegin = Extract<TrafficItem | CaptureItem, { type: 'begin' }>

/**
 * `live`: as it comes. `read`: all of a file was read; `problems`: what made no sense in it. `over`: the share was removed, or the core is
 * lost: what is there stays.
 */
export type TrafficStatus =
  | { readonly type: 'opening' }
  | { readonly type: 'live' }
  | { readonly type: 'reading'; readonly bytes: number }
  | { readonly type: 'read'; readonly problems: readonly string[] }
  | { readonly type: 'over'; readonly fault?: FaultRecord }

/** The newest so many bytes of a recording are kept in a window; what was before is given up by pages. */
export const MAX_WINDOW_BYTES = 96 * 1024 * 1024

/** A recording in this window, and its rows. */
export interface Traffic extends Disposable {
  readonly target: MonitorTarget
  /** Reactive. */
  readonly status: TrafficStatus
  readonly begin: MonitorBegin | undefined
  /** Of a file: all recordings in it. */
  readonly recordings: readonly MonitorBegin[]
  /** Grows by one whenever log or table changed; read it in an effect or `$derived`, then ask these. Once a frame at the most. */
  readonly version: number
  /** Another number: the rows are cut anew, by other rules or of another recording; whatever was remembered of row numbers is void. */
  readonly cut: number
  /** All records that are there have been cut. */
  readonly isCut: boolean
  readonly log: TrafficLog
  readonly table: RowTable
  readonly reader: RowReader
  /** What stands before a row: for its time, and for the words of an event. */
  readonly marks: RowMarks
  /** The row that goes on with the next bytes. */
  readonly openRow: () => number | undefined
  /** Cuts anew, in slices of some ms. */
  cutBy(rules: RowRules): void
}

export const MONITOR_VIEWS = ['lines', 'hex', 'text', 'decoded', 'plot'] as const
export type MonitorView = (typeof MONITOR_VIEWS)[number]

/** `hide`: only rows that fit are in the list; `dim`: all are, and what does not fit is pale. */
export type FilterMode = 'hide' | 'dim'

/** All reactive, and kept for each target in the browser. */
export interface ViewOptions {
  view: MonitorView
  time: TimeMode
  controls: ControlBytes
  /** `auto`: what the decoder or the view wants. */
  rules: RowRules | 'auto'
  /** Its id; undefined: none. */
  decoder: string | undefined
  /** As typed; empty: none. */
  filter: string
  filterMode: FilterMode
}

/** Some bytes of a row, from 0; `to` is behind the last one. */
export interface ByteRange {
  readonly from: number
  readonly to: number
}

/** What the rows say to the chosen decoder; made for a desk, disposed of with it. */
export interface Decoding extends Disposable {
  /** Reactive: grows whenever an answer below may be another one. */
  readonly version: number
  decoded(row: number): Decoded | undefined
  isUnanswered(row: number): boolean
  /** What filters ask of a row: as `decoded(row)?.keys`, and quicker. */
  keys(row: number): Decoded['keys']
  /** Another number: all keys are void, for there is another decoder. Reactive. */
  readonly generation: number
  /** The keys of these rows were others than they are now: from, to below. */
  readonly onCorrected: Event<{ readonly from: number; readonly to: number }>
  /** Reactive, both. */
  readonly finding: BaudFinding | undefined
  readonly suggestion: string | undefined
}

/** Something typed that cannot be done, in words; `column` from 1, `length` in characters, where it is one place. */
export interface TypedProblem {
  readonly message: string
  readonly column?: number
  readonly length?: number
}

/** What is looked for in the rows that are shown. All but its methods is reactive. */
export interface Finder {
  /** As typed: text, `hex:01 03`, `/expression/i`; empty: nothing. */
  text: string
  readonly problem: TypedProblem | undefined
  /** Rows that have it, as far as they were looked at. */
  readonly count: number
  readonly isSearching: boolean
  /** Which of them this row is, from 1; undefined: it is none. */
  placeOf(row: number): number | undefined
  /**
   * The next one behind a row, or before it; at the end it goes on at the other one. Without a row: the last one. Resolves as soon as it is
   * known; undefined: nobody has it, or something else is looked for by now.
   */
  next(row: number | undefined, isBack: boolean): Promise<number | undefined>
}

/** The rows that stand in the list, and what find found in them; made for a desk, disposed of with it. */
export interface Filtering extends ShownRows, Disposable {
  /** What find found in this row, ascending; reactive by `version`. Quick: called for each row that is drawn. */
  found(row: number): readonly ByteRange[]
  readonly find: Finder
  /** Of the filter as it is typed; the last one that made sense stays in force. Reactive. */
  readonly problem: TypedProblem | undefined
  /** Not all rows were looked at yet. Reactive. */
  readonly isSearching: boolean
  /** How many rows fit, as far as they were looked at, however they are shown; undefined: there is no filter. Reactive. */
  readonly matching: number | undefined
  /** Set by the list: the first row in sight where it does not follow, so that a new filter begins there. */
  sight: number | undefined
  /** An expression will be wanted: gets ready for it. */
  warm(): void
}

/** What is plugged into a desk. Each is called once, at its beginning, within an effect root. */
export interface DeskParts {
  readonly decoding: (traffic: Traffic, options: ViewOptions) => Decoding
  readonly filtering: (traffic: Traffic, options: ViewOptions, decoding: Decoding) => Filtering
}

/** Which rows stand in the list, from its top: all of them, or those that the filter found. */
export interface ShownRows {
  /** Reactive by `version`. */
  readonly count: number
  readonly version: number
  /** The number of the row at this place, 0 to `count` - 1. */
  rowAt(index: number): number
  /** The place of this row, or of the first one behind it that is shown; `count`: there is none. */
  indexOf(row: number): number
  isDim(row: number): boolean
}

/** Something that can be done in a monitor: an entry of its palette, and what its key does. */
export interface MonitorAction {
  /** `find`, `save-last-minutes`. */
  readonly id: string
  /** As the palette calls it. */
  readonly text: string
  /** Pressed in the list, as `KeyboardEvent.key` tells it: `/`, `f`, `End`; ` ` is the space bar. Absent: none. */
  readonly key?: string
  /** Asked whenever it is shown or wanted. */
  readonly isDisabled?: () => boolean
  readonly do: () => void
}

/** What can be done now: each part adds what is its own as long as it is there (actions.svelte.ts). */
export interface MonitorActions {
  /** Reactive; in the order in which they were added. */
  readonly all: readonly MonitorAction[]
  add(actions: readonly MonitorAction[]): Disposable
  /** Does nothing where there is none of that id, or it is disabled. */
  do(id: string): void
}

/** One monitor: everything of one tab or window. Made by the page, disposed of with it. */
export interface MonitorDesk extends Disposable {
  readonly core: Core
  readonly name: string
  readonly traffic: Traffic
  readonly options: ViewOptions
  readonly shown: ShownRows
  readonly filtering: Filtering
  /** Row number; reactive. The detail pane shows it. */
  selected: number | undefined
  /** Where the selection began, if it is of several rows: all shown ones from here to `selected` are selected. Reactive. */
  selectedFrom: number | undefined
  /** Bytes of the selected row that are marked, from 0; `to` is behind the last one; undefined: none. */
  range: ByteRange | undefined
  /** The list stays at its end. */
  isFollowing: boolean
  /** `table.end` when it was paused; undefined: it is not. What comes meanwhile is kept and not shown. */
  pausedAt: number | undefined
  /** `table.end` when the view was cleared: rows before that are kept and not shown; undefined: it was not. Reactive. */
  clearedAt: number | undefined
  readonly actions: MonitorActions
  /** Of the chosen decoder; undefined: none, or it has nothing to say. Quick: called for each row that is drawn. */
  decoded(row: number): Decoded | undefined
  /** Rows before that asked and were not answered. */
  isUnanswered(row: number): boolean
  /** What find found in this row, ascending. Quick: called for each row that is drawn. */
  found(row: number): readonly ByteRange[]
  /** What the bytes say of the settings; reactive. */
  readonly finding: BaudFinding | undefined
  /** A decoder that would fit, by its id; reactive. */
  readonly suggestion: string | undefined
  /** Brings a row into sight, selects it, and ends following. */
  reveal(row: number): void
  /** The row that is to be in sight: a new object for each wish. Reactive; the list's. */
  readonly revealed: { readonly row: number } | undefined
}
