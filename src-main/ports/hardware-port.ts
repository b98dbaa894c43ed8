/**
 * A serial device of this computer as a Port. Made by hardware.ts or hardware-windows.ts, which opened, locked and set it; commanded
 * by bridge. What differs between systems is behind LineDriver.
 * Settings change in place, nothing here waits in the kernel, and the device is never opened again.
 */
import type { CloseReason } from '../contract/close.ts'
import type {
  Capabilities,
  ControlLines,
  ControlWish,
  LineSettings,
  LineState,
  LineWish,
  ModemState,
  Purge
} from '../contract/line.ts'
import { characterSeconds, sameSettings, UNKNOWN_MODEM_STATE } from '../contract/line.ts'
import { Fault } from '../contract/faults.ts'
import type { Clock } from '../base/clock.ts'
import { sleep } from '../base/clock.ts'
import type { Disposable } from '../base/event.ts'
import { Emitter } from '../base/event.ts'
import type { DeviceStream, DeviceStreamOwner, LineDriver, LineWatching } from './line-driver.ts'
import type { Port } from './port.ts'

/** `write` answers false above this much line time of refused bytes … */
const HIGH_WATER_SECONDS = 0.1
/** … but never below this many bytes, and `onDrain` fires at this part of it. */
const LEAST_HIGH_WATER = 4096
const LOW_WATER_PART = 1 / 4

/** New settings wait for the bytes before them at most this long. */
export const APPLY_WAIT_MS = 1000

/** How often the driver's queue is asked while somebody waits for it. */
const DRAIN_POLL_MS = 5

/**
 * What the driver no longer counts and the hardware has not sent: a UART's FIFO, an adapter's last USB packet. In characters.
 */
const FIFO_CHARACTERS = 64

/** A break is held no longer than this: longer than any device needs, short enough to end by itself. */
export const LONGEST_BREAK_MS = 60_000

/** An open device with everything that has to be undone at its end. */
export interface OpenDevice {
  readonly path: string
  readonly stream: DeviceStream
  readonly driver: LineDriver
  /** The slave of a pseudo-terminal: the kernel forces 8 data bits, no parity and no break there. */
  readonly pseudoTerminal: boolean
  readonly lockFiles: Disposable
  readonly clock: Clock
  /** What was wished when it was opened. */
  readonly wish: LineWish
  readonly lines: Partial<Pick<ControlLines, 'dtr' | 'rts'>>
}

export class HardwarePort implements Port, DeviceStreamOwner {
  readonly capabilities: Capabilities
  readonly #device: OpenDevice
  readonly #stream: DeviceStream
  readonly #driver: LineDriver
  readonly #watch: LineWatching
  readonly #data = new Emitter<Uint8Array>()
  readonly #drain = new Emitter<void>()
  readonly #closing = new Emitter<CloseReason>()
  readonly #modemChanges = new Emitter<ModemState>()
  readonly #lineReports = new Emitter<LineState>()
  readonly #settingsChanges = new Emitter<LineSettings>()
  /** Ends whatever waits here when the port ends. */
  readonly #end = new AbortController()
  #settings: LineSettings
  #lines: ControlLines
  #modemState: ModemState
  #congested = false
  #highWater: number
  /** When the line has sent, by its own speed, what we gave it. */
  #lineIdleAtMs = 0
  #breaks = 0
  #closed: Promise<number> | undefined
  /** Bytes that were accepted and never sent; known from the end on. */
  #lost: number | undefined

  readonly onData = this.#data.event
  readonly onDrain = this.#drain.event
  readonly onClose = this.#closing.event
  readonly onModemState = this.#modemChanges.event
  readonly onLineState = this.#lineReports.event
  readonly onSettings = this.#settingsChanges.event

  /** Throws SystemError when the device is gone already; the caller then still owns everything. */
  constructor(device: OpenDevice) {
    this.#device = device
    this.#stream = device.stream
    this.#driver = device.driver
    const lines = this.#driver.readLines()
    this.capabilities = capabilitiesOf(lines !== undefined, device.pseudoTerminal)
    this.#settings = this.#driver.readSettings()
    this.#settings = this.#actual(device.wish)
    this.#highWater = highWaterOf(this.#settings)
    this.#modemState = lines?.modem ?? UNKNOWN_MODEM_STATE
    this.#lines = {
      dtr: lines?.dtr ?? device.lines.dtr ?? true,
      rts: lines?.rts ?? device.lines.rts ?? true,
      break: false
    }
    this.#watch = this.#driver.watch(lines, {
      modemState: (state) => {
        this.#modemState = state
        this.#modemChanges.fire(state)
      },
      lineState: (state) => this.#lineReports.fire(state),
      gone: (error) => this.ended(error)
    })
    this.#stream.owner = this
  }

  // DeviceStreamOwner

  received(chunk: Uint8Array): void {
    // Whoever closes has stopped listening; reading goes on so that the device is not held up meanwhile.
    if (!this.#closed && this.#lost === undefined) this.#data.fire(chunk)
  }

  written(): void {
    if (!this.#congested || this.queued > this.#highWater * LOW_WATER_PART) return
    this.#congested = false
    this.#drain.fire()
  }

  /** Null: end of file, which is a hang-up. */
  ended(error: Error | null): void {
    const why = error ? ` (${error.message})` : ''
    this.#finish({
      code: 'unplugged',
      message: `${this.#device.path} was unplugged or hung up${why}`
    })
  }

  // Duplex

  get queued(): number {
    return this.#lost ?? this.#stream.queued
  }

  get unsent(): number {
    if (this.#lost !== undefined) return 0
    return this.#attempt(() => this.#driver.unsent) ?? 0
  }

  write(chunk: Uint8Array): boolean {
    if (this.#closed || this.#lost !== undefined) return true
    this.#stream.write(chunk)
    if (!this.#device.pseudoTerminal) this.#countLineTime(chunk.length)
    if (this.#stream.queued > this.#highWater) this.#congested = true
    return !this.#congested
  }

  pause(): void {
    if (this.#lost !== undefined) return
    this.#stream.pause()
    this.#watch.reading = false
  }

  resume(): void {
    if (this.#lost !== undefined) return
    this.#stream.resume()
    this.#watch.reading = true
  }

  close(reason: CloseReason, timeoutMs: number): Promise<number> {
    this.#closed ??= this.#close(reason, timeoutMs)
    return this.#closed
  }

  abort(reason: CloseReason): void {
    this.#finish(reason)
  }

  // Port

  get settings(): LineSettings {
    return this.#settings
  }

  get lines(): ControlLines {
    return this.#lines
  }

  get modemState(): ModemState {
    return this.#modemState
  }

  async apply(wish: LineWish, signal: AbortSignal): Promise<LineSettings> {
    try {
      this.#throwIfEnded()
      // Read anew: another program (stty) may have changed them.
      this.#settings = this.#actual({})
      if (sameSettings({ ...this.#settings, ...wish }, this.#settings)) return this.#settings
      await this.#settle(APPLY_WAIT_MS, signal)
      signal.throwIfAborted()
      this.#throwIfEnded()
      this.#driver.applySettings(wish)
      this.#settings = this.#actual(wish)
    } catch (error) {
      throw signal.aborted ? signal.reason : this.#gone(error)
    }
    this.#highWater = highWaterOf(this.#settings)
    // A faster line: what waits may be below its mark now, and nobody else would say so.
    this.written()
    return this.#settings
  }

  control(wish: ControlWish): Promise<ControlLines> {
    try {
      this.#throwIfEnded()
      this.#control(wish)
      return Promise.resolve(this.#lines)
    } catch (error) {
      return Promise.reject(this.#gone(error))
    }
  }

  async sendBreak(durationMs: number): Promise<void> {
    this.#throwIfEnded()
    this.#breaks++
    try {
      this.#driver.driveBreak(true)
      await sleep(this.#device.clock, Math.min(durationMs, LONGEST_BREAK_MS), this.#end.signal)
    } catch (error) {
      // At its end the port let the line go, so the break is over; the asker learns of the end by onClose.
      if (!this.#end.signal.aborted) throw this.#gone(error)
    } finally {
      this.#breaks--
    }
    if (this.#breaks === 0 && !this.#lines.break && this.#lost === undefined) {
      this.#attempt(() => this.#driver.driveBreak(false))
    }
  }

  purge(which: Purge): void {
    if (this.#lost !== undefined) return
    if (which !== 'transmit') {
      this.#attempt(() => this.#driver.dropReceived())
      this.#stream.dropReceived()
    }
    if (which === 'receive') return
    this.#stream.discard()
    this.#attempt(() => this.#driver.dropUnsent())
    this.#lineIdleAtMs = 0
    this.written()
  }

  #control(wish: ControlWish): void {
    const { dtr, rts, break: held } = this.#lines
    this.#lines = { dtr: wish.dtr ?? dtr, rts: wish.rts ?? rts, break: wish.break ?? held }
    if (wish.dtr !== undefined || wish.rts !== undefined) this.#driver.driveLines(wish)
    if (wish.break !== undefined && (wish.break || this.#breaks === 0)) this.#driver.driveBreak(wish.break)
    const now = this.capabilities.modem.size > 0 ? this.#driver.readLines() : undefined
    if (now) this.#lines = { ...this.#lines, dtr: now.dtr, rts: now.rts }
  }

  /** What is in force after a wish: the driver's word for what the device can carry, the wish for the rest. */
  #actual(wish: LineWish): LineSettings {
    const driver = this.#driver.readSettings()
    const can = this.capabilities.settings
    const before = this.#settings
    const dataBits = can.has('dataBits') ? driver.dataBits : (wish.dataBits ?? before.dataBits)
    return {
      // 0: another program hung the line up, which is no rate.
      baudRate: driver.baudRate || before.baudRate,
      flowControl: driver.flowControl,
      dataBits,
      parity: can.has('parity') ? driver.parity : (wish.parity ?? before.parity),
      // The driver has one bit for both, and may not know our 5 data bits.
      stopBits: driver.stopBits === 1 ? 1 : dataBits === 5 ? 1.5 : 2
    }
  }

  #countLineTime(bytes: number): void {
    const lineMs = bytes * characterSeconds(this.#settings) * 1000
    this.#lineIdleAtMs = Math.max(this.#lineIdleAtMs, this.#device.clock.nowMs()) + lineMs
  }

  /** Bytes that we and the driver still have. The far end of a PTY has them at once. */
  #unsent(): number {
    return this.#stream.queued + this.#driver.unsent
  }

  /** Resolves when all bytes are on the line, or after `timeoutMs`, or when the port or the signal ends. */
  async #settle(timeoutMs: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#device
    const deadlineMs = clock.nowMs() + timeoutMs
    try {
      while (this.#unsent() > 0) {
        const leftMs = deadlineMs - clock.nowMs()
        if (leftMs <= 0) return
        await sleep(clock, Math.min(DRAIN_POLL_MS, leftMs), signal)
      }
      if (this.#device.pseudoTerminal) return
      const fifoMs = FIFO_CHARACTERS * characterSeconds(this.#settings) * 1000
      const waitMs = Math.min(this.#lineIdleAtMs, deadlineMs) - clock.nowMs()
      if (waitMs > 0) await sleep(clock, Math.min(waitMs, fifoMs), signal)
    } catch (error) {
      if (signal.aborted) return
      throw error
    }
  }

  async #close(reason: CloseReason, timeoutMs: number): Promise<number> {
    if (this.#lost === undefined) {
      try {
        await this.#settle(timeoutMs, this.#end.signal)
      } catch (error) {
        // It went while we waited: then that is the reason, and what was left is lost.
        this.ended(error instanceof Error ? error : null)
      }
      this.#finish(reason)
    }
    await this.#stream.close()
    return this.#lost ?? 0
  }

  /** Everything undone in the reverse order of hardware.ts. */
  #finish(reason: CloseReason): void {
    if (this.#lost !== undefined) return
    this.#watch.dispose()
    this.#lost = this.#driver.stop()
    if (this.#lines.break || this.#breaks > 0) this.#attempt(() => this.#driver.driveBreak(false))
    this.#driver.release()
    this.#device.lockFiles.dispose()
    void this.#stream.close()
    this.#end.abort()
    this.#closing.fire(reason)
    for (const emitter of [this.#data, this.#drain, this.#closing]) emitter.dispose()
    for (const emitter of [this.#modemChanges, this.#lineReports, this.#settingsChanges]) emitter.dispose()
  }

  /** For what may fail because the device is gone, when that is no news: the end comes, or came, by itself. */
  #attempt<T>(call: () => T): T | undefined {
    try {
      return call()
    } catch {
      // EIO, ENODEV: the device is gone. The stream or the watch tells of that.
      return undefined
    }
  }

  #throwIfEnded(): void {
    if (this.#lost !== undefined)
      throw new Fault('device-unplugged', `${this.#device.path} is closed. Open it again.`)
  }

  #gone(error: unknown): Fault {
    if (error instanceof Fault) return error
    return new Fault(
      'device-unplugged',
      `${this.#device.path} does not answer any more. Plug it in again.`,
      error
    )
  }
}

function highWaterOf(settings: LineSettings): number {
  return Math.max(LEAST_HIGH_WATER, Math.round(HIGH_WATER_SECONDS / characterSeconds(settings)))
}

function capabilitiesOf(hasLines: boolean, pseudoTerminal: boolean): Capabilities {
  const plain = pseudoTerminal && !hasLines
  return {
    settings: new Set(
      plain
        ? (['baudRate', 'stopBits', 'flowControl'] as const)
        : (['baudRate', 'dataBits', 'parity', 'stopBits', 'flowControl'] as const)
    ),
    control: new Set([
      ...(hasLines ? (['dtr', 'rts'] as const) : []),
      ...(plain ? [] : (['break'] as const))
    ]),
    modem: new Set(hasLines ? (['cts', 'dsr', 'dcd', 'ri'] as const) : [])
  }
}
