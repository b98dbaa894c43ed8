/**
 * Simulated devices by name: `sim:echo`, `sim:gps?baud=9600&rate=2`, `sim:noise:1000`. core makes a source per share or link; nothing is
 * simulated before `open`, and each opening plugs in a fresh device.
 */
import type { PortSource } from '../port.ts'
import { systemClock } from '../../base/clock.ts'
import { Fault } from '../../contract/faults.ts'
import { parseBaudRate, parseLine, type LineSettings, type LineWish } from '../../contract/line.ts'
import type { DeviceKind, DeviceTime, SimulatedDevice } from './device.ts'
import { echo } from './echo.ts'
import { gps } from './gps.ts'
import { modbus, modbusAscii } from './modbus.ts'
import { noise } from './noise.ts'
import type { SimulatedPort } from './port.ts'

export const SIMULATED_PREFIX = 'sim:'

/** Every kind there is. A new device is one file and its name here. */
const KINDS: readonly DeviceKind[] = [echo, gps, modbus, modbusAscii, noise]

/** `sim:echo`, `sim:noise:RATE`, …: as people are told. */
export const SIMULATED_LABELS: readonly string[] = KINDS.map(
  ({ name, argument }) => SIMULATED_PREFIX + name + (argument === undefined ? '' : `:${argument}`)
)

/** What every kind understands. */
const COMMON_OPTIONS = ['baud', 'line', 'paced']

const SYSTEM_TIME: DeviceTime = { clock: systemClock, wallMs: () => Date.now() }

export class SimulatedSource implements PortSource {
  readonly label: string
  readonly #device: SimulatedDevice
  readonly #time: DeviceTime

  /** Throws as `parseSimulated` does. */
  constructor(label: string, time: DeviceTime = SYSTEM_TIME) {
    this.label = label
    this.#device = parseSimulated(label)
    this.#time = time
  }

  /** Those of the device's end of the line. */
  get settings(): LineSettings {
    return this.#device.settings
  }

  /** What the wish leaves open is as the device has it, so that a program that sets nothing reads it rightly. */
  async open(wish: LineWish, signal: AbortSignal): Promise<SimulatedPort> {
    const { SimulatedPort, withWish } = await import('./port.ts')
    signal.throwIfAborted()
    return new SimulatedPort(this.#device, withWish(this.#device.settings, wish), this.#time)
  }
}

/**
 * Reads `sim:KIND?option=value&…`, for some kinds `sim:KIND:ARGUMENT?…`. Options of all kinds: `baud` (bit/s) and `line` (8N1) of the device's end of the line,
 * `paced` (0 or 1, 0 by default). Throws Fault `device-missing` for an unknown kind, `bad-settings` for an option.
 */
export function parseSimulated(label: string): SimulatedDevice {
  const [place, query] = split(label.slice(SIMULATED_PREFIX.length), '?')
  const [name, argument] = split(place, ':')
  const kind = label.startsWith(SIMULATED_PREFIX) ? KINDS.find((each) => each.name === name) : undefined
  if (!kind) {
    throw new Fault(
      'device-missing',
      `There is no simulated device ${JSON.stringify(label)}. There are: ${SIMULATED_LABELS.join(', ')}.`
    )
  }
  if (argument !== undefined && kind.argument === undefined) {
    throw refusal(label, `has nothing to do with ${JSON.stringify(argument)}. Write sim:${name}.`)
  }
  const texts = readOptions(label, query, [...COMMON_OPTIONS, ...kind.options])
  const settings = readSettings(label, kind.settings, texts)
  return {
    label,
    settings,
    paced: readPaced(label, texts.get('paced')),
    attach: kind.configure({ label, argument, settings, text: (option) => texts.get(option) })
  }
}

function readOptions(
  label: string,
  query: string | undefined,
  known: readonly string[]
): Map<string, string> {
  const texts = new Map<string, string>()
  for (const part of query === undefined ? [] : query.split('&')) {
    if (part === '') continue
    const [option, text = ''] = split(part, '=')
    if (!known.includes(option)) {
      throw refusal(label, `has no option ${JSON.stringify(option)}. It takes: ${known.join(', ')}.`)
    }
    if (texts.has(option)) throw refusal(label, `names ${option} twice. Keep one of them.`)
    texts.set(option, text)
  }
  return texts
}

function readSettings(
  label: string,
  factory: LineSettings,
  texts: ReadonlyMap<string, string>
): LineSettings {
  const baud = texts.get('baud')
  const baudRate = baud === undefined ? factory.baudRate : parseBaudRate(baud)
  if (baudRate === undefined) {
    throw refusal(label, `has the baud rate ${JSON.stringify(baud)}. Give an integer from 1 to 4294967295.`)
  }
  const line = texts.get('line')
  const frame = line === undefined ? factory : parseLine(line)
  if (frame === undefined) {
    throw refusal(label, `has the line ${JSON.stringify(line)}. Write it like 8N1 or 7E2.`)
  }
  const { dataBits, parity, stopBits } = frame
  return { ...factory, baudRate, dataBits, parity, stopBits }
}

function readPaced(label: string, text: string | undefined): boolean {
  if (text === undefined || text === '0') return false
  if (text === '1') return true
  throw refusal(label, `has paced=${JSON.stringify(text)}. Give 0 or 1.`)
}

function refusal(label: string, what: string): Fault {
  return new Fault('bad-settings', `${JSON.stringify(label)} ${what}`)
}

/** At the first separator. */
function split(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator)
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)]
}
