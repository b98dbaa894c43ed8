/** The first frame on a connection, either way, within a time. Called by the listener, the dialler and the pairing desk. */
import type { Clock } from '../base/clock.ts'
import { Fault } from '../contract/faults.ts'
import { AfterFirstWords } from '../net/after-first-words.ts'
import type { TlsConnection } from '../net/tls.ts'
import { FrameReader, STRANGER_FRAME_LIMIT } from '../protocol/frames.ts'

/** For the first frame, after the handshake. */
export const FIRST_FRAME_TIMEOUT_MS = 5000

/** A TLS connection behind its first frame. */
class AfterFirstFrame extends AfterFirstWords implements TlsConnection {
  readonly #tls: TlsConnection

  constructor(inner: TlsConnection, rest: Uint8Array) {
    super(inner, rest)
    this.#tls = inner
  }

  get peerId(): string {
    return this.#tls.peerId
  }

  exporter(label: string, context: Uint8Array, length: number): Uint8Array {
    return this.#tls.exporter(label, context, length)
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
        const after = new AfterFirstFrame(connection, reader.rest())
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
