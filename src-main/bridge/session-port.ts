/**
 * A Session seen from its other end, as a Port: what its program sends is what our device says. The mirror of cable.ts, for
 * joining two virtual ports. Called by core for `farport connect pty:A pty:B`. It has no line of its own: each program keeps
 * the settings that it chose.
 */
import type { Event } from '../base/event.ts'
import { Emitter, never, once } from '../base/event.ts'
import type { CloseReason } from '../contract/close.ts'
import type { ControlLines, ControlWish, LineSettings, LineWish } from '../contract/line.ts'
import { DEFAULT_SETTINGS, NO_CAPABILITIES, UNKNOWN_MODEM_STATE } from '../contract/line.ts'
import type { Port, PortSource } from '../ports/port.ts'
import type { Session, SessionSource } from '../sessions/session.ts'

const TAKEN: CloseReason = { code: 'refused', message: 'another program has this end of the cable' }

export class SessionPortSource implements PortSource {
  readonly label: string
  readonly #source: SessionSource
  readonly #arrived = new Emitter<void>()
  /** A program that is there and not yet joined. */
  #waiting: Session | undefined

  readonly onAvailable: Event<void> = this.#arrived.event

  constructor(source: SessionSource) {
    this.label = source.address
    this.#source = source
    source.onSession((session) => {
      if (this.#waiting) {
        session.abort(TAKEN)
        return
      }
      this.#waiting = session
      session.onClose(() => {
        if (this.#waiting === session) this.#waiting = undefined
      })
      this.#arrived.fire()
    })
  }

  /** Waits until a program uses the other end; rejects with the signal's reason alone. The settings are the program's own. */
  async open(_settings: LineWish, signal: AbortSignal): Promise<Port> {
    while (!this.#waiting) await once(this.onAvailable, signal)
    const session = this.#waiting
    this.#waiting = undefined
    return new SessionPort(session)
  }

  /** For the bridge's list of sources, so that this end is named and closed with the others. It yields nobody. */
  get place(): SessionSource {
    return {
      address: this.label,
      onSession: never,
      close: async (reason) => {
        this.#waiting?.abort(reason)
        await this.#source.close(reason)
      }
    }
  }
}

class SessionPort implements Port {
  readonly #session: Session
  readonly capabilities = NO_CAPABILITIES
  readonly modemState = UNKNOWN_MODEM_STATE
  readonly onModemState = never
  readonly onLineState = never
  readonly onSettings = never
  readonly onData
  readonly onDrain
  readonly onClose
  #settings: LineSettings = DEFAULT_SETTINGS
  #lines: ControlLines = { dtr: true, rts: true, break: false }

  constructor(session: Session) {
    this.#session = session
    this.onData = session.onData
    this.onDrain = session.onDrain
    this.onClose = session.onClose
    let programSettings: LineSettings = DEFAULT_SETTINGS
    let programLines: ControlLines = { dtr: true, rts: true, break: false }
    session.onApply((request) => {
      programSettings = { ...programSettings, ...request.wish }
      request.answer(programSettings)
    })
    session.onControl((request) => {
      programLines = { ...programLines, ...request.wish }
      request.answer(programLines)
    })
  }

  get settings(): LineSettings {
    return this.#settings
  }

  get lines(): ControlLines {
    return this.#lines
  }

  get queued(): number {
    return this.#session.queued
  }

  write(chunk: Uint8Array): boolean {
    return this.#session.write(chunk)
  }

  pause(): void {
    this.#session.pause()
  }

  resume(): void {
    this.#session.resume()
  }

  apply(wish: LineWish): Promise<LineSettings> {
    this.#settings = { ...this.#settings, ...wish }
    return Promise.resolve(this.#settings)
  }

  control(wish: ControlWish): Promise<ControlLines> {
    this.#lines = { ...this.#lines, ...wish }
    return Promise.resolve(this.#lines)
  }

  sendBreak(): Promise<void> {
    return Promise.resolve()
  }

  /** What was written is with the program already; there is nothing of ours to empty. */
  purge(): void {
    return undefined
  }

  close(reason: CloseReason, timeoutMs: number): Promise<number> {
    return this.#session.close(reason, timeoutMs)
  }

  abort(reason: CloseReason): void {
    this.#session.abort(reason)
  }
}
