/**
 * The state of a running Farport, as it stands there a moment later: puts snapshot and patches together again. Called by windows,
 * browsers and the command line.
 */
import type { Clock } from '../base/clock.ts'
import { systemClock } from '../base/clock.ts'
import { Emitter, type Disposable } from '../base/event.ts'
import { Lifetime } from '../base/lifetime.ts'
import { Fault } from '../contract/faults.ts'
import type { StateTree } from '../contract/state.ts'
import type { StateItem } from '../contract/topics.ts'
import type { RpcClient } from './client.ts'
import { isPlainObject } from './plain.ts'
import { isPatch, patched, type Tree } from './tree-patch.ts'
import { weightOf } from './weight.ts'

/** Few, so that a reader that does not keep up gets fewer and larger patches. */
const STATE_CREDIT = 4
/** Begins anew so often without a patch that fits; then the other side is at fault. */
const MAX_TRIES = 3

/**
 * Another installation could add to its state forever, or change it faster than we follow. So it may weigh this much: ten times what
 * 64 shares with 8 sessions each weigh …
 */
export const MAX_FOREIGN_WEIGHT = 2 * 1024 * 1024
/** … and credit goes back so late, in ms: its pace is one item in 50 ms, which four at a time keep up with. */
export const FOREIGN_PAUSE_MS = 100

export interface MirrorOptions {
  readonly clock?: Clock
  /** How often byte counts are wanted, in ms; an older Farport has them each second. Absent: each second. */
  readonly countsMs?: number
  /** When the next change may come: what happens until it resolves comes as one. Absent: at once. */
  readonly ready?: () => Promise<void>
}

export class StateMirror implements Disposable {
  readonly #client: RpcClient
  readonly #ready: (() => Promise<void>) | undefined
  #countsMs: number | undefined
  readonly #changes = new Emitter<StateTree>()
  readonly #ends = new Emitter<Fault | undefined>()
  readonly #life = new Lifetime()
  readonly #clock: Clock
  /** Items whose credit goes back later. */
  readonly #pauses = new Set<Disposable>()
  #watch: Disposable | undefined
  #tree: StateTree | undefined
  /** Of the tree at the most: patches are added, and what they took away is not until that matters. */
  #weight = 0
  #seq = 0
  #tries = 0

  /** The whole tree each time; what did not change in it is the same object as before. */
  readonly onChange = this.#changes.event
  /** There will be no more, and why; not after `dispose`. */
  readonly onEnd = this.#ends.event

  constructor(client: RpcClient, { clock = systemClock, countsMs, ready }: MirrorOptions = {}) {
    this.#client = client
    this.#clock = clock
    this.#countsMs = countsMs
    // Who is another installation has no say in it.
    this.#ready = client.isForeign ? () => this.#pause() : ready
    this.#life.add(this.#changes)
    this.#life.add(this.#ends)
    this.#life.defer(() => this.#watch?.dispose())
    this.#life.defer(() => this.#pauses.forEach((each) => each.dispose()))
    this.#begin()
  }

  /** Undefined until the first snapshot came. */
  get tree(): StateTree | undefined {
    return this.#tree
  }

  dispose(): void {
    this.#life.dispose()
  }

  #begin(): void {
    this.#seq = 0
    const take = (item: StateItem): Promise<void> | undefined => {
      this.#take(item)
      return this.#life.ended ? undefined : this.#ready?.()
    }
    const args = this.#countsMs === undefined ? {} : { countsMs: this.#countsMs }
    this.#watch = this.#client.subscribe('state', args, take, {
      credit: this.#client.isForeign || !this.#ready ? STATE_CREDIT : 1,
      ended: (fault) => this.#end(fault)
    })
  }

  #take(item: StateItem): void {
    const next = this.#next(item)
    if (!next) {
      this.#beginAnew()
      return
    }
    if (this.#client.isForeign && !this.#isLight(item, next)) {
      this.#end(
        new Fault('peer-protocol', 'That computer tells more of its state than this one takes: look there.')
      )
      return
    }
    if (this.#seq > 0) this.#tries = 0
    this.#seq += 1
    this.#tree = next
    this.#changes.fire(next)
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const pause = this.#clock.after(
        FOREIGN_PAUSE_MS,
        () => {
          this.#pauses.delete(pause)
          resolve()
        },
        'idle'
      )
      this.#pauses.add(pause)
    })
  }

  /** Weighs all of it only where the patches since it was weighed could have made it too heavy. */
  #isLight(item: StateItem, tree: StateTree): boolean {
    this.#weight = 'snapshot' in item ? weightOf(tree) : this.#weight + weightOf(item.patch)
    if (this.#weight > MAX_FOREIGN_WEIGHT) this.#weight = weightOf(tree)
    return this.#weight <= MAX_FOREIGN_WEIGHT
  }

  /** Undefined where it does not fit what is here. */
  #next(item: unknown): StateTree | undefined {
    if (!isPlainObject(item) || item.seq !== this.#seq + 1) return undefined
    if (this.#seq === 0) return isStateTree(item.snapshot) ? item.snapshot : undefined
    if (!this.#tree || !isPatch(item.patch)) return undefined
    const tree = patched(this.#tree as unknown as Tree, item.patch)
    return isStateTree(tree) ? tree : undefined
  }

  #beginAnew(): void {
    this.#watch?.dispose()
    this.#tries += 1
    if (this.#tries <= MAX_TRIES) this.#begin()
    else
      this.#end(new Fault('peer-protocol', 'The state of Farport does not fit: update the older of the two.'))
  }

  #end(fault: Fault | undefined): void {
    if (fault?.code === 'usage' && this.#countsMs !== undefined && this.#seq === 0) {
      this.#countsMs = undefined
      this.#begin()
      return
    }
    this.#ends.fire(fault)
    this.dispose()
  }
}

/** Its outlines alone: both sides are Farport, and fields come and go with versions. */
function isStateTree(value: unknown): value is StateTree {
  return isPlainObject(value) && isPlainObject(value.bridges) && isPlainObject(value.rotators)
}
