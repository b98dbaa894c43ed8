/**
 * The state of a running Farport as a topic: each subscriber gets the whole tree first, and then what changed. One tree is kept for
 * each, the one it has; changes that come while it has no credit, or faster than the pace, are one patch.
 */
import type { Clock } from '../base/clock.ts'
import { systemClock } from '../base/clock.ts'
import type { Disposable, Event } from '../base/event.ts'
import { Lifetime } from '../base/lifetime.ts'
import type { StateTree } from '../contract/state.ts'
import type { StateItem } from '../contract/topics.ts'
import type { Subscriber } from './subscription.ts'
import { difference, type Tree } from './tree-patch.ts'

/** The first change is told at once; those of so many ms behind it together. */
export const STATE_PACE_MS = 50

/** What one subscriber may see of the tree; asked anew for each look, so that it may change as permissions do. */
export type View = (tree: StateTree) => StateTree

export class StateTopic implements Disposable {
  readonly #read: () => StateTree
  readonly #clock: Clock
  readonly #readers = new Set<Reader>()
  readonly #life = new Lifetime()
  #pause: Disposable | undefined
  #changed = false

  /** `read`: the tree as it is, never changed afterwards. `changes`: it is not as it was, or a view is not. */
  constructor(read: () => StateTree, changes: Event<void>, clock: Clock = systemClock) {
    this.#read = read
    this.#clock = clock
    this.#life.add(changes(() => this.#change()))
    this.#life.defer(() => this.#pause?.dispose())
  }

  subscribe(subscriber: Subscriber, view: View = (tree) => tree): Disposable {
    const reader = new Reader(subscriber, view, this.#read)
    this.#readers.add(reader)
    reader.look()
    return { dispose: () => void this.#readers.delete(reader) }
  }

  /** Ends every subscription. */
  dispose(): void {
    this.#life.dispose()
    for (const reader of [...this.#readers]) reader.end()
    this.#readers.clear()
  }

  #change(): void {
    if (this.#pause) {
      this.#changed = true
      return
    }
    this.#changed = false
    if (this.#readers.size === 0) return
    this.#pause = this.#clock.after(
      STATE_PACE_MS,
      () => {
        this.#pause = undefined
        if (this.#changed) this.#change()
      },
      'idle'
    )
    // One tree for all of them: to make it is the larger part.
    let tree: StateTree | undefined
    const read = (): StateTree => (tree ??= this.#read())
    for (const reader of [...this.#readers]) reader.look(read)
  }
}

class Reader {
  readonly #subscriber: Subscriber
  readonly #view: View
  readonly #read: () => StateTree
  #sent: StateTree | undefined
  #seq = 0
  #stale = false

  constructor(subscriber: Subscriber, view: View, read: () => StateTree) {
    this.#subscriber = subscriber
    this.#view = view
    this.#read = read
    subscriber.onCredit = () => {
      if (this.#stale) this.look()
    }
  }

  /** Sends what is new, or remembers that there may be. */
  look(read = this.#read): void {
    this.#stale = this.#subscriber.credit === 0
    if (this.#stale) return
    const tree = this.#view(read())
    const item = this.#itemFor(tree)
    if (!item) return
    this.#sent = tree
    this.#subscriber.send(item)
  }

  end(): void {
    this.#subscriber.end()
  }

  #itemFor(tree: StateTree): StateItem | undefined {
    if (!this.#sent) return { seq: ++this.#seq, snapshot: tree }
    const patch = difference(asTree(this.#sent), asTree(tree))
    return patch && { seq: ++this.#seq, patch }
  }
}

/** An interface has no index signature; its fields are there all the same. */
function asTree(tree: StateTree): Tree {
  return tree as unknown as Tree
}
