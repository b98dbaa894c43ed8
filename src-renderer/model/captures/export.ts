/** What is saved or exported of a recording or a file, as the dialogs ask for it and the core is told. Pure but for the call. */
import {
  CAPTURE_EXTENSIONS,
  type CaptureFormatName,
  type SavedCapture
} from '../../../src-main/contract/recording.ts'
import type { Direction } from '../../../src-main/contract/traffic.ts'
import type { ServiceInput } from '../../../src-main/contract/service-commands.ts'
import type { TrafficLog } from '../../../src-main/traffic/log.ts'
import type { RowRules } from '../../../src-main/traffic/row.ts'
import type { RowTable } from '../../../src-main/traffic/row-table.ts'
import type { Core } from '../../core.svelte.ts'
import type { MonitorDesk, MonitorView } from '../monitor/contract.ts'

/** "Save the last minutes": those that are offered. */
export const QUICK_MINUTES = [1, 5, 15] as const
export const MINUTE_MS = 60_000

export type ExportSource =
  | {
      readonly type: 'recording'
      readonly id: string
      /** It is a link to a share of another Farport. */
      readonly canBothEnds: boolean
    }
  | { readonly type: 'file'; readonly name: string; readonly recording: number }

/** Records by their numbers: `from` up to, and without, `to`. */
export interface RecordSpan {
  readonly from: number
  readonly to?: number
}

export interface Marker {
  readonly record: number
  readonly number: number
  readonly text: string
}

type Wish = Omit<
  ServiceInput<'capture.export'>,
  'name' | 'recording' | 'file' | 'format' | 'direction' | 'records'
>

/** What the monitor shows of it, and how. */
export interface ShownAs {
  readonly filter: string
  readonly decoder: string | undefined
  readonly look: Wish['look']
  readonly rules: Wish['rules']
  /** Selected rows. */
  readonly selected: (RecordSpan & { readonly rows: number }) | undefined
  /** The newest last, no more than MAX_MARKERS. */
  readonly markers: readonly Marker[]
}

export interface ExportChoice {
  readonly format: CaptureFormatName
  readonly direction: Direction
  /** Of a recording. */
  readonly lastMs?: number | undefined
  readonly records?: RecordSpan | undefined
  readonly filtered: boolean
  readonly decoded: boolean
  readonly bothEnds: boolean
  /** Without its ending; empty: made of the name and the time. */
  readonly stem: string
}

/** Rejects with the core's Fault. */
export function save(
  core: Pick<Core, 'call'>,
  source: ExportSource,
  choice: ExportChoice,
  shown: ShownAs | undefined
): Promise<SavedCapture> {
  const { lastMs, bothEnds, stem } = choice
  const file = stem.trim() === '' ? {} : { file: `${stem.trim()}${CAPTURE_EXTENSIONS[choice.format]}` }
  const span = lastMs === undefined ? {} : { lastMs }
  if (source.type === 'file') {
    const { name, recording } = source
    return core.call('capture.export', { name, recording, ...file, ...wishOf(choice, shown) })
  }
  const { id } = source
  if (bothEnds) return core.call('recording.save', { id, format: 'pcapng', bothEnds, ...file, ...span })
  return core.call('recording.save', { id, ...file, ...span, ...wishOf(choice, shown) })
}

function wishOf({ format, direction, records, filtered, decoded }: ExportChoice, shown: ShownAs | undefined) {
  const hasRows = format === 'text' || format === 'csv' || format === 'jsonl'
  const filter = filtered ? shown?.filter.trim() : ''
  const { decoder, rules, look } = shown ?? {}
  return {
    format,
    ...(format === 'raw' && { direction }),
    ...(records && { records }),
    ...(filter !== undefined && filter !== '' && { filter }),
    ...(format === 'text' && look && { look }),
    ...((hasRows || filter !== '') && rules && { rules }),
    // A filter asks for the words of a decoder (`crc:bad`), wherever they are written.
    ...((decoded || filter !== '') && format !== 'raw' && decoder !== undefined && { decoder })
  }
}

const VIEWS = {
  lines: 'text',
  text: 'text',
  hex: 'both',
  decoded: 'decoded',
  plot: 'text'
} as const satisfies Record<MonitorView, string>

/** Of this moment. */
export function shownAs({ options, traffic, selected, selectedFrom }: MonitorDesk): ShownAs {
  const { view, time, controls, rules, decoder, filter } = options
  return {
    ...{ filter, decoder },
    look: { view: VIEWS[view], time, controls },
    rules: rules === 'auto' ? undefined : sent(rules),
    selected: selected === undefined ? undefined : spanOf(traffic.table, selectedFrom ?? selected, selected),
    markers: markersIn(traffic.log)
  }
}

/** Bytes of its own, as they are sent. */
function sent({ start, end, ...rules }: RowRules): Wish['rules'] {
  return {
    ...rules,
    ...(start && { start: Uint8Array.from(start) }),
    ...(end && { end: Uint8Array.from(end) })
  }
}

/** The records of these rows, whichever of them comes first. */
export function spanOf(
  table: RowTable,
  one: number,
  other: number
): (RecordSpan & { rows: number }) | undefined {
  const [first, last] = [Math.min(one, other), Math.max(one, other)]
  if (first < table.first || last >= table.end) return undefined
  const rows = last - first + 1
  const from = table.record(first)
  if (last + 1 >= table.end) return { from, rows }
  // One record may be several rows.
  const next = last + 1
  return { from, to: table.record(next) + (table.offset(next) > 0 ? 1 : 0), rows }
}

/** Of a select; more are not chosen from. */
const MAX_MARKERS = 20
/** What the JSON of an event begins with; then comes its type. */
const TYPE_AT = '{"type":"'.length
const MARKER = [0x6d, 0x61]

export function markersIn(log: TrafficLog): readonly Marker[] {
  const found: Marker[] = []
  for (const page of log.pages.toReversed())
    for (let at = page.count - 1; at >= 0 && found.length < MAX_MARKERS; at--) {
      if (!page.isEvent(at)) continue
      const start = page.start(at) + TYPE_AT
      // Most events are none, and need not be read.
      if (page.memory[start] !== MARKER[0] || page.memory[start + 1] !== MARKER[1]) continue
      const event = page.event(at)
      if (event?.type === 'marker')
        found.push({ record: page.first + at, number: event.number, text: event.text })
    }
  return found.reverse()
}
