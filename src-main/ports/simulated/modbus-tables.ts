/**
 * The Modbus requests that read and write a device's four tables: PDU in, PDU or exception code out. Called by modbus-slave.ts. Each
 * function names its section of the "MODBUS Application Protocol Specification V1.1b3" and its layout, request → answer.
 */
import { EXCEPTION, MAX_QUANTITY } from '../../protocol/modbus.ts'
import type { Readable, Writable } from './modbus-registers.ts'

export type Exception = (typeof EXCEPTION)[keyof typeof EXCEPTION]

/** The whole answer, or the exception code of a refusal. */
export type Answer = Uint8Array | Exception

/** §6.1, §6.2: function, address, quantity → function, number of bytes, bits from the lowest on. */
export function readBits(pdu: Uint8Array, table: Readable): Answer {
  const [address, quantity] = [word(pdu, 1), word(pdu, 3)]
  const refused = refusal(pdu.length === 5, address, quantity, MAX_QUANTITY.readBits, table)
  if (refused !== undefined) return refused
  const bits = packBits(table, address, quantity)
  return Uint8Array.of(pdu[0] ?? 0, bits.length, ...bits)
}

/** §6.3, §6.4: function, address, quantity → function, number of bytes, registers. */
export function readRegisters(pdu: Uint8Array, table: Readable): Answer {
  const [address, quantity] = [word(pdu, 1), word(pdu, 3)]
  const refused = refusal(pdu.length === 5, address, quantity, MAX_QUANTITY.readRegisters, table)
  return refused ?? Uint8Array.of(pdu[0] ?? 0, 2 * quantity, ...registersFrom(table, address, quantity))
}

const ON = 0xff00

/** §6.5: function, address, FF00 or 0000 → the same. */
export function writeCoil(pdu: Uint8Array, coils: Writable): Answer {
  const [address, value] = [word(pdu, 1), word(pdu, 3)]
  const refused = refusal(pdu.length === 5 && (value === 0 || value === ON), address, 1, 1, coils)
  if (refused !== undefined) return refused
  coils.write(address, value === ON ? 1 : 0)
  return pdu
}

/** §6.6: function, address, value → the same. */
export function writeRegister(pdu: Uint8Array, holding: Writable): Answer {
  const address = word(pdu, 1)
  const refused = refusal(pdu.length === 5, address, 1, 1, holding)
  if (refused !== undefined) return refused
  holding.write(address, word(pdu, 3))
  return pdu
}

/** §6.11: function, address, quantity, number of bytes, bits → function, address, quantity. */
export function writeCoils(pdu: Uint8Array, coils: Writable): Answer {
  const [address, quantity, bytes] = [word(pdu, 1), word(pdu, 3), pdu[5] ?? 0]
  const whole = bytes === Math.ceil(quantity / 8) && pdu.length === 6 + bytes
  const refused = refusal(whole, address, quantity, MAX_QUANTITY.writeBits, coils)
  if (refused !== undefined) return refused
  for (let at = 0; at < quantity; at++) coils.write(address + at, ((pdu[6 + (at >> 3)] ?? 0) >> (at & 7)) & 1)
  return pdu.subarray(0, 5)
}

/** §6.12: function, address, quantity, number of bytes, registers → function, address, quantity. */
export function writeRegisters(pdu: Uint8Array, holding: Writable): Answer {
  const [address, quantity, bytes] = [word(pdu, 1), word(pdu, 3), pdu[5] ?? 0]
  const whole = bytes === 2 * quantity && pdu.length === 6 + bytes
  const refused = refusal(whole, address, quantity, MAX_QUANTITY.writeRegisters, holding)
  if (refused !== undefined) return refused
  writeAll(holding, address, pdu.subarray(6))
  return pdu.subarray(0, 5)
}

/** §6.16: function, address, AND mask, OR mask → the same. */
export function maskWriteRegister(pdu: Uint8Array, holding: Writable): Answer {
  const [address, and, or] = [word(pdu, 1), word(pdu, 3), word(pdu, 5)]
  const refused = refusal(pdu.length === 7, address, 1, 1, holding)
  if (refused !== undefined) return refused
  holding.write(address, (holding.read(address) & and) | (or & ~and & 0xffff))
  return pdu
}

/** §6.17: function, read address and quantity, write address and quantity, number of bytes, registers → as reading. Writes first. */
export function readWriteRegisters(pdu: Uint8Array, holding: Writable): Answer {
  const [from, count, to, written, bytes] = [
    word(pdu, 1),
    word(pdu, 3),
    word(pdu, 5),
    word(pdu, 7),
    pdu[9] ?? 0
  ]
  const whole = bytes === 2 * written && pdu.length === 10 + bytes
  const write = refusal(whole, to, written, MAX_QUANTITY.readWriteWrites, holding)
  const read = refusal(true, from, count, MAX_QUANTITY.readRegisters, holding)
  // Both quantities come before either address in the specification's diagram.
  if (write !== undefined || read !== undefined)
    return [write, read].includes(EXCEPTION.illegalValue) ? EXCEPTION.illegalValue : EXCEPTION.illegalAddress
  writeAll(holding, to, pdu.subarray(10))
  return Uint8Array.of(pdu[0] ?? 0, 2 * count, ...registersFrom(holding, from, count))
}

/** The checks in the order of the specification's diagrams: first the form and the quantity, then the addresses. */
function refusal(
  wellFormed: boolean,
  address: number,
  quantity: number,
  most: number,
  { size }: Readable
): Exception | undefined {
  if (!wellFormed || quantity < 1 || quantity > most) return EXCEPTION.illegalValue
  return address + quantity > size ? EXCEPTION.illegalAddress : undefined
}

/** Bits from `address` on, the first one lowest; the last byte is filled up with zeros. */
export function packBits(table: Readable, address: number, quantity: number): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(quantity / 8))
  for (let at = 0; at < quantity; at++)
    bytes[at >> 3] = (bytes[at >> 3] ?? 0) | (table.read(address + at) << (at & 7))
  return bytes
}

function registersFrom(table: Readable, address: number, quantity: number): number[] {
  return Array.from({ length: quantity }, (_, at) => bytesOf(table.read(address + at))).flat()
}

function writeAll(table: Writable, address: number, values: Uint8Array): void {
  for (let at = 0; 2 * at < values.length; at++) table.write(address + at, word(values, 2 * at))
}

/** 16 bits of a PDU, high byte first; missing bytes are 0, since the length is checked by its own. */
export function word(pdu: Uint8Array, at: number): number {
  return ((pdu[at] ?? 0) << 8) | (pdu[at + 1] ?? 0)
}

/** 16 bits as they are sent: high byte first. */
export function bytesOf(value: number): [number, number] {
  return [value >>> 8, value & 0xff]
}
