/**
 * Dialling and listening with stream sockets, whatever their addresses are. Called by tcp.ts and unix.ts, which bring what differs;
 * makes sockets and nothing else: what happens on one stands in socket-connection.ts.
 *
 * A peer that ends its sending (`echo AT | nc HOST PORT`) still gets the answer: an accepted connection goes on writing until
 * nothing was written for 0.5 s (as socat's -t), 10 s at the most. TCP cannot tell that from a peer that closed altogether, and a
 * program may close and open again at once (pyserial waits 0.3 s), so a newcomer from the same address ends such a
 * connection before it is announced. Nobody half-closes who speaks RFC 2217, so there the end is the end, and the device is
 * free at once. A dialled connection ends with its server.
 */
import type { IpcSocketConnectOpts, Server, Socket, TcpSocketConnectOpts } from 'node:net'
import { createServer } from 'node:net'
import { systemClock } from '../base/clock.ts'
import { Emitter } from '../base/event.ts'
import type { Fault } from '../contract/faults.ts'
import type { DialOptions, ListenOptions } from './carrier.ts'
import { DEFAULT_STALL_TIMEOUT_MS, DIAL_TIMEOUT_MS, NOBODY_LISTENS } from './carrier.ts'
import type { Connection, Listener } from './connection.ts'
import type { Protocol } from './endpoint.ts'
import { Living } from './living.ts'
import { dialTimeout } from './network-faults.ts'
import { SocketConnection } from './socket-connection.ts'
import type { StreamManners } from './stream-manners.ts'
import { StreamSocket } from './stream-socket.ts'

/** See the head of this file. */
export const HALF_CLOSE_MS = 500

/** The far end of a connected socket: as Connection says. */
export interface StreamPeer {
  readonly remote: string
  readonly remoteAddress: string | undefined
}

export interface StreamDial {
  readonly manners: StreamManners
  readonly to: TcpSocketConnectOpts | IpcSocketConnectOpts
  /** The URL, for people. */
  readonly place: string
  readonly peer: (connected: Socket) => StreamPeer
  readonly fault: (error: Error) => Fault
}

/** Rejects with what `fault` says, with `peer-timeout`, or with the signal's reason. */
export async function dialStream(stream: StreamDial, options: DialOptions): Promise<Connection> {
  const { signal, clock = systemClock, timeoutMs = DIAL_TIMEOUT_MS, stallTimeoutMs = 0 } = options
  signal?.throwIfAborted()
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      const reason: unknown = signal?.reason
      fail(reason)
    }
    const socket = new StreamSocket(stream.manners)
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
      fail(stream.fault(error))
    }
    const timer = clock.after(timeoutMs, () => fail(dialTimeout(stream.place)))
    signal?.addEventListener('abort', onAbort, { once: true })
    socket.once('error', onError)
    socket.once('connect', () => {
      settled()
      resolve(new SocketConnection(socket, { ...stream.peer(socket), clock, stallTimeoutMs, halfCloseMs: 0 }))
    })
    socket.connect(stream.to)
  })
}

export interface StreamListen {
  readonly protocol: Protocol
  readonly manners: StreamManners
  /** Who it is that comes; undefined for one that is gone again, and a text for why it is not let in. */
  readonly admit: (accepted: Socket) => { readonly peer: StreamPeer; readonly why?: string } | undefined
  /** Called once, instead of closing the server alone; `close` does that. */
  readonly closing?: (close: () => void) => void
}

/**
 * A server that accepts. Rejects with what `fault` makes of the system's error, or with the signal's reason. `bind` calls
 * `server.listen` and may do more around it.
 */
export async function startServer(
  bind: (server: Server) => void,
  fault: (error: Error) => Fault,
  signal: AbortSignal | undefined
): Promise<Server> {
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
      reject(fault(error))
    })
    server.once('listening', () => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    })
    signal?.addEventListener('abort', onAbort, { once: true })
    bind(server)
  })
  server.removeAllListeners('error')
  return server
}

export class StreamListener implements Listener {
  readonly url: string
  readonly #server: Server
  readonly #stream: StreamListen
  readonly #options: ListenOptions
  readonly #halfCloseMs: number
  readonly #living = new Living()
  readonly #connection = new Emitter<Connection>()
  readonly onConnection = this.#connection.event
  #closed: Promise<void> | undefined

  /** `server`: from `startServer`. `url`: with the real port. */
  constructor(server: Server, url: string, stream: StreamListen, options: ListenOptions) {
    this.url = url
    this.#server = server
    this.#stream = stream
    this.#options = options
    this.#halfCloseMs = stream.protocol === 'rfc2217' ? 0 : HALF_CLOSE_MS
    // Only accepting can fail now (no file descriptor left); the listener goes on.
    server.on('error', (error) => options.onRefused?.({ remote: 'a newcomer', why: error.message }))
    server.on('connection', (socket) => this.#accept(socket))
  }

  close(): Promise<void> {
    this.#closed ??= new Promise((resolve) => {
      const close = (): void => {
        this.#server.close(() => resolve())
      }
      if (this.#stream.closing) this.#stream.closing(close)
      else close()
    })
    return this.#closed
  }

  #accept(accepted: Socket): void {
    const admitted = this.#stream.admit(accepted)
    if (!admitted || admitted.why !== undefined) {
      accepted.on('error', () => undefined) // It is being refused; how it takes that is no matter.
      if (this.#stream.manners.resets) accepted.resetAndDestroy()
      else accepted.destroy()
      if (admitted?.why !== undefined)
        this.#options.onRefused?.({ remote: admitted.peer.remote, why: admitted.why })
      return
    }
    const { remote, remoteAddress } = admitted.peer
    const connection = new SocketConnection(moved(accepted, this.#stream.manners), {
      remote,
      remoteAddress,
      clock: this.#options.clock ?? systemClock,
      stallTimeoutMs: this.#options.stallTimeoutMs ?? DEFAULT_STALL_TIMEOUT_MS,
      halfCloseMs: this.#halfCloseMs
    })
    this.#living.add(connection)
    if (this.#connection.hasListeners) this.#connection.fire(connection)
    else connection.abort(NOBODY_LISTENS)
  }
}

/** Node gives `onread` to sockets at their making only, and makes the accepted ones itself. */
function moved(accepted: Socket, manners: StreamManners): StreamSocket {
  const shell = accepted as unknown as { _handle: unknown }
  const handle = shell._handle
  shell._handle = null
  // The server would wait for it at its end.
  accepted.destroy()
  return new StreamSocket(manners, handle)
}
