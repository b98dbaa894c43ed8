/** Looks at the state as it changes, and tells what people are told of as toasts: those of one kind as one. */
import type { Clock } from '../../src-main/base/clock.ts'
import type { Disposable } from '../../src-main/base/event.ts'
import type { StateTree } from '../../src-main/contract/state.ts'
import { words } from '../words/words.ts'
import { happenings, NO_MEMORY, type Happening, type Memory } from './happenings.ts'
import type { ToastDesk } from './toasts.svelte.ts'

const LOOK_MS = 1000

/** Where the page that tells more is. */
export interface HappeningActions {
  readonly show: (page: 'computer' | 'connections', id: string) => void
}

export class HappeningWatch implements Disposable {
  readonly #toasts: ToastDesk
  readonly #actions: HappeningActions
  readonly #timer: Disposable
  /** What stands in the toast of each kind; the newest last. */
  #shown: Readonly<Partial<Record<Happening['type'], readonly Happening[]>>> = {}
  #before: StateTree['bridges'] | undefined
  #memory: Memory = NO_MEMORY

  /** When the links that are lost were lost: wall clock, ms since 1970. */
  lost = $state.raw<Memory['lost']>(NO_MEMORY.lost)

  constructor(tree: () => StateTree, toasts: ToastDesk, actions: HappeningActions, clock: Clock) {
    this.#toasts = toasts
    this.#actions = actions
    this.#timer = clock.every(LOOK_MS, () => this.look(tree()))
  }

  look({ bridges }: StateTree, nowMs = Date.now()): void {
    const { news, memory } = happenings(this.#before ?? bridges, bridges, this.#memory, nowMs)
    this.#before = bridges
    this.#memory = memory
    if (memory.lost.size > 0 || this.lost.size > 0) this.lost = memory.lost
    for (const each of news) this.#tell(each)
  }

  /** What comes next is compared with nothing: the core was away, and whatever changed meanwhile is old. */
  forget(): void {
    this.#before = undefined
    this.#memory = NO_MEMORY
  }

  dispose(): void {
    this.#timer.dispose()
  }

  #tell(happening: Happening): void {
    const { type, id } = happening
    const opposite = OPPOSITE[type]
    if (opposite !== undefined) this.#take(opposite, id)
    this.#show(type, [...this.#without(type, id), happening])
  }

  /** What is over needs not be said any more. */
  #take(type: Happening['type'], id: string): void {
    const items = this.#without(type, id)
    if (items.length === this.#shown[type]?.length) return
    if (items.length > 0) this.#show(type, items)
    else this.#toasts.dismiss(type)
  }

  #without(type: Happening['type'], id: string): readonly Happening[] {
    return (this.#shown[type] ?? []).filter((each) => each.id !== id)
  }

  #show(type: Happening['type'], items: readonly Happening[]): void {
    const last = items.at(-1)
    if (!last) return
    this.#shown = { ...this.#shown, [type]: items }
    const isOwn = type === 'unplugged' || type === 'plugged' || (last.type === 'taken' && !last.isFar)
    this.#toasts.show({
      key: type,
      tone: type === 'back' || type === 'plugged' ? 'good' : 'warning',
      text: textOf(last, items.length),
      action: {
        text: words.toasts.show,
        do: () => this.#actions.show(isOwn ? 'computer' : 'connections', last.id)
      },
      ongone: () => {
        this.#shown = { ...this.#shown, [type]: [] }
      }
    })
  }
}

const OPPOSITE: Readonly<Partial<Record<Happening['type'], Happening['type']>>> = {
  plugged: 'unplugged',
  unplugged: 'plugged',
  back: 'lost',
  lost: 'back'
}

function textOf(last: Happening, count: number): string {
  if (last.type === 'taken') return words.toasts.taken(last.name, last.by, count)
  return words.toasts[last.type](last.name, count)
}
