/** One subscription of one client, as its topic sees it and as the server keeps it. */
import type { Disposable } from '../base/event.ts'
import { toFault, type Fault } from '../contract/faults.ts'
import { MAX_CREDIT } from './messages.ts'

/** The topic keeps what it cannot send now, or lets it go, as fits what it is. */
export interface Subscriber {
  /** How many items may be sent now; 0 at the end. */
  readonly credit: number
  /** Takes one credit. False, and nothing is sent, where there is none. */
  send(item: unknown): boolean
  /** Called when credit comes where there was none. */
  onCredit: (() => void) | undefined
  /** There will be no more; a Fault where that is not as it should be. Repeated calls are safe. */
  end(fault?: Fault): void
}

export class Subscription implements Subscriber, Disposable {
  readonly #post: (item: unknown) => void
  readonly #onEnd: (fault?: Fault) => void
  #credit: number
  #served: Disposable | undefined
  #ended = false
  onCredit: (() => void) | undefined

  /** `post` may throw a Fault, which then ends it. */
  constructor(credit: number, post: (item: unknown) => void, onEnd: (fault?: Fault) => void) {
    this.#credit = Math.min(credit, MAX_CREDIT)
    this.#post = post
    this.#onEnd = onEnd
  }

  get credit(): number {
    return this.#ended ? 0 : this.#credit
  }

  /** What to dispose at the end: at once where that has come already. */
  serve(served: Disposable): void {
    if (this.#ended) served.dispose()
    else this.#served = served
  }

  send(item: unknown): boolean {
    if (this.credit === 0) return false
    this.#credit -= 1
    try {
      this.#post(item)
    } catch (error) {
      this.end(toFault(error))
      return false
    }
    return true
  }

  add(credit: number): void {
    const had = this.#credit
    this.#credit = Math.min(had + credit, MAX_CREDIT)
    if (had === 0 && !this.#ended) this.onCredit?.()
  }

  end(fault?: Fault): void {
    if (this.#ended) return
    this.#ended = true
    this.onCredit = undefined
    this.#served?.dispose()
    this.#onEnd(fault)
  }

  dispose(): void {
    this.end()
  }
}
