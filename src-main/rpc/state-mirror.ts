/**
 * The state of a running Farport, as it stands there a moment later: puts snapshot and patches together again. Called by windows,
 * browsers and the command line.
 */
import { Emitter, type Disposable } from '../base/event.ts'
import { Lifetime } from '../base/lifetime.ts'
import { Fault } from '../contract/faults.ts'
import type { StateTree } from '../contract/state.ts'
import type { StateItem } from '../contract/topics.ts'
import type { RpcClient } from './client.ts'
import { isPlainObject } from './plain.ts'
import { isPatch, patched, type Tree } from './tree-patch.ts'

/** Few, so that a reader that does not keep up gets fewer and larger patches. */
const STATE_CREDIT = 4
/** Begins anew so often without a patch that fits; then the other side is at fault. */
const MAX_TRIES = 3

export class StateMirror implements Disposable {
  readonly #client: RpcClient
  readonly #changes = new Emitter<StateTree>()
  readonly #ends = new Emitter<Fault | undefined>()
  readonly #life = new Lifetime()
  #watch: Disposable | undefined
  #tree: StateTree | undefined
  #seq = 0
  #tries = 0

  /** The whole tree each time; what did not change in it is the same object as before. */
  readonly onChange = this.#changes.event
  /** There will be no more, and why; not after `dispose`. */
  readonly onEnd = this.#ends.event

  constructor(client: RpcClient) {
    this.#client = client
    this.#life.add(this.#changes)
    this.#life.add(this.#ends)
    this.#life.defer(() => this.#watch?.dispose())
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
    this.#watch = this.#client.subscribe('state', {}, (item) => this.#take(item), {
      credit: STATE_CREDIT,
      ended: (fault) => this.#end(fault)
    })
  }

  #take(item: StateItem): void {
    const next = this.#next(item)
    if (!next) {
      this.#beginAnew()
      return
    }
    if (this.#seq > 0) this.#tries = 0
    this.#seq += 1
    this.#tree = next
    this.#changes.fire(next)
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
    this.#ends.fire(fault)
    this.dispose()
  }
}

/** Its outlines alone: both sides are Farport, and fields come and go with versions. */
function isStateTree(value: unknown): value is StateTree {
  return isPlainObject(value) && isPlainObject(value.bridges) && isPlainObject(value.rotators)
}
