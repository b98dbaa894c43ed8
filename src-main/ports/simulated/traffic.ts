/**
 * What moves on a simulated line: one lane each way, moved on as time passes, held back and bounded. Used by the simulated
 * port alone; knows nothing of modem lines or of how a port closes. Nothing arrives inside a call of ours.
 */
import type { Clock } from '../../base/clock.ts'
import { HIGH_WATER, LOW_WATER } from '../../base/duplex.ts'
import type { Disposable } from '../../base/event.ts'
import type { LineSettings, LineState, Purge } from '../../contract/line.ts'
import type { Reception } from './device.ts'
import { Lane } from './lane.ts'
import type { Damage } from './wire.ts'

/** What waits for a paused reader, in characters; beyond it the device is held back or, if it cannot be, overrun. */
export const RECEIVE_LIMIT = 64 * 1024

/** The most that one turn of the event loop moves, in characters: two echoes joined must not stop everything else. */
const TURN_LIMIT = 64 * 1024

/** The two ends of the line: their state at each moment, and who takes what arrives there. */
export interface TrafficEnds {
  readonly host: {
    readonly settings: () => LineSettings
    /** The computer's UART may send nothing now. */
    readonly held: () => boolean
    readonly receive: (bytes: Uint8Array) => void
    readonly receiveErrors: (errors: LineState) => void
    /** `queued` came down to the low mark after a `write` that answered false. */
    readonly drained: () => void
  }
  readonly device: {
    readonly settings: LineSettings
    readonly receive: (bytes: Uint8Array, how: Reception) => void
  }
}

export class Traffic {
  readonly #clock: Clock
  readonly #ends: TrafficEnds
  readonly #toDevice: Lane
  readonly #toHost: Lane
  #overrun = 0
  #paused = true
  #drainOwed = false
  #wasHeld = false
  #timer: Disposable | undefined
  #whenEmpty: (() => void) | undefined
  #stopped = false

  constructor(paced: boolean, clock: Clock, ends: TrafficEnds) {
    this.#clock = clock
    this.#ends = ends
    this.#toDevice = new Lane(paced)
    this.#toHost = new Lane(paced)
  }

  /** Characters that wait to get to the device. */
  get queued(): number {
    return this.#toDevice.size
  }

  /** How many characters the device may send before they are lost. */
  get room(): number {
    return Math.max(0, RECEIVE_LIMIT - this.#toHost.size)
  }

  /** See DeviceLine. */
  get silenceMs(): number {
    return this.#toDevice.idleMs(this.#clock.nowMs(), this.#ends.host.held())
  }

  write(chunk: Uint8Array): boolean {
    this.#toDevice.send(chunk, this.#ends.host.settings(), this.#clock.nowMs())
    this.#schedule()
    if (this.queued <= HIGH_WATER) return true
    this.#drainOwed = true
    return false
  }

  sendFromDevice(bytes: Uint8Array): void {
    const { settings } = this.#ends.device
    this.#fromDevice(bytes.length, (lane, nowMs) => lane.send(bytes, settings, nowMs))
  }

  sendBreakFromDevice(durationMs: number): void {
    this.#fromDevice(1, (lane, nowMs) => lane.sendBreak(durationMs, nowMs))
  }

  sendDamagedFromDevice(byte: number, damage: Damage): void {
    const { settings } = this.#ends.device
    this.#fromDevice(1, (lane, nowMs) => lane.sendDamaged(byte, damage, settings, nowMs))
  }

  /** Stops what arrives at the computer. It starts paused. */
  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    this.#schedule()
  }

  clear(which: Purge): void {
    if (which !== 'transmit') this.#toHost.clear()
    if (which !== 'receive') this.#toDevice.clear()
    this.#settleDrain()
    this.#schedule()
  }

  /** Something changed that may hold the computer's sender back, or let it go on. */
  release(): void {
    const held = this.#ends.host.held()
    if (this.#wasHeld && !held) this.#toDevice.continueAt(this.#clock.nowMs())
    this.#wasHeld = held
    this.#schedule()
  }

  /** Calls once, in a later turn, when nothing waits to get to the device any more. */
  whenEmpty(call: () => void): void {
    this.#whenEmpty = call
    // Nobody else frees the place that the answers need: without this the drain would wait for a paused reader.
    if (this.#paused) this.#toHost.clear()
    this.#timer?.dispose()
    this.#timer = soon(() => this.#run())
  }

  /** Unplugged: nothing moves any more. What was queued is gone. */
  stop(): void {
    this.#stopped = true
    this.#timer?.dispose()
    this.#toDevice.clear()
    this.#toHost.clear()
  }

  #fromDevice(characters: number, send: (lane: Lane, nowMs: number) => void): void {
    if (this.#stopped) return
    if (this.#toHost.size >= RECEIVE_LIMIT) this.#overrun += characters
    else send(this.#toHost, this.#clock.nowMs())
    this.#schedule()
  }

  /** When there is something to move, in ms from now; undefined when something else must happen first. */
  #waitMs(): number | undefined {
    if (this.#whenEmpty && this.queued === 0) return 0
    const nowMs = this.#clock.nowMs()
    const toHost = this.#paused ? undefined : this.#toHost.waitMs(nowMs)
    const toDevice = this.#blocked ? undefined : this.#toDevice.waitMs(nowMs)
    if (toHost === undefined || toDevice === undefined) return toHost ?? toDevice
    return Math.min(toHost, toDevice)
  }

  get #blocked(): boolean {
    return this.#ends.host.held() || this.#toHost.size >= RECEIVE_LIMIT
  }

  #schedule(): void {
    this.#timer?.dispose()
    this.#timer = undefined
    if (this.#stopped) return
    const waitMs = this.#waitMs()
    if (waitMs === undefined) return
    const run = (): void => this.#run()
    this.#timer = waitMs > 0 ? this.#clock.after(Math.max(1, waitMs), run) : soon(run)
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
    if (this.#whenEmpty && this.queued === 0) this.#whenEmpty()
    else this.#schedule()
  }

  #moveToDevice(): number {
    if (this.#blocked) return 0
    const { device } = this.#ends
    const arrival = this.#toDevice.take(device.settings, this.#clock.nowMs())
    if (!arrival) return 0
    if (arrival.bytes.length > 0) device.receive(arrival.bytes, arrival)
    return arrival.characters
  }

  #moveToHost(): number {
    if (this.#paused) return 0
    const { host } = this.#ends
    const arrival = this.#toHost.take(host.settings(), this.#clock.nowMs())
    if (!arrival) return 0
    if (arrival.bytes.length > 0) host.receive(arrival.bytes)
    const errors = { ...arrival.errors, overrun: this.#overrun }
    this.#overrun = 0
    if (errors.overrun + errors.parity + errors.framing + errors.break > 0) host.receiveErrors(errors)
    return arrival.characters
  }

  #settleDrain(): void {
    if (!this.#drainOwed || this.queued > LOW_WATER) return
    this.#drainOwed = false
    this.#ends.host.drained()
  }
}

function soon(call: () => void): Disposable {
  const immediate = setImmediate(call)
  return { dispose: () => clearImmediate(immediate) }
}
