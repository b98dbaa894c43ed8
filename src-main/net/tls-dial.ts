/**
 * A TCP connection with a TLS handshake over it, for whoever dials: a Farport (tls.ts) or another program (foreign-tls-dial.ts), which
 * judges who answered and makes the Connection. Knows no certificate and no protocol.
 */
import type { Socket } from 'node:net'
import { connect as connectTcp } from 'node:net'
import type { ConnectionOptions, TLSSocket } from 'node:tls'
import { connect as connectTls } from 'node:tls'
import { systemClock } from '../base/clock.ts'
import type { Clock } from '../base/clock.ts'
import type { Fault } from '../contract/faults.ts'
import { plainAddress } from './allow-list.ts'
import type { DialOptions } from './carrier.ts'
import { DIAL_TIMEOUT_MS } from './carrier.ts'
import { formatAddress } from './endpoint.ts'
import { dialFault, dialTimeout } from './network-faults.ts'
import type { SocketConnectionOptions } from './socket-connection.ts'

/** From the connection to the end of the handshake, on both sides. */
export const HANDSHAKE_TIMEOUT_MS = 5000

/** For each address of a name but the last, as tcp.ts has it. */
const ADDRESS_TIMEOUT_MS = 1000

export interface TlsPlace {
  /** A name or an address, IPv6 without brackets. */
  readonly host: string
  readonly port: number
}

/** A handshake that is done, on either side. */
export interface Secured {
  readonly tls: TLSSocket
  /** The socket under it. */
  readonly wire: Socket
  /** What a SocketConnection over it is to have; it ends with its peer. */
  readonly options: SocketConnectionOptions
}

export interface SecureDial<Made> {
  readonly to: TlsPlace
  /** The address, for people. */
  readonly place: string
  readonly tls: ConnectionOptions
  /** What answers there does not do TLS as we do. `tls`: as far as it came. */
  readonly foreign: (error: Error, tls?: TLSSocket) => Fault
  /** Makes what is wanted of it; throws the Fault why that cannot be. */
  readonly take: (secured: Secured) => Made
}

/** Rejects as TCP does, as `foreign` and `take` say, or with the signal's reason. */
export async function dialSecure<Made>(dial: SecureDial<Made>, options: DialOptions): Promise<Made> {
  const { signal, clock = systemClock, timeoutMs = DIAL_TIMEOUT_MS } = options
  const { to, place, foreign, take } = dial
  signal?.throwIfAborted()
  return new Promise((resolve, reject) => {
    let connected = false
    const wire = connectTcp({
      ...to,
      allowHalfOpen: true,
      autoSelectFamily: true,
      autoSelectFamilyAttemptTimeout: ADDRESS_TIMEOUT_MS
    })
    let tls: TLSSocket | undefined
    const settled = (): void => {
      timer.dispose()
      signal?.removeEventListener('abort', onAbort)
    }
    const fail = (reason: unknown): void => {
      settled()
      // What it still has to say of its end is no matter.
      tls?.on('error', () => undefined)
      wire.on('error', () => undefined)
      wire.destroy()
      reject(reason)
    }
    const onAbort = (): void => {
      const reason: unknown = signal?.reason
      fail(reason)
    }
    const onError = (error: Error): void => fail(connected ? foreign(error, tls) : dialFault(error, place))
    let timer = clock.after(timeoutMs, () => fail(dialTimeout(place)))
    signal?.addEventListener('abort', onAbort, { once: true })
    wire.once('error', onError)
    wire.once('connect', () => {
      connected = true
      timer.dispose()
      timer = clock.after(HANDSHAKE_TIMEOUT_MS, () => fail(foreign(new Error('no answer to TLS for 5 s'))))
      tls = connectTls({ ...dial.tls, socket: wire, rejectUnauthorized: false })
      tls.once('error', onError)
      tls.once('close', () => onError(new Error('it closed the connection')))
      tls.once('secureConnect', () => {
        if (!tls) return
        try {
          const made = take({ tls, wire, options: farOf(wire, to, clock, options) })
          settled()
          tls.removeAllListeners('close')
          tls.off('error', onError)
          wire.off('error', onError)
          resolve(made)
        } catch (error) {
          fail(error)
        }
      })
    })
  })
}

function farOf(
  wire: Socket,
  { host, port }: TlsPlace,
  clock: Clock,
  { stallTimeoutMs = 0 }: DialOptions
): SocketConnectionOptions {
  const remoteAddress = plainAddress(wire.remoteAddress ?? host)
  const remote = formatAddress(remoteAddress, port)
  return { remote, remoteAddress, clock, stallTimeoutMs, halfCloseMs: 0 }
}
