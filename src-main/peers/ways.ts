/**
 * The ways to the peers of this installation: from what people write for one to a connection with the right key behind it. Called by
 * core; it dials, and keeps nothing: which address worked is told to whoever keeps the settings.
 */
import type { Clock } from '../base/clock.ts'
import { systemClock } from '../base/clock.ts'
import { Fault, type FaultCode } from '../contract/faults.ts'
import type { PeerEntry } from '../contract/settings.ts'
import type { DialOptions } from '../net/carrier.ts'
import type { TlsIdentity } from '../net/tls-identity.ts'
import type { TlsConnection, TlsPlace } from '../net/tls.ts'
import type { ShareWish, Wish } from '../protocol/farport-hello.ts'
import { RpcClient } from '../rpc/client.ts'
import { streamChannel } from '../rpc/stream-channel.ts'
import { dialFarport } from './farport-dial.ts'
import { findPeer, type Found } from './find-peer.ts'
import { formatPlace } from './places.ts'
import { type TrustStore, withAddress } from './trust.ts'

/** For the name and the connection to each of several addresses but the last, in ms: one that is off answers nothing at all. */
const NEXT_ADDRESS_MS = 3000

export interface PeerWaysOptions {
  readonly identity: TlsIdentity
  readonly trust: TrustStore
  readonly clock?: Clock
  /** The peer was reached where it was not before: all its addresses from now on (`formatPlace`). */
  readonly learned?: (peerId: string, addresses: readonly string[]) => void
}

export interface PeerRpc {
  readonly client: RpcClient
  readonly peerId: string
  /** The client's from here on; for who is at its end. */
  readonly connection: TlsConnection
}

type Dialled = Pick<DialOptions, 'signal' | 'timeoutMs' | 'stallTimeoutMs' | 'warn'>

/** What another address of the same peer may mend. */
const NOT_REACHED: ReadonlySet<FaultCode> = new Set<FaultCode>([
  'peer-unknown-host',
  'peer-refused',
  'peer-unreachable',
  'peer-timeout',
  'peer-protocol',
  'peer-key-changed'
])

export class PeerWays {
  readonly #options: PeerWaysOptions

  constructor(options: PeerWaysOptions) {
    this.#options = options
  }

  /**
   * Which peer is meant: `peer` is one that we trust, absent where only whoever answers at the place tells. Throws `usage` (several go by
   * that name; nobody could be meant), `peer-not-paired`.
   */
  find(text: string): Found {
    return findPeer(text, this.#options.trust)
  }

  /**
   * The bytes of a share, as RFC 2217; paused. `peer`: as people write it. Rejects as `find`, as dialFarport, with the Fault that the
   * peer told, or with the signal's reason.
   */
  dialShare(wish: ShareWish & { readonly peer: string }, options: Dialled = {}): Promise<TlsConnection> {
    const { peer, share, use, takeOver } = wish
    const told = { ...(use !== undefined && { use }), ...(takeOver && { takeOver }) }
    return this.#dial(peer, { want: 'share', share, ...told }, options)
  }

  /** Rejects as `dialShare`. Disposing of the client ends the connection. */
  async dialRpc(peer: string, signal?: AbortSignal): Promise<PeerRpc> {
    const connection = await this.#dial(peer, { want: 'rpc' }, signal ? { signal } : {})
    const channel = streamChannel(connection, 'client')
    const client = new RpcClient(channel, { clock: this.#clock, foreign: true })
    return { client, peerId: connection.peerId, connection }
  }

  /** For PairingDesk.request. Anybody may answer there who is not blocked, nor known by another key. */
  dialPair(host: string, port: number, signal?: AbortSignal): Promise<TlsConnection> {
    return this.#once({ host, port }, { want: 'pair' }, undefined, signal ? { signal } : {})
  }

  get #clock(): Clock {
    return this.#options.clock ?? systemClock
  }

  async #dial(text: string, wish: Wish, options: Dialled): Promise<TlsConnection> {
    const found = this.find(text)
    if (found.peer) return await this.#dialKnown(found, wish, options)
    return await this.#once(found.place, wish, undefined, options)
  }

  /** The addresses one after the other; where none worked, the worst that was found is told. */
  async #dialKnown(
    { peer, places, guess }: Extract<Found, { readonly peer: PeerEntry }>,
    wish: Wish,
    options: Dialled
  ): Promise<TlsConnection> {
    const faults: Fault[] = []
    const all = [...places, ...(guess && !places.some((each) => same(each, guess)) ? [guess] : [])]
    for (const [index, place] of all.entries()) {
      const timeoutMs = index < all.length - 1 ? NEXT_ADDRESS_MS : options.timeoutMs
      try {
        return await this.#once(place, wish, peer.id, {
          ...options,
          ...(timeoutMs !== undefined && { timeoutMs })
        })
      } catch (error) {
        options.signal?.throwIfAborted()
        if (!(error instanceof Fault) || !NOT_REACHED.has(error.code)) throw error
        // Somebody else may well have the name in the network.
        if (place !== guess) faults.push(error)
      }
    }
    const [first] = faults
    throw faults.find(({ code }) => code === 'peer-key-changed') ?? first ?? nowhere(peer)
  }

  async #once(
    to: TlsPlace,
    wish: Wish,
    peerId: string | undefined,
    options: Dialled
  ): Promise<TlsConnection> {
    const { identity, trust } = this.#options
    const dial = { to, identity, trust, wish, ...(peerId !== undefined && { peerId }) }
    const connection = await dialFarport(dial, { ...options, clock: this.#clock })
    this.#remember(connection.peerId, formatPlace(to))
    return connection
  }

  #remember(peerId: string, place: string): void {
    const peer = this.#options.trust.get(peerId)
    if (peer?.trust !== 'trusted' || peer.addresses.includes(place)) return
    this.#options.learned?.(peerId, withAddress(peer.addresses, place))
  }
}

function same(a: TlsPlace, b: TlsPlace): boolean {
  return a.host === b.host && a.port === b.port
}

function nowhere({ name }: PeerEntry): Fault {
  return new Fault(
    'peer-unreachable',
    `It is not known where ${name} is: name its address instead, e.g. farport connect farport://192.168.1.20`
  )
}
