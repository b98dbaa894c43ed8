import {
  chmodSync,
  closeSync,
  existsSync,
  openSync,
  readSync,
  rmSync,
  writeFileSync,
  writeSync
} from 'node:fs'
import { join } from 'node:path'
import type { DataBits, LineState, ModemState, Parity } from '../../src-main/contract/line.ts'

/** Where each 32-bit word stands in serial-shim.c's `struct state`, in bytes. */
const DEAD = 0
const CFLAG = 4
const LINES = 8
const SENDING_BREAK = 12
const COUNTS = 20
const SERIAL_FLAGS = 64
const WIRED_TO = 68
const REFUSE = 72
const RS485 = 76
const SIZE = 112

const TIOCM = { dtr: 0x2, rts: 0x4, cts: 0x20, dcd: 0x40, ri: 0x80, dsr: 0x100 } as const

/** Counters in the kernel's order: cts dsr rng dcd rx tx frame overrun parity brk buf_overrun. */
const EDGES = { cts: 0, dsr: 1, ri: 2, dcd: 3 } as const
const ERRORS = { framing: 6, overrun: 7, parity: 8, break: 9 } as const

const REFUSALS = { counters: 1, lowLatency: 2, rs485: 4, modem: 8, markSpace: 16, break: 32 } as const

export type Refusal = keyof typeof REFUSALS

const CSIZE = 0o60
const PARENB = 0o400
const PARODD = 0o1000
const CMSPAR = 0o10000000000
const CS8 = 0o60

/** One registered terminal: what the shim keeps of it, read and written by tests. */
export class ShimState {
  readonly #path: string
  readonly #fd: number

  constructor(directory: string, minor: number) {
    this.#path = join(directory, String(minor))
    forget(this.#path)
    const bytes = Buffer.alloc(SIZE)
    bytes.writeUInt32LE(CS8, CFLAG)
    writeFileSync(this.#path, bytes, { flag: 'wx' })
    chmodSync(this.#path, 0o666)
    this.#fd = openSync(this.#path, 'r+')
  }

  /** What programs did, as a plain value for assertions. */
  get seen(): {
    readonly dtr: boolean
    readonly rts: boolean
    readonly sendingBreak: boolean
    readonly dataBits: DataBits
    readonly parity: Parity
  } {
    const { dtr, rts, sendingBreak, dataBits, parity } = this
    return { dtr, rts, sendingBreak, dataBits, parity }
  }

  get dtr(): boolean {
    return (this.#read(LINES) & TIOCM.dtr) !== 0
  }

  get rts(): boolean {
    return (this.#read(LINES) & TIOCM.rts) !== 0
  }

  get sendingBreak(): boolean {
    return this.#read(SENDING_BREAK) !== 0
  }

  get dataBits(): DataBits {
    return ([5, 6, 7, 8] as const)[(this.#read(CFLAG) & CSIZE) >> 4]!
  }

  get parity(): Parity {
    const cflag = this.#read(CFLAG)
    if (!(cflag & PARENB)) return 'none'
    if (cflag & CMSPAR) return cflag & PARODD ? 'mark' : 'space'
    return cflag & PARODD ? 'odd' : 'even'
  }

  /** `struct serial_struct.flags`, of which 0x2000 is ASYNC_LOW_LATENCY. */
  get serialFlags(): number {
    return this.#read(SERIAL_FLAGS)
  }

  /** `struct serial_rs485`: flags, delay before send and after send in ms. */
  get rs485(): readonly [flags: number, beforeMs: number, afterMs: number] {
    return [this.#read(RS485), this.#read(RS485 + 4), this.#read(RS485 + 8)]
  }

  /** Drives the inputs; absent ones stay. Edges are counted as a UART does: RI at its trailing edge only. */
  setModem(wish: Partial<Record<keyof ModemState, boolean>>): void {
    let lines = this.#read(LINES)
    for (const name of ['cts', 'dsr', 'dcd', 'ri'] as const) {
      const on = wish[name]
      const bit = TIOCM[name]
      if (on === undefined || on === ((lines & bit) !== 0)) continue
      if (name !== 'ri' || !on) this.#count(EDGES[name], 1)
      lines ^= bit
    }
    this.#write(LINES, lines)
  }

  /** Rings shortly: RI is off again before anybody can have asked. */
  ring(): void {
    this.#count(EDGES.ri, 1)
  }

  /** Counts receive errors and breaks as a driver does. */
  count(errors: Partial<LineState>): void {
    for (const name of ['framing', 'overrun', 'parity', 'break'] as const)
      this.#count(ERRORS[name], errors[name] ?? 0)
  }

  /** The features that this device shall not have. */
  refuse(...what: readonly Refusal[]): void {
    this.#write(
      REFUSE,
      what.reduce((mask, each) => mask | REFUSALS[each], 0)
    )
  }

  /** A null-modem cable, this end: our DTR is the far end's DSR and DCD, our RTS its CTS. */
  wireTo(minor: number): void {
    this.#write(WIRED_TO, minor + 1)
  }

  dispose(): void {
    this.#write(DEAD, 1)
    closeSync(this.#fd)
    rmSync(this.#path, { force: true })
  }

  #count(counter: number, by: number): void {
    this.#write(COUNTS + counter * 4, this.#read(COUNTS + counter * 4) + by)
  }

  #read(offset: number): number {
    const word = Buffer.alloc(4)
    readSync(this.#fd, word, 0, 4, offset)
    return word.readUInt32LE()
  }

  #write(offset: number, value: number): void {
    const word = Buffer.alloc(4)
    word.writeUInt32LE(value >>> 0)
    writeSync(this.#fd, word, 0, 4, offset)
  }
}

/** A test that was killed leaves its state behind, and its terminal's number comes back. */
function forget(path: string): void {
  if (!existsSync(path)) return
  const fd = openSync(path, 'r+')
  writeSync(fd, Buffer.from([1, 0, 0, 0]), 0, 4, DEAD)
  closeSync(fd)
  rmSync(path)
}
