/** What the settings say about one share, read anew whenever something about it changed: the state tells what runs, not what was chosen. */
import type { Core } from '../core.svelte.ts'
import { shareCalled, type Settings, type ShareEntry } from '../../src-main/contract/settings.ts'
import { toFault } from '../../src-main/contract/faults.ts'
import type { PortDesk } from './port-desk.ts'

export class ShareSettings {
  readonly #core: Core
  readonly #desk: PortDesk
  #asked = 0
  settings = $state.raw<Settings | undefined>()
  fault = $state('')

  constructor(core: Core, desk: PortDesk) {
    this.#core = core
    this.#desk = desk
  }

  of(id: string | undefined): ShareEntry | undefined {
    return this.settings && id !== undefined ? shareCalled(this.settings, id) : undefined
  }

  /** Never rejects. The answer to an older question never replaces that to a newer one. */
  async read(): Promise<void> {
    const asked = ++this.#asked
    try {
      const settings = await this.#core.call('settings.read', {})
      if (asked !== this.#asked) return
      this.settings = settings
      this.fault = ''
    } catch (error) {
      if (asked === this.#asked) this.fault = toFault(error).message
    }
  }

  /** Rejects with the core's Fault. */
  async change(id: string, how: (entry: ShareEntry) => ShareEntry): Promise<void> {
    try {
      await this.#desk.change(id, how)
    } finally {
      await this.read()
    }
  }
}
