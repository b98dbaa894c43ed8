/** "Pause all sharing": which shares were switched off by it, so that the same ones are switched on again. Kept by this browser or window. */
import type { Core } from '../core.svelte.ts'

const KEY = 'farport.paused'

export class PausedShares {
  readonly #core: Core
  /** Ids of shares; some may have been switched on or removed since. */
  #ids = $state.raw<readonly string[]>(read())

  constructor(core: Core) {
    this.#core = core
  }

  /** Those that are still off. */
  get ids(): readonly string[] {
    const { bridges } = this.#core.tree
    return this.#ids.filter((id) => bridges[id]?.enabled === false)
  }

  /** How many would be switched off. */
  get on(): readonly string[] {
    return Object.values(this.#core.tree.bridges)
      .filter(({ kind, enabled, passing }) => kind === 'share' && enabled && !passing)
      .map(({ id }) => id)
  }

  async pause(): Promise<void> {
    const ids = this.on
    this.#keep([...this.ids, ...ids])
    await this.#switch(ids, false)
  }

  async resume(): Promise<void> {
    await this.#switch(this.ids, true)
    this.#keep([])
  }

  /** All of them, whatever becomes of one; rejects with the first Fault then. */
  async #switch(ids: readonly string[], enabled: boolean): Promise<void> {
    const all = await Promise.allSettled(ids.map((id) => this.#core.call('entry.enable', { id, enabled })))
    const failed = all.find((each) => each.status === 'rejected')
    if (failed) throw failed.reason
  }

  #keep(ids: readonly string[]): void {
    this.#ids = ids
    localStorage.setItem(KEY, JSON.stringify(ids))
  }
}

function read(): readonly string[] {
  try {
    const ids: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]')
    return Array.isArray(ids) ? ids.filter((each) => typeof each === 'string') : []
  } catch {
    return []
  }
}
