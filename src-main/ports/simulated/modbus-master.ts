/** What the master of a simulated Modbus bus asks, in turn, and how long its device takes. Called by modbus.ts. */
import { FUNCTION } from '../../protocol/modbus.ts'

/** Two registers from 0 on, four input registers, eight coils, and a register that is written: PDUs. */
const REQUESTS: readonly Uint8Array[] = [
  Uint8Array.of(FUNCTION.readHoldingRegisters, 0, 0, 0, 2),
  Uint8Array.of(FUNCTION.readInputRegisters, 0, 0, 0, 2),
  Uint8Array.of(FUNCTION.readCoils, 0, 0, 0, 1),
  Uint8Array.of(FUNCTION.writeRegister, 0, 0, 0, 215)
]

/** The `count`th request, from 0 on. */
export function nextRequest(count: number): Uint8Array {
  return REQUESTS[count % REQUESTS.length] ?? Uint8Array.of()
}

/** Longer than a silence of RTU, and over well before the next request, in ms. */
export function answerDelayMs(pollsPerSecond: number): number {
  return Math.min(20, 400 / pollsPerSecond)
}
