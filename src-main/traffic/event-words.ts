/**
 * Everything that happens on a line beside its bytes, in words: the one place for it. Called by the monitor, the page, the notices of the
 * bridge and all files of text. Pure; English.
 */
import { formatLine, formatSettings, sameSettings } from '../contract/line.ts'
import type { ControlLines, LineSettings, LineState, ModemState } from '../contract/line.ts'
import type { BlockedState } from '../contract/state.ts'
import type { ControlStep, TrafficEvent } from '../contract/traffic.ts'
import { cleanText } from '../protocol/ascii-json.ts'

/** `error`: something was lost or is wrong on the wire; `warning`: it stands still or is gone; `info`: the rest. */
export type EventLevel = 'info' | 'warning' | 'error'

export interface EventWords {
  /** One line, fit for a terminal: labels and reasons in it come from others. */
  readonly text: string
  readonly level: EventLevel
}

/** What was in force before an event, as far as it is known: with it, words tell the change alone. */
export interface InForce {
  readonly settings?: LineSettings | undefined
  readonly lines?: ControlLines | undefined
  readonly modem?: ModemState | undefined
}

export const NOTHING_KNOWN: InForce = {}

/** What is in force behind it. */
export function inForceAfter(event: TrafficEvent, before: InForce): InForce {
  if (event.type === 'settings') return { ...before, settings: event.settings }
  if (event.type === 'lines') return { ...before, lines: event.lines }
  if (event.type === 'modem') return { ...before, modem: event.modem }
  if (event.type !== 'port') return before
  if (event.state === 'closed') return { settings: before.settings }
  return { settings: event.settings, lines: event.lines, modem: event.modem }
}

/** Longer words end here, in characters. */
const MAX_WORDS = 400

/** `before`: see InForce; nothing known is right too, and tells all of it. */
export function eventWords(event: TrafficEvent, before: InForce = NOTHING_KNOWN): EventWords {
  const { text, level } = wordsOf(event, before)
  return { text: cleanText(text, MAX_WORDS), level }
}

function wordsOf(event: TrafficEvent, before: InForce): EventWords {
  switch (event.type) {
    case 'settings':
      return info(`Settings ${settingsChange(before.settings, event.settings)}${by(event.label)}`)
    case 'lines':
      return info(linesWords(event.lines, before.lines) + by(event.label))
    case 'modem':
      return info(modemWords(event.modem, before.modem))
    case 'line':
      return error(lineWords(event.line))
    case 'break':
      return info(
        `Break ${event.durationMs > 0 ? `${grouped(event.durationMs)} ms` : 'sent'}${by(event.label)}`
      )
    case 'attached':
      return info(`${event.label} connected${because(event.why)}`)
    case 'detached':
      return info(`${event.label} left${because(event.why)}`)
    case 'control':
      return info(controlWords(event.step, event.label, event.from))
    case 'blocked':
      return { level: 'warning', text: capital(blockedWords(event.by, event.bytes)) }
    case 'unblocked':
      return info(capital(unblockedWords(event.moved, event.durationMs)))
    case 'port':
      return portWords(event, before)
    case 'lost': {
      const where = event.direction === 'to-device' ? 'to the device' : 'from the device'
      return error(`${bytesCount(event.bytes)} lost ${where}: ${event.why}`)
    }
    case 'marker':
      return info(`Marker ${event.number}${event.text === '' ? '' : `: ${event.text}`}`)
    case 'missed':
      return error(missedWords(event))
  }
  return unknownWords(event)
}

const STEPS: Readonly<Record<ControlStep, string>> = {
  asked: 'asks for control',
  declined: 'was not given control',
  granted: 'was given control',
  taken: 'took control',
  next: 'has control now',
  restricted: 'may only watch from now on',
  permitted: 'may write again in its turn'
}

/** `workshop-pc took control; bench-2 watches from now on`. */
export function controlWords(step: ControlStep, label: string, from?: string): string {
  return `${label} ${STEPS[step]}${from ? `; ${from} watches from now on` : ''}`
}

const HELD_BACK = {
  cts: 'waiting for CTS: the device takes nothing',
  'flow-control': 'waiting: the device takes nothing',
  peer: 'waiting: the far side asked to hold the data back'
} as const satisfies Record<BlockedState['by'], string>

export function blockedWords(by: BlockedState['by'], bytes: number): string {
  return `${HELD_BACK[by]} (${grouped(bytes)} bytes wait)`
}

export function unblockedWords(moved: boolean, durationMs: number): string {
  const again = moved ? 'the device takes data again' : 'no longer waiting'
  return `${again} (after ${Math.round(durationMs / 1000)} s)`
}

/** `1,234`, in every language of the computer. */
export function grouped(count: number): string {
  return String(count).replace(/\B(?=(?:\d{3})+$)/g, ',')
}

/** `1 byte`, `1,204 bytes`. */
export function bytesCount(count: number): string {
  return `${grouped(count)} byte${count === 1 ? '' : 's'}`
}

/** `DTR on, RTS off`; what is as it was is left out, where anything changed. */
export function linesWords(lines: ControlLines, before?: ControlLines): string {
  const levels: [string, boolean, boolean | undefined][] = [
    ['DTR', lines.dtr, before?.dtr],
    ['RTS', lines.rts, before?.rts],
    ['Break', lines.break, before ? before.break : false]
  ]
  return changesOf(levels) || changesOf(levels.slice(0, 2).map(([name, is]) => [name, is, undefined]))
}

/** `CTS on`; `unknown` is told only where it was known before. */
function modemWords(modem: ModemState, before?: ModemState): string {
  const now = [modem.cts, modem.dsr, modem.dcd, modem.ri]
  const was = before ? [before.cts, before.dsr, before.dcd, before.ri] : []
  const names = ['CTS', 'DSR', 'DCD', 'RI']
  const changed = changesOf(names.map((name, i) => [name, now[i] ?? 'unknown', was[i] ?? 'unknown']))
  const known = changesOf(names.map((name, i) => [name, now[i] ?? 'unknown', 'unknown']))
  return changed || known || 'The state of the modem lines is not known'
}

function changesOf(levels: readonly (readonly [string, unknown, unknown])[]): string {
  return levels
    .filter(([, is, was]) => is !== was)
    .map(([name, is]) => `${name} ${is === 'unknown' ? 'unknown' : is ? 'on' : 'off'}`)
    .join(', ')
}

function lineWords({ parity, framing, overrun, break: breaks }: LineState): string {
  const found = [
    times(parity, 'parity error'),
    times(framing, 'framing error'),
    times(overrun, 'overrun'),
    times(breaks, 'break')
  ].filter((each) => each !== '')
  return capital(found.length === 0 ? 'no line errors' : found.join(', ') + (breaks > 0 ? ' received' : ''))
}

/** `parity error`, `3 parity errors`; empty for none. */
function times(count: number, what: string): string {
  if (count === 0) return ''
  return count === 1 ? what : `${grouped(count)} ${what}s`
}

function settingsChange(before: LineSettings | undefined, after: LineSettings): string {
  if (!before || sameSettings(before, after)) return formatSettings(after)
  const rateAlone = formatLine(before) === formatLine(after) && before.flowControl === after.flowControl
  return `${rateAlone ? before.baudRate : formatSettings(before)} → ${formatSettings(after)}`
}

function portWords(event: Extract<TrafficEvent, { type: 'port' }>, before: InForce): EventWords {
  if (event.state === 'open') {
    const isSame = before.settings && sameSettings(before.settings, event.settings)
    return info(isSame ? 'Port open' : `Port open, ${formatSettings(event.settings)}`)
  }
  if (event.why === undefined) return info('Port closed')
  const unplugged = /unplug/i.test(event.why)
  return { level: 'warning', text: unplugged ? 'Device unplugged' : `Port closed: ${event.why}` }
}

function missedWords({ records, bytes, why }: Extract<TrafficEvent, { type: 'missed' }>): string {
  const what = bytes > 0 || records === 0 ? bytesCount(bytes) : `${grouped(records)} records`
  return `${what} not captured${because(why)}`
}

/** Of a newer Farport, in a file or from a peer. */
function unknownWords(event: { readonly type?: unknown }): EventWords {
  return info(typeof event.type === 'string' ? `Event "${event.type}"` : 'Event')
}

function by(label: string | undefined): string {
  return because(label)
}

function because(why: string | undefined): string {
  return why === undefined || why === '' ? '' : ` (${why})`
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

function info(text: string): EventWords {
  return { level: 'info', text }
}

function error(text: string): EventWords {
  return { level: 'error', text }
}
