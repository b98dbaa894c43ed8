import type { Event } from '../base/event.ts'
import { Emitter } from '../base/event.ts'
import type { CloseReason } from '../contract/close.ts'
import type { Connection } from './connection.ts'
import type { ProvenKey } from './tls-trust.ts'

/** A connection behind first words that somebody read: hands on what came behind them first, then all the rest as it is. */
export class AfterFirstWords implements Connection {
  readonly #inner: Connection
  #rest: Uint8Array
  #paused = true
  readonly #data = new Emitter<Uint8Array>()
  readonly onData: Event<Uint8Array> = this.#data.event
  readonly onDrain: Event<void>
  readonly onClose: Event<CloseReason>
  readonly onInputEnd: Event<void> | undefined

  /** `inner`: paused, and listened to by nobody else. */
  constructor(inner: Connection, rest: Uint8Array) {
    this.#inner = inner
    this.#rest = rest
    this.onDrain = inner.onDrain
    this.onClose = inner.onClose
    this.onInputEnd = inner.onInputEnd
    inner.onData((chunk) => this.#data.fire(chunk))
  }

  get remote(): string {
    return this.#inner.remote
  }

  get remoteAddress(): string | undefined {
    return this.#inner.remoteAddress
  }

  get far(): ProvenKey | undefined {
    return this.#inner.far
  }

  get queued(): number {
    return this.#inner.queued
  }

  write(chunk: Uint8Array): boolean {
    return this.#inner.write(chunk)
  }

  pause(): void {
    this.#paused = true
    this.#inner.pause()
  }

  resume(): void {
    this.#paused = false
    if (this.#rest.length === 0) {
      this.#inner.resume()
      return
    }
    // A turn later, as from a socket.
    setImmediate(() => {
      if (this.#paused) return
      const rest = this.#rest
      this.#rest = rest.subarray(rest.length)
      if (rest.length > 0) this.#data.fire(rest)
      if (!this.#isPaused()) this.#inner.resume()
    })
  }

  close(reason: CloseReason, timeoutMs: number): Promise<number> {
    this.#rest = new Uint8Array(0)
    return this.#inner.close(reason, timeoutMs)
  }

  abort(reason: CloseReason): void {
    this.#rest = new Uint8Array(0)
    this.#inner.abort(reason)
  }

  probe(): void {
    this.#inner.probe()
  }

  #isPaused(): boolean {
    return this.#paused
  }
}
