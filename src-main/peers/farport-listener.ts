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
import type { TrustStore } from './trust.ts'

export const UNPAIRED: CloseReason = { code: 'unpaired', message: 'the pairing was ended' }

/** How long an answer that refuses may take to go out. */
const REFUSAL_MS = 1000

/** Of one peer that is not paired, at a time: between the handshake and the end of its pairing. */
export const MAX_STRANGER_CONNECTIONS = 32

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
  readonly #listening = new Set<Disposable>()
  readonly #revoked: Disposable
  readonly #changes = new Emitter<void>()
  #strangers = 0

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
    const tooMany = standing === 'unknown' && this.#strangers >= MAX_STRANGER_CONNECTIONS
    if (standing === 'blocked' || tooMany) {
      connection.abort({ code: 'refused', message: 'refused' })
      this.#door.refused?.({ remote, why: tooMany ? 'too many strangers are here' : 'it is blocked' })
      return
    }
    const stranger = standing === 'unknown'
    if (stranger) this.#strangers++
    this.#live.add(connection)
    this.#changes.fire()
    connection.onClose(() => {
      this.#live.delete(connection)
      if (stranger) this.#strangers--
      this.#changes.fire()
    })
    try {
      const { payload, after } = await firstFrame(connection, this.#clock)
      this.#route(readHello(payload), after)
    } catch (error) {
      const fault = error instanceof Fault ? error : undefined
      this.#refuse(connection, fault ?? new Fault('bug', 'It went wrong here. Please report it.', error))
    }
  }

  #route(hello: Hello | undefined, connection: TlsConnection): void {
    if (!hello) throw new Fault('peer-protocol', 'These are not the first words of farport/1.')
    const version = commonVersion(hello.versions)
    if (version === undefined)
      throw new Fault(
        'unsupported',
        'There is no version of farport/1 that both sides speak: update the older one.'
      )
    const take = this.#taker(hello, connection)
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
    return (connection) => this.#door.rpc(connection, peer)
  }

  #refuse(connection: TlsConnection, fault: Fault): void {
    const { code, message } = fault
    connection.write(encodeFrame(encodeHelloAnswer({ fault: { code, message: message.slice(0, 500) } })))
    void connection.close({ code: 'refused', message }, REFUSAL_MS)
    this.#door.refused?.({ remote: connection.remote, why: message })
  }
}
