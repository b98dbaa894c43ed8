/**
 * Mutual TLS 1.3 over TCP, for farport/1: a Connection that knows whose key is at its far end. Called by peers, which decides by
 * that id; a foreign program's TLS (`raw+tls`) is foreign-tls.ts. Reads no file: keys are handed in.
 *
 * No session is resumed: the server's tickets are of the stateful kind, with no store behind them, and a resumed one is refused. No
 * server name is sent.
 */
import { constants } from 'node:crypto'
import type { AddressInfo, Server } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { Event } from '../base/event.ts'
import { Emitter } from '../base/event.ts'
import { Fault } from '../contract/faults.ts'
import type { DialOptions, ListenOptions } from './carrier.ts'
import { NOBODY_LISTENS } from './carrier.ts'
import type { Connection, Listener } from './connection.ts'
import { formatAddress } from './endpoint.ts'
import { listenFault } from './network-faults.ts'
import { SocketConnection } from './socket-connection.ts'
import { startServer } from './stream-carrier.ts'
import type { Rejection, TlsAcceptOptions } from './tls-acceptor.ts'
import { TlsAcceptor } from './tls-acceptor.ts'
import { tlsWords } from './tls-alerts.ts'
import type { Secured, TlsPlace } from './tls-dial.ts'
import { HANDSHAKE_TIMEOUT_MS, dialSecure } from './tls-dial.ts'
import type { TlsIdentity } from './tls-identity.ts'
import { FARPORT_ALPN, peerOf } from './tls-identity.ts'
import { TlsSocket } from './tls-socket.ts'

export { HANDSHAKE_TIMEOUT_MS }
export type { TlsPlace }

export interface TlsConnection extends Connection {
  /** Whose key is at the far end: 64 hex digits. */
  readonly peerId: string
  /** Bytes that both ends of this connection have and nobody else (RFC 8446 §7.5); `label` begins with `EXPORTER-`. */
  exporter(label: string, context: Uint8Array, length: number): Uint8Array
}

export interface TlsListener extends Listener {
  readonly onConnection: Event<TlsConnection>
}

export interface TlsListenOptions extends TlsAcceptOptions, Pick<ListenOptions, 'signal'> {}

const VERSION = { minVersion: 'TLSv1.3', maxVersion: 'TLSv1.3' } as const

class MutualConnection extends SocketConnection implements TlsConnection {
  readonly peerId: string
  readonly #tls: TLSSocket

  constructor({ tls, wire, options }: Secured, peerId: string) {
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
  const place = formatAddress(to.host, to.port)
  return dialSecure<TlsConnection>(
    {
      to: { host: to.host, port: to.port },
      place,
      tls: { key: identity.key, cert: identity.certificate, ALPNProtocols: [FARPORT_ALPN], ...VERSION },
      foreign: (error) => foreign(place, error),
      take: (secured) => {
        const peer = peerOf(secured.tls)
        if ('why' in peer) throw foreign(place, new Error(peer.why))
        return new MutualConnection(secured, peer.id)
      }
    },
    options
  )
}

function foreign(place: string, error: Error): Fault {
  return new Fault(
    'peer-protocol',
    `${place} is no Farport that we can talk to (${tlsWords(error)}): check the port, 22217 where nobody changed it.`,
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

class MutualListener implements TlsListener {
  readonly url: string
  readonly #acceptor: TlsAcceptor
  readonly #connection = new Emitter<TlsConnection>()
  readonly onConnection = this.#connection.event

  constructor(server: Server, url: string, identity: TlsIdentity, options: TlsListenOptions) {
    this.url = url
    this.#acceptor = new TlsAcceptor(server, {
      ...options,
      tls: {
        key: identity.key,
        cert: identity.certificate,
        requestCert: true,
        ALPNProtocols: [FARPORT_ALPN],
        secureOptions: constants.SSL_OP_NO_TICKET,
        ...VERSION
      },
      halfCloseMs: 0,
      take: (secured) => this.#take(secured)
    })
  }

  /** Handshakes that are under way are broken off. */
  close(): Promise<void> {
    return this.#acceptor.close()
  }

  #take(secured: Secured): Rejection | undefined {
    const peer = peerOf(secured.tls)
    if ('why' in peer) return peer
    const connection = new MutualConnection(secured, peer.id)
    if (this.#connection.hasListeners) this.#connection.fire(connection)
    else connection.abort(NOBODY_LISTENS)
    return undefined
  }
}
