/**
 * Whom a command that runs by itself trusts: as the settings file says it from moment to moment, so that its connections end when its owner
 * forgets a peer elsewhere. Called by local-farports.ts, once for each connection; writes nothing.
 */
import { resolve } from 'node:path'
import { systemClock } from '../base/clock.ts'
import type { Disposable } from '../base/event.ts'
import { Emitter } from '../base/event.ts'
import { Fault, toFault } from '../contract/faults.ts'
import {
  FRESH_SETTINGS,
  shareCalled,
  type PeerEntry,
  type Preferences,
  type Settings
} from '../contract/settings.ts'
import { TrustStore } from '../peers/trust.ts'
import { copyOf } from '../store/first-reading.ts'
import { FolderWatch } from '../store/folder-watch.ts'
import { readPrivate, realPath } from '../store/private-file.ts'
import { readSettings } from '../store/settings-text.ts'
import { instancePaths, type PathsEnvironment } from './instance-paths.ts'

type Known = Pick<Settings, 'peers' | 'shares' | 'preferences'>

export class LocalTrust implements Disposable {
  readonly store: TrustStore
  readonly #path: string
  readonly #watch: FolderWatch
  #settings: Known = FRESH_SETTINGS
  #turn: Promise<void> = Promise.resolve()
  readonly #changed = new Emitter<ReadonlySet<string>>()
  /** The ids of those about whom something changed; those trusted no more were revoked before. */
  readonly onChanged = this.#changed.event

  private constructor(path: string, unwatched: () => void) {
    this.#path = path
    // As a getter: it changes.
    const peers = (): readonly PeerEntry[] => this.#settings.peers
    this.store = new TrustStore({
      get peers() {
        return peers()
      },
      save: () =>
        Promise.reject(new Fault('bug', 'Whom a command trusts it cannot change. Please report it.'))
    })
    this.#watch = new FolderWatch({
      clock: systemClock,
      onChange: () => void this.refresh(),
      onFailure: unwatched
    })
  }

  /** Rejects as `knownPeers`. `unwatched`: the system cannot tell when the file changes; `watch`: where its folder is there for sure. */
  static async open(
    from: PathsEnvironment,
    unwatched: () => void = () => undefined,
    watch: 'always' | 'where-known' = 'where-known'
  ): Promise<LocalTrust> {
    const trust = new LocalTrust(settingsPath(from), unwatched)
    try {
      // Where there is nothing yet nobody is trusted, and there is no folder to watch.
      if (watch === 'where-known' && (await knownPeers(from)).length === 0) return trust
      trust.#watch.watch([trust.#path, await realPath(trust.#path)])
      // Again: it may have changed before it was watched.
      trust.#settings = await knownSettings(from)
      return trust
    } catch (error) {
      trust.dispose()
      throw error
    }
  }

  /** Obeys the file as it is by now; what somebody is in the middle of editing changes nothing, as in an instance. Never rejects. */
  refresh(): Promise<void> {
    this.#turn = this.#turn.then(() => this.#refresh())
    return this.#turn
  }

  /** The id that permissions name a share of that name by; undefined: the settings know none. */
  shareId(name: string): string | undefined {
    return shareCalled(this.#settings, name)?.id
  }

  dispose(): void {
    this.#watch.dispose()
  }

  async #refresh(): Promise<void> {
    try {
      this.#watch.watch([this.#path, await realPath(this.#path)])
      const settings = await settingsIn(this.#path)
      if (!settings) return
      const before = this.#settings.peers
      this.#settings = settings
      this.store.reloaded(before)
      const peers = changed(before, settings.peers)
      if (peers.size > 0) this.#changed.fire(peers)
    } catch {
      // Told by the next one that has to read it.
    }
  }
}

function changed(before: readonly PeerEntry[], after: readonly PeerEntry[]): ReadonlySet<string> {
  const had = new Map(before.map((each) => [each.id, JSON.stringify(each)]))
  return new Set(after.filter((each) => had.get(each.id) !== JSON.stringify(each)).map(({ id }) => id))
}

/** Whom the settings file knows, trusted or blocked, as an instance would read it: the copy of the last good one included. Rejects with `settings-access`, `settings-newer` or `settings-broken`. */
export async function knownPeers(from: PathsEnvironment = {}): Promise<readonly PeerEntry[]> {
  return (await knownSettings(from)).peers
}

/** How the settings want others to be found and told of us. Rejects as `knownPeers`. */
export async function knownDiscovery(from: PathsEnvironment = {}): Promise<Preferences['discovery']> {
  return (await knownSettings(from)).preferences.discovery
}

async function knownSettings(from: PathsEnvironment): Promise<Known> {
  const path = settingsPath(from)
  try {
    return (await settingsIn(path)) ?? FRESH_SETTINGS
  } catch (error) {
    const fault = toFault(error)
    if (fault.code !== 'settings-broken') throw fault
    const copy = await settingsIn(copyOf(path)).catch(() => undefined)
    if (copy) return copy
    throw fault
  }
}

function settingsPath(from: PathsEnvironment): string {
  const { FARPORT_CONFIG: named } = from.environment ?? process.env
  return named ? resolve(named) : instancePaths('user', from).settings
}

async function settingsIn(path: string): Promise<Known | undefined> {
  const text = await readPrivate(path)
  return text === undefined ? undefined : readSettings(text, path).settings
}
