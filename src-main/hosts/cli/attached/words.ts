/** The state of a running Farport in words of people. Pure; names and labels that come from elsewhere are fit for a terminal. */
import { plainText } from '../../../base/plain-text.ts'
import { formatSettings, type ControlLines, type Level, type ModemState } from '../../../contract/line.ts'
import type {
  BlockedState,
  BridgeState,
  PortState,
  RotatorState,
  SessionState
} from '../../../contract/state.ts'

/** Longer ones are cut: a table is for the eye. */
const MAX_SHORT = 48
const MAX_FAULT = 300
/** The longest names in /dev/serial have about 100. */
const MAX_PORT = 120
/** In full they stand in `list NAME`. */
const MAX_NAMES = 3

/** A name, a label, an address: one line without control characters. */
export function shortText(text: string, most = MAX_SHORT): string {
  return plainText(text, most)
}

/** A device or an address, whole where no terminal is too narrow for it: table.ts cuts a path in front. */
export function portText(port: string): string {
  return plainText(port, MAX_PORT)
}

/** `meter01, meter02, meter03 and 13 more`. */
export function namesText(names: readonly string[]): string {
  const shown = names.slice(0, MAX_NAMES).map((name) => shortText(name))
  const more = names.length - shown.length
  return more > 0 ? `${shown.join(', ')} and ${more} more` : shown.join(', ')
}

/** `open 115200 8N1`, `idle`, `off`, `waiting: There is no /dev/ttyUSB0 …`. */
export function bridgeWords({ enabled, state, blocked, far }: BridgeState): string {
  if (!enabled) return 'off'
  const watches = far?.type === 'known' && !far.writer ? ', only watches' : ''
  return `${portWords(state)}${blocked ? `, ${blockedWords(blocked)}` : ''}${watches}`
}

export function rotatorWords({ enabled, fault }: RotatorState): string {
  if (!enabled) return 'off'
  return fault ? `waiting: ${plainText(fault.message, MAX_FAULT)}` : 'on'
}

function portWords(state: PortState): string {
  switch (state.type) {
    case 'open':
      return `open ${formatSettings(state.settings)}`
    case 'waiting':
      return `waiting: ${plainText(state.fault.message, MAX_FAULT)}`
    case 'idle':
    case 'opening':
    case 'closing':
      return state.type
  }
}

const HELD_BY = {
  cts: 'waiting for CTS',
  'flow-control': 'held back',
  peer: 'held back by the far side'
} as const

function blockedWords({ by, bytes }: BlockedState): string {
  return `${HELD_BY[by]} (${grouped(bytes)} bytes)`
}

type Lines = Readonly<Record<string, Level>>

/** The lines of an open port in the order of people; undefined where it is not open. */
export function linesOf(state: PortState): Lines | undefined {
  if (state.type !== 'open') return undefined
  const { dtr, rts }: ControlLines = state.lines
  const { cts, dsr, dcd, ri }: ModemState = state.modem
  return { DTR: dtr, RTS: rts, CTS: cts, DSR: dsr, DCD: dcd, RI: ri }
}

/** Those that are on; `-`: none, or nobody knows. */
export function linesThatAreOn(state: PortState): string {
  const on = Object.entries(linesOf(state) ?? {}).flatMap(([name, level]) => (level === true ? [name] : []))
  return on.join(' ') || '-'
}

/** `DTR on, RTS off, CTS unknown, …`. */
export function linesInFull(lines: Lines): string {
  return Object.entries(lines)
    .map(([name, level]) => `${name} ${levelWord(level)}`)
    .join(', ')
}

export function levelWord(level: Level): string {
  return level === 'unknown' ? 'unknown' : level ? 'on' : 'off'
}

/** `writes since 14:02:11`, `watches`, `asks for control`. */
export function roleWords(
  { writer, observes, watches, holdsSince, asksSince }: SessionState,
  now: Date
): string {
  if (writer) return holdsSince === undefined ? 'writes' : `writes since ${timeText(holdsSince, now)}`
  if (asksSince !== undefined) return `asks since ${timeText(asksSince, now)}`
  if (watches) return 'watches by choice'
  return observes ? 'watches only' : 'watches'
}

/** Lost both ways. */
export function lostText({ lostToDevice, lostFromDevice }: SessionState | BridgeState): string {
  return grouped(lostToDevice + lostFromDevice)
}

/** `1,234`, in every language of the computer. */
export function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',')
}

/** `timeMs`: wall clock, ms since 1970. The time alone where it was today. */
export function timeText(timeMs: number, now: Date): string {
  const time = new Date(timeMs)
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map(twoDigits).join(':')
  const isToday = time.toDateString() === now.toDateString()
  return isToday ? clock : `${dayText(time)} ${clock}`
}

/** `2026-11-21 14:02:11`, local time. */
export function momentText(timeMs: number): string {
  return `${dayText(new Date(timeMs))} ${timeText(timeMs, new Date(timeMs))}`
}

function dayText(time: Date): string {
  return [String(time.getFullYear()), twoDigits(time.getMonth() + 1), twoDigits(time.getDate())].join('-')
}

function twoDigits(number: number): string {
  return String(number).padStart(2, '0')
}

/** Behind an address that is a lock. */
export function lockWord(url: string): string {
  return /^\w+\+(?:tls|certauth):/.test(url) ? ' (encrypted)' : ''
}
