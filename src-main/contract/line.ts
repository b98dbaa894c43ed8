/**
 * The words of a serial line: what both ends must agree on (LineSettings), what we drive (ControlLines), what the
 * device drives (ModemState), and what went wrong on the wire (LineState). Plain values; every room uses them.
 */

export const PARITIES = ['none', 'odd', 'even', 'mark', 'space'] as const
export const FLOW_CONTROLS = ['none', 'rtscts', 'xonxoff'] as const
export const DATA_BITS = [5, 6, 7, 8] as const
export const STOP_BITS = [1, 1.5, 2] as const

export type Parity = (typeof PARITIES)[number]
export type FlowControl = (typeof FLOW_CONTROLS)[number]
export type DataBits = (typeof DATA_BITS)[number]
export type StopBits = (typeof STOP_BITS)[number]

export interface LineSettings {
  /** bit/s, an integer from 1 to 2^32-1 (what termios2 and RFC 2217 can carry). */
  readonly baudRate: number
  readonly dataBits: DataBits
  readonly parity: Parity
  readonly stopBits: StopBits
  readonly flowControl: FlowControl
}

/** An absent field keeps what is in force. */
export type LineWish = Partial<LineSettings>

export const MAX_BAUD_RATE = 0xffff_ffff

export const DEFAULT_SETTINGS: LineSettings = {
  baudRate: 115_200,
  dataBits: 8,
  parity: 'none',
  stopBits: 1,
  flowControl: 'none'
}

/** What we drive. `break` is true while the line is held in the space state. */
export interface ControlLines {
  readonly dtr: boolean
  readonly rts: boolean
  readonly break: boolean
}
export type ControlWish = Partial<ControlLines>

/** `unknown`: the system cannot tell. A level is never invented. */
export type Level = boolean | 'unknown'

/** What the device drives (EIA-232 circuits CTS, DSR, DCD, RI). */
export interface ModemState {
  readonly cts: Level
  readonly dsr: Level
  readonly dcd: Level
  readonly ri: Level
}

export const UNKNOWN_MODEM_STATE: ModemState = {
  cts: 'unknown',
  dsr: 'unknown',
  dcd: 'unknown',
  ri: 'unknown'
}

/** Errors and breaks received since the last report, each a count. */
export interface LineState {
  readonly overrun: number
  readonly parity: number
  readonly framing: number
  readonly break: number
}

export const NO_LINE_ERRORS: LineState = { overrun: 0, parity: 0, framing: 0, break: 0 }

/** Which of our buffers to empty: what came from the device, what goes to it, or both (RFC 2217 PURGE-DATA). */
export type Purge = 'receive' | 'transmit' | 'both'

/** What an end can really carry. What stands in none of the sets is accepted, remembered and without effect. */
export interface Capabilities {
  readonly settings: ReadonlySet<keyof LineSettings>
  readonly control: ReadonlySet<keyof ControlLines>
  readonly modem: ReadonlySet<keyof ModemState>
}

export const NO_CAPABILITIES: Capabilities = { settings: new Set(), control: new Set(), modem: new Set() }

export const ALL_CAPABILITIES: Capabilities = {
  settings: new Set(['baudRate', 'dataBits', 'parity', 'stopBits', 'flowControl']),
  control: new Set(['dtr', 'rts', 'break']),
  modem: new Set(['cts', 'dsr', 'dcd', 'ri'])
}

const PARITY_LETTERS: Readonly<Record<Parity, string>> = {
  none: 'N',
  odd: 'O',
  even: 'E',
  mark: 'M',
  space: 'S'
}

/** `8N1`, `7E2`, `8N1.5`: the usual short form of data bits, parity and stop bits. */
export function formatLine(line: Pick<LineSettings, 'dataBits' | 'parity' | 'stopBits'>): string {
  return `${line.dataBits}${PARITY_LETTERS[line.parity]}${line.stopBits}`
}

/** `115200 8N1`, with the flow control behind it where there is one. */
export function formatSettings(settings: LineSettings): string {
  const flow = settings.flowControl === 'none' ? '' : ` ${settings.flowControl}`
  return `${settings.baudRate} ${formatLine(settings)}${flow}`
}

/** Reads `8N1`, `7e2`, `8N1.5`; undefined when it is none of these. */
export function parseLine(text: string): Pick<LineSettings, 'dataBits' | 'parity' | 'stopBits'> | undefined {
  const match = /^([5-8])([NOEMS])(1|1\.5|2)$/i.exec(text)
  if (!match) return undefined
  const letter = match[2]?.toUpperCase()
  const parity = PARITIES.find((each) => PARITY_LETTERS[each] === letter)
  const dataBits = DATA_BITS.find((each) => each === Number(match[1]))
  const stopBits = STOP_BITS.find((each) => each === Number(match[3]))
  return parity && dataBits && stopBits ? { dataBits, parity, stopBits } : undefined
}

/** Reads a baud rate in bit/s, 1 to 2^32-1, decimal digits only; undefined when it is none. */
export function parseBaudRate(text: string): number | undefined {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : 0
  return value >= 1 && value <= MAX_BAUD_RATE ? value : undefined
}

export function sameSettings(a: LineSettings, b: LineSettings): boolean {
  return (
    a.baudRate === b.baudRate &&
    a.dataBits === b.dataBits &&
    a.parity === b.parity &&
    a.stopBits === b.stopBits &&
    a.flowControl === b.flowControl
  )
}

/**
 * The time one character takes on the line, in seconds: start bit, data bits, parity bit, stop bits.
 */
export function characterSeconds(settings: LineSettings): number {
  const bits = 1 + settings.dataBits + (settings.parity === 'none' ? 0 : 1) + settings.stopBits
  return bits / settings.baudRate
}
