/**
 * Notices that bytes wait and the device takes nothing, because flow control holds them back. Made by to-device.ts for a port
 * that can be held back, when it is first written to; asks the port by timer while something waits, and rests else. Moves no
 * bytes. It says what is known and no more: CTS that the system does not see is not blamed, and what a far computer has not
 * taken says nothing of the device there.
 */
import { Backoff } from '../base/backoff.ts'
import type { Clock } from '../base/clock.ts'
import type { Disposable } from '../base/event.ts'
import { characterSeconds } from '../contract/line.ts'
import type { BlockedState } from '../contract/state.ts'
import type { BlockageEvent } from '../contract/traffic.ts'
import type { Port } from '../ports/port.ts'
import { unsentOf } from './drained.ts'

type Cause = BlockedState['by']

export interface BlockageOptions {
  readonly clock: Clock
  readonly port: Port
  /** How many bytes wait for their turn before the port. */
  readonly waiting: () => number
  /** `state` came, went, or has another cause. */
  readonly changed: () => void
  readonly tell: (event: BlockageEvent) => void
}

const LOOK_MS = 250

/** So long nothing moved: a device that pauses shorter is only slow. */
export const BLOCKED_MS = 1000

/**
 * Where only the standstill speaks: an adapter tells of whole packets, and this many characters of a slow line are one (the
 * buffer of an FT232R has 256, and the next packet is on its way meanwhile).
 */
const PACKET_CHARACTERS = 512

/** A device that stops at every page is told ever more rarely: each time it must have lasted twice as long, up to this. */
const LONGEST_UNTOLD_MS = 60_000

/** Whether bytes for it can be held back at all; asked for every chunk. */
export function canBeHeldBack(port: Port): boolean {
  return port.suspended === true || port.settings.flowControl !== 'none'
}

export class Blockage implements Disposable {
  readonly #options: BlockageOptions
  readonly #modem: Disposable
  readonly #untold = new Backoff(BLOCKED_MS, LONGEST_UNTOLD_MS)
  #tellAfterMs = this.#untold.next()
  #timer: Disposable | undefined
  /** What the port had at the last look; undefined before the first. */
  #unsent: number | undefined
  /** Written since then. */
  #written = 0
  /** How long nothing moved, by looks: a process that was stopped itself has seen nothing. */
  #stillMs = 0
  #blocked: { readonly since: number; by: Cause } | undefined
  #told = false
  #endedAtMs = -Infinity

  constructor(options: BlockageOptions) {
    this.#options = options
    this.#modem = options.port.onModemState(({ cts }) => {
      // However shortly: it is not CTS that holds everything back.
      if (cts === true && !this.#blocked) this.#unsent = undefined
    })
  }

  get state(): BlockedState | undefined {
    const { port, waiting } = this.#options
    return this.#blocked && { ...this.#blocked, bytes: unsentOf(port) + waiting() }
  }

  /** The port got so many bytes more; 0: look whether those that it has are held back. */
  wrote(bytes: number): void {
    this.#written += bytes
    this.#timer ??= this.#options.clock.every(LOOK_MS, () => this.#look(), 'idle')
  }

  /** Bytes were thrown away on request, so that fewer of them is no sign of the device. */
  purged(): void {
    this.#unsent = undefined
    this.#end(false)
  }

  /** The port is gone, which others tell. */
  dispose(): void {
    this.#rest()
    this.#modem.dispose()
    this.#blocked = undefined
  }

  #look(): void {
    const before = this.#unsent
    const now = unsentOf(this.#options.port)
    const moved = before !== undefined && now < before + this.#written
    this.#unsent = now
    this.#written = 0
    const by = now > 0 ? causeOf(this.#options.port) : undefined
    if (before === undefined || moved || !by) this.#end(moved)
    else this.#stand(by)
    if (now === 0) this.#rest()
  }

  #rest(): void {
    this.#timer?.dispose()
    this.#timer = undefined
    this.#unsent = undefined
    this.#stillMs = 0
  }

  #stand(by: Cause): void {
    const { changed, clock, port, tell } = this.#options
    this.#stillMs += LOOK_MS
    if (this.#stillMs < patienceMs(port, by)) return
    const isNew = this.#blocked?.by !== by
    if (!this.#blocked && clock.nowMs() - this.#endedAtMs > LONGEST_UNTOLD_MS) {
      this.#untold.reset()
      this.#tellAfterMs = this.#untold.next()
    }
    this.#blocked = { since: this.#blocked?.since ?? Date.now() - this.#stillMs, by }
    if (!this.#told && this.#stillMs >= this.#tellAfterMs) {
      this.#told = true
      this.#tellAfterMs = this.#untold.next()
      tell({ type: 'blocked', by, bytes: this.state?.bytes ?? 0 })
    }
    if (isNew) changed()
  }

  #end(moved: boolean): void {
    const { changed, clock, tell } = this.#options
    const durationMs = this.#stillMs
    this.#stillMs = 0
    if (!this.#blocked) return
    this.#blocked = undefined
    this.#endedAtMs = clock.nowMs()
    if (this.#told) tell({ type: 'unblocked', moved, durationMs })
    this.#told = false
    changed()
  }
}

/** What holds back the bytes that wait, as far as anybody can tell. */
function causeOf(port: Port): Cause | undefined {
  const { capabilities, modemState, settings, suspended } = port
  if (suspended === true) return 'peer'
  if (settings.flowControl === 'none' || !capabilities.settings.has('flowControl')) return undefined
  if (settings.flowControl === 'rtscts' && modemState.cts !== 'unknown')
    return modemState.cts ? undefined : 'cts'
  return suspended === undefined ? 'flow-control' : undefined
}

function patienceMs(port: Port, by: Cause): number {
  if (by !== 'flow-control') return BLOCKED_MS
  return Math.max(BLOCKED_MS, PACKET_CHARACTERS * characterSeconds(port.settings) * 1000)
}
