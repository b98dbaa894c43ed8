/**
 * The state of a running Farport as a topic: each subscriber gets the whole tree first, and then what changed. One tree is kept for
 * each, the one it has; changes that come while it has no credit, or faster than the pace, are one patch.
 *
 * Nobody tells of byte counts, which change with every chunk: they are looked at while somebody subscribes, as often as that one asked for,
 * and each second where nothing moves.
 */
import type { Clock } from '../base/clock.ts'
import { systemClock } from '../base/clock.ts'
import type { Disposable, Event } from '../base/event.ts'
import { Lifetime } from '../base/lifetime.ts'
import type { StateTree } from '../contract/state.ts'
import { COUNTS_MS, type StateItem } from '../contract/topics.ts'
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
  /** Those who look at byte counts equally often, by that. */
  readonly #counting = new Map<number, Counting>()
  #pause: Disposable | undefined
  #changed = false

  /** `read`: the tree as it is, never changed afterwards. `changes`: it is not as it was, but for byte counts, or a view is not. */
  constructor(read: () => StateTree, changes: Event<void>, clock: Clock = systemClock) {
    this.#read = read
    this.#clock = clock
    this.#life.add(changes(() => this.#change()))
    this.#life.defer(() => this.#pause?.dispose())
  }

  /** `countsMs`: of the topic's arguments. */
  subscribe(
    subscriber: Subscriber,
    { view = (tree) => tree, countsMs = COUNTS_MS }: { readonly view?: View; readonly countsMs?: number } = {}
  ): Disposable {
    const reader = new Reader(subscriber, view, this.#read)
    this.#readers.add(reader)
    reader.look()
    let counting = this.#counting.get(countsMs)
    if (!counting) {
      counting = new Counting(countsMs, this.#clock, (readers) => this.#lookAll(readers))
      this.#counting.set(countsMs, counting)
    }
    counting.readers.add(reader)
    return { dispose: () => this.#leave(reader, countsMs) }
  }

  /** Ends every subscription. */
  dispose(): void {
    this.#life.dispose()
    for (const reader of [...this.#readers]) reader.end()
    this.#readers.clear()
    for (const each of this.#counting.values()) each.dispose()
    this.#counting.clear()
  }

  /** Repeated calls are safe. */
  #leave(reader: Reader, countsMs: number): void {
    this.#readers.delete(reader)
    const counting = this.#counting.get(countsMs)
    if (!counting?.readers.delete(reader) || counting.readers.size > 0) return
    counting.dispose()
    this.#counting.delete(countsMs)
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
    this.#lookAll(this.#readers)
  }

  /** Whether there was anything new for any of them. */
  #lookAll(readers: ReadonlySet<Reader>): boolean {
    // One tree for all of them: to make it is the larger part.
    let tree: StateTree | undefined
    const read = (): StateTree => (tree ??= this.#read())
    return [...readers].map((reader) => reader.look(read)).includes(true)
  }
}

/** Looks at byte counts for those who want them equally often, until it is disposed of. */
class Counting implements Disposable {
  readonly readers = new Set<Reader>()
  readonly #countsMs: number
  readonly #clock: Clock
  readonly #look: (readers: ReadonlySet<Reader>) => boolean
  #timer: Disposable
  #ended = false
  /** Nothing has moved for so long, in ms. */
  #stillMs = 0

  constructor(countsMs: number, clock: Clock, look: (readers: ReadonlySet<Reader>) => boolean) {
    this.#countsMs = countsMs
    this.#clock = clock
    this.#look = look
    this.#timer = this.#after(countsMs)
  }

  dispose(): void {
    this.#ended = true
    this.#timer.dispose()
  }

  #after(delayMs: number): Disposable {
    const look = (): void => {
      this.#stillMs = this.#look(this.readers) ? 0 : this.#stillMs + delayMs
      // The last of them may have left just now: whoever does not take what was sent is closed.
      if (this.#ended) return
      this.#timer = this.#after(this.#stillMs < COUNTS_MS ? this.#countsMs : COUNTS_MS)
    }
    return this.#clock.after(delayMs, look, 'idle')
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

  /** Sends what is new, and answers whether anything was; or remembers that there may be. */
  look(read = this.#read): boolean {
    this.#stale = this.#subscriber.credit === 0
    if (this.#stale) return false
    const tree = this.#view(read())
    const item = this.#itemFor(tree)
    if (!item) return false
    this.#sent = tree
    return this.#subscriber.send(item)
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
