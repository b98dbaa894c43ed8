/**
 * The HTTP server of the page: listens, and sees that nobody takes more of this computer than a browser needs. Called by page-host.ts;
 * what a request gets is page-answers.ts' to say, what is behind a WebSocket page-host's.
 */
import { X509Certificate } from 'node:crypto'
import { STATUS_CODES, createServer, type IncomingMessage, type Server } from 'node:http'
import type { Server as TlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { SecureContextOptions } from 'node:tls'
import type { Clock } from '../../base/clock.ts'
import { plainText } from '../../base/plain-text.ts'
import { Fault, toFault } from '../../contract/faults.ts'
import { isLoopback, plainAddress } from '../../net/allow-list.ts'
import { formatAddress } from '../../net/endpoint.ts'
import { listenFault } from '../../net/network-faults.ts'
import { tlsWords } from '../../net/tls-alerts.ts'
import type { RenewedKeys } from '../../net/tls-renewal.ts'
import { HostNames } from './host-names.ts'
import { PageAnswers, type PageAnswersOptions } from './page-answers.ts'
import { PENDING_MS, PendingSockets } from './pending-sockets.ts'
import { RPC_PATH, pathAndQuery, whatIsWrong } from './request-rules.ts'
import { SECURITY_HEADERS } from './security-headers.ts'

/** Of a request's head, in bytes: a browser's has about 1 KB. */
export const MAX_HEAD_BYTES = 8192
/** A browser has six, and one for the WebSocket. */
export const MAX_CONNECTIONS = 256
/** How long a connection is kept for the next request, in ms. */
const KEEP_ALIVE_MS = 5000
/** How often Node looks for requests that are late, in ms. */
const LOOK_MS = 500
/** As long as for other peers that vanish, in ms. */
const PROBE_MS = 10_000

export interface PageServerOptions extends Pick<
  PageAnswersOptions,
  'files' | 'captures' | 'sessions' | 'links'
> {
  readonly host: string
  readonly port: number
  readonly clock: Clock
  readonly tls?: RenewedKeys
  /** The names in its certificate are some that it may be asked for by as well. */
  readonly isVouchedFor?: boolean
  /** May this one have a WebSocket: it is signed in as that browser, and its page is ours. */
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer, browser: string) => void
  /** For the log. */
  readonly refused: (text: string) => void
  readonly told: (text: string) => void
  /** That a browser signed in could not be written down, and why. */
  readonly unkept: (why: string) => void
}

export class PageServer {
  readonly #server: Server | TlsServer
  readonly #pending: PendingSockets
  readonly #answers: PageAnswers
  readonly #options: PageServerOptions
  #names: HostNames

  private constructor(options: PageServerOptions, server: Server | TlsServer) {
    this.#options = options
    this.#server = server
    const { clock } = options
    this.#names = this.#namesNow()
    this.#answers = new PageAnswers({
      ...options,
      ...{ isTls: options.tls !== undefined, port: (server.address() as AddressInfo).port },
      refused: (request, why) => this.#refused(request, why),
      signedIn: (request) => options.told(`a browser signed in (${remoteOf(request.socket)})`),
      unkept: (error) => options.unkept(toFault(error).message)
    })
    this.#pending = new PendingSockets(clock, (address, why) => options.refused(`${address} (${why})`))
    this.#serve()
  }

  /** Rejects with a Fault as other listeners. */
  static async listen(options: PageServerOptions): Promise<PageServer> {
    const { host, port, tls } = options
    const limits = {
      maxHeaderSize: MAX_HEAD_BYTES,
      headersTimeout: PENDING_MS,
      requestTimeout: PENDING_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connectionsCheckingInterval: LOOK_MS,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: PROBE_MS
    }
    const server = tls
      ? (await import('node:https')).createServer({
          ...limits,
          ...{ ...secureContext(tls), handshakeTimeout: PENDING_MS }
        })
      : createServer(limits)
    server.maxConnections = MAX_CONNECTIONS
    await new Promise<void>((resolve, reject) => {
      const place = `${tls ? 'https' : 'http'}://${formatAddress(host, port)}`
      server.once('error', (error) => reject(listenFault(error, place)))
      server.listen({ host, port }, resolve)
    })
    const { address } = server.address() as AddressInfo
    if (!tls && !isLoopback(address)) {
      server.close()
      throw new Fault(
        'address-not-permitted',
        `${host} is ${address} here, which other computers reach: serve the page at 127.0.0.1, or with TLS (--http-cert).`
      )
    }
    return new PageServer(options, server)
  }

  /** By which it may be asked for now. */
  get names(): HostNames {
    return this.#names
  }

  /** Nobody comes any more; whoever has a WebSocket keeps it. Resolves when the address is free. */
  async close(): Promise<void> {
    this.#pending.dispose()
    const closed = new Promise<void>((resolve) => void this.#server.close(() => resolve()))
    this.#server.closeAllConnections()
    await closed
  }

  #serve(): void {
    const server = this.#server
    const { tls } = this.#options
    tls?.onRenewed(() => this.#renew(tls))
    server.on('connection', (socket: Socket) => {
      socket.on('error', () => undefined)
      // The handshake of this one does not wait for it: who comes next is shown the renewed one.
      void tls?.look()
      this.#pending.add(socket)
    })
    server.on('request', (request, response) => {
      this.#settle(request)
      response.on('error', () => undefined)
      const wrong = whatIsWrong(request, this.#names, false)
      if (wrong) {
        // What else it sends is not read.
        response.setHeader('Connection', 'close')
        this.#answers.refuse(request, response, wrong)
      } else
        this.#answers.answer(request, response).catch((error: unknown) => {
          this.#options.refused(`${remoteOf(request.socket)} (${String(error)})`)
          request.socket.destroy()
        })
    })
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      this.#settle(request)
      socket.on('error', () => undefined)
      this.#upgrade(request, socket, head)
    })
    server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
      const status = STATUS_OF[error.code ?? ''] ?? 400
      if (error.code !== 'ECONNRESET') this.#options.refused(`${remoteOf(socket)} (${tlsWords(error)})`)
      if (socket.writable) refuseRaw(socket, status)
      else socket.destroy()
    })
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const [path] = pathAndQuery(request.url ?? '')
    const wrong = whatIsWrong(request, this.#names, true)
    const session = this.#answers.sessionOf(request)
    if (wrong) {
      this.#refused(request, wrong.why)
      refuseRaw(socket, wrong.status)
    } else if (!session) {
      this.#refused(request, 'it is not signed in')
      refuseRaw(socket, 401)
    } else if (path !== RPC_PATH) refuseRaw(socket, 404)
    else this.#options.upgrade(request, socket, head, session.id)
  }

  /** Throws where OpenSSL does not take it: then the one before stays. */
  #renew(tls: RenewedKeys): void {
    if ('setSecureContext' in this.#server) this.#server.setSecureContext(secureContext(tls))
    this.#names = this.#namesNow()
  }

  #namesNow(): HostNames {
    const { host, tls, isVouchedFor = false } = this.#options
    const { address, port } = this.#server.address() as AddressInfo
    return new HostNames({
      ...{ host, address, port, isTls: tls !== undefined },
      // That of the installation names nobody who could be found.
      ...(tls && isVouchedFor && { certificate: new X509Certificate(tls.current.own.certificate) })
    })
  }

  #settle({ socket }: IncomingMessage): void {
    this.#pending.settle(socket)
  }

  #refused({ socket, headers }: IncomingMessage, why: string): void {
    const { 'user-agent': agent } = headers
    const who = agent === undefined ? '' : `, ${plainText(agent, 60)}`
    this.#options.refused(`${remoteOf(socket)}${who} (${plainText(why, 200)})`)
  }
}

function secureContext({ current: { own } }: RenewedKeys): SecureContextOptions {
  return { key: own.key, cert: own.certificate, minVersion: 'TLSv1.3' }
}

/** What Node says of a request that it does not take. */
const STATUS_OF: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  ERR_HTTP_REQUEST_TIMEOUT: 408
}

/** An answer where Node makes none. */
export function refuseRaw(socket: Duplex, status: number): void {
  const headers = {
    ...SECURITY_HEADERS,
    'Cache-Control': 'no-store',
    Connection: 'close',
    'Content-Length': '0'
  }
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${head.join('')}\r\n`, () =>
    socket.destroy()
  )
}

function remoteOf(socket: Duplex & Partial<Pick<Socket, 'remoteAddress' | 'remotePort'>>): string {
  const { remoteAddress, remotePort } = socket
  return remoteAddress === undefined ? 'someone' : formatAddress(plainAddress(remoteAddress), remotePort ?? 0)
}
