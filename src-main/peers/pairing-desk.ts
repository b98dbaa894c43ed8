/**
 * The requests to pair that are under way, ours and others', until the persons on both sides have decided. Called by core for the window
 * and the command line; trusts a peer when both accepted, and else changes nothing.
 */
import { createHash, randomBytes } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import type { Disposable, Event } from '../base/event.ts'
import { Emitter } from '../base/event.ts'
import { DONE } from '../contract/close.ts'
import { Fault, toFault } from '../contract/faults.ts'
import { addressGroup } from '../net/address-group.ts'
import type { TlsConnection } from '../net/tls.ts'
import { FrameReader, STRANGER_FRAME_LIMIT, encodeFrame } from '../protocol/frames.ts'
import type { PairingEvent, PairingFailure, PairingRole } from '../protocol/pairing.ts'
import { NONCE_SIZE, PAIRING_EXPORTER, Pairing } from '../protocol/pairing.ts'
import { standsForAnother } from './find-peer.ts'
import { formatPlace, readPlace } from './places.ts'
import type { TrustStore } from './trust.ts'

/** For all of it, the persons' time included … */
export const PAIRING_TIMEOUT_MS = 120_000

/** … and until there are digits, which take two messages each way and no person. */
export const DIGITS_TIMEOUT_MS = 10_000

/** Who ends it so shortly before that has run out of time too, and can say no more than that it ends. */
const LATE_MS = 2000

/** Requests of one peer that came to nothing, before it has to wait … */
export const MAX_TRIES = 3
/** … so long after the last one. */
export const PAUSE_MS = 10 * 60_000

/** The same of one address (of IPv6: one /64), whoever asks from there: keys are cheap, and people would read of each. */
export const MAX_ADDRESS_TRIES = 12

/** Requests of others under way at a time: keys are cheap, and a person can look at few … */
export const MAX_INCOMING = 8
/** … and of those from one address, so that nobody keeps all others from asking. */
export const MAX_INCOMING_PER_ADDRESS = 3

/** Peers whose tries are remembered; the oldest are forgotten. */
const MAX_REMEMBERED = 1024

export interface PairingRequest {
  readonly peerId: string
  readonly direction: 'incoming' | 'outgoing'
  readonly remote: string
  /** What the peer calls itself; empty until it said so, and where that is nothing to call it by. */
  readonly name: string
  /** Six digits, once both sides have them. */
  readonly code?: string
  /** The person here accepted … */
  readonly accepted?: true
  /** … for this time. */
  readonly once?: true
}

export type PairingNews =
  | { readonly type: 'changed'; readonly request: PairingRequest }
  | { readonly type: 'paired'; readonly request: PairingRequest }
  | {
      readonly type: 'failed'
      readonly request: PairingRequest
      readonly why: PairingFailure
      readonly fault?: Fault
    }

export interface PairingDeskOptions {
  readonly ownId: string
  /** What we call ourselves. */
  readonly name: () => string
  readonly trust: TrustStore
  readonly clock: Clock
  /** Wall clock, ms since 1970. */
  readonly wallMs?: () => number
}

interface Open {
  request: PairingRequest
  readonly connection: TlsConnection
  readonly pairing: Pairing
  timer: Disposable
  readonly sinceMs: number
}

export class PairingDesk implements Disposable {
  readonly #options: PairingDeskOptions
  readonly #open = new Map<string, Open>()
  /** Both sides accepted; that is being written down. */
  readonly #settling = new Set<string>()
  /** By the ids of peers, and by address groups. */
  readonly #tries = new Map<string, { count: number; lastMs: number }>()
  readonly #news = new Emitter<PairingNews>()
  readonly onNews: Event<PairingNews> = this.#news.event

  constructor(options: PairingDeskOptions) {
    this.#options = options
  }

  get requests(): readonly PairingRequest[] {
    return [...this.#open.values()].map(({ request }) => request)
  }

  /** Whether news of a peer's request are still to come. */
  isBusy(peerId: string): boolean {
    return this.#open.has(peerId) || this.#settling.has(peerId)
  }

  /** Whether somebody may ask now: throws `peer-refused`, `peer-full` or `usage` with what he is told. For FarportDoor.pair. */
  admit(peerId: string, remoteAddress?: string): (connection: TlsConnection) => void {
    if (peerId === this.#options.ownId)
      throw new Fault('usage', 'This is the computer that you are at: name another one to pair it with.')
    const from = groupOf(remoteAddress)
    if (this.#hasTried(peerId, MAX_TRIES))
      throw new Fault('peer-refused', `Pairing failed ${MAX_TRIES} times: wait ten minutes and try again.`)
    if (from !== undefined && this.#hasTried(from, MAX_ADDRESS_TRIES))
      throw new Fault('peer-refused', 'Pairing failed too often from there: wait ten minutes and try again.')
    if (this.#open.has(peerId))
      throw new Fault(
        'peer-refused',
        'A request to pair is under way already: answer that, or wait two minutes.'
      )
    const incoming = [...this.#open.values()].filter(({ request }) => request.direction === 'incoming')
    const fromThere = incoming.filter(({ connection }) => groupOf(connection.remoteAddress) === from)
    if (incoming.length >= MAX_INCOMING || fromThere.length >= MAX_INCOMING_PER_ADDRESS)
      throw new Fault('peer-full', 'Too many ask to pair at the moment: try again in two minutes.')
    return (connection) => this.#begin('responder', connection)
  }

  /** Our own request, over a connection of dialFarport that wants to `pair`. Throws `peer-refused` where one is under way. */
  request(connection: TlsConnection): void {
    if (this.#open.has(connection.peerId)) {
      connection.abort(DONE)
      throw new Fault('peer-refused', 'A request to pair is under way already: answer that one.')
    }
    this.#begin('initiator', connection)
  }

  /** The person saw the same digits there; `once`: as `TrustStore.trustPassing`. Throws `usage` where there is nothing to accept. */
  accept(peerId: string, once = false): void {
    const open = this.#known(peerId)
    if (open.request.code === undefined)
      throw new Fault('usage', 'There are no digits to compare yet: wait for them.')
    // Who accepted already has said for how long.
    if (!open.request.accepted) {
      open.request = { ...open.request, accepted: true, ...(once && { once }) }
      this.#news.fire({ type: 'changed', request: open.request })
    }
    this.#act(open, open.pairing.accept())
  }

  /** Throws `usage` where there is no request. */
  reject(peerId: string): void {
    const open = this.#known(peerId)
    this.#act(open, open.pairing.end('rejected-here'))
  }

  dispose(): void {
    for (const open of [...this.#open.values()]) this.#act(open, open.pairing.end('cancelled'))
  }

  #known(peerId: string): Open {
    const open = this.#open.get(peerId)
    if (open) return open
    throw new Fault('usage', 'There is no such request to pair: farport pair lists them.')
  }

  #begin(role: PairingRole, connection: TlsConnection): void {
    const { ownId, name, clock } = this.#options
    const { peerId, remote } = connection
    const pairing = new Pairing({
      role,
      ownId: Buffer.from(ownId, 'hex'),
      peerId: Buffer.from(peerId, 'hex'),
      exporter: connection.exporter(PAIRING_EXPORTER, new Uint8Array(0), 32),
      nonce: randomBytes(NONCE_SIZE),
      name: name(),
      sha256: (bytes) => createHash('sha256').update(bytes).digest()
    })
    const direction = role === 'initiator' ? 'outgoing' : 'incoming'
    const timer = clock.after(DIGITS_TIMEOUT_MS, () => this.#act(open, pairing.end('silent')), 'idle')
    const open: Open = {
      request: { peerId, direction, remote, name: '' },
      connection,
      pairing,
      timer,
      sinceMs: clock.nowMs()
    }
    this.#open.set(peerId, open)
    const reader = new FrameReader(STRANGER_FRAME_LIMIT)
    connection.onData((chunk) => {
      for (const event of reader.receive(chunk))
        this.#act(open, event.type === 'frame' ? pairing.receive(event.payload) : pairing.end('malformed'))
    })
    connection.onClose(() => this.#act(open, pairing.end('connection-lost')))
    this.#news.fire({ type: 'changed', request: open.request })
    this.#act(open, pairing.start())
    connection.resume()
  }

  #act(open: Open, events: readonly PairingEvent[]): void {
    for (const event of events) {
      switch (event.type) {
        case 'send':
          open.connection.write(encodeFrame(event.payload))
          break
        case 'code':
          this.#show(open, event.name, event.code)
          break
        case 'paired':
          void this.#paired(open)
          break
        case 'failed':
          this.#failed(open, this.#isLate(open, event.why) ? 'timeout' : event.why)
          break
      }
    }
  }

  #show(open: Open, called: string, code: string): void {
    const { trust, clock } = this.#options
    const name = standsForAnother(called) ? '' : called
    const leftMs = PAIRING_TIMEOUT_MS - (clock.nowMs() - open.sinceMs)
    open.timer.dispose()
    open.timer = clock.after(leftMs, () => this.#act(open, open.pairing.end('timeout')), 'idle')
    open.request = { ...open.request, name, code }
    try {
      // Before any person is asked: a key that changed is no question.
      trust.checkKey(open.request.peerId, name)
    } catch (error) {
      open.connection.write(encodeFrame(sentOf(open.pairing.end('rejected-here'))))
      this.#failed(open, 'rejected-here', toFault(error))
      return
    }
    this.#news.fire({ type: 'changed', request: open.request })
  }

  async #paired(open: Open): Promise<void> {
    const { trust, wallMs = Date.now } = this.#options
    const { peerId, name, once } = open.request
    this.#settling.add(peerId)
    this.#leave(open)
    try {
      const called = name || peerId.slice(0, 8)
      if (once) trust.trustPassing(peerId, called, wallMs(), placeOf(open))
      else await trust.trust(peerId, called, wallMs(), placeOf(open))
      this.#settling.delete(peerId)
      this.#tries.delete(peerId)
      this.#tries.delete(groupOf(open.connection.remoteAddress) ?? '')
      this.#news.fire({ type: 'paired', request: open.request })
    } catch (error) {
      this.#settling.delete(peerId)
      this.#news.fire({ type: 'failed', request: open.request, why: 'cancelled', fault: toFault(error) })
    }
  }

  #failed(open: Open, why: PairingFailure, fault?: Fault): void {
    if (!this.#leave(open)) return
    const { peerId, direction } = open.request
    if (direction === 'incoming') {
      this.#tried(peerId)
      const from = groupOf(open.connection.remoteAddress)
      if (from !== undefined) this.#tried(from)
    }
    this.#news.fire({ type: 'failed', request: open.request, why, ...(fault ? { fault } : {}) })
  }

  #tried(who: string): void {
    const count = (this.#tries.get(who)?.count ?? 0) + 1
    this.#tries.delete(who)
    this.#tries.set(who, { count, lastMs: this.#options.clock.nowMs() })
    const [oldest] = this.#tries.keys()
    if (this.#tries.size > MAX_REMEMBERED && oldest !== undefined) this.#tries.delete(oldest)
  }

  /** In vain, so often, and not long ago. */
  #hasTried(who: string, most: number): boolean {
    const tries = this.#tries.get(who)
    if (tries && this.#options.clock.nowMs() - tries.lastMs >= PAUSE_MS) this.#tries.delete(who)
    return (this.#tries.get(who)?.count ?? 0) >= most
  }

  /** The two minutes were over there a moment before they were here. */
  #isLate({ sinceMs }: Open, why: PairingFailure): boolean {
    return why === 'rejected-there' && this.#options.clock.nowMs() - sinceMs >= PAIRING_TIMEOUT_MS - LATE_MS
  }

  /** False: it had left already. */
  #leave(open: Open): boolean {
    if (this.#open.get(open.request.peerId) !== open) return false
    this.#open.delete(open.request.peerId)
    open.timer.dispose()
    void open.connection.close(DONE, 1000)
    return true
  }
}

const groupOf = (address: string | undefined): string | undefined =>
  address === undefined ? undefined : addressGroup(address)

/** Where it is reached, as we reached it; of who came by himself the port is not known, and mostly the usual one. */
function placeOf({ request, connection }: Open): string | undefined {
  const place = request.direction === 'outgoing' ? readPlace(connection.remote) : undefined
  return place ? formatPlace(place) : connection.remoteAddress
}

const sentOf = (events: readonly PairingEvent[]): Uint8Array =>
  events.flatMap((event) => (event.type === 'send' ? [event.payload] : []))[0] ?? new Uint8Array(0)
