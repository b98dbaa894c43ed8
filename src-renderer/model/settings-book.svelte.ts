/** The settings as the page shows and changes them: read when somebody looks, and again after each change. */
import type { Core } from '../core.svelte.ts'
import { Fault, toFault } from '../../src-main/contract/faults.ts'
import type { ServiceInput } from '../../src-main/contract/service-commands.ts'
import type { Settings } from '../../src-main/contract/settings.ts'

type Wish = ServiceInput<'preferences.change'>

export class SettingsBook {
  readonly #core: Pick<Core, 'call'>
  /** One change after the other. */
  #row: Promise<unknown> = Promise.resolve()
  settings = $state.raw<Settings | undefined>()
  /** Why they could not be read. */
  fault = $state('')

  constructor(core: Pick<Core, 'call'>) {
    this.#core = core
  }

  async read(): Promise<void> {
    try {
      this.settings = await this.#core.call('settings.read', {})
      this.fault = ''
    } catch (error) {
      this.fault = toFault(error).message
    }
  }

  /** Rejects with the Fault why not; what is shown then is what holds. `wish` is asked when it is its turn. */
  change(wish: (settings: Settings) => Wish): Promise<void> {
    const done = this.#row.then(async () => {
      if (!this.settings) await this.read()
      const { settings } = this
      if (!settings) throw new Fault('peer-closed', this.fault)
      const wanted = wish(settings)
      const preferences = await this.#core.call('preferences.change', wanted)
      const { name = settings.name } = wanted
      this.settings = { ...settings, preferences, ...(name !== undefined && { name }) }
    })
    this.#row = done.catch(() => undefined)
    return done
  }
}
