/** What CDC-ACM has words for: the line coding and the serial state of a port. Source: PSTN 1.2, 6.3.11 and 6.5.4. Pure. */
import type { LineSettings, LineWish } from '../contract/line.ts'

const PARITIES = ['none', 'odd', 'even', 'mark', 'space'] as const
const STOP_BITS = [1, 1.5, 2] as const
const DATA_BITS = [5, 6, 7, 8] as const

const NOTIFY_SERIAL_STATE = 0x20

/** What the device drives, as far as CDC-ACM has a bit for it: there is none for CTS. Errors and break are told once. */
export interface SerialState {
  readonly dcd: boolean
  readonly dsr: boolean
  readonly ri: boolean
  readonly break: boolean
  readonly framing: boolean
  readonly parity: boolean
  readonly overrun: boolean
}

/** Undefined: no line can be so. A rate of 0 is left out: it hangs up, and DTR says so as well. */
export function readLineCoding(data: Uint8Array): LineWish | undefined {
  if (data.length < 7) return undefined
  const baudRate = new DataView(data.buffer, data.byteOffset, data.length).getUint32(0, true)
  const stopBits = STOP_BITS[data[4] ?? 0]
  const parity = PARITIES[data[5] ?? 0]
  const dataBits = DATA_BITS.find((each) => each === data[6])
  if (stopBits === undefined || parity === undefined || dataBits === undefined) return undefined
  return { ...(baudRate > 0 && { baudRate }), stopBits, parity, dataBits }
}

export function lineCoding({ baudRate, stopBits, parity, dataBits }: LineSettings): Uint8Array {
  const bytes = new Uint8Array(7)
  new DataView(bytes.buffer).setUint32(0, baudRate, true)
  bytes[4] = STOP_BITS.indexOf(stopBits)
  bytes[5] = PARITIES.indexOf(parity)
  bytes[6] = dataBits
  return bytes
}

/** Two that nobody fetched, as one: the lines as they are now, and all that happened. */
export function bothStates(before: SerialState, now: SerialState): SerialState {
  return {
    ...now,
    break: now.break || before.break,
    framing: now.framing || before.framing,
    parity: now.parity || before.parity,
    overrun: now.overrun || before.overrun
  }
}

/** The whole of the message, as it comes by the interrupt endpoint. */
export function serialStateNotice(state: SerialState): Uint8Array {
  const bits = [state.dcd, state.dsr, state.break, state.ri, state.framing, state.parity, state.overrun]
  const low = bits.reduce((sum, bit, place) => sum | (bit ? 1 << place : 0), 0)
  return Uint8Array.of(0xa1, NOTIFY_SERIAL_STATE, 0, 0, 0, 0, 2, 0, low, 0)
}
