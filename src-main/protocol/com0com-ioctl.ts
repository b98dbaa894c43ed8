/**
 * What our end of a com0com pair is asked through DeviceIoControl, as bytes. Pure; who opens the port sends them. All numbers are little-endian.
 *
 *     LSRMST_INSERT     in   escape char · 'c' '0' 'c' 0 · u32 options            out, probing: 'c' '0' 'c' 0 · u32 capabilities
 *                                                                                 out, with GET: the current values as insertions (com0com-insert.ts)
 *     SET_MODEM_CONTROL in   u32 bits · u32 mask · 'c' '0' 'c' 0
 *     GET_STATS         out  u32 received · transmitted · framing · overrun · buffer overrun · parity
 *
 * Known deviations: a driver that is not com0com answers the probe with error 87 (ERROR_INVALID_PARAMETER); com0com before 2.0 knows fewer bits.
 */
import type { ModemState } from '../contract/line.ts'

/** IOCTL_SERIAL_…, as ntddser.h numbers them. */
export const COM0COM_IOCTL = {
  setQueueSize: 0x001b0008,
  setBreakOn: 0x001b0010,
  setBreakOff: 0x001b0014,
  purge: 0x001b004c,
  lsrMstInsert: 0x001b007c,
  getStats: 0x001b008c,
  setModemControl: 0x001b0098
} as const

/** ERROR_INVALID_PARAMETER: what a driver says to a probe that it does not know. */
export const NOT_COM0COM = 87

/** Bits of the options and of the capabilities of LSRMST_INSERT. */
export const INSERT = {
  modem: 0x0000_0002,
  baudRate: 0x0000_0100,
  lineControl: 0x0000_0200,
  break: 0x0000_0400,
  /** The answer tells how all of it is now. */
  get: 0x0100_0000,
  /** What came before, unescaped, is dropped. */
  clear: 0x0200_0000
} as const

/** What the settings of a program, its lines and its breaks are told by. */
const WATCHED = INSERT.modem | INSERT.baudRate | INSERT.lineControl | INSERT.break

export const ESCAPE = 0xff

const SIGNATURE = [0x63, 0x30, 0x63, 0x00] as const

/** Changes nothing but that insertions stop; its answer has PROBE_ANSWER_BYTES. */
export const PROBE: Uint8Array = insertInput(0, 0xffff_ffff)
export const PROBE_ANSWER_BYTES = 8

/** What a driver can tell, as bits of INSERT; undefined: it is not com0com. */
export function readCapabilities(answer: Uint8Array): number | undefined {
  if (answer.length < PROBE_ANSWER_BYTES || SIGNATURE.some((byte, at) => answer[at] !== byte))
    return undefined
  return view(answer).getUint32(4, true)
}

/** Has the stream escaped from here on, with what of WATCHED the driver can tell. `fresh`: what waits unread is dropped. */
export function watchInput(capabilities: number, fresh: boolean): Uint8Array {
  const options = WATCHED | INSERT.get | (fresh ? INSERT.clear : 0)
  return insertInput(ESCAPE, (options & capabilities) >>> 0)
}

/** Room for every insertion of the answer to it. */
export const WATCH_ANSWER_BYTES = 3 + 3 + 6 + 5

/** Whether a driver with these capabilities tells all that a program sets. */
export function tellsAll(capabilities: number): boolean {
  return (capabilities & WATCHED) === WATCHED
}

/** How a program's modem lines are wired to ours: CTS to RTS and DSR to DTR always, DCD to OUT1 and RI to OUT2 in pairs of our own making. */
const WIRES = [
  ['dsr', 0x01],
  ['cts', 0x02],
  ['dcd', 0x04],
  ['ri', 0x08]
] as const satisfies readonly (readonly [keyof ModemState, number])[]

/** Drives all four at once. A driver knows no "unknown": see `shown`. */
export function modemControlInput(modem: ModemState): Uint8Array {
  const input = new Uint8Array(12)
  const bits = WIRES.reduce((sum, [line, bit]) => sum | (shown(line, modem[line]) ? bit : 0), 0)
  view(input).setUint32(0, bits, true)
  view(input).setUint32(4, 0x0f, true)
  input.set(SIGNATURE, 8)
  return input
}

/** A program that waits for a line which nobody can tell would wait for ever: it is on, but for a bell that does not ring. */
function shown(line: keyof ModemState, level: ModemState[keyof ModemState]): boolean {
  return level === 'unknown' ? line !== 'ri' : level
}

/** Of a receive buffer of that many bytes; the driver makes it larger, never smaller. */
export function queueSizeInput(bytes: number): Uint8Array {
  const input = new Uint8Array(8)
  view(input).setUint32(0, bytes, true)
  view(input).setUint32(4, bytes, true)
  return input
}

/** SERIAL_PURGE_…: writes that wait are aborted. */
export const PURGE_WRITES: Uint8Array = Uint8Array.of(1 | 4, 0, 0, 0)

export const STATS_BYTES = 24

/** Bytes of the program for which there was no room, since our end was opened. */
export function readOverruns(stats: Uint8Array): number {
  return stats.length < STATS_BYTES ? 0 : view(stats).getUint32(16, true)
}

function insertInput(escape: number, options: number): Uint8Array {
  const input = new Uint8Array(9)
  input[0] = escape
  input.set(SIGNATURE, 1)
  view(input).setUint32(5, options, true)
  return input
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
}
