/**
 * Mutual TLS 1.3 over TCP, for farport/1: a Connection that knows whose key is at its far end. Called by peers, which decides by
 * that id; a foreign program's TLS (`raw+tls`) is another matter. Reads no file: keys are handed in.
 *
 * Certificates are not verified, but for the possession of their key: there is no authority, and ids are compared by who trusts them. In
 * TLS 1.3 a client is connected before the server has seen its certificate, so connected is not accepted.
 *
 * No session is resumed: the server's tickets are of the stateful kind, with no store behind them, and a resumed one is refused. No
 * server name is sent.
 */
import { constants } from 'node:crypto'
import type { AddressInfo, Server, Socket } from 'node:net'
import { connect as connectTcp } from 'node:net'
import type { TLSSocket, Server as TlsServer } from 'node:tls'
import { connect as connectTls, createServer as createTlsServer } from 'node:tls'
import { systemClock } from '../base/clock.ts'
import type { Clock } from '../base/clock.ts'
import type { Disposable, Event } from '../base/event.ts'
import { Emitter } from '../base/event.ts'
import { Fault } from '../contract/faults.ts'
import { plainAddress } from './allow-list.ts'
import type { AllowList } from './allow-list.ts'
import type { DialOptions, ListenOptions } from './carrier.ts'
import { DEFAULT_STALL_TIMEOUT_MS, DIAL_TIMEOUT_MS, NOBODY_LISTENS } from './carrier.ts'
import type { Connection, Listener } from './connection.ts'
import { formatAddress } from './endpoint.ts'
import { describe, dialFault, dialTimeout, listenFault } from './network-faults.ts'
import { SocketConnection } from './socket-connection.ts'
import type { SocketConnectionOptions } from './socket-connection.ts'
import { startServer } from './stream-carrier.ts'
import type { TlsIdentity } from './tls-identity.ts'
import { FARPORT_ALPN, peerOf } from './tls-identity.ts'
import { PendingHandshakes } from './tls-pending.ts'
import { TlsSocket } from './tls-socket.ts'

/** From the connection to the end of the handshake, on both sides. */
export const HANDSHAKE_TIMEOUT_MS = 5000

/** For each address of a name but the last, as tcp.ts has it. */
const ADDRESS_TIMEOUT_MS = 1000

export interface TlsConnection extends Connection {
  /** Whose key is at the far end: 64 hex digits. */
  readonly peerId: string
  /** Bytes that both ends of this connection have and nobody else (RFC 8446 §7.5); `label` begins with `EXPORTER-`. */
  exporter(label: string, context: Uint8Array, length: number): Uint8Array
}

export interface TlsListener extends Listener {
  readonly onConnection: Event<TlsConnection>
}

export interface TlsPlace {
  /** A name or an address, IPv6 without brackets. */
  readonly host: string
  readonly port: number
}

export interface TlsListenOptions extends Omit<ListenOptions, 'allowList' | 'httpGuard'> {
  /** Absent: everybody may, as ids decide. */
  readonly allowList?: AllowList
  /** Whether a paired peer was seen at an address: then it is let in while too many others are at their handshakes. */
  readonly isKnownAddress?: (address: string) => boolean
}

const VERSION = { minVersion: 'TLSv1.3', maxVersion: 'TLSv1.3' } as const

class MutualConnection extends SocketConnection implements TlsConnection {
  readonly peerId: string
  readonly #tls: TLSSocket

  constructor(tls: TLSSocket, wire: Socket, peerId: string, options: SocketConnectionOptions) {
    super(new TlsSocket(tls, wire), options)
    this.peerId = peerId
    this.#tls = tls
  }

  exporter(label: string, context: Uint8Array, length: number): Uint8Array {
    return this.#tls.exportKeyingMaterial(length, label, Buffer.from(context))
  }
}

/**
 * Rejects with a Fault of the kind `peer`: as TCP does, or `peer-protocol` where something else than a Farport answers; or with the
 * signal's reason.
 */
export async function dialTls(
  to: TlsPlace,
  identity: TlsIdentity,
  options: DialOptions = {}
): Promise<TlsConnection> {
  const { signal, clock = systemClock, timeoutMs = DIAL_TIMEOUT_MS, stallTimeoutMs = 0 } = options
  const { host, port } = to
  const place = formatAddress(host, port)
  signal?.throwIfAborted()
  return new Promise((resolve, reject) => {
    let connected = false
    const wire = connectTcp({
      host,
      port,
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
    const onError = (error: Error): void => fail(connected ? foreign(place, error) : dialFault(error, place))
    let timer = clock.after(timeoutMs, () => fail(dialTimeout(place)))
    signal?.addEventListener('abort', onAbort, { once: true })
    wire.once('error', onError)
    wire.once('connect', () => {
      connected = true
      timer.dispose()
      timer = clock.after(HANDSHAKE_TIMEOUT_MS, () =>
        fail(foreign(place, new Error('no answer to TLS for 5 s')))
      )
      tls = connectTls({
        socket: wire,
        key: identity.key,
        cert: identity.certificate,
        rejectUnauthorized: false,
        ALPNProtocols: [FARPORT_ALPN],
        ...VERSION
      })
      tls.once('error', onError)
      tls.once('close', () => onError(new Error('it closed the connection')))
      tls.once('secureConnect', () => {
        if (!tls) return
        const peer = peerOf(tls)
        if ('why' in peer) {
          fail(foreign(place, new Error(peer.why)))
          return
        }
        settled()
        tls.removeAllListeners('close')
        tls.off('error', onError)
        wire.off('error', onError)
        const remoteAddress = plainAddress(wire.remoteAddress ?? host)
        const remote = formatAddress(remoteAddress, port)
        const limits = { clock, stallTimeoutMs, halfCloseMs: 0 }
        resolve(new MutualConnection(tls, wire, peer.id, { remote, remoteAddress, ...limits }))
      })
    })
  })
}

function foreign(place: string, error: Error): Fault {
  return new Fault(
    'peer-protocol',
    `${place} is no Farport that we can talk to (${describe(error)}): check the port, 22217 where nobody changed it.`,
    error
  )
}

/** Rejects with the Fault `address-in-use` or `address-not-permitted`, or with the signal's reason. */
export async function listenTls(
  at: TlsPlace,
  identity: TlsIdentity,
  options: TlsListenOptions = {}
): Promise<TlsListener> {
  const { host, port } = at
  const server = await startServer(
    (starting) => starting.listen({ host, port }),
    (error) => listenFault(error, formatAddress(host, port)),
    options.signal
  )
  const url = `farport://${formatAddress(host, (server.address() as AddressInfo).port)}`
  return new MutualListener(server, url, identity, options)
}

/** An accepted connection until its handshake is done. */
interface Handshake {
  readonly wire: Socket
  readonly remote: string
  readonly remoteAddress: string
  readonly settle: () => void
  why: string
}

class MutualListener implements TlsListener {
  readonly url: string
  readonly #server: Server
  /** Never listens: it is handed what the server accepted. */
  readonly #upgrader: TlsServer
  readonly #options: TlsListenOptions
  readonly #clock: Clock
  readonly #pending: PendingHandshakes
  /** By `socketKey`. */
  readonly #handshakes = new Map<string, Handshake>()
  readonly #connection = new Emitter<TlsConnection>()
  readonly onConnection = this.#connection.event
  #closed: Promise<void> | undefined

  constructor(server: Server, url: string, identity: TlsIdentity, options: TlsListenOptions) {
    this.url = url
    this.#server = server
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#pending = new PendingHandshakes(options.isKnownAddress ?? (() => false))
    this.#upgrader = createTlsServer({
      key: identity.key,
      cert: identity.certificate,
      requestCert: true,
      rejectUnauthorized: false,
      ALPNProtocols: [FARPORT_ALPN],
      secureOptions: constants.SSL_OP_NO_TICKET,
      // Ours comes first, and by the clock of whoever made us.
      handshakeTimeout: 2 * HANDSHAKE_TIMEOUT_MS,
      ...VERSION
    })
    this.#upgrader.on('secureConnection', (tls) => this.#secured(tls))
    this.#upgrader.on('tlsClientError', (error, tls) => this.#failed(error, tls))
    // Only accepting can fail now (no file descriptor left); the listener goes on.
    server.on('error', (error) => options.onRefused?.({ remote: 'a newcomer', why: error.message }))
    server.on('connection', (wire) => this.#accept(wire))
  }

  /** Handshakes that are under way are broken off. */
  close(): Promise<void> {
    this.#closed ??= new Promise((resolve) => {
      // Node calls back when the last connection has ended, which go on here; the address is free within this turn.
      this.#server.close()
      setImmediate(resolve)
      for (const { wire } of this.#handshakes.values()) wire.destroy()
    })
    return this.#closed
  }

  #accept(wire: Socket): void {
    wire.on('error', () => undefined) // Its end is told by `close`.
    // Both are undefined when it has gone again already.
    if (wire.remoteAddress === undefined || wire.remotePort === undefined) {
      wire.destroy()
      return
    }
    const remoteAddress = plainAddress(wire.remoteAddress)
    const remote = formatAddress(remoteAddress, wire.remotePort)
    const refuse = (why: string): void => {
      wire.resetAndDestroy()
      this.#options.onRefused?.({ remote, why })
    }
    const { allowList } = this.#options
    if (allowList && !allowList.allows(remoteAddress)) {
      refuse(`its address is not allowed here (allowed: ${allowList.entries.join(', ')})`)
      return
    }
    const giveBack = this.#pending.take(remoteAddress)
    if (!giveBack) {
      refuse('too many connections are at their handshake')
      return
    }
    this.#begin(wire, remote, remoteAddress, giveBack)
  }

  #begin(wire: Socket, remote: string, remoteAddress: string, giveBack: () => void): void {
    const key = socketKey(wire)
    const timer: Disposable = this.#clock.after(
      HANDSHAKE_TIMEOUT_MS,
      () => {
        handshake.why = 'it did not finish the TLS handshake within 5 s'
        wire.destroy()
      },
      'idle'
    )
    const settle = (): void => {
      timer.dispose()
      giveBack()
      this.#handshakes.delete(key)
      wire.off('close', onClose)
    }
    const onClose = (): void => {
      settle()
      this.#options.onRefused?.({ remote, why: handshake.why })
    }
    const why = 'it ended before the TLS handshake was done'
    const handshake: Handshake = { wire, remote, remoteAddress, settle, why }
    this.#handshakes.set(key, handshake)
    wire.once('close', onClose)
    // Until the handshake is done: who ends it is gone, and takes no slot.
    wire.allowHalfOpen = false
    this.#upgrader.emit('connection', wire)
  }

  #failed(error: Error, tls: TLSSocket): void {
    const handshake = this.#handshakes.get(socketKey(tls))
    if (handshake) handshake.why = `its TLS handshake failed (${describe(error)})`
  }

  #secured(tls: TLSSocket): void {
    const handshake = this.#handshakes.get(socketKey(tls))
    // It has gone again already, and its wire's `close` follows.
    if (!handshake) {
      tls.destroy()
      return
    }
    const { wire, remote, remoteAddress } = handshake
    const peer = peerOf(tls)
    if ('why' in peer) {
      handshake.why = peer.why
      tls.destroy()
      return
    }
    handshake.settle()
    tls.allowHalfOpen = true
    const connection = new MutualConnection(tls, wire, peer.id, {
      remote,
      remoteAddress,
      clock: this.#clock,
      stallTimeoutMs: this.#options.stallTimeoutMs ?? DEFAULT_STALL_TIMEOUT_MS,
      halfCloseMs: 0
    })
    if (this.#connection.hasListeners) this.#connection.fire(connection)
    else connection.abort(NOBODY_LISTENS)
  }
}

/** What tells one living connection of a listener from all others, on the socket and on the TLS socket over it. */
function socketKey(socket: Socket): string {
  return `${socket.remoteAddress ?? ''} ${socket.remotePort ?? 0} ${socket.localAddress ?? ''}`
}
