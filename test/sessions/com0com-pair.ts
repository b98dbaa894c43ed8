/**
 * A com0com pair in memory, as its driver is: what a program does at one end is inserted into what the other reads, a full buffer of ours loses
 * bytes instead of stopping the program (EmuOverrun), and what is written to a program that is not there waits for the next one.
 */
import { LOW_WATER, HIGH_WATER } from '../../src-main/base/duplex.ts'
import { Emitter } from '../../src-main/base/event.ts'
import type { CloseReason } from '../../src-main/contract/close.ts'
import {
  DEFAULT_SETTINGS,
  UNKNOWN_MODEM_STATE,
  type ControlWish,
  type LineSettings,
  type LineState,
  type LineWish,
  type ModemState,
  type Purge
} from '../../src-main/contract/line.ts'
import type { CommDevice, CommOptions } from '../../src-main/os/win32/comm.ts'
import { ERROR, WindowsError } from '../../src-main/os/win32/windows-error.ts'
import { COM0COM_IOCTL } from '../../src-main/protocol/com0com-ioctl.ts'
import {
  insertBaudRate,
  insertBreak,
  insertData,
  insertLineControl,
  insertModem
} from '../protocol/insert-stream.ts'

export interface PairWiring {
  /** `ropen`: our DCD tells whether the program's port is open. Default that. */
  readonly dcd?: 'ropen' | 'rdtr'
  /** What the driver says that it can. Default everything. */
  readonly capabilities?: number
}

const ALL = 0x0300_0703
const MST = 0x2
const RBR = 0x100
const RLC = 0x200
const BREAK = 0x400
const GET = 0x0100_0000
const CLEAR = 0x0200_0000
const NOTHING = new Uint8Array(0)

/** What the driver has for a program that does not read. */
const PROGRAM_BUFFER_BYTES = 4096
const PIECE_BYTES = 4096

export class Com0comPair {
  readonly #wiring: PairWiring
  /** Of our end, as it waits to be read. */
  #buffer: Uint8Array[] = []
  #bufferBytes = 0
  #room = PROGRAM_BUFFER_BYTES
  #overruns = 0
  #watching = 0
  #device: PairDevice | undefined
  #isOpen = false
  #isStalled = false
  #settings: LineSettings = { ...DEFAULT_SETTINGS, baudRate: 1200, dataBits: 7 }
  #dtr = false
  #rts = false
  #break = false
  #got: Uint8Array[] = []
  #unread: Uint8Array[] = []
  #outputs = 0
  /** Largest buffer that the system gives. */
  memory = 16 * 1024 * 1024
  /** Breaks that the program saw. */
  breaks = 0
  /** Of each ioctl, its code. */
  readonly ioctls: number[] = []
  /** How often our end was opened. */
  opened = 0

  constructor(wiring: PairWiring = {}) {
    this.#wiring = wiring
  }

  readonly open = (path: string, options: CommOptions): Promise<CommDevice> => {
    if (this.#device) return Promise.reject(new WindowsError(ERROR.accessDenied, 'CreateFile'))
    if (options.settings?.dataBits !== 8)
      throw new Error('the driver would cut data to the smaller data bits')
    this.opened += 1
    this.#overruns = 0
    this.#outputs = 0x03
    this.#device = new PairDevice(path, this)
    return Promise.resolve(this.#device)
  }

  // The program.

  /** False: our end is not open, so that its port is not there (PlugInMode). */
  programOpens(dtr = true, rts = true): boolean {
    if (!this.#device) return false
    this.#lines(() => {
      this.#rts = rts
      this.#dtr = dtr
    })
    this.#lines(() => (this.#isOpen = true))
    this.#device.pump()
    return true
  }

  programCloses(): void {
    this.#lines(() => {
      this.#isOpen = this.#dtr = this.#rts = false
    })
    this.#unread = []
    if (this.#break) this.programBreaks(false)
  }

  programDrives(dtr: boolean, rts: boolean): void {
    this.#lines(() => (this.#dtr = dtr))
    this.#lines(() => (this.#rts = rts))
  }

  /** Nothing is inserted of what does not change. */
  programSets(wish: LineWish): void {
    const before = this.#settings
    this.#settings = { ...before, ...wish }
    const { baudRate, dataBits, parity, stopBits } = this.#settings
    if (baudRate !== before.baudRate) this.#insert(RBR, insertBaudRate(baudRate))
    if (dataBits !== before.dataBits || parity !== before.parity || stopBits !== before.stopBits)
      this.#insert(RLC, insertLineControl(this.#settings))
  }

  programBreaks(on: boolean): void {
    if (on === this.#break) return
    this.#break = on
    this.#insert(BREAK, insertBreak(on))
  }

  /** In one call; all that has room is taken at once, and the rest is lost. Answers how many bytes that are. */
  programWrites(bytes: Uint8Array): number {
    const reading = this.#device && !this.#device.isPaused ? PIECE_BYTES : 0
    const room = Math.max(0, this.#device ? this.#room - this.#bufferBytes + reading : 0)
    const taken = bytes.slice(0, room)
    this.#overruns += bytes.length - taken.length
    this.#put(this.#watching > 0 ? insertData(taken) : taken)
    return bytes.length - taken.length
  }

  /** It reads nothing any more … */
  programStalls(): void {
    this.#isStalled = true
  }

  /** … until now. */
  programReads(): void {
    this.#isStalled = false
    this.#got.push(...this.#unread)
    this.#unread = []
    this.#device?.pump()
  }

  /** All that it read. */
  get programGot(): Uint8Array {
    return new Uint8Array(Buffer.concat(this.#got))
  }

  /** Its inputs: CTS by our RTS, DSR by our DTR, DCD by OUT1, RI by OUT2. */
  get programSees(): Record<keyof ModemState, boolean> {
    const on = (bit: number): boolean => (this.#outputs & bit) !== 0
    return { cts: on(2), dsr: on(1), dcd: on(4), ri: on(8) }
  }

  /** The pair is removed, or its driver stopped. */
  disappears(): void {
    this.#device?.abort({ code: 'error', message: 'the device is gone' })
  }

  // The driver, for our end.

  takeForProgram(chunk: Uint8Array): number {
    if (!this.#isOpen) return 0
    const waits = this.#unread.reduce((sum, each) => sum + each.length, 0)
    const count = this.#isStalled ? Math.min(chunk.length, PROGRAM_BUFFER_BYTES - waits) : chunk.length
    if (count > 0) (this.#isStalled ? this.#unread : this.#got).push(chunk.slice(0, count))
    return count
  }

  read(): Uint8Array | undefined {
    const first = this.#buffer[0]
    if (!first) return undefined
    const piece = first.subarray(0, PIECE_BYTES)
    if (piece.length === first.length) this.#buffer.shift()
    else this.#buffer[0] = first.subarray(PIECE_BYTES)
    this.#bufferBytes -= piece.length
    return piece
  }

  drive(wish: ControlWish): void {
    const { rts, dtr } = wish
    if (rts !== undefined) this.#outputs = (this.#outputs & ~2) | (rts ? 2 : 0)
    if (dtr !== undefined) this.#outputs = (this.#outputs & ~1) | (dtr ? 1 : 0)
    if (wish.break) this.breaks += 1
  }

  modem(): ModemState {
    const { dtr, rts } = { dtr: this.#dtr, rts: this.#rts }
    return { cts: rts, dsr: dtr, dcd: this.#wiring.dcd === 'rdtr' ? dtr : this.#isOpen, ri: false }
  }

  ioctl(code: number, input: Uint8Array): Uint8Array {
    this.ioctls.push(code)
    const bytes = Buffer.from(input)
    switch (code) {
      case COM0COM_IOCTL.setQueueSize: {
        const size = bytes.readUInt32LE(0)
        if (size > this.memory) throw new WindowsError(1450, 'DeviceIoControl')
        this.#room = Math.max(size, this.#room)
        return NOTHING
      }
      case COM0COM_IOCTL.getStats: {
        const stats = Buffer.alloc(24)
        stats.writeUInt32LE(this.#overruns, 16)
        return stats
      }
      case COM0COM_IOCTL.setModemControl: {
        const mask = bytes.readUInt32LE(4)
        this.#outputs = (this.#outputs & ~mask) | (bytes.readUInt32LE(0) & mask)
        return NOTHING
      }
      case COM0COM_IOCTL.lsrMstInsert:
        return this.#watch(bytes)
      default:
        throw new WindowsError(ERROR.invalidParameter, 'DeviceIoControl')
    }
  }

  released(): void {
    this.#device = undefined
    this.#watching = 0
    this.#buffer = []
    this.#bufferBytes = 0
    this.#outputs = 0
  }

  #watch(input: Buffer): Uint8Array {
    const { capabilities = ALL } = this.#wiring
    if (capabilities === 0) throw new WindowsError(ERROR.invalidParameter, 'DeviceIoControl')
    const options = input.readUInt32LE(5)
    if (options === 0xffff_ffff) {
      const answer = Buffer.from('c0c\0\0\0\0\0', 'latin1')
      answer.writeUInt32LE(capabilities, 4)
      return answer
    }
    if ((options & ~capabilities) !== 0) throw new WindowsError(ERROR.invalidParameter, 'DeviceIoControl')
    this.#watching = input[0] === 0 ? 0 : options & (MST | RBR | RLC | BREAK)
    if ((options & CLEAR) !== 0) {
      this.#buffer = []
      this.#bufferBytes = 0
    }
    if ((options & GET) === 0) return NOTHING
    return Buffer.concat([
      this.#watching & BREAK ? Uint8Array.of(0xff, 0x02, this.#break ? 0x70 : 0x60) : NOTHING,
      this.#watching & MST ? insertModem(this.#register) : NOTHING,
      this.#watching & RBR ? insertBaudRate(this.#settings.baudRate) : NOTHING,
      this.#watching & RLC ? insertLineControl(this.#settings) : NOTHING
    ])
  }

  get #register(): number {
    const { cts, dsr, dcd } = this.modem()
    return (cts ? 0x10 : 0) | (dsr ? 0x20 : 0) | (dcd ? 0x80 : 0)
  }

  #lines(change: () => void): void {
    const before = this.#register
    change()
    const changed = before ^ this.#register
    if (changed === 0) return
    this.#insert(MST, insertModem(this.#register | (changed >> 4)))
    this.#device?.modemChanged(this.modem())
  }

  #insert(kind: number, bytes: Uint8Array): void {
    if ((this.#watching & kind) !== 0 && this.#bufferBytes + bytes.length <= this.#room) this.#put(bytes)
  }

  #put(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    this.#buffer.push(bytes)
    this.#bufferBytes += bytes.length
    this.#device?.readable()
  }
}

class PairDevice implements CommDevice {
  readonly handle = 1
  readonly unsent = 0
  readonly path: string
  readonly #pair: Com0comPair
  readonly #data = new Emitter<Uint8Array>()
  readonly #drain = new Emitter<void>()
  readonly #closes = new Emitter<CloseReason>()
  readonly #modem = new Emitter<ModemState>()
  readonly onData = this.#data.event
  readonly onDrain = this.#drain.event
  readonly onClose = this.#closes.event
  readonly onModemState = this.#modem.event
  readonly onLineState = new Emitter<LineState>().event
  settings: LineSettings = DEFAULT_SETTINGS
  #queue: Uint8Array[] = []
  queued = 0
  isPaused = true
  #isCongested = false
  #ended = false

  constructor(path: string, pair: Com0comPair) {
    this.path = path
    this.#pair = pair
  }

  get modemState(): ModemState {
    return this.#ended ? UNKNOWN_MODEM_STATE : this.#pair.modem()
  }

  write(chunk: Uint8Array): boolean {
    if (this.#ended) return true
    this.#queue.push(chunk)
    this.queued += chunk.length
    this.pump()
    if (this.queued > HIGH_WATER) this.#isCongested = true
    return !this.#isCongested
  }

  /** The driver takes what it has room for. */
  pump(): void {
    for (let chunk = this.#queue[0]; chunk; chunk = this.#queue[0]) {
      const count = this.#pair.takeForProgram(chunk)
      if (count === 0) break
      if (count === chunk.length) this.#queue.shift()
      else this.#queue[0] = chunk.subarray(count)
      this.queued -= count
    }
    this.#drained()
  }

  pause(): void {
    this.isPaused = true
  }

  resume(): void {
    this.isPaused = false
    this.readable()
  }

  /** A read that waited ends, in a turn of its own. */
  readable(): void {
    queueMicrotask(() => {
      while (!this.isPaused && !this.#ended) {
        const piece = this.#pair.read()
        if (!piece) return
        this.#data.fire(piece)
      }
    })
  }

  modemChanged(state: ModemState): void {
    this.#modem.fire(state)
  }

  ioctl(code: number, input: Uint8Array): Promise<Uint8Array> {
    return new Promise((resolve) => {
      if (this.#ended) throw new WindowsError(ERROR.invalidHandle, 'DeviceIoControl')
      resolve(this.#pair.ioctl(code, input))
    })
  }

  set(wish: LineWish): Promise<LineSettings> {
    this.settings = { ...this.settings, ...wish }
    return Promise.resolve(this.settings)
  }

  control(wish: ControlWish): Promise<void> {
    this.#pair.drive(wish)
    return Promise.resolve()
  }

  purge(which: Purge): void {
    if (which === 'receive') return
    this.#queue = []
    this.queued = 0
    this.#drained()
  }

  close(reason: CloseReason): Promise<number> {
    this.abort(reason)
    return Promise.resolve(this.queued)
  }

  abort(reason: CloseReason): void {
    if (this.#ended) return
    this.#ended = true
    this.#pair.released()
    this.#closes.fire(reason)
  }

  #drained(): void {
    if (!this.#isCongested || this.queued > LOW_WATER || this.#ended) return
    this.#isCongested = false
    this.#drain.fire()
  }
}
