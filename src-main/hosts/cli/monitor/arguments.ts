/** The options of `farport monitor`, and those that capture, export and replay have in common with it. Opens nothing. */
import { Fault } from '../../../contract/faults.ts'
import { CONTROL_BYTES, type ControlBytes } from '../../../traffic/byte-words.ts'
import type { DecoderKind } from '../../../traffic/decoder.ts'
import { decoderKind, DECODERS } from '../../../traffic/decoders/registry.ts'
import type { Filter } from '../../../traffic/filter/filter.ts'
import { FRAME_ROWS, MAX_ROW_BYTES, TEXT_ROWS, type RowRules } from '../../../traffic/row.ts'
import { MAX_MARK_BYTES } from '../../../traffic/row-ends.ts'
import { TIME_MODES, type TimeMode } from '../../../traffic/time-words.ts'
import { filled, flag, integer, oneOf, value, type Given } from '../options.ts'
import { readFilter } from './filter-argument.ts'

export const VIEWS = ['lines', 'hex', 'text', 'decoded', 'mixed'] as const
export type View = (typeof VIEWS)[number]

export const SHOW_OPTIONS = {
  view: { type: 'string' },
  time: { type: 'string' },
  decode: { type: 'string' },
  rows: { type: 'string' },
  filter: { type: 'string' },
  bytes: { type: 'string' },
  color: { type: 'string' }
} as const

/** What is shown, and how. */
export interface ShowOptions {
  readonly view: View
  /** Undefined: none. */
  readonly time: TimeMode | undefined
  readonly decoder: DecoderKind | undefined
  readonly rules: RowRules
  readonly filter: Filter | undefined
  readonly controls: ControlBytes
  readonly color: 'auto' | 'always' | 'never'
}

/** Throws `usage`. */
export function readShow(given: Given): ShowOptions {
  const decoder = readDecoder(given)
  const view = oneOf(given, 'view', VIEWS) ?? usualView(decoder)
  if (view === 'decoded' && !decoder)
    throw new Fault('usage', `--view decoded needs a decoder: --decode ${DECODER_NAMES}.`)
  const time = oneOf(given, 'time', [...TIME_MODES, 'none'])
  const usualTime = view === 'text' ? 'none' : 'clock'
  const shown = time ?? usualTime
  return {
    view,
    time: shown === 'none' ? undefined : shown,
    decoder,
    rules: readRules(given) ?? decoder?.rows ?? (view === 'hex' || view === 'mixed' ? FRAME_ROWS : TEXT_ROWS),
    filter: readFilter(filled(given, 'filter'), decoder),
    controls: readControls(given) ?? (view === 'text' ? 'hidden' : 'pictures'),
    color: oneOf(given, 'color', ['auto', 'always', 'never']) ?? 'auto'
  }
}

const DECODER_NAMES = DECODERS.map(({ id }) => id).join(', ')

/** `--decode NAME`. Throws `usage`, with the names there are. */
export function readDecoder(given: Given): DecoderKind | undefined {
  const name = filled(given, 'decode')
  if (name === undefined) return undefined
  const kind = decoderKind(name.toLowerCase())
  if (!kind)
    throw new Fault('usage', `--decode ${name}: there is no such decoder. Choose one of: ${DECODER_NAMES}.`)
  return kind
}

/** A decoder of text has lines, one of frames bytes. */
function usualView(decoder: DecoderKind | undefined): View {
  return decoder && decoder.rows.newline !== true ? 'hex' : 'lines'
}

/** The pictures are what they are called in `CONTROL_BYTES`, or what stands for CR LF in each. */
const CONTROL_WORDS: Readonly<Record<string, ControlBytes>> = {
  '␍␊': 'pictures',
  '<CR>': 'names',
  '<CR><LF>': 'names'
}

function readControls(given: Given): ControlBytes | undefined {
  const text = value(given, 'bytes')
  const known = text === undefined ? undefined : CONTROL_WORDS[text.toUpperCase()]
  return known ?? oneOf(given, 'bytes', CONTROL_BYTES)
}

/** Longest silence that a rule may have, in ms. */
const MAX_GAP_MS = 3_600_000

const ROWS_HELP = 'Give newline, gap, gap:MS, length:BYTES, start:HEX or end:HEX, e.g. --rows gap:20'

/** `--rows`. Undefined: not given. */
function readRules(given: Given): RowRules | undefined {
  const text = filled(given, 'rows')
  if (text === undefined) return undefined
  const [, kind = '', detail] = /^(\w+)(?::(.*))?$/s.exec(text) ?? []
  const wrong = (): never => {
    throw new Fault('usage', `--rows ${text} is not possible. ${ROWS_HELP}`)
  }
  switch (kind) {
    case 'newline':
      return detail === undefined ? TEXT_ROWS : wrong()
    case 'gap': {
      if (detail === undefined) return FRAME_ROWS
      const gapMs = /^\d{1,7}(\.\d{1,3})?$/.test(detail) ? Number(detail) : 0
      return gapMs > 0 && gapMs <= MAX_GAP_MS ? { gapMs } : wrong()
    }
    case 'length': {
      const length = /^\d{1,5}$/.test(detail ?? '') ? Number(detail) : 0
      return length >= 1 && length <= MAX_ROW_BYTES ? { length } : wrong()
    }
    case 'start':
      return { start: mark(detail) ?? wrong() }
    case 'end':
      return { end: mark(detail) ?? wrong() }
    default:
      return wrong()
  }
}

function mark(text = ''): Uint8Array | undefined {
  const digits = text.replace(/0x|[\s,:]/gi, '')
  if (!/^(?:[0-9a-f]{2})+$/i.test(digits) || digits.length > 2 * MAX_MARK_BYTES) return undefined
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }
export const MAX_SPAN_MS = 100 * 86_400_000

/** `5m`, `30s`, `1.5h`, `250ms`; a number alone is seconds. As whole ms, at least one. Throws `usage`. */
export function span(given: Given, name: string): number | undefined {
  const text = value(given, name)
  if (text === undefined) return undefined
  const [, digits = '', unit = 's'] = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d)?$/.exec(text) ?? []
  const ms = Math.round(Number(digits || NaN) * (UNIT_MS[unit] ?? NaN))
  if (ms >= 1 && ms <= MAX_SPAN_MS) return ms
  throw new Fault('usage', `--${name} ${text} is no time. Give a number with ms, s, m, h or d, e.g. 5m.`)
}

const UNIT_BYTES: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 }

/** `100M`, `64k`, `1G`, a number alone is bytes. Throws `usage`. */
export function size(given: Given, name: string, least: number): number | undefined {
  const text = value(given, name)
  if (text === undefined) return undefined
  const [, digits = '', unit = ''] = /^(\d{1,15})([kmg]?)(?:i?b)?$/i.exec(text) ?? []
  const bytes = Number(digits || NaN) * (UNIT_BYTES[unit.toLowerCase()] ?? NaN)
  if (bytes >= least && bytes <= Number.MAX_SAFE_INTEGER) return bytes
  throw new Fault('usage', `--${name} ${text} is not possible. Give at least ${least} bytes, e.g. 100M.`)
}

export const LIMIT_OPTIONS = {
  count: { type: 'string', short: 'n' },
  for: { type: 'string' },
  last: { type: 'string' }
} as const

/** When it is over by itself, and where it begins. */
export interface Limits {
  readonly rows: number | undefined
  readonly forMs: number | undefined
  readonly lastMs: number | undefined
}

/** Throws `usage`. */
export function readLimits(given: Given): Limits {
  return {
    rows: integer(given, 'count', 1, 999_999_999),
    forMs: span(given, 'for'),
    lastMs: span(given, 'last')
  }
}

/** Options that nothing would come of. Throws `usage`. */
export function refuseWith(given: Given, one: string, others: readonly string[]): void {
  const other = others.find((each) => flag(given, each))
  if (flag(given, one) && other !== undefined)
    throw new Fault('usage', `--${other} has no meaning with --${one}. Leave one of them out.`)
}
