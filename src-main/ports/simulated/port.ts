/**
 * A simulated port: a UART of this computer, a line, and a device at its other end. Made by SimulatedSource, used by
 * bridge. traffic.ts moves the bytes; this file keeps settings and lines, and ends.
 * Data never arrives inside a call of ours: a device that answers at once would otherwise re-enter its writer.
 */
import type { Port } from '../port.ts'
import { Emitter, never } from '../../base/event.ts'
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
import type { DeviceEnd, DeviceLine, DeviceTime, SimulatedDevice } from './device.ts'
import { Traffic } from './traffic.ts'
import { decode, encodeBreak } from './wire.ts'

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
  readonly #traffic: Traffic
  #settings: LineSettings
  // A system raises both when a port is opened.
  #lines: ControlLines = { dtr: true, rts: true, break: false }
  #modem = NO_MODEM_LINES
  #breakSinceMs = 0
  #closing: Closing | undefined
  readonly #gone = new AbortController()

  /** `settings`: those of the computer's end. The device is plugged in at once. */
  constructor(device: SimulatedDevice, settings: LineSettings, time: DeviceTime) {
    this.#device = device
    this.#settings = settings
    this.#time = time
    this.#traffic = new Traffic(device.paced, time.clock, {
      host: {
        settings: () => this.#settings,
        held: () => this.#held,
        receive: (bytes) => this.#data.fire(bytes),
        receiveErrors: (errors) => this.#lineErrors.fire(errors),
        drained: () => this.#drain.fire(undefined)
      },
      device: { settings: device.settings, receive: (bytes, how) => this.#end.receive(bytes, how) }
    })
    this.#end = device.attach(this.#deviceLine(), time)
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
    return this.#traffic.queued
  }

  write(chunk: Uint8Array): boolean {
    if (this.#gone.signal.aborted || this.#closing) return true
    return this.#traffic.write(chunk)
  }

  pause(): void {
    this.#traffic.pause()
  }

  resume(): void {
    this.#traffic.resume()
  }

  apply(wish: LineWish, signal: AbortSignal): Promise<LineSettings> {
    return this.#whileOpen(() => {
      signal.throwIfAborted()
      this.#settings = withWish(this.#settings, wish)
      this.#traffic.release()
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
    this.#traffic.clear(which)
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
    this.#traffic.whenEmpty(() => finish())
    return { promise, finish }
  }

  #finish(reason: CloseReason): void {
    if (this.#gone.signal.aborted) return
    this.#gone.abort(this.#goneFault())
    this.#end.dispose()
    this.#traffic.stop()
    this.#closed.fire(reason)
  }

  #deviceLine(): DeviceLine {
    const traffic = this.#traffic
    return {
      send: (bytes) => traffic.sendFromDevice(bytes),
      sendBreak: (durationMs) => traffic.sendBreakFromDevice(durationMs),
      sendDamaged: (byte, damage) => traffic.sendDamagedFromDevice(byte, damage),
      get room() {
        return traffic.room
      },
      get silenceMs() {
        return traffic.silenceMs
      },
      drive: (modem) => this.#drive(modem)
    }
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
    this.#traffic.release()
    return this.#lines
  }

  /** What the device sees of a break depends on its own settings: one that is too short for them is a character. */
  #breakOver(durationMs: number): void {
    const { bytes, errors } = decode(encodeBreak(durationMs / 1000), this.#device.settings)
    if (errors.break > 0) this.#end.receiveBreak(durationMs)
    else if (bytes.length > 0) this.#end.receive(bytes, { idleMs: 0, errors })
  }

  #drive(modem: ModemState): void {
    const before = this.#modem
    this.#modem = modem
    const same = (['cts', 'dsr', 'dcd', 'ri'] as const).every((line) => before[line] === modem[line])
    if (same) return
    this.#modemChanged.fire(modem)
    this.#traffic.release()
  }

  /** Our UART sends nothing during a break, nor without CTS where it was told to wait for it. */
  get #held(): boolean {
    return this.#lines.break || (this.#settings.flowControl === 'rtscts' && this.#modem.cts === false)
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
