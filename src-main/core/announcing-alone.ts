/**
 * Announces the shares of a command that runs by itself, as an instance does its own. Nothing is loaded before there is something to
 * announce. Called by the command line; hears nobody.
 */
import { systemClock } from '../base/clock.ts'
import { Lifetime } from '../base/lifetime.ts'
import type { Preferences } from '../contract/settings.ts'
import type { Announcement, Discovery } from '../peers/discovery/discovery.ts'
import type { DiscoveryOptions } from '../peers/discovery/open.ts'
import type { AnnouncedShare } from './announcements.ts'
import { Announcing } from './announcing.ts'
import type { Core } from './core.ts'

export interface AnnouncingAloneOptions {
  /** What was asked for each share, by its id. */
  readonly shareOf: (id: string) => AnnouncedShare | undefined
  /** Asked for once, when there is something to announce. */
  readonly preferences: () => Promise<Preferences['discovery']>
  /** What keeps it from being heard, in one line. */
  readonly tell: (text: string) => void
  /** Absent: the network's. */
  readonly open?: (options: DiscoveryOptions) => Discovery
}

export class AnnouncingAlone {
  readonly #options: AnnouncingAloneOptions
  readonly #life = new Lifetime()
  #all: readonly Announcement[] = []
  #opening: Promise<Discovery | undefined> | undefined

  constructor(core: Pick<Core, 'state' | 'onState'>, options: AnnouncingAloneOptions) {
    this.#options = options
    const announcing = this.#life.add(
      new Announcing({
        what: () => ({ bridges: Object.values(core.state.bridges), shareOf: options.shareOf }),
        tell: (all) => void this.#tell(all)
      })
    )
    this.#life.add(core.onState(() => announcing.look()))
    announcing.look()
  }

  /** Says goodbye; resolves when that is said, or cannot be. Never rejects. */
  async close(): Promise<void> {
    this.#life.dispose()
    const discovery = await this.#opening
    await discovery?.close()
  }

  async #tell(all: readonly Announcement[]): Promise<void> {
    this.#all = all
    const discovery = await (this.#opening ??= this.#open())
    discovery?.announce(this.#all)
  }

  async #open(): Promise<Discovery | undefined> {
    const { preferences, tell, open } = this.#options
    try {
      const { announce, interfaces } = await preferences()
      if (!announce) return undefined
      const opened = open ?? (await import('../peers/discovery/open.ts')).openDiscovery
      return opened({ clock: systemClock, interfaces, browse: false, onTrouble: tell })
    } catch (error) {
      tell(`Nothing is announced in the network: ${error instanceof Error ? error.message : String(error)}`)
      return undefined
    }
  }
}
