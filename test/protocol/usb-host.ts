/**
 * The other end of a USB/IP connection, in memory: it imports, reads the descriptors and goes on as Linux's vhci-hcd and cdc_acm do, with 16
 * readers in flight and at most 16 writers. Whoever tests an adapter holds a program's port in the hand: `open`, `write`, `got`.
 */
import { encodeUsbip } from '../../src-main/protocol/usbip-encode.ts'
import { UsbipReader } from '../../src-main/protocol/usbip-reader.ts'
import {
  deviceId,
  type UsbDirection,
  type UsbipDevice,
  type UsbipDone,
  type UsbSetup
} from '../../src-main/protocol/usbip.ts'

const NO_SETUP: UsbSetup = { requestType: 0, request: 0, value: 0, index: 0, length: 0 }
const NOTHING = new Uint8Array(0)
const READERS = 16
const WRITERS = 16

interface Waiting {
  readonly direction: UsbDirection
  readonly endpoint: number
  readonly ended: (done: UsbipDone | undefined) => void
}

export class UsbHost {
  readonly #out: (bytes: Uint8Array) => void
  readonly #reader = new UsbipReader('host')
  readonly #waiting = new Map<number, Waiting>()
  readonly #unlinking = new Map<number, number>()
  #sequence = 0
  #operation: ((device: UsbipDevice | undefined) => void) | undefined
  #isOpen = false
  #isStalled = false
  readonly #got: Uint8Array[] = []
  readonly #states: number[] = []

  device: UsbipDevice | undefined
  /** What the far side did against the protocol. */
  readonly violations: string[] = []

  constructor(out: (bytes: Uint8Array) => void) {
    this.#out = out
  }

  /** What the program could read. */
  get got(): Uint8Array {
    return new Uint8Array(Buffer.concat(this.#got))
  }

  /** Bits of each serial state that came, in order. */
  get states(): readonly number[] {
    return this.#states
  }

  get writersInFlight(): number {
    return [...this.#waiting.values()].filter((each) => each.direction === 'out' && each.endpoint === 2)
      .length
  }

  receive(bytes: Uint8Array): void {
    this.#reader.push(bytes)
    for (let next = this.#reader.next(); next; next = this.#reader.next()) {
      if (next.type === 'violation') this.violations.push(next.what)
      else if (next.type === 'imported') {
        if (next.device) this.#reader.imported()
        this.#operation?.(next.device)
      } else if (next.type === 'done') this.#end(next)
      else if (next.type === 'unlinked') {
        const target = this.#unlinking.get(next.sequence)
        this.#unlinking.delete(next.sequence)
        const waiting = target === undefined ? undefined : this.#waiting.get(target)
        // Status 0: it had ended before, and that was told already.
        if (next.status === 0 && waiting) this.violations.push(`${target} neither ended nor was unlinked`)
        if (target !== undefined) this.#waiting.delete(target)
        waiting?.ended(undefined)
      }
    }
  }

  /** As `usbip attach` and the driver's probe; undefined: refused. */
  async plug(busId: string): Promise<UsbipDevice | undefined> {
    const answered = new Promise<UsbipDevice | undefined>((resolve) => (this.#operation = resolve))
    this.#out(encodeUsbip({ type: 'import', busId }))
    this.device = await answered
    if (!this.device) return undefined
    await this.descriptor(1, 0, 18)
    const head = await this.descriptor(2, 0, 9)
    await this.descriptor(2, 0, head[2]! | (head[3]! << 8))
    await this.control({ requestType: 0x00, request: 9, value: 1, index: 0, length: 0 })
    // cdc_acm's probe: lines down, a usual line coding.
    await this.lines(false, false)
    await this.coding(9600, 0, 0, 8)
    return this.device
  }

  async descriptor(type: number, index: number, length: number): Promise<Uint8Array> {
    const value = type * 0x100 + index
    const done = await this.control({
      requestType: 0x80,
      request: 6,
      value,
      index: type === 3 ? 0x0409 : 0,
      length
    })
    return done?.data ?? NOTHING
  }

  /** Text number `index`. */
  async text(index: number): Promise<string> {
    const bytes = await this.descriptor(3, index, 255)
    return Buffer.from(bytes.subarray(2)).toString('utf16le')
  }

  control(setup: UsbSetup, data = NOTHING): Promise<UsbipDone | undefined> {
    const direction = (setup.requestType & 0x80) !== 0 ? 'in' : 'out'
    return this.#submit(direction, 0, direction === 'in' ? setup.length : data.length, setup, data)
  }

  coding(
    baudRate: number,
    stopBits: number,
    parity: number,
    dataBits: number
  ): Promise<UsbipDone | undefined> {
    const data = new Uint8Array(7)
    new DataView(data.buffer).setUint32(0, baudRate, true)
    data.set([stopBits, parity, dataBits], 4)
    return this.control({ requestType: 0x21, request: 0x20, value: 0, index: 0, length: 7 }, data)
  }

  lines(dtr: boolean, rts: boolean): Promise<UsbipDone | undefined> {
    const value = (dtr ? 1 : 0) | (rts ? 2 : 0)
    return this.control({ requestType: 0x21, request: 0x22, value, index: 0, length: 0 })
  }

  sendBreak(value: number): Promise<UsbipDone | undefined> {
    return this.control({ requestType: 0x21, request: 0x23, value, index: 0, length: 0 })
  }

  /** A program opens the port. */
  open(): void {
    this.#isOpen = true
    for (let count = 0; count < READERS; count++) this.#read()
    this.#listen()
    void this.lines(true, true)
  }

  /** It closes it: what is in flight is taken back. */
  async close(): Promise<void> {
    this.#isOpen = false
    await this.lines(false, false)
    const ended = [...this.#waiting].map(
      ([sequence, { ended }]) =>
        new Promise<void>((resolve) => {
          const waiting = this.#waiting.get(sequence)!
          this.#waiting.set(sequence, {
            ...waiting,
            ended: (done) => {
              ended(done)
              resolve()
            }
          })
          const unlink = ++this.#sequence
          this.#unlinking.set(unlink, sequence)
          this.#send(encodeUsbip({ type: 'unlink', sequence: unlink, target: sequence }, this.#target))
        })
    )
    await Promise.all(ended)
  }

  /** Its program reads nothing any more: what is in flight still ends, and nothing is asked for again … */
  stall(): void {
    this.#isStalled = true
  }

  /** … until now. */
  flow(): void {
    this.#isStalled = false
    for (let count = this.#readersInFlight; count < READERS; count++) this.#read()
  }

  /** Resolves when the adapter took all of it. */
  async write(bytes: Uint8Array, size = 10_240): Promise<void> {
    const inFlight = new Set<Promise<unknown>>()
    for (let at = 0; at < bytes.length; at += size) {
      const piece = bytes.subarray(at, at + size)
      const ended: Promise<unknown> = this.#submit('out', 2, piece.length, NO_SETUP, piece).then(() =>
        inFlight.delete(ended)
      )
      inFlight.add(ended)
      if (inFlight.size >= WRITERS) await Promise.race(inFlight)
    }
    await Promise.all(inFlight)
  }

  get #readersInFlight(): number {
    return [...this.#waiting.values()].filter((each) => each.direction === 'in' && each.endpoint === 2).length
  }

  get #target(): number {
    return this.device ? deviceId(this.device) : 0
  }

  #read(): void {
    void this.#submit('in', 2, 1024, NO_SETUP, NOTHING).then((done) => {
      if (!done) return
      this.#got.push(done.data.slice())
      if (this.#isOpen && !this.#isStalled) this.#read()
    })
  }

  #listen(): void {
    void this.#submit('in', 1, 16, NO_SETUP, NOTHING).then((done) => {
      if (!done) return
      this.#states.push(done.data[8] ?? -1)
      if (this.#isOpen) this.#listen()
    })
  }

  #submit(
    direction: UsbDirection,
    endpoint: number,
    length: number,
    setup: UsbSetup,
    data: Uint8Array
  ): Promise<UsbipDone | undefined> {
    const sequence = ++this.#sequence
    return new Promise((ended) => {
      this.#waiting.set(sequence, { direction, endpoint, ended })
      this.#reader.submitted({ sequence, direction })
      const submit = { type: 'submit', sequence, direction, endpoint, length, setup, data } as const
      this.#send(encodeUsbip(submit, this.#target))
    })
  }

  #send(bytes: Uint8Array): void {
    this.#out(bytes)
  }

  #end(done: UsbipDone): void {
    const waiting = this.#waiting.get(done.sequence)
    if (!waiting) this.violations.push(`${done.sequence} ended twice`)
    this.#waiting.delete(done.sequence)
    waiting?.ended(done)
  }
}
