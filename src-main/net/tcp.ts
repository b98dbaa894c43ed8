/**
 * TCP, IPv4 and IPv6. Called by dial.ts through its table of carriers; makes sockets and nothing else: what happens on one stands
 * in socket-connection.ts.
 *
 * A peer that ends its sending (`echo AT | nc HOST PORT`) still gets the answer: an accepted connection goes on writing until
 * nothing was written for 0.5 s (as socat's -t), 10 s at the most. The system cannot tell that from a peer that closed
 * altogether, and a program may close and open again at once (pyserial waits 0.3 s), so a newcomer from the same address ends
 * such a connection before it is announced. Nobody half-closes who speaks RFC 2217, so there the end is the end, and the device
 * is free at once. A dialled connection ends with its server.
 */
import type { AddressInfo, Server, Socket } from 'node:net'
import { createServer } from 'node:net'
import { systemClock } from '../base/clock.ts'
import { Emitter } from '../base/event.ts'
import { AllowList, plainAddress } from './allow-list.ts'
import type { DialOptions, ListenOptions } from './carrier.ts'
import { DEFAULT_STALL_TIMEOUT_MS, DIAL_TIMEOUT_MS, NOBODY_LISTENS } from './carrier.ts'
import type { Connection, Listener } from './connection.ts'
import type { Endpoint } from './endpoint.ts'
import { formatAddress, formatEndpoint } from './endpoint.ts'
import { dialFault, dialTimeout, listenFault } from './network-faults.ts'
import { SocketConnection } from './socket-connection.ts'
import { StreamSocket } from './stream-socket.ts'

/** See the head of this file. */
export const HALF_CLOSE_MS = 500

/**
 * For each address of a name but the last: Node tries them one after the other, and gives one up for good. Its own 250 ms is too
 * short for a VPN over a satellite.
 */
const ADDRESS_TIMEOUT_MS = 1000

/** Rejects with a Fault of the kind `peer`, or with the signal's reason. */
export async function dialTcp(endpoint: Endpoint, options: DialOptions = {}): Promise<Connection> {
  const { signal, clock = systemClock, timeoutMs = DIAL_TIMEOUT_MS, stallTimeoutMs = 0 } = options
  const place = formatEndpoint(endpoint)
  signal?.throwIfAborted()
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      const reason: unknown = signal?.reason
      fail(reason)
    }
    const socket = new StreamSocket()
    const settled = (): void => {
      timer.dispose()
      signal?.removeEventListener('abort', onAbort)
      socket.off('error', onError)
    }
    const fail = (reason: unknown): void => {
      settled()
      socket.destroy()
      reject(reason)
    }
    const onError = (error: Error): void => {
      fail(dialFault(error, place))
    }
    const timer = clock.after(timeoutMs, () => fail(dialTimeout(place)))
    signal?.addEventListener('abort', onAbort, { once: true })
    socket.once('error', onError)
    socket.once('connect', () => {
      settled()
      const remoteAddress = plainAddress(socket.remoteAddress ?? endpoint.host)
      const remote = formatAddress(remoteAddress, endpoint.port)
      resolve(new SocketConnection(socket, { remote, remoteAddress, clock, stallTimeoutMs, halfCloseMs: 0 }))
    })
    socket.connect({
      host: endpoint.host,
      port: endpoint.port,
      autoSelectFamily: true,
      autoSelectFamilyAttemptTimeout: ADDRESS_TIMEOUT_MS
    })
  })
}

/** Rejects with the Fault `address-in-use` or `address-not-permitted`, or with the signal's reason. */
export async function listenTcp(endpoint: Endpoint, options: ListenOptions = {}): Promise<Listener> {
  const { signal } = options
  signal?.throwIfAborted()
  // Paused, so that the accepted socket reads nothing before its handle has moved to a StreamSocket.
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true })
  await new Promise<void>((resolve, reject) => {
    const onAbort = (): void => {
      const reason: unknown = signal?.reason
      server.close()
      reject(reason)
    }
    server.once('error', (error) => {
      signal?.removeEventListener('abort', onAbort)
      reject(listenFault(error, formatEndpoint(endpoint)))
    })
    server.once('listening', () => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    })
    signal?.addEventListener('abort', onAbort, { once: true })
    server.listen({ host: endpoint.host, port: endpoint.port })
  })
  return new TcpListener(server, endpoint, options)
}

class TcpListener implements Listener {
  readonly url: string
  readonly #server: Server
  readonly #options: ListenOptions
  readonly #allowList: AllowList
  readonly #halfCloseMs: number
  readonly #living = new Set<SocketConnection>()
  readonly #connection = new Emitter<Connection>()
  readonly onConnection = this.#connection.event
  #closed: Promise<void> | undefined

  constructor(server: Server, endpoint: Endpoint, options: ListenOptions) {
    this.#server = server
    this.#options = options
    this.#allowList = options.allowList ?? new AllowList()
    this.#halfCloseMs = endpoint.protocol === 'rfc2217' ? 0 : HALF_CLOSE_MS
    this.url = formatEndpoint({ ...endpoint, port: (server.address() as AddressInfo).port })
    server.removeAllListeners('error')
    // Only accepting can fail now (no file descriptor left); the listener goes on.
    server.on('error', (error) => options.onRefused?.({ remote: 'a newcomer', why: error.message }))
    server.on('connection', (socket) => this.#accept(socket))
  }

  close(): Promise<void> {
    this.#closed ??= new Promise((resolve) => {
      this.#server.close(() => resolve())
    })
    return this.#closed
  }

  #accept(accepted: Socket): void {
    // Both are undefined when it has gone again already.
    const remoteAddress =
      accepted.remoteAddress === undefined ? undefined : plainAddress(accepted.remoteAddress)
    const remote = formatAddress(remoteAddress ?? 'unknown', accepted.remotePort ?? 0)
    if (remoteAddress === undefined || !this.#allowList.allows(remoteAddress)) {
      accepted.on('error', () => undefined) // It is being refused; how it takes that is no matter.
      accepted.resetAndDestroy()
      if (remoteAddress !== undefined) {
        const why = `its address is not allowed here (allowed: ${this.#allowList.entries.join(', ')})`
        this.#options.onRefused?.({ remote, why })
      }
      return
    }
    for (const each of this.#living)
      if (each.lingering && each.remoteAddress === remoteAddress) each.giveWay()
    const connection = new SocketConnection(moved(accepted), {
      remote,
      remoteAddress,
      clock: this.#options.clock ?? systemClock,
      stallTimeoutMs: this.#options.stallTimeoutMs ?? DEFAULT_STALL_TIMEOUT_MS,
      halfCloseMs: this.#halfCloseMs
    })
    this.#living.add(connection)
    connection.onClose(() => this.#living.delete(connection))
    if (this.#connection.hasListeners) this.#connection.fire(connection)
    else connection.abort(NOBODY_LISTENS)
  }
}

/** Node gives `onread` to sockets at their making only, and makes the accepted ones itself. */
function moved(accepted: Socket): StreamSocket {
  const shell = accepted as unknown as { _handle: unknown }
  const handle = shell._handle
  shell._handle = null
  // The server would wait for it at its end.
  accepted.destroy()
  return new StreamSocket(handle)
}
