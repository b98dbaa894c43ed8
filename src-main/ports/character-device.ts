/**
 * A device that is no terminal as a Port: a printer (`/dev/lp0`, `/dev/usb/lp0`), a driver's own node. Bytes and nothing else:
 * settings and lines are remembered and without effect. Made by hardware.ts. Reads and writes in the thread pool, one of each
 * at a time; as the descriptor does not block, neither holds a thread.
 */
import { read, write } from 'node:fs'
import type { CloseReason } from '../contract/close.ts'
import type {
  Capabilities,
  ControlLines,
  ControlWish,
  LineSettings,
  LineWish,
  Purge
} from '../contract/line.ts'
import { DEFAULT_SETTINGS, NO_CAPABILITIES, UNKNOWN_MODEM_STATE } from '../contract/line.ts'
import { Fault } from '../contract/faults.ts'
import type { Clock } from '../base/clock.ts'
import type { Disposable } from '../base/event.ts'
import { Emitter, never } from '../base/event.ts'
import { isSystemError } from '../os/libc.ts'
import { Slab } from '../os/slab.ts'
import { closeNode } from './device-node.ts'
import type { Port } from './port.ts'

/** `write` answers false above this many queued bytes, `onDrain` fires at the low mark. */
const HIGH_WATER = 64 * 1024
const LOW_WATER = 16 * 1024

/** One write hands over at most this much: what a printer's driver takes as one piece. */
const WRITE_BYTES = 4096

/** How often a device that took or gave nothing is asked again. */
const BUSY_MS = 20
const IDLE_READ_MS = 200

export interface OpenCharacterDevice {
  readonly path: string
  /** Open with O_NONBLOCK; the Port closes it. */
  readonly fd: number
  readonly readable: boolean
  readonly writable: boolean
  readonly lockFiles: Disposable
  readonly clock: Clock
  readonly settings: LineWish
}

export class CharacterDevicePort implements Port {
  readonly capabilities: Capabilities = NO_CAPABILITIES
  readonly modemState = UNKNOWN_MODEM_STATE
  readonly #device: OpenCharacterDevice
  readonly #slab = new Slab()
  readonly #data = new Emitter<Uint8Array>()
  readonly #drain = new Emitter<void>()
  readonly #ends = new Emitter<CloseReason>()
  #settings: LineSettings
  #lines: ControlLines = { dtr: true, rts: true, break: false }
  #chunks: Uint8Array[] = []
  #queued = 0
  /** Bytes for a device that can only be read. */
  #refused = 0
  #congested = false
  #writing = false
  #reading = false
  #paused = true
  #readable: boolean
  #readTimer: Disposable | undefined
  #writeTimer: Disposable | undefined
  #closing: { reason: CloseReason; timer: Disposable } | undefined
  #lost: number | undefined
  readonly #released: Promise<void>
  #release: () => void = () => undefined

  readonly onData = this.#data.event
  readonly onDrain = this.#drain.event
  readonly onClose = this.#ends.event
  readonly onModemState = never
  readonly onLineState = never
  readonly onSettings = never

  constructor(device: OpenCharacterDevice) {
    this.#device = device
    this.#readable = device.readable
    this.#settings = { ...DEFAULT_SETTINGS, ...device.settings }
    this.#released = new Promise((resolve) => {
      this.#release = resolve
    })
  }

  get queued(): number {
    return this.#lost ?? this.#queued
  }

  write(chunk: Uint8Array): boolean {
    if (this.#closing || this.#lost !== undefined || chunk.length === 0) return true
    // Nothing ever could take it, so there is nothing to wait for: counted as lost at the end.
    if (!this.#device.writable) {
      this.#refused += chunk.length
      return true
    }
    this.#chunks.push(chunk)
    this.#queued += chunk.length
    if (this.#queued > HIGH_WATER) this.#congested = true
    this.#send()
    return !this.#congested
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    this.#receive()
  }

  async close(reason: CloseReason, timeoutMs: number): Promise<number> {
    if (!this.#closing && this.#lost === undefined) {
      const timer = this.#device.clock.after(timeoutMs, () => this.#finish(reason))
      this.#closing = { reason, timer }
      if (this.#queued === 0) this.#finish(reason)
    }
    await this.#released
    return this.#lost ?? 0
  }

  abort(reason: CloseReason): void {
    this.#finish(reason)
  }

  get settings(): LineSettings {
    return this.#settings
  }

  get lines(): ControlLines {
    return this.#lines
  }

  apply(wish: LineWish): Promise<LineSettings> {
    if (this.#lost !== undefined) return Promise.reject(this.#gone())
    this.#settings = { ...this.#settings, ...wish }
    return Promise.resolve(this.#settings)
  }

  control(wish: ControlWish): Promise<ControlLines> {
    if (this.#lost !== undefined) return Promise.reject(this.#gone())
    this.#lines = { ...this.#lines, ...wish }
    return Promise.resolve(this.#lines)
  }

  sendBreak(): Promise<void> {
    return Promise.resolve()
  }

  purge(which: Purge): void {
    if (which === 'receive' || this.#lost !== undefined) return
    // The piece under way is the kernel's to take or leave.
    const [first] = this.#chunks
    this.#chunks = this.#writing && first ? [first.subarray(0, WRITE_BYTES)] : []
    this.#queued = this.#chunks[0]?.length ?? 0
    this.#afterSending()
  }

  #send(): void {
    const [chunk] = this.#chunks
    if (!chunk || this.#writing || this.#writeTimer || this.#lost !== undefined) return
    this.#writing = true
    write(this.#device.fd, chunk, 0, Math.min(chunk.length, WRITE_BYTES), null, (error, taken) => {
      this.#writing = false
      if (this.#lost !== undefined) {
        this.#closeFd()
        return
      }
      if (error && !isSystemError(error, 'EAGAIN')) {
        this.#fail(error)
        return
      }
      if (error || taken === 0) {
        this.#writeTimer = this.#device.clock.after(BUSY_MS, () => {
          this.#writeTimer = undefined
          this.#send()
        })
        return
      }
      const head = this.#chunks[0]
      if (head) {
        if (taken >= head.length) this.#chunks.shift()
        else this.#chunks[0] = head.subarray(taken)
      }
      this.#queued -= taken
      this.#afterSending()
      this.#send()
    })
  }

  #afterSending(): void {
    if (this.#closing && this.#queued === 0) this.#finish(this.#closing.reason)
    if (!this.#congested || this.#queued > LOW_WATER || this.#lost !== undefined) return
    this.#congested = false
    this.#drain.fire()
  }

  #receive(): void {
    if (this.#paused || !this.#readable || this.#reading || this.#readTimer || this.#lost !== undefined)
      return
    const piece = this.#slab.next()
    this.#reading = true
    read(this.#device.fd, piece, 0, piece.length, null, (error, length) => {
      this.#reading = false
      if (this.#lost !== undefined) {
        this.#closeFd()
        return
      }
      if (error && isSystemError(error, 'ENODEV', 'ENXIO')) {
        this.#fail(error)
        return
      }
      // A printer without a way back says EINVAL or EIO: it can still be written to.
      if (error && !isSystemError(error, 'EAGAIN')) this.#readable = false
      else if (error || length === 0) {
        // The end of file of /dev/null and of a silent printer is none: more may come.
        const later = this.#device.clock.after(IDLE_READ_MS, () => {
          this.#readTimer = undefined
          this.#receive()
        })
        this.#readTimer = later
      } else {
        if (!this.#closing) this.#data.fire(this.#slab.take(length))
        this.#receive()
      }
    })
  }

  #fail(error: Error): void {
    const { path } = this.#device
    const gone = isSystemError(error, 'ENODEV', 'ENXIO')
    this.#finish(
      gone
        ? { code: 'unplugged', message: `${path} was unplugged (${error.message})` }
        : { code: 'error', message: `${path} takes no more (${error.message}): see to the device` }
    )
  }

  /** `queued` still tells what was not sent while `onClose` fires, and after it. */
  #finish(reason: CloseReason): void {
    if (this.#lost !== undefined) return
    this.#lost = this.#queued + this.#refused
    this.#chunks = []
    this.#readTimer?.dispose()
    this.#writeTimer?.dispose()
    this.#closing?.timer.dispose()
    this.#device.lockFiles.dispose()
    this.#closeFd()
    this.#ends.fire(reason)
    for (const emitter of [this.#data, this.#drain, this.#ends]) emitter.dispose()
  }

  /** Not while a thread uses it: the number could be another file's by then. */
  #closeFd(): void {
    if (this.#reading || this.#writing) return
    void closeNode(this.#device.fd).then(this.#release)
  }

  #gone(): Fault {
    return new Fault('device-unplugged', `${this.#device.path} is closed: open it again`)
  }
}
