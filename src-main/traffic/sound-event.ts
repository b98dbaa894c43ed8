/**
 * Whether a value from a file or another process is an event that all else here can rely on: every field of the right kind. Called where
 * pages are read. Events of types that are not known here pass: a newer Farport recorded them, and their words say so.
 */
import {
  DATA_BITS,
  FLOW_CONTROLS,
  MAX_BAUD_RATE,
  PARITIES,
  STOP_BITS,
  type ControlLines,
  type LineSettings,
  type LineState,
  type ModemState
} from '../contract/line.ts'
import { DIRECTIONS, type ControlStep, type TrafficEvent } from '../contract/traffic.ts'
import type { BlockedState } from '../contract/state.ts'

type Check = (value: unknown) => boolean
type Fields = Readonly<Record<string, Check>>

const isText: Check = (value) => typeof value === 'string'
const isFlag: Check = (value) => typeof value === 'boolean'
const isLevel: Check = (value) => value === 'unknown' || isFlag(value)
/** No less than 0, and no number that is none. */
const isAmount: Check = (value) => typeof value === 'number' && value >= 0 && Number.isFinite(value)
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value)
const oneOf =
  (choices: readonly unknown[]): Check =>
  (value) =>
    choices.includes(value)
const shape =
  (fields: Fields): Check =>
  (value) =>
    typeof value === 'object' && value !== null && hasFields(value as Record<string, unknown>, fields)

const isBaudRate: Check = (value) => Number.isInteger(value) && isWithin(value as number, 1, MAX_BAUD_RATE)

const isSettings = shape({
  baudRate: isBaudRate,
  dataBits: oneOf(DATA_BITS),
  parity: oneOf(PARITIES),
  stopBits: oneOf(STOP_BITS),
  flowControl: oneOf(FLOW_CONTROLS)
} satisfies Record<keyof LineSettings, Check>)
const isLines = shape({ dtr: isFlag, rts: isFlag, break: isFlag } satisfies Record<keyof ControlLines, Check>)
const isModem = shape({ cts: isLevel, dsr: isLevel, dcd: isLevel, ri: isLevel } satisfies Record<
  keyof ModemState,
  Check
>)
const isLine = shape({
  overrun: isAmount,
  parity: isAmount,
  framing: isAmount,
  break: isAmount
} satisfies Record<keyof LineState, Check>)

const STEPS: readonly ControlStep[] = [
  'asked',
  'declined',
  'granted',
  'taken',
  'next',
  'restricted',
  'permitted'
]
const BLOCKED: readonly BlockedState['by'][] = ['cts', 'flow-control', 'peer']

const who: Fields = { session: isAmount, label: optional(isText) }
const named: Fields = { session: isAmount, label: isText }
const came: Fields = { ...named, why: optional(isText) }

const FIELDS: Readonly<Record<TrafficEvent['type'], Fields>> = {
  settings: { ...who, settings: isSettings },
  lines: { ...who, lines: isLines },
  modem: { modem: isModem },
  line: { line: isLine },
  break: { ...who, durationMs: isAmount },
  attached: came,
  detached: came,
  blocked: { by: oneOf(BLOCKED), bytes: isAmount },
  unblocked: { moved: isFlag, durationMs: isAmount },
  control: { ...named, step: oneOf(STEPS), from: optional(isText) },
  port: { state: oneOf(['open', 'closed']) },
  lost: { direction: oneOf(DIRECTIONS), session: isAmount, bytes: isAmount, why: isText },
  marker: { number: isAmount, text: isText },
  missed: { records: isAmount, bytes: isAmount, why: isText }
}
const OPEN: Fields = { settings: isSettings, lines: isLines, modem: isModem }
const CLOSED: Fields = { why: optional(isText) }

/** The value as it is, or undefined: it is no event. Never throws. */
export function soundEvent(value: unknown): TrafficEvent | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const event = value as Record<string, unknown>
  if (typeof event.type !== 'string') return undefined
  const fields = Object.hasOwn(FIELDS, event.type) ? FIELDS[event.type as TrafficEvent['type']] : {}
  if (!hasFields(event, fields)) return undefined
  if (event.type === 'port' && !hasFields(event, event.state === 'open' ? OPEN : CLOSED)) return undefined
  return value as TrafficEvent
}

/** The value as it is, or undefined. Never throws. */
export function soundSettings(value: unknown): LineSettings | undefined {
  return isSettings(value) ? (value as LineSettings) : undefined
}

function hasFields(value: Readonly<Record<string, unknown>>, fields: Fields): boolean {
  return Object.entries(fields).every(([name, check]) => check(value[name]))
}

function isWithin(value: number, low: number, high: number): boolean {
  return value >= low && value <= high
}
