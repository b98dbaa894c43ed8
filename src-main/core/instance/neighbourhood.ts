/**
 * Who is near: what is heard by mDNS and stands at the places that a person gave, and what of ours others hear. Made by instance.ts; says
 * nothing to anybody but by its discovery, and all that it knows is a hint.
 */
import type { Clock } from '../../base/clock.ts'
import type { Disposable, Event } from '../../base/event.ts'
import { Emitter } from '../../base/event.ts'
import { Lifetime } from '../../base/lifetime.ts'
import type { Preferences } from '../../contract/settings.ts'
import type { NearbyState } from '../../contract/state.ts'
import type { TlsIdentity } from '../../net/tls-identity.ts'
import type { Announcement, Discovery, Heard } from '../../peers/discovery/discovery.ts'
import type { DiscoveryOptions } from '../../peers/discovery/open.ts'
import { ManualPlaces } from '../../peers/manual-places.ts'
import { farportsIn, manualNearby, nearbyOf, type HeardFarport } from '../../peers/nearby.ts'
import type { TrustStore } from '../../peers/trust.ts'
import type { NearbyFarports } from '../../peers/ways.ts'
import { findAnnounced, type HeardPorts } from '../announced-ports.ts'
import { paced } from './paced.ts'
import { Announcing, type Announced } from '../announcing.ts'
import type { AnnouncedPorts } from '../context.ts'
import { waitFor } from '../wait-for.ts'

type Wanted = Preferences['discovery']

/** Loaded when it is opened: who neither announces nor looks around does without. */
export type OpenDiscovery = (options: DiscoveryOptions) => Discovery | Promise<Discovery>

export const openRealDiscovery: OpenDiscovery = async (options) =>
  (await import('../../peers/discovery/open.ts')).openDiscovery(options)

/** Who waits for somebody to be heard tries no more often for it, in ms: anybody can announce anything, and take it back. */
export const ARRIVAL_GAP_MS = 1000

export interface NeighbourhoodOptions {
  readonly key: TlsIdentity & { readonly id: string }
  readonly trust: TrustStore
  readonly clock: Clock
  /** What could be announced. */
  readonly announced: () => Announced
  readonly tell: (level: 'info' | 'warning', text: string) => void
  /** Absent: the network's. */
  readonly open?: OpenDiscovery | undefined
}

export class Neighbourhood implements NearbyFarports, HeardPorts, Disposable {
  readonly #options: NeighbourhoodOptions
  readonly #announcing: Announcing
  readonly #manual: ManualPlaces
  readonly #changes = new Emitter<void>()
  readonly #arrivals = new Emitter<NearbyState>()
  readonly #life = new Lifetime()
  #wanted: Wanted | undefined
  #discovery: Discovery | undefined
  #hearing: Disposable | undefined
  #announcements: readonly Announcement[] = []
  #states: readonly NearbyState[] = []
  #present: ReadonlyMap<string, string> = new Map()
  #row: Promise<void> = Promise.resolve()
  #ended = false

  /** `nearby` changed. */
  readonly onChange: Event<void> = this.#changes.event
  /** It is there, or there again, or somewhere else. */
  readonly onArrival: Event<NearbyState> = this.#arrivals.event

  constructor(options: NeighbourhoodOptions) {
    this.#options = options
    const { key, clock, announced } = options
    this.#announcing = this.#life.add(
      new Announcing({
        what: () => (this.#wanted?.announce ? announced() : undefined),
        tell: (all) => {
          this.#announcements = all
          this.#discovery?.announce(all)
        }
      })
    )
    this.#manual = this.#life.add(new ManualPlaces({ identity: key, clock }))
    this.#life.add(this.#manual.onChange(() => this.#update()))
  }

  /** All that is near, or was a while ago, in the order of their names. */
  get nearby(): readonly NearbyState[] {
    return this.#states
  }

  get farports(): readonly HeardFarport[] {
    const manual = this.#manual.states.map(({ text, id, place, present }) => ({
      name: text,
      ...(id !== undefined && { claims: id }),
      places: [place],
      present
    }))
    return [...farportsIn(this.#heard), ...manual]
  }

  /** For `mdns://` targets. */
  readonly ports: AnnouncedPorts = {
    find: (name, signal) => findAnnounced(name, this, signal),
    onArrival: (name) =>
      paced(
        (listener) =>
          this.onArrival((arrival) => {
            if (arrival.kind === 'port' && arrival.name === name) listener()
          }),
        this.#options.clock,
        ARRIVAL_GAP_MS
      )
  }

  /** Does as these say from now on. Resolves when that is so; never rejects. */
  apply(wanted: Wanted): Promise<void> {
    this.#row = this.#row.then(() => this.#apply(wanted))
    return this.#row
  }

  /** What runs, or how it is called, may have changed. */
  look(): void {
    this.#announcing.look()
  }

  /** Whom we are paired with changed. */
  recall(): void {
    this.#update()
  }

  /** Asks the network, and at every place, now. */
  refresh(): void {
    this.#discovery?.refresh()
    this.#manual.refresh()
  }

  async hear(isFound: () => boolean, timeoutMs: number, signal: AbortSignal): Promise<void> {
    this.#discovery?.refresh()
    await waitFor(isFound, this.onChange, { clock: this.#options.clock, timeoutMs, signal })
  }

  /** Tells others that we leave; resolves when that is said, or cannot be. Never rejects. */
  async close(): Promise<void> {
    this.dispose()
    await this.#row
    await this.#end()
  }

  dispose(): void {
    this.#ended = true
    this.#life.dispose()
  }

  get #heard(): readonly Heard[] {
    return this.#wanted?.browse ? (this.#discovery?.heard ?? []) : []
  }

  async #apply(wanted: Wanted): Promise<void> {
    if (this.#ended) return
    const before = this.#wanted
    this.#wanted = wanted
    this.#manual.set(wanted.places)
    const isSame = before && JSON.stringify(spokenOn(before)) === JSON.stringify(spokenOn(wanted))
    if (!isSame) {
      await this.#end()
      await this.#begin(wanted)
    }
    this.#announcing.look()
    this.#update()
  }

  async #begin({ announce, browse, interfaces }: Wanted): Promise<void> {
    if (!announce && !browse) return
    const { clock, tell, open = openRealDiscovery } = this.#options
    const discovery = await open({
      clock,
      interfaces,
      browse,
      onTrouble: (text) => tell('warning', text)
    })
    this.#discovery = discovery
    if (this.#ended) return
    this.#hearing = discovery.onChange(() => this.#update())
    discovery.announce(this.#announcements)
  }

  async #end(): Promise<void> {
    const discovery = this.#discovery
    this.#hearing?.dispose()
    this.#discovery = undefined
    await discovery?.close()
  }

  #update(): void {
    if (this.#ended) return
    const { key, trust } = this.#options
    const peerCalled = (id: string): string | undefined => {
      const peer = trust.get(id)
      return peer?.trust === 'trusted' ? peer.name : undefined
    }
    const before = JSON.stringify(this.#states)
    this.#states = [
      ...nearbyOf(this.#heard, { ownId: key.id, peerCalled }),
      ...manualNearby(this.#manual.states, { ownId: key.id, peerCalled })
    ]
    if (JSON.stringify(this.#states) === before) return
    this.#changes.fire()
    this.#tellArrivals()
  }

  #tellArrivals(): void {
    const before = this.#present
    const present = this.#states.filter((each) => each.present)
    this.#present = new Map(present.map((each) => [each.id, whereabouts(each)]))
    for (const each of present) if (before.get(each.id) !== whereabouts(each)) this.#arrivals.fire(each)
  }
}

function whereabouts({ addresses, port, stack, claims }: NearbyState): string {
  return JSON.stringify([addresses, port, stack, claims])
}

/** What of the preferences needs another discovery when it changes. */
function spokenOn({ announce, browse, interfaces }: Wanted): unknown {
  return [announce || browse, browse, interfaces]
}
