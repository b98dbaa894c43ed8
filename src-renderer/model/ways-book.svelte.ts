/** What kinds of virtual port there are on this computer: asked when somebody looks. */
import type { Core } from '../core.svelte.ts'
import { toFault } from '../../src-main/contract/faults.ts'
import type { VirtualWay } from '../../src-main/contract/virtual.ts'

type Asks = Pick<Core, 'call' | 'tree'>

export class WaysBook {
  readonly #core: Asks
  /** Absent: not known yet. */
  ways = $state.raw<readonly VirtualWay[] | undefined>()
  /** Why they could not be asked for. */
  fault = $state('')
  isBusy = $state(false)

  constructor(core: Asks) {
    this.#core = core
  }

  get platform(): string | undefined {
    return this.#core.tree.host?.platform
  }

  /** One can be made now, as far as that is known: every system but Windows has one without a driver. */
  get hasOne(): boolean {
    return this.ways?.some(({ state }) => state === 'ready') ?? this.platform !== 'win32'
  }

  /** Never rejects. */
  async read(): Promise<void> {
    if (this.isBusy) return
    this.isBusy = true
    try {
      this.ways = await this.#core.call('link.ways', {})
      this.fault = ''
    } catch (error) {
      this.fault = toFault(error).message
    } finally {
      this.isBusy = false
    }
  }
}
