/** The first frame on a connection, either way, within a time. Called by the listener, the dialler and the pairing desk. */
import type { Clock } from '../base/clock.ts'
import type { Event } from '../base/event.ts'
import { Emitter } from '../base/event.ts'
import type { CloseReason } from '../contract/close.ts'
import { Fault } from '../contract/faults.ts'
import type { TlsConnection } from '../net/tls.ts'
import { FrameReader, STRANGER_FRAME_LIMIT } from '../protocol/frames.ts'

/** For the first frame, after the handshake. */
export const FIRST_FRAME_TIMEOUT_MS = 5000

/** A connection behind its first frame: hands on what came behind that first, then all the rest as it is. */
export class AfterFirstWords implements TlsConnection {
  readonly #inner: TlsConnection
  #rest: Uint8Array
  #paused = true
  readonly #data = new Emitter<Uint8Array>()
  readonly onData: Event<Uint8Array> = this.#data.event
  readonly onDrain: Event<void>
  readonly onClose: Event<CloseReason>
  readonly onInputEnd: Event<void> | undefined

  /** `inner`: paused, and listened to by nobody else. */
  constructor(inner: TlsConnection, rest: Uint8Array) {
    this.#inner = inner
    this.#rest = rest
    this.onDrain = inner.onDrain
    this.onClose = inner.onClose
    this.onInputEnd = inner.onInputEnd
    inner.onData((chunk) => this.#data.fire(chunk))
  }

  get peerId(): string {
    return this.#inner.peerId
  }

  get remote(): string {
    return this.#inner.remote
  }

  get remoteAddress(): string | undefined {
    return this.#inner.remoteAddress
  }

  get queued(): number {
    return this.#inner.queued
  }

  exporter(label: string, context: Uint8Array, length: number): Uint8Array {
    return this.#inner.exporter(label, context, length)
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

/**
 * Resolves with the first frame and the connection behind it, paused. Rejects with `peer-timeout`, `peer-protocol` or `peer-closed`;
 * the connection is the caller's to close.
 */
export function firstFrame(
  connection: TlsConnection,
  clock: Clock
): Promise<{ readonly payload: Uint8Array; readonly after: TlsConnection }> {
  return new Promise((resolve, reject) => {
    const reader = new FrameReader(STRANGER_FRAME_LIMIT)
    const settle = (end: () => void): void => {
      timer.dispose()
      data.dispose()
      close.dispose()
      connection.pause()
      end()
    }
    const fail = (fault: Fault): void => settle(() => reject(fault))
    const data = connection.onData((chunk) => {
      reader.push(chunk)
      const event = reader.next()
      if (!event) return
      if (event.type === 'frame') {
        const after = new AfterFirstWords(connection, reader.rest())
        settle(() => resolve({ payload: event.payload, after }))
      } else
        fail(
          new Fault('peer-protocol', `${connection.remote} does not speak farport/1: it sent ${event.what}.`)
        )
    })
    const close = connection.onClose(({ message }) =>
      fail(
        new Fault(
          'peer-closed',
          `${connection.remote} ended the connection (${message}): look there for the reason.`
        )
      )
    )
    const timer = clock.after(FIRST_FRAME_TIMEOUT_MS, () =>
      fail(
        new Fault('peer-timeout', `${connection.remote} said nothing for 5 s: check that it is a Farport.`)
      )
    )
    connection.resume()
  })
}
