/**
 * The room of a running instance for other Farports: whom it trusts, who asks to pair, where they reach it, and the ways to them. Made by
 * instance.ts, and without a listener by whoever pairs while nothing runs (pairing-alone.ts).
 */
import type { Clock } from '../../base/clock.ts'
import type { Disposable, Event } from '../../base/event.ts'
import { Emitter, never, once } from '../../base/event.ts'
import { Lifetime } from '../../base/lifetime.ts'
import { Fault, toFault } from '../../contract/faults.ts'
import {
  permissionFor,
  shareCalled,
  type PeerEntry,
  type Preferences,
  type Settings
} from '../../contract/settings.ts'
import type { NearbyState, StateTree } from '../../contract/state.ts'
import type { TlsConnection } from '../../net/tls.ts'
import { FarportListener } from '../../peers/farport-listener.ts'
import type { Identity as Key } from '../../peers/identity.ts'
import { PairingDesk, type PairingNews } from '../../peers/pairing-desk.ts'
import { folded, type TrustStore } from '../../peers/trust.ts'
import { PeerWays, type NearbyFarports, type PeerRpc } from '../../peers/ways.ts'
import type { Channel } from '../../rpc/channel.ts'
import type { Farports } from '../context.ts'
import { PeerDoor, type SharedPort } from './door.ts'
import { Listening } from './listening.ts'
import { ARRIVAL_GAP_MS } from './neighbourhood.ts'
import { PassingPeers } from './passing-peers.ts'
import { paced } from './paced.ts'
import { labelOf, newsLine, pairingFault } from './pairing-words.ts'

export interface PeersOptions {
  readonly key: Key
  readonly trust: TrustStore
  readonly clock: Clock
  /** What this computer is called by others. */
  readonly name: () => string
  readonly settings: () => Settings
  /** A share that runs, by its id. */
  readonly share: (id: string) => SharedPort | undefined
  /** Serves the contract to a peer. */
  readonly serve: (channel: Channel, peer: PeerEntry, address: string | undefined) => void
  readonly tell: (level: 'info' | 'warning', text: string) => void
  readonly nearby?: NearbyFarports
  /** A Farport is heard that was not, or somewhere else. */
  readonly arrivals?: Event<Arrival>
}

/** What a Farport calls itself, and the id that it claims. */
type Arrival = Pick<NearbyState, 'kind' | 'name' | 'claims'>

/** What the commands about peers work on. */
export interface PeerHouse {
  readonly peers: Peers
  readonly trust: TrustStore
  readonly clock: Clock
  readonly settings: Settings
}

/** Requests that ended, and how: for whoever asks a moment later. */
const MAX_ENDED = 32

/** How one ended: paired where there is no fault. */
interface Ended {
  readonly id: string
  readonly name: string
  readonly fault?: Fault
}

export class Peers implements Disposable {
  readonly #options: PeersOptions
  readonly desk: PairingDesk
  readonly ways: PeerWays
  readonly #listener: FarportListener
  readonly #listening: Listening
  readonly #ended = new Map<string, Ended>()
  /** Ours to peers, by their ids. */
  readonly #dialled = new Map<string, number>()
  readonly #changes = new Emitter<void>()
  readonly #life = new Lifetime()

  /** Anything that it adds to the state changed. */
  readonly onChange: Event<void> = this.#changes.event

  constructor(options: PeersOptions) {
    const { key, trust, clock, name, settings, serve, tell, nearby } = options
    this.#options = options
    this.desk = this.#life.add(new PairingDesk({ ownId: key.id, name, trust, clock }))
    this.ways = new PeerWays({
      identity: key,
      trust,
      clock,
      learned: (id, addresses) => void this.#learn(id, addresses),
      ...(nearby && { nearby })
    })
    const door = new PeerDoor({
      findShare: (text) => this.#findShare(text),
      rpc: (channel, peer, { remoteAddress }) => serve(channel, peer, remoteAddress),
      desk: this.desk,
      mayPair: () => settings().preferences.pairing,
      nameOf: (id) => trust.get(id)?.name,
      log: (text) => tell('warning', text),
      clock
    })
    this.#life.defer(() => door.dispose())
    this.#listener = this.#life.add(new FarportListener(trust, door, clock))
    this.#listening = this.#life.add(
      new Listening({
        identity: key,
        clock,
        isKnownAddress: (address) => trust.isKnownAddress(address),
        accept: (listener) => this.#listener.add(listener),
        refused: door.refused,
        tell
      })
    )
    this.#life.add(this.desk.onNews((news) => this.#hear(news)))
    this.#life.add(this.#listener.onChange(() => this.#changes.fire()))
    this.#life.add(this.#listening.onChange(() => this.#changes.fire()))
    this.#life.add(
      new PassingPeers({
        ...{ trust, clock, tell },
        connections: (id) => this.#connections(id),
        onChange: this.#changes.event
      })
    )
  }

  /** The way to shares of paired computers. */
  readonly farports: Farports = {
    dialShare: async (wish, options) => {
      const connection = await this.ways.dialShare(wish, options)
      this.#counted(connection)
      return connection
    },
    onArrival: (peer) => {
      const { arrivals = never, clock } = this.#options
      const own: Event<void> = (listener) =>
        arrivals((arrival) => {
          if (this.#isMeant(peer, arrival)) listener()
        })
      return paced(own, clock, ARRIVAL_GAP_MS)
    }
  }

  #isMeant(text: string, { kind, name, claims }: Arrival): boolean {
    if (kind !== 'farport') return false
    const { key } = this.called(text)
    return key === text ? folded(name) === folded(text) : key === claims
  }

  /** By what a peer is told apart, where that is known before it answers, and what people here call it; `text`: as they wrote it. */
  called(text: string): { readonly key: string; readonly name: string } {
    try {
      const { peer } = this.ways.find(text)
      return peer ? { key: peer.id, name: peer.name } : { key: text, name: text }
    } catch {
      // Several have that name, or none: dialling says so.
      return { key: text, name: text }
    }
  }

  /** As `PeerWays.dialRpc`, and counted as a connection to that peer. */
  async dialRpc(peer: string, signal: AbortSignal): Promise<PeerRpc> {
    const rpc = await this.ways.dialRpc(peer, signal)
    this.#counted(rpc.connection)
    return rpc
  }

  get peers(): NonNullable<StateTree['peers']> {
    const { trust } = this.#options
    const all = trust.all.map((entry) => {
      const connections = this.#connections(entry.id)
      const once = trust.isPassing(entry.id)
      return [entry.id, { ...entry, connections, ...(once && { once }) }] as const
    })
    return Object.fromEntries(all)
  }

  #connections(id: string): number {
    return this.#listener.connections(id) + (this.#dialled.get(id) ?? 0)
  }

  get pairings(): NonNullable<StateTree['pairings']> {
    return Object.fromEntries(this.desk.requests.map((request) => [request.peerId, request]))
  }

  /** Where others reach this computer. */
  get listening(): readonly string[] {
    return this.#listening.urls
  }

  /** Why they do not everywhere. */
  get faults(): readonly Fault[] {
    return this.#listening.faults
  }

  /** Who asked lately, and how that ended. */
  get ended(): readonly Ended[] {
    return [...this.#ended.values()]
  }

  /** Listens as these say. Resolves when it was tried; never rejects. */
  listen(wanted: Preferences['listen']): Promise<void> {
    return this.#listening.apply(wanted)
  }

  /** The request of a peer once it has its digits. Rejects where it ends before. */
  async digits(peerId: string): Promise<{ readonly name: string; readonly code?: string }> {
    for (;;) {
      const request = this.desk.requests.find((each) => each.peerId === peerId)
      if (request?.code !== undefined) return request
      if (!request) await this.outcome(peerId)
      await once(this.desk.onNews)
    }
  }

  /** Resolves when the request of a peer led to a pairing, now or a moment ago. Rejects with the Fault why it did not. */
  async outcome(peerId: string, signal?: AbortSignal): Promise<void> {
    while (this.desk.isBusy(peerId)) await once(this.desk.onNews, signal)
    const ended = this.#ended.get(peerId)
    if (ended?.fault) throw ended.fault
    if (!ended && this.#options.trust.standing(peerId) !== 'trusted')
      throw new Fault('usage', 'There is no such request to pair: farport pair lists them.')
  }

  /** Nobody comes any more, and requests to pair end; connections that live go on until `dispose`. */
  stop(): void {
    this.#listening.dispose()
    this.desk.dispose()
  }

  dispose(): void {
    this.#life.dispose()
    this.#changes.dispose()
  }

  #findShare(text: string): SharedPort | undefined {
    const entry = shareCalled(this.#options.settings(), text)
    // One that is about to start is as good as off.
    return (
      entry && (this.#options.share(entry.id) ?? { id: entry.id, enabled: false, admit: () => undefined })
    )
  }

  #hear(news: PairingNews): void {
    const { peerId: id } = news.request
    const { trust, tell } = this.#options
    if (news.type !== 'changed') {
      this.#ended.delete(id)
      const fault = news.type === 'failed' ? pairingFault(news) : undefined
      this.#ended.set(id, { id, name: labelOf(news.request), ...(fault && { fault }) })
      const [oldest] = this.#ended.keys()
      if (this.#ended.size > MAX_ENDED && oldest !== undefined) this.#ended.delete(oldest)
    }
    const peer = trust.get(id)
    const line = newsLine(news, peer !== undefined && mayUseAnything(peer))
    if (line) tell(line.level, line.text)
    this.#changes.fire()
  }

  #counted({ peerId, onClose }: Pick<TlsConnection, 'peerId' | 'onClose'>): void {
    this.#count(peerId, 1)
    onClose(() => this.#count(peerId, -1))
  }

  #count(peerId: string, more: 1 | -1): void {
    const count = (this.#dialled.get(peerId) ?? 0) + more
    if (count > 0) this.#dialled.set(peerId, count)
    else this.#dialled.delete(peerId)
    this.#changes.fire()
  }

  /** Best effort: an address is a hint. */
  async #learn(peerId: string, addresses: readonly string[]): Promise<void> {
    try {
      await this.#options.trust.change(peerId, (entry) => ({ ...entry, addresses: [...addresses] }))
    } catch (error) {
      this.#options.tell('warning', `Where a computer was reached is not kept: ${toFault(error).message}`)
    }
  }
}

/** Also only to watch one share. */
export function mayUseAnything(peer: PeerEntry): boolean {
  return [
    peer.permissions.default,
    ...Object.keys(peer.permissions.shares).map((id) => permissionFor(peer, id))
  ].some(({ level }) => level !== 'none')
}
