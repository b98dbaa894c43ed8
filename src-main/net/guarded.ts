import type { Clock } from '../base/clock.ts'
import { systemClock } from '../base/clock.ts'
import type { Disposable } from '../base/event.ts'
import { Emitter } from '../base/event.ts'
import type { CloseReason } from '../contract/close.ts'
import { HttpGuard } from '../protocol/http-guard.ts'
import type { Refusal } from './carrier.ts'
import { NOBODY_LISTENS } from './carrier.ts'
import type { Connection, Listener } from './connection.ts'
import type { ProvenKey } from './tls-trust.ts'

/** What may still become a request line is held for this long; a browser sends it in one piece. */
export const HTTP_GUARD_MS = 50

interface GuardOptions {
  readonly clock?: Clock
  readonly onRefused?: (refusal: Refusal) => void
}

/** The listener, with each of its connections behind an HTTP guard. */
export function guarded(listener: Listener, options: GuardOptions = {}): Listener {
  const connections = new Emitter<Connection>()
  listener.onConnection((connection) => {
    if (connections.hasListeners) connections.fire(new GuardedConnection(connection, options))
    else connection.abort(NOBODY_LISTENS)
  })
  return {
    url: listener.url,
    onConnection: connections.event,
    close: (reason) => listener.close(reason)
  }
}

/**
 * A connection whose first bytes are looked at before they are handed on: see protocol/http-guard.ts. Costs one call per chunk
 * afterwards, and nothing is copied but a beginning that came in several pieces.
 */
export class GuardedConnection implements Connection {
  readonly #connection: Connection
  readonly #clock: Clock
  readonly #onRefused: ((refusal: Refusal) => void) | undefined
  readonly #guard = new HttpGuard()
  readonly #data = new Emitter<Uint8Array>()
  readonly #close = new Emitter<CloseReason>()
  readonly onData = this.#data.event
  readonly onClose = this.#close.event
  readonly onDrain
  readonly onInputEnd

  #passed = false
  #paused = true
  /** It waited long enough, but the reader is paused. */
  #due = false
  #timer: Disposable | undefined

  constructor(connection: Connection, options: GuardOptions = {}) {
    this.#connection = connection
    this.#clock = options.clock ?? systemClock
    this.#onRefused = options.onRefused
    this.onDrain = connection.onDrain
    this.onInputEnd = connection.onInputEnd
    connection.onData((chunk) => {
      if (this.#passed) this.#data.fire(chunk)
      else this.#examine(chunk)
    })
    connection.onClose((reason) => {
      this.#timer?.dispose()
      // Its data came before its end, so it is handed on before.
      if (!this.#passed) this.#release()
      this.#close.fire(reason)
    })
  }

  get remote(): string {
    return this.#connection.remote
  }

  get remoteAddress(): string | undefined {
    return this.#connection.remoteAddress
  }

  get far(): ProvenKey | undefined {
    return this.#connection.far
  }

  get queued(): number {
    return this.#connection.queued
  }

  write(chunk: Uint8Array): boolean {
    return this.#connection.write(chunk)
  }

  pause(): void {
    this.#paused = true
    this.#connection.pause()
  }

  resume(): void {
    this.#paused = false
    if (this.#due) this.#release()
    // The held bytes' receiver may have paused again.
    if (!this.#isPaused()) this.#connection.resume()
  }

  close(reason: CloseReason, timeoutMs: number): Promise<number> {
    this.#drop()
    return this.#connection.close(reason, timeoutMs)
  }

  abort(reason: CloseReason): void {
    this.#drop()
    this.#connection.abort(reason)
  }

  probe(): void {
    this.#connection.probe()
  }

  #examine(chunk: Uint8Array): void {
    const { state, bytes } = this.#guard.receive(chunk)
    switch (state) {
      case 'holding':
        this.#timer ??= this.#clock.after(HTTP_GUARD_MS, () => {
          if (this.#paused) this.#due = true
          else this.#release()
        })
        return
      case 'pass':
        this.#timer?.dispose()
        this.#passed = true
        this.#data.fire(bytes)
        return
      case 'http':
        this.abort({ code: 'refused', message: 'the client is a web browser: it began with an HTTP request' })
        this.#onRefused?.({ remote: this.remote, why: 'it began with an HTTP request, as a web page does' })
    }
  }

  #release(): void {
    this.#due = false
    this.#passed = true
    const bytes = this.#guard.release()
    if (bytes.length > 0) this.#data.fire(bytes)
  }

  /** Its owner ends it, so nobody wants what is held. */
  #drop(): void {
    this.#timer?.dispose()
    this.#due = false
    this.#passed = true
  }

  #isPaused(): boolean {
    return this.#paused
  }
}
