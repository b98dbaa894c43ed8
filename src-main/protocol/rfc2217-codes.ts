/**
 * The numbers of RFC 2217, one table each, read by encoder, decoder, capture view and tests alike. Pure values.
 */
import type {
  DataBits,
  FlowControl,
  Level,
  LineState,
  ModemState,
  Parity,
  Purge,
  StopBits
} from '../contract/line.ts'

/** What a client sends; the server's answers are these + SERVER_OFFSET. RFC 2217 §2-5. */
export const CODE = {
  signature: 0,
  baudRate: 1,
  dataSize: 2,
  parity: 3,
  stopSize: 4,
  control: 5,
  lineState: 6,
  modemState: 7,
  suspend: 8,
  resume: 9,
  lineStateMask: 10,
  modemStateMask: 11,
  purge: 12
} as const

export const SERVER_OFFSET = 100

/** In each of the value tables 0 asks for the current value. */
export const DATA_SIZE: Readonly<Record<DataBits, number>> = { 5: 5, 6: 6, 7: 7, 8: 8 }
export const PARITY: Readonly<Record<Parity, number>> = { none: 1, odd: 2, even: 3, mark: 4, space: 5 }
export const STOP_SIZE: Readonly<Record<StopBits, number>> = { 1: 1, 2: 2, 1.5: 3 }
export const PURGE: Readonly<Record<Purge, number>> = { receive: 1, transmit: 2, both: 3 }

/**
 * SET-CONTROL: one code for five things, each with its own query. `flow` is for both directions, or outbound alone once
 * `inboundFlow` was set. 17 (DCD) and 19 (DSR) outbound and 18 (DTR) inbound are flow controls that we don't have.
 */
export const CONTROL = {
  flow: { query: 0, none: 1, xonxoff: 2, rtscts: 3 },
  break: { query: 4, on: 5, off: 6 },
  dtr: { query: 7, on: 8, off: 9 },
  rts: { query: 10, on: 11, off: 12 },
  inboundFlow: { query: 13, none: 14, xonxoff: 15, rtscts: 16 }
} as const

export const FOREIGN_INBOUND_FLOW = 18

/**
 * The 1-byte form of a baud rate: Cisco's IOS and an early draft number the rates. Only the numbers that gensio also knows.
 */
export const CISCO_BAUD_RATE: readonly (readonly [baudRate: number, code: number])[] = [
  [300, 3],
  [600, 4],
  [1200, 5],
  [2400, 6],
  [4800, 7],
  [9600, 8],
  [19_200, 10],
  [38_400, 12],
  [57_600, 13],
  [115_200, 14],
  [230_400, 15]
]

/** Levels in the high nibble; the low nibble says what changed since the last report (for RI: that it ended). RFC 2217 §4. */
export const MODEM_BIT = { dcd: 0x80, ri: 0x40, dsr: 0x20, cts: 0x10 } as const
export const MODEM_DELTA_BIT = { dcd: 0x08, ri: 0x04, dsr: 0x02, cts: 0x01 } as const
export const MODEM_LEVELS = 0xf0

/** The errors among the bits of the line state; the others (timeout, empty registers, data ready) tell nothing of the line. */
export const LINE_BIT = { break: 0x10, framing: 0x08, parity: 0x04, overrun: 0x02 } as const
export const LINE_ERRORS = 0x1e

/** The masks in force before a client sets any (RFC 2217 §3: all modem changes, no line state). */
export const INITIAL_MODEM_MASK = 0xff
export const INITIAL_LINE_MASK = 0

const MODEM_LINES = ['dcd', 'ri', 'dsr', 'cts'] as const
const LINE_COUNTS = ['break', 'framing', 'parity', 'overrun'] as const

/** The high nibble. A level that nobody knows is reported as off: the protocol has no third value. */
export function modemLevelBits(state: ModemState): number {
  return MODEM_LINES.reduce((bits, line) => bits | (state[line] === true ? MODEM_BIT[line] : 0), 0)
}

/** The low nibble for a change of levels; the RI bit tells the trailing edge alone. */
export function modemDeltaBits(before: number, after: number): number {
  const changed = (before ^ after) & MODEM_LEVELS
  const ringEnded = (before & MODEM_BIT.ri) !== 0 && (after & MODEM_BIT.ri) === 0
  return MODEM_LINES.reduce((bits, line) => {
    const told = line === 'ri' ? ringEnded : (changed & MODEM_BIT[line]) !== 0
    return bits | (told ? MODEM_DELTA_BIT[line] : 0)
  }, 0)
}

export function modemStateOf(bits: number): ModemState {
  const level = (line: keyof typeof MODEM_BIT): Level => (bits & MODEM_BIT[line]) !== 0
  return { cts: level('cts'), dsr: level('dsr'), dcd: level('dcd'), ri: level('ri') }
}

export function lineStateBits(state: LineState): number {
  return LINE_COUNTS.reduce((bits, count) => bits | (state[count] > 0 ? LINE_BIT[count] : 0), 0)
}

/** Each bit counts once: the protocol tells that something happened, not how often. */
export function lineStateOf(bits: number): LineState {
  const count = (kind: keyof typeof LINE_BIT): number => ((bits & LINE_BIT[kind]) === 0 ? 0 : 1)
  return {
    overrun: count('overrun'),
    parity: count('parity'),
    framing: count('framing'),
    break: count('break')
  }
}

/** The flow control's name in a table of CONTROL. */
export function flowCode(about: 'flow' | 'inboundFlow', flow: FlowControl | undefined): number {
  return CONTROL[about][flow ?? 'query']
}
