/**
 * A Port seen from its other end, as a Session: what its device sends is what we are sent, and what the far port drives
 * (CTS, DSR or DCD) is what we are asked to drive (RTS, DTR): a null-modem cable between two ports, however far apart.
 * Called by core for `farport connect A B`. Opens its port again and again by a Keeper of its own; each opening is a Session.
 */
import type { Clock } from '../base/clock.ts'
import { systemClock } from '../base/clock.ts'
import type { Event } from '../base/event.ts'
import { Emitter, never, once } from '../base/event.ts'
import type { CloseReason } from '../contract/close.ts'
import type { Fault } from '../contract/faults.ts'
import { toFault } from '../contract/faults.ts'
import type { ControlLines, ControlWish, LineWish, ModemState } from '../contract/line.ts'
import type { Port, PortSource } from '../ports/port.ts'
import type { Notice, Request, Session, SessionIdentity, SessionSource } from '../sessions/session.ts'
import { Keeper } from './keeper.ts'
import { difference, isQuery } from './wishes.ts'

/** A received break says nothing of its length; this is what most programs send. */
export const BREAK_MS = 250

const REFUSED: CloseReason = { code: 'refused', message: 'nobody holds the other end of the cable' }

/** What the far end of a null-modem cable sees of these levels. Unknown ones drive nothing. */
export function crossed(modem: ModemState): ControlWish {
  const { cts, dsr, dcd } = modem
  const ready = dsr === 'unknown' ? dcd : dsr
  return { ...(cts !== 'unknown' && { rts: cts }), ...(ready !== 'unknown' && { dtr: ready }) }
}

export interface CableOptions {
  readonly port: PortSource
  /** What this end is opened with. */
  readonly settings: LineWish
  /** Whose fault it is when the port ends without a cause of its own. Default device. */
  readonly far?: 'device' | 'peer'
  readonly clock?: Clock
}

export class CableSource implements SessionSource {
  readonly address: string
  readonly #sessions = new Emitter<Session>()
  readonly #faults = new Emitter<Fault>()
  readonly #keeper: Keeper
  #session: CableSession | undefined
  #closing = false

  readonly onSession: Event<Session> = (listener) => {
    const subscription = this.#sessions.event(listener)
    this.#keeper.want(!this.#closing)
    return subscription
  }

  constructor(options: CableOptions) {
    this.address = options.port.label
    this.#keeper = new Keeper({
      clock: options.clock ?? systemClock,
      source: options.port,
      far: options.far ?? 'device',
      slot: {
        opening: options.settings,
        setPort: (port) => {
          this.#setPort(port)
        },
        // The session's own `close` has told it to the hub.
        undelivered: () => undefined
      }
    })
    this.#keeper.onFault((fault) => this.#faults.fire(fault))
  }

  get port(): NonNullable<SessionSource['port']> {
    return { state: this.#keeper.state, onState: this.#keeper.onState, onFault: this.#faults.event }
  }

  /** See SessionSource. */
  retry(): void {
    this.#keeper.retry()
  }

  async close(): Promise<void> {
    this.#closing = true
    // The session goes on to its own end: its bytes are for the hub to drain.
    if (this.#session) await once(this.#session.onClose)
    await this.#keeper.close(0)
  }

  #setPort(port: Port | undefined): void {
    this.#session = undefined
    if (!port) {
      if (this.#closing) this.#keeper.want(false)
      return
    }
    const session = new CableSession(this.address, port, (fault) => this.#faults.fire(fault))
    this.#session = session
    if (this.#sessions.hasListeners) this.#sessions.fire(session)
    else session.abort(REFUSED)
  }
}

class CableSession implements Session {
  readonly who: SessionIdentity
  readonly #port: Port
  readonly #report: (fault: Fault) => void
  readonly #controls = new Emitter<Request<ControlWish, ControlLines>>()
  readonly #breaks = new Emitter<number>()
  /** What the port was asked to drive: its own `lines` follow when it has answered, and levels change before that. */
  #asked: ControlWish = {}
  #plugged = false
  #ended = false

  readonly onData: Event<Uint8Array>
  readonly onDrain: Event<void>
  readonly onClose: Event<CloseReason>
  /** Each end of a cable keeps its own settings. */
  readonly onApply = never
  readonly onControl = this.#controls.event
  readonly onBreak = this.#breaks.event
  readonly onPurge = never

  constructor(label: string, port: Port, report: (fault: Fault) => void) {
    this.who = { kind: 'program', label }
    this.#port = port
    this.#report = report
    this.onData = port.onData
    this.onDrain = port.onDrain
    this.onClose = port.onClose
    port.onModemState((modem) => this.#drive(modem))
    port.onLineState((line) => {
      if (line.break > 0) this.#breaks.fire(BREAK_MS)
    })
    port.onClose(() => {
      this.#ended = true
    })
  }

  get queued(): number {
    return this.#port.queued
  }

  write(chunk: Uint8Array): boolean {
    return this.#port.write(chunk)
  }

  pause(): void {
    this.#port.pause()
  }

  resume(): void {
    // The hub listens from here on: the levels that were there before the cable was plugged in go first.
    if (!this.#plugged) this.#drive(this.#port.modemState)
    this.#plugged = true
    this.#port.resume()
  }

  close(reason: CloseReason, timeoutMs: number): Promise<number> {
    return this.#port.close(reason, timeoutMs)
  }

  abort(reason: CloseReason): void {
    this.#port.abort(reason)
  }

  notify(notice: Notice): void {
    const lines = notice.modem && difference(crossed(notice.modem), { ...this.#port.lines, ...this.#asked })
    if (lines) {
      this.#asked = { ...this.#asked, ...lines }
      this.#watch(this.#port.control(lines))
    }
    if (notice.line && notice.line.break > 0) this.#watch(this.#port.sendBreak(BREAK_MS))
  }

  #drive(modem: ModemState): void {
    const wish = crossed(modem)
    if (!isQuery(wish)) this.#controls.fire({ wish, answer: () => undefined })
  }

  /** A command that fails because the port is gone needs no word: its end is told by `onClose`. */
  #watch(command: Promise<unknown>): void {
    command.catch((error: unknown) => {
      if (!this.#ended) this.#report(toFault(error))
    })
  }
}
