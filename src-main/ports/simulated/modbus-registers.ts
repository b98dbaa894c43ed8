/**
 * The memory of the simulated Modbus device: what a client reads and writes by address. Called by modbus-slave.ts; knows no
 * function codes and no framing. Addresses count from 0, as they stand in requests.
 *
 *     coils               0-2047   writable, off at first; coil 0 is the lamp
 *     discrete inputs     0-2047   0 changes each second · 1 the lamp is on · 2 warmer than the set point
 *     holding registers   0-255    writable; 0 the set point in 0.1 °C (215 at first), the others 0
 *     input registers     0-127    0 temperature in 0.1 °C (signed) · 1 humidity in 0.1 % · 2-3 seconds since it was plugged
 *                                  in · 4-5 seconds since 1970 (UTC); 32-bit values with the high word first
 *
 * The temperature swings around the set point, by 0.5 °C within a minute.
 */
import type { DeviceTime } from './device.ts'

const BITS = 2048
const HOLDING_REGISTERS = 256
const INPUT_REGISTERS = 128

const SET_POINT = 0
const LAMP = 0

/** Addresses 0 to below `size`; reading or writing others is the caller's mistake. */
export interface Readable {
  readonly size: number
  readonly read: (address: number) => number
}
export interface Writable extends Readable {
  readonly write: (address: number, value: number) => void
}

/** Four tables, as the application protocol has them (App §4.4): bits are 0 or 1, registers 0 to 65535. */
export class Registers {
  readonly coils: Writable
  readonly discreteInputs: Readable
  readonly holding: Writable
  readonly inputs: Readable
  readonly #coils = new Uint8Array(BITS)
  readonly #holding = new Uint16Array(HOLDING_REGISTERS)
  #time: DeviceTime | undefined
  #pluggedInMs = 0

  constructor() {
    this.#holding[SET_POINT] = 215
    this.coils = writable(this.#coils)
    this.holding = writable(this.#holding)
    this.discreteInputs = { size: BITS, read: (address) => this.#discreteInput(address) }
    this.inputs = { size: INPUT_REGISTERS, read: (address) => this.#input(address) }
  }

  /** Starts its seconds; what was written stays, as in a device that keeps it without power. */
  plugIn(time: DeviceTime): void {
    this.#time = time
    this.#pluggedInMs = time.clock.nowMs()
  }

  #discreteInput(address: number): number {
    switch (address) {
      case 0:
        return this.#seconds() & 1
      case 1:
        return this.#coils[LAMP] ?? 0
      case 2:
        return this.#swing() > 0 ? 1 : 0
      default:
        return 0
    }
  }

  #input(address: number): number {
    const utcSeconds = Math.floor((this.#time?.wallMs() ?? 0) / 1000)
    switch (address) {
      case 0:
        return ((this.#holding[SET_POINT] ?? 0) + Math.round(5 * this.#swing())) & 0xffff
      case 1:
        return 450 - Math.round(30 * this.#swing())
      case 2:
        return high(this.#seconds())
      case 3:
        return low(this.#seconds())
      case 4:
        return high(utcSeconds)
      case 5:
        return low(utcSeconds)
      default:
        return 0
    }
  }

  #elapsedMs(): number {
    return this.#time === undefined ? 0 : this.#time.clock.nowMs() - this.#pluggedInMs
  }

  #seconds(): number {
    return Math.floor(this.#elapsedMs() / 1000)
  }

  /** -1 to 1, one round in a minute. */
  #swing(): number {
    return Math.sin((2 * Math.PI * this.#elapsedMs()) / 60_000)
  }
}

function writable(memory: Uint8Array | Uint16Array): Writable {
  return {
    size: memory.length,
    read: (address) => memory[address] ?? 0,
    write: (address, value) => {
      memory[address] = value
    }
  }
}

function high(value: number): number {
  return (value >>> 16) & 0xffff
}

function low(value: number): number {
  return value & 0xffff
}
