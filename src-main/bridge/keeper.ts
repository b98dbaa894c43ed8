/**
 * Keeps a Port open while it is wanted: opens it, opens it again when it breaks, closes it when nobody wants it any more.
 * Called by junction.ts and cable.ts; moves no bytes. What is sent while a try is under way waits for it
 * (`hold`); between the tries nobody knows how long it takes, and it is lost (`discard`).
 */
import { Backoff } from '../base/backoff.ts'
import type { Clock } from '../base/clock.ts'
import type { Event } from '../base/event.ts'
import { Emitter } from '../base/event.ts'
import type { CloseReason } from '../contract/close.ts'
import { DONE, SHUTDOWN } from '../contract/close.ts'
import type { FaultCode } from '../contract/faults.ts'
import { Fault, toFault } from '../contract/faults.ts'
import type { LineWish } from '../contract/line.ts'
import type { PortState } from '../contract/state.ts'
import type { Port, PortSource } from '../ports/port.ts'
import { drained } from './drained.ts'
import { STANDSTILL_MS } from './patience.ts'
import type { Absent } from './to-device.ts'

/** Who gets the port: the hub, or a cable. */
export interface PortSlot {
  readonly opening: LineWish
  setPort(port: Port | undefined, absent: Absent): void
  undelivered(bytes: number): void
}

export interface KeeperOptions {
  readonly clock: Clock
  readonly source: PortSource
  readonly slot: PortSlot
  /** Whose fault it is when the port ends without a cause of its own. */
  readonly far: 'device' | 'peer'
}

/** A port that lived shorter does not count as a success: one that is refused after each connect is tried ever more rarely. */
export const STABLE_MS = 5000

/** Behind the reason why a port broke; for whoever does not wait for that to put another next step there. */
export const OPENED_AGAIN = '; it is opened again as soon as possible'

export class Keeper {
  readonly #options: KeeperOptions
  readonly #states = new Emitter<PortState>()
  readonly #faults = new Emitter<Fault>()
  /** Aborted when the port is not wanted any more. */
  #wish = new AbortController()
  #running: Promise<void> | undefined
  #wanted = false
  #ended = false
  /** Aborted when time to close in good order is over. */
  readonly #hurry = new AbortController()
  /** … which is then, by the clock: for ports that need some of it for themselves, as programs do. */
  #endMs = Infinity
  /** Drained, and closing. */
  #leaving: Port | undefined
  #port: Port | undefined
  #state: PortState = { type: 'idle' }
  /** Ends the wait for the next try; undefined: none is waited for. */
  #hasten: (() => void) | undefined
  /** The message that was told last; forgotten when the port opens. */
  #told = ''

  readonly onState: Event<PortState> = this.#states.event
  /** A try failed or the port broke: once per cause, so that a device that stays away is one line. */
  readonly onFault: Event<Fault> = this.#faults.event

  constructor(options: KeeperOptions) {
    this.#options = options
  }

  get state(): PortState {
    if (this.#state.type !== 'open' || !this.#port) return this.#state
    const { settings, lines, modemState: modem } = this.#port
    return { type: 'open', settings, lines, modem }
  }

  /** Opens the port, or closes it when it is drained. Repeated calls are safe. */
  want(wanted: boolean): void {
    if (this.#ended || wanted === this.#wanted) return
    this.#wanted = wanted
    if (wanted) this.#running ??= this.#run()
    else this.#wish.abort()
  }

  /** The next try is now, and the one after it soon. Of no effect while none is waited for. */
  retry(): void {
    this.#hasten?.()
  }

  /** Closes for good: drained within `timeoutMs`, the rest is lost and told to the slot. Never rejects. */
  async close(timeoutMs: number): Promise<void> {
    this.#endMs = Math.min(this.#endMs, this.#options.clock.nowMs() + timeoutMs)
    this.want(false)
    this.#ended = true
    if (!this.#running) return
    void this.#leaving?.close(DONE, timeoutMs)
    const limit = this.#options.clock.after(timeoutMs, () => {
      this.#hurry.abort()
    })
    await this.#running
    limit.dispose()
  }

  async #run(): Promise<void> {
    try {
      while (this.#wanted) {
        this.#wish = new AbortController()
        await this.#keep(this.#wish.signal)
      }
    } catch (error) {
      // A listener threw, again: a bug of ours, shown instead of taking the process down with every other port.
      this.#wanted = false
      this.#faults.fire(toFault(error))
    }
    this.#running = undefined
    this.#enter({ type: 'idle' })
  }

  /** From the first try until it is not wanted any more. */
  async #keep(signal: AbortSignal): Promise<void> {
    const { slot } = this.#options
    const backoff = new Backoff()
    while (!signal.aborted) {
      const fault = await this.#try(backoff, signal)
      if (!fault) break
      await this.#wait(fault, backoff, signal)
    }
    slot.setPort(undefined, 'hold')
  }

  /** As `#useOnce`. A listener that throws costs this try and its port, not the next one. */
  async #try(backoff: Backoff, signal: AbortSignal): Promise<Fault | undefined> {
    try {
      this.#enter({ type: 'opening' })
      this.#options.slot.setPort(undefined, 'hold')
      return await this.#useOnce(backoff, signal)
    } catch (error) {
      this.#port?.abort(DONE)
      return toFault(error)
    }
  }

  /** Opens the port and stays with it. Answers why it broke or did not open, undefined when it was not wanted any more. */
  async #useOnce(backoff: Backoff, signal: AbortSignal): Promise<Fault | undefined> {
    const { clock, source, slot } = this.#options
    let port: Port
    try {
      port = await source.open(slot.opening, signal)
    } catch (error) {
      return signal.aborted ? undefined : toFault(error)
    }
    if (signal.aborted) {
      port.abort(DONE)
      return undefined
    }
    const openedMs = clock.nowMs()
    const reason = await this.#stay(port, signal)
    if (clock.nowMs() - openedMs >= STABLE_MS) backoff.reset()
    return reason && this.#faultOf(reason)
  }

  /** The slot has the port. Answers why it ended by itself. */
  #stay(port: Port, signal: AbortSignal): Promise<CloseReason | undefined> {
    const { slot } = this.#options
    return new Promise((resolve) => {
      const leave = (): void => {
        ended.dispose()
        this.#enter({ type: 'closing' })
        // Taken off first: what it still holds is this keeper's to deliver, and its `onClose` is no loss any more.
        slot.setPort(undefined, 'hold')
        void this.#drainAndClose(port).then((lost) => {
          this.#port = undefined
          if (lost > 0) slot.undelivered(lost)
          resolve(undefined)
        })
      }
      const ended = port.onClose((reason) => {
        signal.removeEventListener('abort', leave)
        this.#port = undefined
        // At once: from now on whatever is written to this port would be lost without being counted.
        slot.setPort(undefined, 'discard')
        resolve(signal.aborted ? undefined : reason)
      })
      signal.addEventListener('abort', leave, { once: true })
      this.#port = port
      this.#told = ''
      this.#enter({ type: 'open', settings: port.settings, lines: port.lines, modem: port.modemState })
      slot.setPort(port, 'discard')
    })
  }

  /** Gives what the port and the system hold all the time it needs while it moves. Answers what was lost. */
  async #drainAndClose(port: Port): Promise<number> {
    const hurry = this.#hurry.signal
    let cutShort = (): void => undefined
    const cut = new Promise<number>((resolve) => {
      cutShort = (): void => {
        resolve(port.queued)
        port.abort(SHUTDOWN)
      }
    })
    hurry.addEventListener('abort', cutShort, { once: true })
    try {
      await drained(port, this.#options.clock, hurry)
      const leftMs = Math.min(STANDSTILL_MS, this.#endMs - this.#options.clock.nowMs())
      this.#leaving = port
      const lost = await Promise.race([cut, port.close(DONE, Math.max(0, leftMs))])
      // A port that broke meanwhile answers 0 to `close` and still has its bytes.
      return Math.max(lost, port.queued)
    } catch (error) {
      this.#faults.fire(toFault(error))
      return port.queued
    } finally {
      hurry.removeEventListener('abort', cutShort)
      this.#leaving = undefined
    }
  }

  /** Until the next try: the time of the backoff, or until the device is there again. */
  async #wait(fault: Fault, backoff: Backoff, signal: AbortSignal): Promise<void> {
    const { clock, source } = this.#options
    const delayMs = backoff.next()
    this.#enter({ type: 'waiting', fault: fault.toJSON(), retryAt: Date.now() + delayMs })
    this.#options.slot.setPort(undefined, 'discard')
    this.#tell(fault)
    await new Promise<void>((resolve) => {
      const done = (): void => {
        timer.dispose()
        available?.dispose()
        signal.removeEventListener('abort', done)
        this.#hasten = undefined
        resolve()
      }
      const timer = clock.after(delayMs, done)
      this.#hasten = () => {
        // What has just appeared (a device, the network after a sleep) may not be ready at the first try: soon again, not in ten seconds.
        backoff.reset()
        done()
      }
      const available = source.onAvailable?.(this.#hasten)
      signal.addEventListener('abort', done, { once: true })
      if (signal.aborted) done()
    })
  }

  #tell(fault: Fault): void {
    if (fault.message === this.#told) return
    this.#told = fault.message
    this.#faults.fire(fault)
  }

  #enter(state: PortState): void {
    this.#state = state
    this.#states.fire(this.state)
  }

  #faultOf(reason: CloseReason): Fault {
    const { label } = this.#options.source
    const subject = reason.message.includes(label) ? '' : `${label}: `
    return new Fault(faultCode(reason, this.#options.far), `${subject}${reason.message}${OPENED_AGAIN}`)
  }
}

function faultCode(reason: CloseReason, far: 'device' | 'peer'): FaultCode {
  if (reason.code === 'unplugged') return 'device-unplugged'
  if (reason.code === 'refused') return 'peer-refused'
  return far === 'device' ? 'device-io' : 'peer-closed'
}
