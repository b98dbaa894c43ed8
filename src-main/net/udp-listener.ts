/**
 * UDP, listening: each address and port that sends is a client of its own, for as long as it goes on sending. Called by dial.ts
 * through its table of carriers.
 *
 * A client exists after its first datagram (an empty one will do) from an allowed address, and ends when it has sent nothing for 60 s:
 * datagrams have no end of their own. Senders can be forged, so there is a limit for all that is kept of them.
 */
import type { RemoteInfo, Socket } from 'node:dgram'
import { lookup } from 'node:dns/promises'
import type { Clock } from '../base/clock.ts'
import { systemClock } from '../base/clock.ts'
import type { Disposable } from '../base/event.ts'
import { Emitter } from '../base/event.ts'
import type { CloseReason } from '../contract/close.ts'
import { Fault } from '../contract/faults.ts'
import { AllowList, plainAddress } from './allow-list.ts'
import type { ListenOptions } from './carrier.ts'
import { NOBODY_LISTENS } from './carrier.ts'
import type { Connection, Listener } from './connection.ts'
import { DatagramConnection } from './datagram-connection.ts'
import type { Endpoint } from './endpoint.ts'
import { formatAddress, formatEndpoint } from './endpoint.ts'
import { listenFault } from './network-faults.ts'
import { notAllowed } from './tcp.ts'
import { TurnedAway } from './turned-away.ts'
import { bound, socketFor } from './udp.ts'

export const MAX_UDP_CLIENTS = 32

/** A client that sends nothing for this long is gone. */
export const UDP_SILENCE_MS = 60_000

/** A client that was refused is left alone for this long: each of its datagrams would be a newcomer to refuse. */
export const UDP_REST_MS = 5000
/** … so many of them are remembered. */
const MAX_RESTING = 1024

const TICK_MS = 1000

const SILENT: CloseReason = {
  code: 'inactive',
  message: `it sent nothing for ${UDP_SILENCE_MS / 1000} s`
}

/** Rejects with the Fault `address-in-use`, `address-not-permitted` or `bad-url`, or with the signal's reason. */
export async function listenUdp(endpoint: Endpoint, options: ListenOptions = {}): Promise<Listener> {
  const { signal } = options
  const place = formatEndpoint(endpoint)
  if (endpoint.localPort !== undefined)
    throw new Fault(
      'bad-url',
      `"${place}" is to be listened on, and its port is the local one: leave out ?local.`
    )
  signal?.throwIfAborted()
  let socket: Socket | undefined
  try {
    const { address } = await lookup(endpoint.host)
    signal?.throwIfAborted()
    socket = socketFor(address)
    await bound(socket, endpoint.port, address)
    signal?.throwIfAborted()
  } catch (error) {
    socket?.close()
    signal?.throwIfAborted()
    throw listenFault(error, place)
  }
  const url = formatEndpoint({ ...endpoint, port: socket.address().port })
  if (options.allowList?.anyone) options.warn?.(floods(url))
  return new UdpListener(socket, url, options)
}

/** One forged datagram is answered for a minute with all that the device says: no other carrier does that. */
function floods(url: string): string {
  return (
    `${url} answers anyone, and a datagram's sender can be forged: strangers may have the device's data sent to a victim of theirs. ` +
    'Name the addresses that may come with --allow.'
  )
}

class UdpListener implements Listener {
  readonly url: string
  readonly #socket: Socket
  readonly #clock: Clock
  readonly #options: ListenOptions
  readonly #allowList: AllowList
  readonly #clients = new Map<string, DatagramConnection>()
  /** Until when each is left alone. */
  readonly #resting = new Map<string, number>()
  readonly #turnedAway: TurnedAway
  readonly #tick: Disposable
  readonly #connection = new Emitter<Connection>()
  readonly onConnection = this.#connection.event
  #closing = false
  #freed = false
  readonly #closed: Promise<void>

  constructor(socket: Socket, url: string, options: ListenOptions) {
    const { clock = systemClock, allowList = new AllowList(), onRefused = () => undefined } = options
    this.url = url
    this.#socket = socket
    this.#options = options
    this.#clock = clock
    this.#allowList = allowList
    this.#turnedAway = new TurnedAway(clock, onRefused)
    this.#tick = clock.every(TICK_MS, () => this.#look(), 'idle')
    this.#closed = new Promise((resolve) => socket.once('close', () => resolve()))
    socket.on('error', (error) => this.#warn(`Receiving on ${url} failed (${error.message}); it goes on.`))
    socket.on('message', (datagram, sender) => this.#receive(datagram, sender))
  }

  /** The clients that live share its socket: the address is free when the last of them has ended. */
  close(): Promise<void> {
    this.#closing = true
    this.#freeIfDone()
    return this.#closed
  }

  #receive(datagram: Uint8Array, sender: RemoteInfo): void {
    const key = `${sender.address} ${sender.port}`
    const client = this.#clients.get(key) ?? this.#admit(key, sender)
    client?.received(datagram)
  }

  #admit(key: string, { address, port }: RemoteInfo): DatagramConnection | undefined {
    if (this.#closing || this.#resting.has(key)) return undefined
    const remoteAddress = plainAddress(address)
    const remote = formatAddress(remoteAddress, port)
    if (!this.#allowList.allows(remoteAddress)) {
      this.#turnedAway.add(remoteAddress, { remote, why: notAllowed(this.#allowList) })
      return undefined
    }
    if (this.#clients.size >= MAX_UDP_CLIENTS) {
      const why = `${MAX_UDP_CLIENTS} others have sent datagrams within the last minute, and there is no room for more`
      this.#turnedAway.add('full', { remote, why })
      return undefined
    }
    const client = new DatagramConnection(
      {
        send: (datagram, done) => this.#socket.send(datagram, port, address, done),
        unsent: () => this.#socket.getSendQueueSize(),
        release: () => this.#clients.delete(key)
      },
      { remote, remoteAddress, clock: this.#clock, warn: (text) => this.#warn(text) }
    )
    this.#clients.set(key, client)
    client.onClose((reason) => this.#gone(key, reason))
    if (this.#connection.hasListeners) this.#connection.fire(client)
    else client.abort(NOBODY_LISTENS)
    return client
  }

  #gone(key: string, { code }: CloseReason): void {
    if (code === 'refused' || code === 'taken-over') {
      const [oldest] = this.#resting.keys()
      if (this.#resting.size >= MAX_RESTING && oldest !== undefined) this.#resting.delete(oldest)
      this.#resting.set(key, this.#clock.nowMs() + UDP_REST_MS)
    }
    this.#freeIfDone()
  }

  #freeIfDone(): void {
    if (!this.#closing || this.#freed || this.#clients.size > 0) return
    this.#freed = true
    this.#tick.dispose()
    this.#turnedAway.dispose()
    this.#socket.close()
  }

  #look(): void {
    const nowMs = this.#clock.nowMs()
    for (const [key, untilMs] of this.#resting) if (untilMs <= nowMs) this.#resting.delete(key)
    for (const client of [...this.#clients.values()])
      if (client.silentMs >= UDP_SILENCE_MS) client.abort(SILENT)
  }

  #warn(text: string): void {
    this.#options.warn?.(text)
  }
}
