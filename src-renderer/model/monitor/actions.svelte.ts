/** What can be done in a monitor, told by its parts: the palette lists it, and the keys look here. One for each desk. */
import { untrack } from 'svelte'
import type { Disposable } from '../../../src-main/base/event.ts'
import type { MonitorAction, MonitorActions } from './contract.ts'

export class Actions implements MonitorActions {
  #groups = $state.raw<readonly (readonly MonitorAction[])[]>([])
  readonly #all = $derived(this.#groups.flat())

  get all(): readonly MonitorAction[] {
    return this.#all
  }

  add(actions: readonly MonitorAction[]): Disposable {
    // Parts add within effects, which are not to run again whenever another part adds.
    untrack(() => (this.#groups = [...this.#groups, actions]))
    return { dispose: () => untrack(() => (this.#groups = this.#groups.filter((each) => each !== actions))) }
  }

  do(id: string): void {
    const action = this.#all.find((each) => each.id === id)
    if (action && action.isDisabled?.() !== true) action.do()
  }
}
