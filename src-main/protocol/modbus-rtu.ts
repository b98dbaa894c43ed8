/**
 * Modbus RTU framing (Serial §2.5.1): bytes in, a frame out when the line fell silent. Called by the simulated device and by
 * decoders; has no clock, so its caller tells the silence.
 *
 *     01 03 00 00 00 0A C5 CD     unit 1, function 3 (10 registers from 0), CRC 0xCDC5
 *
 * Known deviations of peers: gaps between 1.5 and 3.5 characters within a frame, which the specification forbids, are what
 * every USB adapter makes; so they are borne, and the CRC decides.
 */
import { characterSeconds, type LineSettings } from '../contract/line.ts'
import type { Violation } from './codec.ts'
import { crc16 } from './modbus-checks.ts'
import { MAX_PDU, type ModbusEvent } from './modbus.ts'

/** Unit, PDU and CRC, in bytes. */
export const MAX_RTU_FRAME = 1 + MAX_PDU + 2
const MIN_RTU_FRAME = 4

/** How much of an offending frame a violation shows. */
const SHOWN = 16

const SECTION = 'Modbus Serial Line 2.5.1'

const SILENT_CHARACTERS = 3.5
/** From here on the silence no longer shrinks: interrupts could not follow. */
const FAST_BAUD_RATE = 19_200
const FAST_SILENCE_MS = 1.75

/** The silence that ends a frame, in ms. */
export function rtuSilenceMs(settings: LineSettings): number {
  if (settings.baudRate > FAST_BAUD_RATE) return FAST_SILENCE_MS
  return SILENT_CHARACTERS * characterSeconds(settings) * 1000
}

/** The bytes on the line. `pdu`: 1 to MAX_PDU bytes. */
export function encodeRtu(unit: number, pdu: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(1 + pdu.length + 2)
  bytes[0] = unit
  bytes.set(pdu, 1)
  const crc = crc16(bytes.subarray(0, 1 + pdu.length))
  bytes[pdu.length + 1] = crc & 0xff
  bytes[pdu.length + 2] = crc >>> 8
  return bytes
}

/** Reads what stood between two silences. The PDU is a view of it. */
export function decodeRtu(bytes: Uint8Array): ModbusEvent {
  if (bytes.length < MIN_RTU_FRAME) return violation('a frame that is too short', bytes)
  if (bytes.length > MAX_RTU_FRAME) return violation(`a frame of more than ${MAX_RTU_FRAME} bytes`, bytes)
  if (crc16(bytes) !== 0) return violation('a wrong CRC', bytes)
  return { type: 'frame', unit: bytes[0] ?? 0, pdu: bytes.subarray(1, -2) }
}

/** Collects one frame at a time, never more than a frame can be long. */
export class RtuReceiver {
  readonly #buffer = new Uint8Array(MAX_RTU_FRAME + 1)
  #size = 0

  receive(chunk: Uint8Array): void {
    // The byte more than a frame has is what tells that it is too long.
    const taken = chunk.subarray(0, this.#buffer.length - this.#size)
    this.#buffer.set(taken, this.#size)
    this.#size += taken.length
  }

  /** The line fell silent: what that was; undefined when nothing came since the last silence. The PDU is a copy of its own. */
  silence(): ModbusEvent | undefined {
    if (this.#size === 0) return undefined
    const bytes = this.#buffer.slice(0, this.#size)
    this.#size = 0
    return decodeRtu(bytes)
  }
}

function violation(what: string, bytes: Uint8Array): Violation {
  return { type: 'violation', what, section: SECTION, bytes: bytes.slice(0, SHOWN) }
}
