/**
 * The ways to the peers of this installation: from what people write for one to a connection with the right key behind it. Called by
 * core; it dials, and keeps nothing: which address worked is told to whoever keeps the settings.
 */
import { isIP } from 'node:net'
import type { Clock } from '../base/clock.ts'
import { systemClock } from '../base/clock.ts'
import { DONE } from '../contract/close.ts'
import { Fault, type FaultCode } from '../contract/faults.ts'
import { FARPORT_PORT, type PeerEntry } from '../contract/settings.ts'
import type { DialOptions } from '../net/carrier.ts'
import type { TlsIdentity } from '../net/tls-identity.ts'
import type { TlsConnection, TlsPlace } from '../net/tls.ts'
import type { ShareWish, Wish } from '../protocol/farport-hello.ts'
import { RpcClient } from '../rpc/client.ts'
import { streamChannel } from '../rpc/stream-channel.ts'
import { dialFarport, reachFarport, sayWish, type FarportDial } from './farport-dial.ts'
import { firstReached } from './first-reached.ts'
import { findPeer, heardAs, type Found } from './find-peer.ts'
import type { HeardFarport } from './nearby.ts'
import { formatPlace, readPlace } from './places.ts'
import { type TrustStore, withAddress } from './trust.ts'

/** For the name and the connection to each of several addresses but the last, in ms: one that is off answers nothing at all. */
const NEXT_ADDRESS_MS = 3000

/** From the first try to reach a known peer at one of its places to that at the next, in ms (RFC 8305 §5: 100 to 2000). */
const NEXT_TRY_MS = 250

export interface PeerWaysOptions {
  readonly identity: TlsIdentity
  readonly trust: TrustStore
  readonly clock?: Clock
  /** The peer was reached where it was not before: all its addresses from now on (`formatPlace`). */
  readonly learned?: (peerId: string, addresses: readonly string[]) => void
  /** Who is heard in the network; absent: nobody listens. */
  readonly nearby?: NearbyFarports
}

/** Hints only: whose key answers is looked at as everywhere. */
export interface NearbyFarports {
  readonly farports: readonly HeardFarport[]
  /**
   * Asks the network who is there, and resolves when `isFound`, or when nothing more is to be expected. Absent: it is listened to all the
   * time, and what is to be heard was heard.
   */
  readonly ask?: (isFound: () => boolean, signal?: AbortSignal) => Promise<void>
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
    return findPeer(text, this.#options.trust, this.#heard)
  }

  /**
   * The bytes of a share, as RFC 2217; paused. `peer`: as people write it. Rejects as `find`, as dialFarport, with the Fault that the
   * peer told, or with the signal's reason.
   */
  dialShare(wish: ShareWish & { readonly peer: string }, options: Dialled = {}): Promise<TlsConnection> {
    const { peer, share, use, takeOver, observe } = wish
    const told = {
      ...(use !== undefined && { use }),
      ...(takeOver && { takeOver }),
      ...(observe && { observe })
    }
    return this.#dial(peer, { want: 'share', share, ...told }, options)
  }

  /** Rejects as `dialShare`. Disposing of the client ends the connection. */
  async dialRpc(peer: string, signal?: AbortSignal): Promise<PeerRpc> {
    const connection = await this.#dial(peer, { want: 'rpc' }, signal ? { signal } : {})
    const channel = streamChannel(connection, 'client')
    const client = new RpcClient(channel, { clock: this.#clock, foreign: true })
    return { client, peerId: connection.peerId, connection }
  }

  /**
   * For PairingDesk.request. Anybody may answer there who is not blocked, nor known by another key. `host` may be what a computer calls itself
   * in the network, where `port` is the usual one: the persons compare digits. Rejects as `dialShare`.
   */
  async dialPair(host: string, port: number, signal?: AbortSignal): Promise<TlsConnection> {
    const options = signal ? { signal } : {}
    const places = port === FARPORT_PORT && isIP(host) === 0 ? await this.#placesCalled(host, signal) : []
    const plain = readPlace(formatPlace({ host, port }))
    if (places.length === 0 && !plain)
      throw new Fault(
        'peer-unknown-host',
        `No computer that can be heard calls itself "${host}", and no host can. See farport peers, or give an address.`
      )
    return this.#any([...places, ...(plain ? [plain] : [])], { want: 'pair' }, options)
  }

  /** Where a computer that calls itself so is heard. */
  async #placesCalled(name: string, signal?: AbortSignal): Promise<readonly TlsPlace[]> {
    const heard = (): Found | undefined => heardAs(name, this.#heard, this.#options.trust)
    if (!heard()) await this.#options.nearby?.ask?.(() => heard() !== undefined, signal)
    const found = heard()
    if (!found) return []
    return found.peer ? (found.heard ?? []) : [found.place, ...(found.others ?? [])]
  }

  get #heard(): readonly HeardFarport[] {
    return this.#options.nearby?.farports ?? []
  }

  get #clock(): Clock {
    return this.#options.clock ?? systemClock
  }

  async #dial(text: string, wish: Wish, options: Dialled): Promise<TlsConnection> {
    const { nearby } = this.#options
    if (!nearby?.ask) return this.#dialFound(this.find(text), wish, options)
    try {
      return await this.#dialFound(this.find(text), wish, options)
    } catch (error) {
      options.signal?.throwIfAborted()
      if (!mayBeElsewhere(error) && !(error instanceof Fault && error.code === 'usage')) throw error
      const before = this.#heardPlaces(text)
      await nearby.ask(() => this.#heardPlaces(text) !== before, options.signal)
      if (this.#heardPlaces(text) === before) throw error
      return await this.#dialFound(this.find(text), wish, options)
    }
  }

  /** What was heard of it so far, to be compared. */
  #heardPlaces(text: string): string {
    try {
      const found = this.find(text)
      return JSON.stringify(found.peer ? (found.heard ?? []) : [found.place])
    } catch {
      // Several, or none: that is what there is to say of it.
      return ''
    }
  }

  #dialFound(found: Found, wish: Wish, options: Dialled): Promise<TlsConnection> {
    if (found.peer) return this.#dialKnown(found, wish, options)
    return this.#any([found.place, ...(found.others ?? [])], wish, options)
  }

  /** Whoever answers first; where nobody does, what was found at the last place is told. */
  async #any(places: readonly TlsPlace[], wish: Wish, options: Dialled): Promise<TlsConnection> {
    for (const [index, place] of places.entries()) {
      const isLast = index === places.length - 1
      try {
        return await this.#once(place, wish, undefined, {
          ...options,
          ...(!isLast && { timeoutMs: NEXT_ADDRESS_MS })
        })
      } catch (error) {
        options.signal?.throwIfAborted()
        if (isLast || !mayBeElsewhere(error)) throw error
      }
    }
    throw new Fault('bug', 'There was no place to look at. Please report it.')
  }

  /**
   * Whichever of its places has its key first; what is wished for is said there alone. Where none has, the worst that was found is told:
   * of the places where it was before, as anybody may say in the network that he is that peer.
   */
  async #dialKnown(
    { peer, places, guess, heard = [] }: Extract<Found, { readonly peer: PeerEntry }>,
    wish: Wish,
    options: Dialled
  ): Promise<TlsConnection> {
    const { signal } = options
    let rest = distinct([...places, ...heard, ...(guess ? [guess] : [])])
    const failed = new Map<TlsPlace, unknown>()
    while (rest.length > 0) {
      const first = await firstReached(rest, {
        reach: (to, calledOff) =>
          reachFarport(this.#dialOf(to, wish, peer.id), this.#with(options, calledOff)),
        drop: (connection) => connection.abort(DONE),
        ...{ clock: this.#clock, nextMs: NEXT_TRY_MS, signal }
      })
      if (first.errors) {
        for (const [place, error] of first.errors) failed.set(place, error)
        break
      }
      const { place, reached } = first
      try {
        const connection = await sayWish(reached, wish, this.#with(options))
        this.#remember(peer.id, formatPlace(place))
        return connection
      } catch (error) {
        signal?.throwIfAborted()
        if (!mayBeElsewhere(error)) throw error
        failed.set(place, error)
        rest = rest.filter((each) => each !== place)
      }
    }
    for (const error of failed.values()) if (!mayBeElsewhere(error)) throw error
    const faults = places.flatMap((each) => (failed.get(each) as Fault | undefined) ?? [])
    throw faults.find(({ code }) => code === 'peer-key-changed') ?? faults[0] ?? nowhere(peer)
  }

  #dialOf(to: TlsPlace, wish: Wish, peerId: string | undefined): FarportDial {
    const { identity, trust } = this.#options
    return { to, identity, trust, wish, ...(peerId !== undefined && { peerId }) }
  }

  #with(options: Dialled, signal = options.signal): DialOptions {
    return { ...options, ...(signal && { signal }), clock: this.#clock }
  }

  async #once(
    to: TlsPlace,
    wish: Wish,
    peerId: string | undefined,
    options: Dialled
  ): Promise<TlsConnection> {
    const connection = await dialFarport(this.#dialOf(to, wish, peerId), this.#with(options))
    this.#remember(connection.peerId, formatPlace(to))
    return connection
  }

  #remember(peerId: string, place: string): void {
    const peer = this.#options.trust.get(peerId)
    if (peer?.trust !== 'trusted' || peer.addresses.includes(place)) return
    this.#options.learned?.(peerId, withAddress(peer.addresses, place))
  }
}

/** At another place it might be reached. */
function mayBeElsewhere(error: unknown): error is Fault {
  return error instanceof Fault && NOT_REACHED.has(error.code)
}

function distinct(places: readonly TlsPlace[]): TlsPlace[] {
  return [...new Map([...places].reverse().map((each) => [formatPlace(each), each])).values()].reverse()
}

function nowhere({ name }: PeerEntry): Fault {
  return new Fault(
    'peer-unreachable',
    `It is not known where ${name} is: name its address instead, e.g. farport connect farport://192.168.1.20`
  )
}
