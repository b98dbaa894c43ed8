/**
 * The door for other Farports: whoever comes says what he wants in his first frame, and gets what his key allows. Called by core, which
 * takes what is let in. Strangers may only ask to pair; who is blocked hears nothing.
 */
import type { Clock } from '../base/clock.ts'
import { systemClock } from '../base/clock.ts'
import type { Disposable, Event } from '../base/event.ts'
import { Emitter } from '../base/event.ts'
import type { CloseReason } from '../contract/close.ts'
import { DONE } from '../contract/close.ts'
import { Fault } from '../contract/faults.ts'
import type { PeerEntry } from '../contract/settings.ts'
import { addressGroup } from '../net/address-group.ts'
import type { Refusal } from '../net/carrier.ts'
import type { TlsConnection, TlsListener } from '../net/tls.ts'
import {
  commonVersion,
  encodeHelloAnswer,
  readHello,
  type Hello,
  type ShareWish
} from '../protocol/farport-hello.ts'
import { encodeFrame } from '../protocol/frames.ts'
import { firstFrame } from './first-words.ts'
import type { Standing, TrustStore } from './trust.ts'

export const UNPAIRED: CloseReason = { code: 'unpaired', message: 'the pairing was ended' }

/** How long an answer that refuses may take to go out. */
const REFUSAL_MS = 1000

/** Of all who are not paired, at a time: between the handshake and the end of their pairing … */
export const MAX_STRANGER_CONNECTIONS = 32
/** … and of those from one address (of IPv6: one /64), so that nobody takes all of them. */
export const MAX_STRANGERS_PER_ADDRESS = 8

/** Of one paired peer: more than it could have links to shares here, and few enough that it alone takes no service from others. */
export const MAX_PEER_CONNECTIONS = 256
/** Those among them for the contract: each may have calls and subscriptions under way, and 4 MiB that wait for it. */
export const MAX_PEER_RPC = 16

export interface FarportDoor {
  /** A trusted peer's; paused, and behind the answer. What may be called its permissions say. */
  rpc(connection: TlsConnection, peer: PeerEntry): void
  /** Bytes of RFC 2217. Throws the Fault that the peer is told where it may not have the share, before the answer is sent. */
  share(wish: ShareWish, peer: PeerEntry): (connection: TlsConnection) => void
  /** Anybody's who is not blocked. Throws the Fault that he is told where he may not ask now. */
  pair(peerId: string, remoteAddress: string | undefined): (connection: TlsConnection) => void
  /** Who was turned away, for people. */
  refused?(refusal: Refusal): void
}

export class FarportListener implements Disposable {
  readonly #door: FarportDoor
  readonly #trust: TrustStore
  readonly #clock: Clock
  readonly #live = new Set<TlsConnection>()
  /** Those of strangers, with the address groups that they came from. */
  readonly #strangers = new Map<TlsConnection, string>()
  /** Those for the contract, with their peers. */
  readonly #rpc = new Map<TlsConnection, string>()
  readonly #listening = new Set<Disposable>()
  readonly #revoked: Disposable
  readonly #changes = new Emitter<void>()

  /** `connections` changed. */
  readonly onChange: Event<void> = this.#changes.event

  /** Hears nobody until it is given a TlsListener. */
  constructor(trust: TrustStore, door: FarportDoor, clock: Clock = systemClock) {
    this.#door = door
    this.#trust = trust
    this.#clock = clock
    this.#revoked = trust.onRevoked((id) => this.#end((each) => each.peerId === id, UNPAIRED))
  }

  /** Takes whoever comes to it, until that is disposed of: who came stays then. The TlsListener is its owner's to close. */
  add(listener: TlsListener): Disposable {
    const subscription = listener.onConnection((connection) => void this.#receive(connection))
    this.#listening.add(subscription)
    return {
      dispose: () => {
        this.#listening.delete(subscription)
        subscription.dispose()
      }
    }
  }

  /** How many a peer has here. */
  connections(peerId: string): number {
    return [...this.#live].filter((each) => each.peerId === peerId).length
  }

  /** How many who are not paired are here. */
  get strangers(): number {
    return this.#strangers.size
  }

  /** Takes nobody any more; connections that live end. */
  dispose(): void {
    for (const each of this.#listening) each.dispose()
    this.#revoked.dispose()
    this.#end(() => true, DONE)
  }

  #end(which: (connection: TlsConnection) => boolean, reason: CloseReason): void {
    for (const each of [...this.#live]) if (which(each)) each.abort(reason)
  }

  async #receive(connection: TlsConnection): Promise<void> {
    const { peerId, remote } = connection
    const standing = this.#trust.standing(peerId)
    const from = addressGroup(connection.remoteAddress ?? '')
    const why = this.#whyNot(peerId, standing, from)
    if (why !== undefined) {
      connection.abort({ code: 'refused', message: 'refused' })
      this.#door.refused?.({ remote, why })
      return
    }
    if (standing === 'unknown') this.#strangers.set(connection, from)
    this.#live.add(connection)
    this.#changes.fire()
    connection.onClose(() => {
      this.#live.delete(connection)
      this.#strangers.delete(connection)
      this.#rpc.delete(connection)
      this.#changes.fire()
    })
    try {
      const { payload, after } = await firstFrame(connection, this.#clock)
      this.#route(readHello(payload), after, connection)
    } catch (error) {
      const fault = error instanceof Fault ? error : undefined
      // It left before it had said what it wants, as one does who looks whether a Farport is here: nobody was refused.
      if (fault?.code === 'peer-closed') return
      this.#refuse(connection, fault ?? new Fault('bug', 'It went wrong here. Please report it.', error))
    }
  }

  /** Before a word of it is read. */
  #whyNot(peerId: string, standing: Standing, from: string): string | undefined {
    switch (standing) {
      case 'blocked':
        return 'it is blocked'
      case 'trusted':
        return this.connections(peerId) < MAX_PEER_CONNECTIONS
          ? undefined
          : 'it has too many connections here'
      case 'unknown':
        return this.#strangers.size < MAX_STRANGER_CONNECTIONS &&
          countOf(this.#strangers, from) < MAX_STRANGERS_PER_ADDRESS
          ? undefined
          : 'too many strangers are here'
    }
  }

  /** `live`: the connection before its first words. */
  #route(hello: Hello | undefined, connection: TlsConnection, live: TlsConnection): void {
    if (!hello) throw new Fault('peer-protocol', 'These are not the first words of farport/1.')
    const version = commonVersion(hello.versions)
    if (version === undefined)
      throw new Fault(
        'unsupported',
        'There is no version of farport/1 that both sides speak: update the older one.'
      )
    const take = this.#taker(hello, connection)
    if (hello.want === 'rpc') this.#rpc.set(live, live.peerId)
    connection.write(encodeFrame(encodeHelloAnswer({ ok: { version, features: [] } })))
    take(connection)
  }

  #taker(hello: Hello, { peerId, remoteAddress }: TlsConnection): (connection: TlsConnection) => void {
    if (hello.want === 'pair') return this.#door.pair(peerId, remoteAddress)
    // Asked again: it may have been unpaired while its first frame was under way.
    const peer = this.#trust.get(peerId)
    if (peer?.trust !== 'trusted')
      throw new Fault(
        'peer-not-paired',
        'This computer is not paired with that one: pair them first (farport pair).'
      )
    if (hello.want === 'share') return this.#door.share(hello, peer)
    if (countOf(this.#rpc, peerId) >= MAX_PEER_RPC)
      throw new Fault(
        'peer-full',
        `This computer has ${MAX_PEER_RPC} connections for commands there already: end some of them.`
      )
    return (connection) => this.#door.rpc(connection, peer)
  }

  #refuse(connection: TlsConnection, fault: Fault): void {
    const { code, message } = fault
    connection.write(encodeFrame(encodeHelloAnswer({ fault: { code, message: message.slice(0, 500) } })))
    void connection.close({ code: 'refused', message }, REFUSAL_MS)
    this.#door.refused?.({ remote: connection.remote, why: message })
  }
}

const countOf = (all: ReadonlyMap<unknown, string>, whose: string): number =>
  [...all.values()].filter((each) => each === whose).length
