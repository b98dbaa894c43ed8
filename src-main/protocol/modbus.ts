/**
 * Modbus as both serial forms carry it: the words and numbers that framing, devices and decoders share. Pure values.
 * Sources: "MODBUS Application Protocol Specification V1.1b3" (here: App) and "MODBUS over Serial Line V1.02" (here: Serial).
 *
 *     RTU     unit | function, data … | CRC-16, low byte first        ended by 3.5 characters of silence
 *     ASCII   : | unit | function, data … | LRC | CR LF               each byte as two hex digits
 */
import type { Violation } from './codec.ts'

/** A request or an answer, out of its frame. */
export interface ModbusFrame {
  readonly type: 'frame'
  /** 0 broadcast, 1-247 a device; 248-255 are reserved and carried all the same. */
  readonly unit: number
  /** Function code and data, 1 to MAX_PDU bytes. */
  readonly pdu: Uint8Array
}

/** What a framer makes of the bytes; a violation is a frame that every receiver must drop. */
export type ModbusEvent = ModbusFrame | Violation

/** The longest function code with data (App §4.1). */
export const MAX_PDU = 253

export const BROADCAST = 0

/** The function codes that serial devices use (App §5.1). */
export const FUNCTION = {
  readCoils: 1,
  readDiscreteInputs: 2,
  readHoldingRegisters: 3,
  readInputRegisters: 4,
  writeCoil: 5,
  writeRegister: 6,
  readExceptionStatus: 7,
  diagnostics: 8,
  eventCounter: 11,
  writeCoils: 15,
  writeRegisters: 16,
  reportServerId: 17,
  maskWriteRegister: 22,
  readWriteRegisters: 23,
  encapsulated: 43
} as const

/** Added to the function code of a refusal (App §4.3). */
export const REFUSED = 0x80

/** App §7. */
export const EXCEPTION = { illegalFunction: 1, illegalAddress: 2, illegalValue: 3 } as const

/** The most that one request may read or write (App §6). */
export const MAX_QUANTITY = {
  readBits: 2000,
  readRegisters: 125,
  writeBits: 1968,
  writeRegisters: 123,
  readWriteWrites: 121
} as const

/** Sub-functions of `diagnostics` (App §6.8). */
export const DIAGNOSTIC = {
  returnQuery: 0,
  restart: 1,
  register: 2,
  listenOnly: 4,
  clearCounters: 10,
  busMessages: 11,
  busErrors: 12,
  exceptions: 13,
  serverMessages: 14,
  unanswered: 15,
  negativeAcknowledges: 16,
  busy: 17,
  overruns: 18
} as const

/** The MEI type of "Read Device Identification" within `encapsulated` (App §6.21). */
export const MEI_IDENTIFICATION = 14
