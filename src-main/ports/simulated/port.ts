/**
 * A simulated port: a UART of this computer, a line, and a device at its other end. Made by SimulatedSource, used by
 * bridge. Bytes cross the line as lane.ts and wire.ts say; this file moves them on, holds them back and keeps the lines.
 * Data never arrives inside a call of ours: a device that answers at once would otherwise re-enter its writer.
 */
import type { Port } from '../port.ts'
import { HIGH_WATER, LOW_WATER } from '../../base/duplex.ts'
import { Emitter, never, type Disposable } from '../../base/event.ts'
import { sleep } from '../../base/clock.ts'
import type { CloseReason } from '../../contract/close.ts'
import { Fault } from '../../contract/faults.ts'
import {
  ALL_CAPABILITIES,
  type ControlLines,
  type ControlWish,
  type LineSettings,
  type LineState,
  type LineWish,
  type ModemState,
  type Purge
} from '../../contract/line.ts'
import type { DeviceEnd, DeviceTime, SimulatedDevice } from './device.ts'
import { Lane } from './lane.ts'
import { decode, encodeBreak } from './wire.ts'

/** What waits for a paused reader, in characters; beyond it the device is held back or, if it cannot be, overrun. */
const RECEIVE_LIMIT = 64 * 1024

/** The most that one turn of the event loop moves, in characters: two echoes joined must not stop everything else. */
const TURN_LIMIT = 64 * 1024

const NO_MODEM_LINES: ModemState = { cts: false, dsr: false, dcd: false, ri: false }

/** A close that lets the line run empty first. `finish` ends it early. */
interface Closing {
  readonly promise: Promise<number>
  readonly finish: () => void
}

export class SimulatedPort implements Port {
  readonly capabilities = ALL_CAPABILITIES

  readonly #data = new Emitter<Uint8Array>()
  readonly #drain = new Emitter<undefined>()
  readonly #closed = new Emitter<CloseReason>()
  readonly #modemChanged = new Emitter<ModemState>()
  readonly #lineErrors = new Emitter<LineState>()
  readonly onData = this.#data.event
  readonly onDrain = this.#drain.event
  readonly onClose = this.#closed.event
  readonly onModemState = this.#modemChanged.event
  readonly onLineState = this.#lineErrors.event
  readonly onSettings = never

  readonly #device: SimulatedDevice
  readonly #time: DeviceTime
  readonly #end: DeviceEnd
  readonly #toDevice: Lane
  readonly #toHost: Lane
  #settings: LineSettings
  // A system raises both when a port is opened.
  #lines: ControlLines = { dtr: true, rts: true, break: false }
  #modem = NO_MODEM_LINES
  #breakSinceMs = 0
  #overrun = 0
  #paused = true
  #drainOwed = false
  #timer: Disposable | undefined
  #wasHeld = false
  #closing: Closing | undefined
  readonly #gone = new AbortController()

  /** `settings`: those of the computer's end. The device is plugged in at once. */
  constructor(device: SimulatedDevice, settings: LineSettings, time: DeviceTime) {
    this.#device = device
    this.#settings = settings
    this.#time = time
    this.#toDevice = new Lane(device.paced)
    this.#toHost = new Lane(device.paced)
    this.#end = device.attach(
      {
        send: (bytes) =>
          this.#fromDevice(bytes.length, (lane, now) => lane.send(bytes, device.settings, now)),
        sendBreak: (durationMs) => this.#fromDevice(1, (lane, now) => lane.sendBreak(durationMs, now)),
        drive: (modem) => this.#drive(modem)
      },
      time
    )
    this.#end.linesChanged(this.#lines)
  }

  get settings(): LineSettings {
    return this.#settings
  }

  get lines(): ControlLines {
    return this.#lines
  }

  get modemState(): ModemState {
    return this.#modem
  }

  get queued(): number {
    return this.#toDevice.size
  }

  write(chunk: Uint8Array): boolean {
    if (this.#gone.signal.aborted || this.#closing) return true
    this.#toDevice.send(chunk, this.#settings, this.#time.clock.nowMs())
    this.#schedule()
    if (this.queued <= HIGH_WATER) return true
    this.#drainOwed = true
    return false
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    this.#schedule()
  }

  apply(wish: LineWish, signal: AbortSignal): Promise<LineSettings> {
    return this.#whileOpen(() => {
      signal.throwIfAborted()
      this.#settings = withWish(this.#settings, wish)
      this.#release()
      return this.#settings
    })
  }

  control(wish: ControlWish): Promise<ControlLines> {
    return this.#whileOpen(() => this.#setLines(wish))
  }

  async sendBreak(durationMs: number): Promise<void> {
    await this.control({ break: true })
    try {
      await sleep(this.#time.clock, durationMs, this.#gone.signal)
    } finally {
      if (!this.#gone.signal.aborted) this.#setLines({ break: false })
    }
  }

  purge(which: Purge): void {
    if (which !== 'transmit') this.#toHost.clear()
    if (which !== 'receive') this.#toDevice.clear()
    this.#settleDrain()
    this.#schedule()
  }

  close(reason: CloseReason, timeoutMs: number): Promise<number> {
    if (this.#gone.signal.aborted) return Promise.resolve(0)
    this.#closing ??= this.#beginClose(reason, timeoutMs)
    return this.#closing.promise
  }

  abort(reason: CloseReason): void {
    if (this.#closing) this.#closing.finish()
    else this.#finish(reason)
  }

  #beginClose(reason: CloseReason, timeoutMs: number): Closing {
    let finish = (): void => undefined
    const promise = new Promise<number>((resolve) => {
      finish = () => {
        timeout.dispose()
        const lost = this.queued
        this.#finish(reason)
        resolve(lost)
      }
    })
    const timeout = this.#time.clock.after(timeoutMs, () => finish())
    // Nobody else frees the place that the answers need: without this the drain would wait for a paused reader.
    if (this.#paused) this.#toHost.clear()
    this.#timer?.dispose()
    this.#timer = soon(() => this.#run())
    return { promise, finish }
  }

  #finish(reason: CloseReason): void {
    if (this.#gone.signal.aborted) return
    this.#gone.abort(this.#goneFault())
    this.#timer?.dispose()
    this.#end.dispose()
    this.#toDevice.clear()
    this.#toHost.clear()
    this.#closed.fire(reason)
  }

  #goneFault(): Fault {
    return new Fault('device-io', `${this.#device.label} is closed. Open it again.`)
  }

  async #whileOpen<T>(act: () => T): Promise<T> {
    if (this.#gone.signal.aborted) throw this.#goneFault()
    return Promise.resolve(act())
  }

  #setLines(wish: ControlWish): ControlLines {
    const before = this.#lines
    const after = {
      dtr: wish.dtr ?? before.dtr,
      rts: wish.rts ?? before.rts,
      break: wish.break ?? before.break
    }
    this.#lines = after
    const nowMs = this.#time.clock.nowMs()
    if (after.dtr !== before.dtr || after.rts !== before.rts) this.#end.linesChanged(after)
    if (after.break && !before.break) this.#breakSinceMs = nowMs
    if (before.break && !after.break) this.#breakOver(nowMs - this.#breakSinceMs)
    this.#release()
    return this.#lines
  }

  /** What the device sees of a break depends on its own settings: one that is too short for them is a character. */
  #breakOver(durationMs: number): void {
    const { bytes, errors } = decode(encodeBreak(durationMs / 1000), this.#device.settings)
    if (errors.break > 0) this.#end.receiveBreak(durationMs)
    else if (bytes.length > 0) this.#end.receive(bytes)
  }

  #drive(modem: ModemState): void {
    const before = this.#modem
    this.#modem = modem
    const same = (['cts', 'dsr', 'dcd', 'ri'] as const).every((line) => before[line] === modem[line])
    if (same) return
    this.#modemChanged.fire(modem)
    this.#release()
  }

  #fromDevice(characters: number, send: (lane: Lane, nowMs: number) => void): void {
    if (this.#gone.signal.aborted) return
    if (this.#toHost.size >= RECEIVE_LIMIT) this.#overrun += characters
    else send(this.#toHost, this.#time.clock.nowMs())
    this.#schedule()
  }

  /** Our UART sends nothing during a break, nor without CTS where it was told to wait for it. */
  get #held(): boolean {
    return this.#lines.break || (this.#settings.flowControl === 'rtscts' && this.#modem.cts === false)
  }

  /** Something changed that may hold our sender back, or let it go on. */
  #release(): void {
    const held = this.#held
    if (this.#wasHeld && !held) this.#toDevice.continueAt(this.#time.clock.nowMs())
    this.#wasHeld = held
    this.#schedule()
  }

  /** When there is something to move, in ms from now; undefined when something else must happen first. */
  #waitMs(): number | undefined {
    if (this.#closing && this.queued === 0) return 0
    const nowMs = this.#time.clock.nowMs()
    const toHost = this.#paused ? undefined : this.#toHost.waitMs(nowMs)
    const blocked = this.#held || this.#toHost.size >= RECEIVE_LIMIT
    const toDevice = blocked ? undefined : this.#toDevice.waitMs(nowMs)
    if (toHost === undefined || toDevice === undefined) return toHost ?? toDevice
    return Math.min(toHost, toDevice)
  }

  #schedule(): void {
    this.#timer?.dispose()
    this.#timer = undefined
    if (this.#gone.signal.aborted) return
    const waitMs = this.#waitMs()
    if (waitMs === undefined) return
    const run = (): void => this.#run()
    this.#timer = waitMs > 0 ? this.#time.clock.after(Math.max(1, waitMs), run) : soon(run)
  }

  #run(): void {
    this.#timer = undefined
    let moved = 0
    while (moved < TURN_LIMIT) {
      const step = this.#moveToDevice() + this.#moveToHost()
      if (step === 0) break
      moved += step
    }
    this.#settleDrain()
    if (this.#closing && this.queued === 0) this.#closing.finish()
    else this.#schedule()
  }

  #moveToDevice(): number {
    if (this.#held || this.#toHost.size >= RECEIVE_LIMIT) return 0
    const arrival = this.#toDevice.take(this.#device.settings, this.#time.clock.nowMs())
    if (!arrival) return 0
    if (arrival.bytes.length > 0) this.#end.receive(arrival.bytes)
    return arrival.characters
  }

  #moveToHost(): number {
    if (this.#paused) return 0
    const arrival = this.#toHost.take(this.#settings, this.#time.clock.nowMs())
    if (!arrival) return 0
    if (arrival.bytes.length > 0) this.#data.fire(arrival.bytes)
    const errors = { ...arrival.errors, overrun: this.#overrun }
    this.#overrun = 0
    if (errors.overrun + errors.parity + errors.framing + errors.break > 0) this.#lineErrors.fire(errors)
    return arrival.characters
  }

  #settleDrain(): void {
    if (!this.#drainOwed || this.queued > LOW_WATER) return
    this.#drainOwed = false
    this.#drain.fire(undefined)
  }
}

/** The wish laid over the settings; a field that is absent or undefined keeps what is in force. */
export function withWish(settings: LineSettings, wish: LineWish): LineSettings {
  return {
    baudRate: wish.baudRate ?? settings.baudRate,
    dataBits: wish.dataBits ?? settings.dataBits,
    parity: wish.parity ?? settings.parity,
    stopBits: wish.stopBits ?? settings.stopBits,
    flowControl: wish.flowControl ?? settings.flowControl
  }
}

function soon(call: () => void): Disposable {
  const immediate = setImmediate(call)
  return { dispose: () => clearImmediate(immediate) }
}
