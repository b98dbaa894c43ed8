/**
 * Who is near, for a command that runs by itself while no instance of Farport listens: it asks the network when it has to know, and
 * announces nothing. Called by local-farports.ts and the command line.
 */
import { systemClock } from '../base/clock.ts'
import type { Disposable, Event } from '../base/event.ts'
import { Emitter } from '../base/event.ts'
import type { NearbyState } from '../contract/state.ts'
import type { Discovery } from '../peers/discovery/discovery.ts'
import type { ManualPlaces } from '../peers/manual-places.ts'
import type { HeardFarport, NearbyWords } from '../peers/nearby.ts'
import type { NearbyFarports } from '../peers/ways.ts'
import type { HeardPorts } from './announced-ports.ts'
import type { AnnouncedPorts } from './context.ts'
import { instancePaths } from './instance-paths.ts'
import { waitFor } from './wait-for.ts'

/** For a Farport to be heard, in ms: who is there answers within half a second. */
const FARPORT_MS = 2000

export class LocalNearby implements NearbyFarports, HeardPorts, Disposable {
  readonly #words: NearbyWords
  readonly #tell: (text: string) => void
  readonly #changes = new Emitter<void>()
  #discovery: Promise<Discovery> | undefined
  #opened: Discovery | undefined
  #places: ManualPlaces | undefined
  /** How they are read; undefined: nobody asked so far. */
  #reading: typeof import('../peers/nearby.ts') | undefined
  #ended = false

  /** More is heard. */
  readonly onChange: Event<void> = this.#changes.event

  /** `tell`: what keeps it from hearing anything, in one line. Nothing is loaded or opened before somebody asks. */
  constructor(tell: (text: string) => void = () => undefined, words: NearbyWords = {}) {
    this.#tell = tell
    this.#words = words
  }

  /** For `mdns://` targets. */
  readonly ports: AnnouncedPorts = {
    find: async (name, signal) => (await import('./announced-ports.ts')).findAnnounced(name, this, signal)
  }

  get nearby(): readonly NearbyState[] {
    if (!this.#reading) return []
    const { manualNearby, nearbyOf } = this.#reading
    const places = this.#places?.states ?? []
    return [...nearbyOf(this.#opened?.heard ?? [], this.#words), ...manualNearby(places, this.#words)]
  }

  get farports(): readonly HeardFarport[] {
    return this.#reading?.farportsIn(this.#opened?.heard ?? []) ?? []
  }

  /** Never rejects but with the signal's reason. */
  ask(isFound: () => boolean, signal?: AbortSignal): Promise<void> {
    return this.hear(isFound, FARPORT_MS, signal)
  }

  async hear(isFound: () => boolean, timeoutMs: number, signal?: AbortSignal): Promise<void> {
    const discovery = await (this.#discovery ??= this.#open())
    discovery.refresh()
    await waitFor(isFound, this.onChange, { clock: systemClock, timeoutMs, signal })
  }

  /** Looks at these places too, once; resolves when it has begun. Rejects with `identity-broken`. */
  async lookAt(places: readonly string[]): Promise<void> {
    if (places.length === 0) return
    const { ManualPlaces } = await import('../peers/manual-places.ts')
    const { loadIdentity } = await import('../peers/identity.ts')
    this.#reading = await import('../peers/nearby.ts')
    this.#places = new ManualPlaces({ identity: await loadIdentity(instancePaths('user').directory) })
    this.#places.onChange(() => this.#changes.fire())
    this.#places.set(places)
  }

  dispose(): void {
    this.#ended = true
    this.#places?.dispose()
    this.#opened?.dispose()
    this.#changes.dispose()
  }

  /** As the settings say; what is wrong with them is told by whoever needs them. */
  async #interfaces(): Promise<readonly string[]> {
    const { knownDiscovery } = await import('./local-trust.ts')
    return knownDiscovery().then(
      ({ interfaces }) => interfaces,
      () => []
    )
  }

  async #open(): Promise<Discovery> {
    const { openDiscovery } = await import('../peers/discovery/open.ts')
    this.#reading = await import('../peers/nearby.ts')
    const interfaces = await this.#interfaces()
    const discovery = openDiscovery({ clock: systemClock, browse: true, interfaces, onTrouble: this.#tell })
    discovery.onChange(() => this.#changes.fire())
    this.#opened = discovery
    if (this.#ended) discovery.dispose()
    return discovery
  }
}
