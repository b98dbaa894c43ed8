/**
 * Recordings as windows, commands and peers have them: watching one as it grows, saving what it holds, capturing on from now, files of
 * before, and replaying them. What pages hold is in traffic/page.ts.
 */
import * as v from 'valibot'
import { count, flag, text } from './command.ts'
import { portSchema } from './commands.ts'
import type { FaultRecord } from './faults.ts'
import type { LineSettings } from './line.ts'
import { DIRECTIONS } from './traffic.ts'

/** Of one page that a subscription sends, in bytes; a single record that is larger comes alone. */
export const MAX_TRAFFIC_PAGE = 256 * 1024
/** New records are sent no more often than this, in ms: 60 pages a second. What waits beyond one page is sent as credit allows. */
export const TRAFFIC_PACE_MS = 16
/**
 * So many recordings are sent at that pace; where more are watched at once, they share it. A page takes some 50 µs however little is in it:
 * 64 monitors at 60 pages a second each took a fifth of a processor, and at four pages a second, which is what they get, 1 to 2 %.
 */
export const READINGS_AT_FULL_PACE = 4
/**
 * Credit for `traffic` and `capture`: so many pages may be on their way at once. More than 8 with full pages may pass what one connection
 * may have waiting.
 */
export const TRAFFIC_CREDIT = 4
/** Whom one peer may watch at once, all of its connections together: each costs a look at a recording 60 times a second. */
export const MAX_PEER_WATCHES = 8

/** Longest span that anybody speaks of in ms: 100 days. */
const MAX_SPAN_MS = 100 * 86_400_000
const spanMs = v.pipe(count(1), v.maxValue(MAX_SPAN_MS))

/**
 * Where to begin. `start`: with the oldest record that is held; `now`: with the next one; a number: with that record, where the recording
 * is still the one that this number is of (`begin.recording` said which), else as `start`; `lastMs`: with what came in so many ms before now.
 * A peer that may not read a share's history always begins `now`.
 */
const fromSchema = v.union([
  v.picklist(['start', 'now']),
  v.strictObject({ record: count(0), recording: text }),
  v.strictObject({ lastMs: spanMs })
])

/**
 * `id`: a share or link of the state (its id), or for a peer a share that it may observe (id or name). It is not opened for this: a share
 * that is closed stays so, and what it does shows in its state. `port`: any other port, opened for this alone as for a terminal that only
 * watches: nothing is written or set, DTR and RTS stay as the system leaves them; it is in the state meanwhile, and ends with the
 * subscription.
 */
export const trafficSchema = v.union([
  v.strictObject({ id: text, from: v.optional(fromSchema, 'start') }),
  v.strictObject({ port: portSchema, from: v.optional(fromSchema, 'start') })
])
export type TrafficSpec = v.InferInput<typeof trafficSchema>
export type TrafficFrom = v.InferOutput<typeof fromSchema>

/**
 * What is watched. `begin`: first, and again where another recording takes its place (the share was switched off and on again): record
 * numbers begin anew then. `page`: records as traffic/page.ts reads them, `Page.from(bytes)`; numbers that are missing between two pages
 * were overtaken by the ring (`TrafficLog.append` makes the event of it). The subscription ends when the share or link is removed, or the
 * port of its own is closed.
 */
export type TrafficItem =
  | {
      readonly type: 'begin'
      /** In the state: of a port that is opened for this, too. */
      readonly id: string
      readonly name: string
      /** As people read it: `/dev/ttyUSB0`. */
      readonly port: string
      /** Of the computer whose clock the times are. */
      readonly computer: string
      /** Tells it from all others; 16 hex digits. */
      readonly recording: string
      /** The oldest record that is held, and the one that comes next: what `from` means lies between. */
      readonly first: number
      readonly next: number
      /** The number of the record that is sent first. */
      readonly from: number
      /** A peer that may not read what passed before: it began `now`. */
      readonly noHistory?: true
    }
  | { readonly type: 'page'; readonly page: Uint8Array }

/** A share or link whose recording is meant: its id in the state. */
const recorded = v.strictObject({ id: text })

export const MAX_MARKER = 200
export const markSchema = v.strictObject({
  id: text,
  text: v.pipe(v.string(), v.maxLength(MAX_MARKER))
})
export const clearSchema = recorded

/**
 * How captures are written. `pcapng`: for Wireshark, and read again here with everything in it; `text`: rows as a monitor shows them;
 * `csv`, `jsonl`: one record a line; `raw`: the bytes of one direction and nothing else.
 */
export const CAPTURE_FORMATS = ['pcapng', 'text', 'csv', 'jsonl', 'raw'] as const
export type CaptureFormatName = (typeof CAPTURE_FORMATS)[number]

/** With the dot. */
export const CAPTURE_EXTENSIONS: Readonly<Record<CaptureFormatName, string>> = {
  pcapng: '.pcapng',
  text: '.txt',
  csv: '.csv',
  jsonl: '.jsonl',
  raw: '.bin'
}

/**
 * A file of the captures folder: its name there, never a path. It begins with a letter or digit, so that it is hidden nowhere, and ends as
 * its format does.
 */
export const MAX_CAPTURE_NAME = 200
export const captureNameSchema = v.pipe(
  v.string(),
  v.maxLength(MAX_CAPTURE_NAME),
  v.regex(
    /^[\p{L}\p{N}][^\p{Cc}/\\:*?"<>|]*$/u,
    'a capture is called by a file name without a folder: letters, digits, spaces, "-", "_", "."'
  ),
  v.regex(/[^.\s]$/u, 'a file name does not end with a point or a space')
)

const written = {
  format: v.picklist(CAPTURE_FORMATS),
  /** In the captures folder; one that is there is never replaced. Absent: made of the share's name and the time. */
  file: v.exactOptional(captureNameSchema),
  /** Of a `raw` one alone, and always: which bytes. */
  direction: v.exactOptional(v.picklist(DIRECTIONS)),
  /** The name of a decoder, whose words are written too where the format has a place for them. */
  decoder: v.exactOptional(text)
}

/** More than anybody types. */
const MAX_FILTER = 4096
/** A row is no longer than MAX_ROW_BYTES of traffic/row.ts, and nothing that begins or ends one is. */
const MAX_ROW_MARK = 64
const MAX_ROW_LENGTH = 4096

/** How rows are cut, as RowRules of traffic/row.ts. */
const rulesSchema = v.strictObject({
  gapMs: v.exactOptional(
    v.union([v.literal('auto'), v.pipe(v.number(), v.minValue(0.001), v.maxValue(3_600_000))])
  ),
  newline: v.exactOptional(v.boolean()),
  length: v.exactOptional(v.pipe(count(1), v.maxValue(MAX_ROW_LENGTH))),
  start: v.exactOptional(v.pipe(v.instance(Uint8Array), v.minLength(1), v.maxLength(MAX_ROW_MARK))),
  end: v.exactOptional(v.pipe(v.instance(Uint8Array), v.minLength(1), v.maxLength(MAX_ROW_MARK)))
})

const chosen = {
  /** By their numbers: `from` up to, and without, `to`. Absent: all. */
  records: v.exactOptional(
    v.strictObject({ from: v.exactOptional(count(0)), to: v.exactOptional(count(0)) })
  ),
  /** Only rows that fit this filter, as monitors understand it. */
  filter: v.exactOptional(v.pipe(text, v.maxLength(MAX_FILTER))),
  /** Of `text`, `csv` and `jsonl`, and of what is filtered: how rows are cut. Absent: as the decoder wants it, or as lines of text. */
  rules: v.exactOptional(rulesSchema),
  /** Of `text`: how a row is written, as TextOptions of capture/files/text-form.ts. */
  look: v.exactOptional(
    v.strictObject({
      view: v.exactOptional(v.picklist(['text', 'hex', 'both', 'decoded'])),
      time: v.exactOptional(v.picklist(['clock', 'start', 'previous', 'other'])),
      controls: v.exactOptional(v.picklist(['pictures', 'names', 'hidden']))
    })
  )
}

/**
 * The last so many ms, or all that is held; `bothEnds`: of a link to a share of another Farport, as pcapng alone and whole, see BothEnds.
 */
export const saveSchema = v.strictObject({
  id: text,
  ...written,
  ...chosen,
  lastMs: v.exactOptional(spanMs),
  bothEnds: flag
})

/** A file of the captures folder in another form, or a part of it, as one more file there. `recording`: which of the file's, from 0. */
export const captureExportSchema = v.strictObject({
  name: captureNameSchema,
  recording: v.optional(count(0), 0),
  ...written,
  ...chosen
})
export type ExportWish = Pick<
  v.InferOutput<typeof captureExportSchema>,
  'format' | 'direction' | 'decoder' | 'records' | 'filter' | 'rules' | 'look'
>

/** A file would be full of nothing but its header. */
export const MIN_CAPTURE_BYTES = 64 * 1024

/**
 * From now on until it is stopped, the share or link is removed, or a limit is reached. With `rotate` a limit ends the file and begins the
 * next one (NAME-2 …), and no more than so many are kept.
 */
export const captureStartSchema = v.strictObject({
  id: text,
  ...written,
  maxBytes: v.exactOptional(count(MIN_CAPTURE_BYTES)),
  maxMs: v.exactOptional(v.pipe(count(1000), v.maxValue(MAX_SPAN_MS))),
  rotate: v.exactOptional(v.pipe(count(1), v.maxValue(10_000))),
  /** Begins with what came in the last so many ms before now. */
  lastMs: v.exactOptional(spanMs)
})
export const captureStopSchema = v.strictObject({ capture: text })
export const captureFileSchema = v.strictObject({ name: captureNameSchema })
/** `records`: only these are counted, and the two ends are not compared. */
export const captureExamineSchema = v.strictObject({
  name: captureNameSchema,
  records: v.exactOptional(v.strictObject({ from: v.exactOptional(count(0)), to: v.exactOptional(count(0)) }))
})
export const captureRenameSchema = v.strictObject({ name: captureNameSchema, to: captureNameSchema })

/** Of one piece of a file that is brought here. */
export const MAX_UPLOAD_PIECE = 512 * 1024

/**
 * A file from elsewhere into the captures folder, piece by piece, in order: the first one with `at` 0, the last one with `done`. It is read
 * as a capture then, and only kept where it is one.
 */
export const captureUploadSchema = v.strictObject({
  name: captureNameSchema,
  at: count(0),
  bytes: v.pipe(v.instance(Uint8Array), v.maxLength(MAX_UPLOAD_PIECE)),
  done: flag
})

/** What was written. */
export interface SavedCapture {
  /** In the captures folder. */
  readonly name: string
  /** Where that is, for the owner of this computer. */
  readonly path: string
  readonly bytes: number
  readonly records: number
  /** Of a save of both ends. */
  readonly bothEnds?: BothEnds
}

/** What a stored file holds: all of it was read. */
export interface CaptureContent {
  readonly recordings: readonly RecordingContent[]
  /** Where it has both ends of a link: compared anew. Their times are by one clock already, so no offset is told. */
  readonly bothEnds?: BothEnds
  /** What in the file made no sense or was not read, a line each. */
  readonly problems: readonly string[]
}

export interface RecordingContent {
  /** What the file says of where it is from, as far as it does. */
  readonly name: string
  readonly port?: string
  readonly computer?: string
  readonly program?: string
  readonly isOwn: boolean
  readonly records: number
  /** The numbers of the first record, and behind the last one. */
  readonly from: number
  readonly to: number
  /** Of its first and last record: wall clock, ms since 1970. Absent: there is none. */
  readonly startMs?: number
  readonly endMs?: number
  readonly bytesToDevice: number
  readonly bytesFromDevice: number
}

/**
 * What two recordings of the same bytes say, one at each end of a link: how the clocks differ, what the way between adds, what was lost on it.
 * Times in ms.
 */
export interface BothEnds {
  /** The far clock minus ours; absent: no bytes are in both recordings. */
  readonly offsetMs?: number
  /** How much faster the far clock goes, in parts of a million; `offsetMs` is that of the middle then. Absent: not noticeably. */
  readonly driftPpm?: number
  /** How wrong that may be; absent: bytes passed one way only, and nobody can say. */
  readonly uncertaintyMs?: number
  /** From one recording to the other: median and 95th percentile; absent where no bytes were matched. */
  readonly latency: Readonly<Partial<Record<'to-device' | 'from-device', Latency>>>
  /** Bytes that one has and the other lacks, although it recorded at that time. */
  readonly lostToDevice: number
  readonly lostFromDevice: number
}

export interface Latency {
  readonly p50Ms: number
  readonly p95Ms: number
  readonly maxMs: number
  /** Bytes that it was measured on. */
  readonly bytes: number
}

/** One that runs. */
export interface CaptureState {
  readonly id: string
  /** Of the share or link, as in `bridges`. */
  readonly of: string
  /** The file that is written now, in the captures folder. */
  readonly file: string
  readonly format: CaptureFormatName
  /** Wall clock, ms since 1970. */
  readonly since: number
  /** In all of its files. */
  readonly bytes: number
  readonly records: number
  /** How many files it began. */
  readonly files: number
  /** Records that are in no file: the disk was too slow. */
  readonly missed?: number
  /** Why it stopped by itself: it is shown until somebody stops it, or starts another one of that share. Absent: it runs. */
  readonly fault?: FaultRecord
}

/** A file of the captures folder. */
export interface CaptureFileState {
  readonly name: string
  readonly bytes: number
  /** Last written: wall clock, ms since 1970. */
  readonly time: number
  /** `unknown`: its name ends as no format does. */
  readonly format: CaptureFormatName | 'unknown'
  /** It can be opened and replayed here. */
  readonly readable: boolean
}

/** Looked at while an owner watches the state, and whenever something is written from here. */
export interface CapturesState {
  /** The folder. */
  readonly folder: string
  /** Running, or stopped by a fault: by their ids. */
  readonly running: Readonly<Record<string, CaptureState>>
  /** The newest first, no more than MAX_CAPTURE_FILES. */
  readonly files: readonly CaptureFileState[]
}

/** Files that a state lists. */
export const MAX_CAPTURE_FILES = 500

/**
 * A stored file as pages. A file may hold several recordings (both ends of a link): `begin` tells each, before its first page; their pages
 * come as the file has them. The subscription ends after `end`.
 */
export const captureTopicSchema = captureFileSchema
export type CaptureItem =
  | {
      readonly type: 'begin'
      /** Which of the file's, from 0. */
      readonly recording: number
      /** What the file says of where it is from, as far as it does. */
      readonly name: string
      readonly port?: string
      readonly computer?: string
      readonly program?: string
      /** In force at its first record. */
      readonly settings?: LineSettings
      /** It was written by Farport, so its times, sessions and events are as they were recorded. */
      readonly isOwn: boolean
    }
  | { readonly type: 'page'; readonly recording: number; readonly page: Uint8Array }
  /** Last: what in the file made no sense or was not read, a line each. */
  | { readonly type: 'end'; readonly problems: readonly string[] }

/** How many times as quick a replay may be. */
export const FACTORS = { min: 0.01, max: 1000 } as const

/**
 * Sends the bytes of one direction of a capture again. `to`: a share or link, among whose sessions it is shown as `this computer (replay)`
 * and may write as any session may; or any port, opened for it alone. `timing`: as they came, without pause, or so many times as quick.
 * `direction`: whose bytes are sent; default: those that went to the device. `from`, `to`: of its records, by number. `settings`: with
 * the line settings, DTR, RTS and breaks of the capture; else nothing but bytes. Ending the subscription cancels it.
 */
export const replaySchema = v.strictObject({
  source: captureNameSchema,
  to: v.union([v.strictObject({ id: text }), v.strictObject({ port: portSchema })]),
  timing: v.optional(
    v.union([
      v.picklist(['original', 'fast']),
      v.strictObject({ factor: v.pipe(v.number(), v.minValue(FACTORS.min), v.maxValue(FACTORS.max)) })
    ]),
    'original'
  ),
  direction: v.optional(v.picklist(DIRECTIONS), 'to-device'),
  records: v.optional(v.strictObject({ from: v.optional(count(0), 0), to: v.exactOptional(count(0)) }), {}),
  settings: flag
})
export type ReplaySpec = v.InferInput<typeof replaySchema>

/**
 * `joined`: it is among the sessions of `id`. `waiting`: for the port, or to be the one who may write. `progress`: so far, a few times a second.
 * `done`: last; `lost`: bytes that were not delivered. What comes to nothing ends with a Fault.
 */
export type ReplayItem =
  | { readonly type: 'joined'; readonly id: string; readonly session: number }
  | { readonly type: 'waiting'; readonly for: 'port' | 'control' }
  | {
      readonly type: 'progress'
      readonly record: number
      readonly bytes: number
      /** Of the whole, where that is known. */
      readonly totalBytes?: number
    }
  | { readonly type: 'done'; readonly bytes: number; readonly lost: number }
