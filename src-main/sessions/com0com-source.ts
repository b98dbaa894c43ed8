/**
 * A COM port that programs of this computer open: the other end of a com0com pair, and a Session each time a program has it open. Called by
 * core, which finds or makes the pair. Our end stays open while programs come and go, as theirs is there only as long as that (PlugInMode).
 *
 * - Whether a program is there is told by our DCD, which pairs of our making have wired to that (`dcd=ropen`). In others a program is there while
 *   it drives DTR or RTS, or once it writes.
 * - A session that the hub closes leaves the program there: it gets a new one after 0.5 s, then 1 s, … up to 10 s, and what it does waits here.
 * - No program ever waits for us: where it writes more than there is room for, the rest is lost, counted and told.
 */
import { Backoff } from '../base/backoff.ts'
import { type Clock, systemClock } from '../base/clock.ts'
import type { Disposable, Event } from '../base/event.ts'
import { Emitter } from '../base/event.ts'
import type { CloseReason } from '../contract/close.ts'
import type { ControlWish, LineWish } from '../contract/line.ts'
import { Fault } from '../contract/faults.ts'
import type { Carried } from '../contract/virtual.ts'
import type { InsertEvent, OurModem } from '../protocol/com0com-insert.ts'
import { openComm } from '../os/win32/comm.ts'
import { Com0comEnd, type OpenComm } from './com0com-end.ts'
import { Com0comSession } from './com0com-session.ts'
import type { Session, SessionSource } from './session.ts'

/** Bytes that wait for a paused session; beyond, the driver keeps them. */
const READ_AHEAD_BYTES = 256 * 1024

/** Between two questions whether anything was lost, while a program is there. */
const LOSSES_MS = 1000

/** A session that lived so long was no failed try. */
const HEALTHY_MS = 10_000

const NOBODY_SERVES: CloseReason = { code: 'refused', message: 'nobody serves this port' }
const PROGRAM_LEFT: CloseReason = { code: 'done', message: 'the local program closed the port' }
const GONE: CloseReason = { code: 'done', message: 'the virtual port is gone' }

export interface Com0comOptions {
  /** Our end: `\\.\CNCB0`. */
  readonly path: string
  /** Where programs find the other: `COM7`. */
  readonly address: string
  /** By what it is seen that a program has its end open: see above. */
  readonly presence: 'dcd' | 'lines'
  readonly clock?: Clock
  readonly open?: OpenComm
}

export class Com0comSource implements SessionSource {
  readonly address: string
  readonly #options: Com0comOptions
  readonly #clock: Clock
  readonly #open: OpenComm
  readonly #sessions = new Emitter<Session>()
  readonly #faults = new Emitter<Fault>()
  readonly #backoff = new Backoff()
  readonly #reopening = new Backoff()
  #end: Com0comEnd
  #session: Com0comSession | undefined
  /** What the program did and nobody heard yet. */
  #waiting: InsertEvent[] = []
  #waitingBytes = 0
  #pumping = false
  /** As of what was heard: it has its end open, and this is how everything is. */
  #isOpen = false
  #settings: LineWish = {}
  #lines: ControlWish = {}
  #begunMs = 0
  #timer: Disposable | undefined
  #losses: Disposable | undefined
  /** Bytes lost since our end was opened, since this session began, and of those the ones that were told. */
  #overruns = 0
  #lost = 0
  #told = 0
  #isRead = false
  #isClosed = false

  /** From the first listener on our end is read. */
  readonly onSession: Event<Session> = (listener) => {
    const subscription = this.#sessions.event(listener)
    if (!this.#isRead) this.#listen()
    return subscription
  }
  /** The pair is gone, or bytes of a program were. */
  readonly onFault: Event<Fault> = this.#faults.event

  private constructor(options: Com0comOptions, end: Com0comEnd) {
    this.#options = options
    this.address = options.address
    this.#clock = options.clock ?? systemClock
    this.#open = options.open ?? openComm
    this.#end = end
    end.device.onClose((reason) => this.#gone(reason))
  }

  /** Rejects with a WindowsError of our end. */
  static async open(options: Com0comOptions): Promise<Com0comSource> {
    return new Com0comSource(options, await Com0comEnd.open(options.path, options.open ?? openComm))
  }

  /** What passes here: less than com0com can, where the driver does not tell what programs set. */
  get carries(): readonly Carried[] {
    return this.#end.carries
  }

  /** A program that is there keeps its port until its session ends; then what it writes goes nowhere. */
  async close(reason: CloseReason): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#timer?.dispose()
    if (!this.#session) await this.#end.device.close(reason, 0)
  }

  #listen(): void {
    this.#isRead = true
    const end = this.#end
    end.onEvents((events) => this.#take(events))
    // Nothing is heard within the call that subscribes.
    queueMicrotask(() => {
      if (end !== this.#end || this.#isClosed) return
      this.#take(end.takeFirst())
      end.device.resume()
    })
  }

  #take(events: readonly InsertEvent[]): void {
    for (const event of events) {
      this.#waiting.push(event)
      this.#waitingBytes += sizeOf(event)
    }
    this.#pump()
    if (this.#waitingBytes > READ_AHEAD_BYTES) this.#end.device.pause()
  }

  /** Hands on what waits, as far as somebody hears it. */
  #pump(): void {
    if (this.#pumping) return
    this.#pumping = true
    while (this.#session ? !this.#session.isPaused : !this.#isOpen) {
      const event = this.#waiting.shift()
      if (!event) break
      this.#waitingBytes -= sizeOf(event)
      this.#hear(event)
    }
    this.#pumping = false
    if (this.#waitingBytes <= READ_AHEAD_BYTES && !this.#isClosed) this.#end.device.resume()
  }

  #hear(event: InsertEvent): void {
    switch (event.type) {
      case 'data':
        if (this.#session) this.#session.hear(event.bytes)
        else if (this.#options.presence === 'lines') {
          // Who drives no line shows itself by writing.
          this.#waiting.unshift(event)
          this.#waitingBytes += sizeOf(event)
          this.#opened()
        }
        return
      case 'settings':
        this.#settings = { ...this.#settings, ...event.wish }
        this.#session?.apply(event.wish)
        return
      case 'break':
        this.#hearLines({ break: event.on })
        return
      case 'modem':
        this.#hearModem(event.modem)
        return
      case 'violation':
        this.#faults.fire(
          new Fault('device-io', `com0com said what Farport does not know at ${this.address}: ${event.what}.`)
        )
    }
  }

  #hearModem({ cts, dsr, dcd }: OurModem): void {
    const present = this.#options.presence === 'dcd' ? dcd : dcd || dsr || cts
    if (!present && this.#isOpen) {
      this.#hearLines({ break: false })
      this.#isOpen = false
      this.#backoff.reset()
      this.#timer?.dispose()
      // Its lines fall with it: whether they do at the far port, too, is the link's to decide.
      this.#lines = { dtr: dsr, rts: cts }
      this.#session?.left(PROGRAM_LEFT)
      return
    }
    this.#hearLines({ dtr: dsr, rts: cts })
    if (present && !this.#isOpen) this.#opened()
  }

  #hearLines(wish: ControlWish): void {
    const { dtr, rts, break: held = false } = this.#lines
    const changed: ControlWish = {
      ...(wish.dtr !== undefined && wish.dtr !== dtr && { dtr: wish.dtr }),
      ...(wish.rts !== undefined && wish.rts !== rts && { rts: wish.rts }),
      ...(wish.break !== undefined && wish.break !== held && { break: wish.break })
    }
    if (Object.keys(changed).length === 0) return
    this.#lines = { ...this.#lines, ...changed }
    this.#session?.control(changed)
  }

  #opened(): void {
    this.#isOpen = true
    this.#begin()
  }

  #begin(): void {
    if (this.#session || this.#isClosed || !this.#isOpen) return
    this.#begunMs = this.#clock.nowMs()
    const end = this.#end
    this.#session = new Com0comSession({
      device: end.device,
      clock: this.#clock,
      begin: () => ({ settings: this.#settings, lines: this.#lines }),
      resumed: () => this.#pump(),
      drive: (modem) => end.drive(modem),
      sendBreak: () => end.sendBreak(),
      onEnded: () => this.#ended()
    })
    this.#lost = this.#told = 0
    this.#losses = this.#clock.every(LOSSES_MS, () => void this.#countLosses(), 'idle')
    if (this.#sessions.hasListeners) this.#sessions.fire(this.#session)
    else this.#session.abort(NOBODY_SERVES)
  }

  #ended(): void {
    this.#session = undefined
    this.#losses?.dispose()
    void this.#countLosses()
    if (this.#isClosed) {
      void this.#end.device.close(PROGRAM_LEFT, 0)
      return
    }
    if (this.#isOpen) {
      if (this.#clock.nowMs() - this.#begunMs > HEALTHY_MS) this.#backoff.reset()
      this.#timer = this.#clock.after(this.#backoff.next(), () => this.#begin())
    } else this.#pump()
  }

  /** Tells the first loss of a session at once, and all of it when it ends. */
  async #countLosses(): Promise<void> {
    const end = this.#end
    try {
      const overruns = await end.overruns()
      if (end !== this.#end) return
      this.#lost += overruns - this.#overruns
      const isNew = overruns !== this.#overruns
      this.#overruns = overruns
      // Of what the program set something may be among it.
      if (isNew) this.#take(await end.again())
    } catch {
      // The device is gone, and says so itself.
    }
    if (this.#lost === this.#told || (this.#told > 0 && this.#session)) return
    this.#told = this.#lost
    this.#faults.fire(
      new Fault(
        'device-io',
        `${this.#lost} bytes that a program wrote to ${this.address} are lost: it writes faster than the far port takes them. Switch its RTS/CTS flow control on.`
      )
    )
  }

  #gone(reason: CloseReason): void {
    this.#isOpen = false
    this.#waiting = []
    this.#waitingBytes = 0
    this.#timer?.dispose()
    this.#session?.left(GONE)
    if (this.#isClosed) return
    this.#faults.fire(
      new Fault(
        'device-unplugged',
        `The virtual port ${this.address} is gone: ${reason.message}. It is tried again.`
      )
    )
    this.#reopenLater()
  }

  #reopenLater(): void {
    this.#timer = this.#clock.after(this.#reopening.next(), () => void this.#reopen())
  }

  async #reopen(): Promise<void> {
    try {
      const end = await Com0comEnd.open(this.#options.path, this.#open)
      if (this.#isClosed) {
        end.device.abort(GONE)
        return
      }
      this.#reopening.reset()
      this.#end = end
      this.#overruns = 0
      end.device.onClose((reason) => this.#gone(reason))
      if (this.#isRead) this.#listen()
    } catch {
      if (!this.#isClosed) this.#reopenLater()
    }
  }
}

function sizeOf(event: InsertEvent): number {
  return event.type === 'data' ? event.bytes.length : 0
}
