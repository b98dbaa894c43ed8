/**
 * A server's TLS handshakes, until each is done or broken off: for Farports (tls.ts) and for other programs (foreign-tls-listener.ts), who
 * judge whom they have then. What anybody can do to it before is limited here: time, number per address and in total.
 *
 * Certificates are not verified here, but for the possession of their key. In TLS 1.3 a client is connected before the server has seen
 * its certificate, so connected is not accepted.
 */
import type { Server, Socket } from 'node:net'
import type { Server as TlsServer, TLSSocket, TlsOptions } from 'node:tls'
import { createServer as createTlsServer } from 'node:tls'
import { systemClock } from '../base/clock.ts'
import type { Clock } from '../base/clock.ts'
import type { Disposable } from '../base/event.ts'
import { plainAddress } from './allow-list.ts'
import type { AllowList } from './allow-list.ts'
import type { ListenOptions } from './carrier.ts'
import { DEFAULT_STALL_TIMEOUT_MS } from './carrier.ts'
import { formatAddress } from './endpoint.ts'
import { notAllowed } from './tcp.ts'
import { tlsWords } from './tls-alerts.ts'
import type { Secured } from './tls-dial.ts'
import { HANDSHAKE_TIMEOUT_MS } from './tls-dial.ts'
import { PendingHandshakes } from './tls-pending.ts'

export interface TlsAcceptOptions extends Pick<ListenOptions, 'clock' | 'onRefused' | 'stallTimeoutMs'> {
  /** Absent: everybody may, as keys decide. */
  readonly allowList?: AllowList | undefined
  /** Whether a trusted peer was seen at an address: then it is let in while too many others are at their handshakes. */
  readonly isKnownAddress?: ((address: string) => boolean) | undefined
}

export interface TlsAcceptance extends TlsAcceptOptions {
  /** Keys, versions; certificates are verified by nobody else. */
  readonly tls: TlsOptions
  /** What a newcomer's handshake waits for, within its time; undefined: nothing. Never rejects. */
  readonly ready?: () => Promise<void> | undefined
  /** How long one that has ended its sending still gets what we write; 0 is not at all. */
  readonly halfCloseMs: number
  /** The handshake is done. Answers why it is turned away; it is closed then, after `parting` was sent to it. */
  readonly take: (secured: Secured) => Rejection | undefined
}

export interface Rejection {
  /** For people here. */
  readonly why: string
  /** For the one that is turned away. */
  readonly parting?: string
}

/** An accepted connection until its handshake is done. */
interface Handshake {
  readonly wire: Socket
  readonly remote: string
  readonly remoteAddress: string
  readonly settle: () => void
  why: string
}

/** How long who is turned away has to read why. */
const PARTING_MS = 1000

export class TlsAcceptor {
  readonly #server: Server
  /** Never listens: it is handed what the server accepted. */
  readonly #upgrader: TlsServer
  readonly #acceptance: TlsAcceptance
  readonly #clock: Clock
  readonly #pending: PendingHandshakes
  /** By `socketKey`. */
  readonly #handshakes = new Map<string, Handshake>()
  #closed: Promise<void> | undefined

  /** `server`: from `startServer`. */
  constructor(server: Server, acceptance: TlsAcceptance) {
    this.#server = server
    this.#acceptance = acceptance
    this.#clock = acceptance.clock ?? systemClock
    this.#pending = new PendingHandshakes(acceptance.isKnownAddress ?? (() => false))
    this.#upgrader = createTlsServer({
      ...acceptance.tls,
      rejectUnauthorized: false,
      // Ours comes first, and by the clock of whoever made us.
      handshakeTimeout: 2 * HANDSHAKE_TIMEOUT_MS
    })
    this.#upgrader.on('secureConnection', (tls) => this.#secured(tls))
    this.#upgrader.on('tlsClientError', (error, tls) => this.#failed(error, tls))
    // Only accepting can fail now (no file descriptor left); the listener goes on.
    server.on('error', (error) => this.#refused('a newcomer', error.message))
    server.on('connection', (wire) => this.#accept(wire))
  }

  /** Other keys, for handshakes to come. Throws where OpenSSL does not take them. */
  renew(tls: TlsOptions): void {
    this.#upgrader.setSecureContext(tls)
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

  #refused(remote: string, why: string): void {
    this.#acceptance.onRefused?.({ remote, why })
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
      this.#refused(remote, why)
    }
    const { allowList } = this.#acceptance
    if (allowList && !allowList.allows(remoteAddress)) {
      refuse(notAllowed(allowList))
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
      this.#refused(remote, handshake.why)
    }
    const why = 'it ended before the TLS handshake was done'
    const handshake: Handshake = { wire, remote, remoteAddress, settle, why }
    this.#handshakes.set(key, handshake)
    wire.once('close', onClose)
    // Until the handshake is done: who ends it is gone, and takes no slot.
    wire.allowHalfOpen = false
    const ready = this.#acceptance.ready?.()
    if (!ready) this.#upgrader.emit('connection', wire)
    else
      void ready.then(() => {
        if (!wire.destroyed) this.#upgrader.emit('connection', wire)
      })
  }

  #failed(error: Error, tls: TLSSocket): void {
    const handshake = this.#handshakes.get(socketKey(tls))
    if (handshake) handshake.why = `its TLS handshake failed (${tlsWords(error)})`
  }

  #secured(tls: TLSSocket): void {
    const handshake = this.#handshakes.get(socketKey(tls))
    // It has gone again already, and its wire's `close` follows.
    if (!handshake) {
      tls.destroy()
      return
    }
    const { wire, remote, remoteAddress } = handshake
    const { halfCloseMs, stallTimeoutMs = DEFAULT_STALL_TIMEOUT_MS } = this.#acceptance
    const options = { remote, remoteAddress, clock: this.#clock, stallTimeoutMs, halfCloseMs }
    tls.allowHalfOpen = true
    const rejection = this.#acceptance.take({ tls, wire, options })
    if (!rejection) {
      handshake.settle()
      return
    }
    handshake.why = rejection.why
    this.#part(tls, rejection.parting)
  }

  /** It keeps its slot until then, and the handshake's time is its limit. */
  #part(tls: TLSSocket, parting: string | undefined): void {
    tls.on('error', () => undefined) // It is being refused; how it takes that is no matter.
    if (parting === undefined) {
      tls.destroy()
      return
    }
    const limit = this.#clock.after(PARTING_MS, () => tls.destroy(), 'idle')
    tls.once('close', () => limit.dispose())
    tls.allowHalfOpen = false
    tls.resume()
    tls.end(parting)
  }
}

/** What tells one living connection of a listener from all others, on the socket and on the TLS socket over it. */
function socketKey(socket: Socket): string {
  return `${socket.remoteAddress ?? ''} ${socket.remotePort ?? 0} ${socket.localAddress ?? ''}`
}
