/**
 * Looks at the state as it changes, and tells the person what must not be missed while nobody looks at the window. What comes within a
 * moment is told together. Made by app.ts.
 */
import type { Clock } from '../../base/clock.ts'
import type { Disposable } from '../../base/event.ts'
import { Lifetime } from '../../base/lifetime.ts'
import { happenings, NO_MEMORY, type Memory } from '../../contract/happenings.ts'
import type { StateTree } from '../../contract/state.ts'
import { appNotices, newPairings, type AppNotice, type News } from './app-notices.ts'
import type { AppCore } from './watched-core.ts'

/** A hub that is unplugged takes its adapters along within this, in ms. */
export const GATHER_MS = 700
/** What becomes true by the mere passing of time is seen so late, in ms. */
const LOOK_MS = 1000

export interface NotifierOptions {
  readonly core: Pick<AppCore, 'tree' | 'onChange'>
  readonly clock: Clock
  /** The wall clock, in ms since 1970. */
  readonly now?: () => number
  /** The person looks at the window, which says the same. */
  readonly isWatched: () => boolean
  readonly show: (notice: AppNotice) => void
}

export class Notifier implements Disposable {
  readonly #options: NotifierOptions
  readonly #life = new Lifetime()
  #before: StateTree['bridges'] | undefined
  #memory: Memory = NO_MEMORY
  #told: ReadonlySet<string> = new Set()
  #news: readonly News[] = []
  #gathering: Disposable | undefined

  constructor(options: NotifierOptions) {
    this.#options = options
    const { core, clock } = options
    this.#life.add(core.onChange(() => this.#look()))
    this.#life.add(clock.every(LOOK_MS, () => this.#look(), 'idle'))
    this.#life.defer(() => this.#gathering?.dispose())
  }

  dispose(): void {
    this.#life.dispose()
  }

  #look(): void {
    const { core, now = Date.now } = this.#options
    const { tree } = core
    if (!tree) {
      // Whatever changes while the core is away is old when it is back.
      this.#before = undefined
      this.#memory = NO_MEMORY
      return
    }
    const { bridges, pairings } = tree
    const { news, memory } = happenings(this.#before ?? bridges, bridges, this.#memory, now())
    const asking = newPairings(pairings, this.#told)
    this.#before = bridges
    this.#memory = memory
    // Whoever asks again later is told of again.
    const known = Object.values(pairings ?? {}).map(({ peerId }) => peerId)
    this.#told = new Set(
      known.filter((id) => this.#told.has(id) || asking.some(({ peerId }) => peerId === id))
    )
    this.#gather([...asking.map((asks) => ({ type: 'pairing', asks }) as const), ...news])
  }

  #gather(news: readonly News[]): void {
    if (news.length === 0) return
    this.#news = [...this.#news, ...news]
    this.#gathering ??= this.#options.clock.after(GATHER_MS, () => this.#tell(), 'idle')
  }

  #tell(): void {
    const news = this.#news
    this.#news = []
    this.#gathering = undefined
    if (this.#options.isWatched()) return
    for (const notice of appNotices(news)) this.#options.show(notice)
  }
}
