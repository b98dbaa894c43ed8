/**
 * The bootloader of an ATmega328P (optiboot's part of STK500 version 1) at the device's end of a cable: what avrdude's `arduino`
 * and `stk500v1` programmers talk to. As on the board it answers only after a reset, until it is told to leave.
 *
 *   host: command, arguments, 0x20      board: 0x14 (in sync), answer, 0x10 (ok)
 */
import type { Device } from './device.ts'

const SYNC_END = 0x20
const IN_SYNC = 0x14
const OK = 0x10
/** ATmega328P. */
const SIGNATURE = [0x1e, 0x95, 0x0f]
const FLASH_BYTES = 32 * 1024

const COMMAND = {
  getSync: 0x30,
  getParameter: 0x41,
  setDevice: 0x42,
  setDeviceExt: 0x45,
  enterProgMode: 0x50,
  leaveProgMode: 0x51,
  chipErase: 0x52,
  loadAddress: 0x55,
  universal: 0x56,
  progPage: 0x64,
  readPage: 0x74,
  readSign: 0x75
} as const

/** Arguments of a fixed length, in bytes; a page's own length stands in it. */
const LENGTHS: Readonly<Record<number, number>> = {
  [COMMAND.getParameter]: 1,
  [COMMAND.setDevice]: 20,
  [COMMAND.setDeviceExt]: 5,
  [COMMAND.loadAddress]: 2,
  [COMMAND.universal]: 4,
  [COMMAND.progPage]: 3,
  [COMMAND.readPage]: 3
}

export class FakeStk500 {
  readonly flash = Buffer.alloc(FLASH_BYTES, 0xff)
  /** What came while the program ran instead of the bootloader, in bytes. */
  missed = 0
  left = false
  readonly #device: Device
  readonly #wasReset: () => boolean
  #pending: number[] = []
  /** In bytes; the wire has words. */
  #address = 0

  /** `wasReset`: asked with each chunk; true from the reset on. */
  constructor(device: Device, wasReset: () => boolean) {
    this.#device = device
    this.#wasReset = wasReset
    device.onData((chunk) => this.#hear(chunk))
  }

  #hear(chunk: Uint8Array): void {
    if (!this.#wasReset() || this.left) {
      this.missed += chunk.length
      return
    }
    this.#pending.push(...chunk)
    for (;;) {
      const [command = 0, high = 0, low = 0] = this.#pending
      const page = command === COMMAND.progPage ? (high << 8) | low : 0
      const length = 1 + (LENGTHS[command] ?? 0) + page
      if (this.#pending.length < length + 1) return
      const request = this.#pending.splice(0, length + 1)
      // Out of step, as after a byte too much: the bootloader waits for the next reset; here it starts anew.
      if (request.at(-1) !== SYNC_END) this.#pending = []
      else this.#device.write(Uint8Array.of(IN_SYNC, ...this.#answer(command, request.slice(1, -1)), OK))
    }
  }

  #answer(command: number, given: readonly number[]): readonly number[] {
    const [first = 0, second = 0] = given
    switch (command) {
      case COMMAND.loadAddress:
        this.#address = (first | (second << 8)) * 2
        return []
      case COMMAND.progPage:
        this.flash.set(given.slice(3), this.#address)
        return []
      case COMMAND.readPage:
        return [...this.flash.subarray(this.#address, this.#address + ((first << 8) | second))]
      case COMMAND.readSign:
        return SIGNATURE
      case COMMAND.universal:
        return [0]
      case COMMAND.getParameter:
        return [3]
      case COMMAND.leaveProgMode:
        this.left = true
        return []
      default:
        return []
    }
  }
}
