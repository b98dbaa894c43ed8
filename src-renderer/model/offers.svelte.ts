/** What paired computers offer: asked while somebody looks, one question at a time each, and again now and then. */
import type { Clock } from '../../src-main/base/clock.ts'
import type { Disposable } from '../../src-main/base/event.ts'
import { toFault } from '../../src-main/contract/faults.ts'
import type { Offer } from '../../src-main/contract/state.ts'
import type { Told } from './network.ts'

/** Between two looks at all of them, in ms: who uses a share elsewhere shows so long after it changed. */
export const LOOK_AGAIN_MS = 5000

/** Questions under way at a time: each is a connection. */
const MAX_ASKING = 4

export interface OfferBookOptions {
  /** The ids of the paired computers. */
  readonly peers: () => readonly string[]
  readonly ask: (peer: string, signal: AbortSignal) => Promise<Offer>
  readonly clock: Clock
}

export class OfferBook implements Disposable {
  readonly #options: OfferBookOptions
  readonly #end = new AbortController()
  readonly #timer: Disposable
  #asking: readonly string[] = []
  #queue: string[] = []

  /** By the ids of peers. What was told stays while it cannot be asked, with the fault beside it. */
  told = $state.raw<Readonly<Record<string, Told>>>({})

  constructor(options: OfferBookOptions) {
    this.#options = options
    this.#timer = options.clock.every(LOOK_AGAIN_MS, () => this.refresh())
  }

  /** Asks all of them, or this one, now. */
  refresh(...peers: readonly string[]): void {
    for (const peer of peers.length > 0 ? peers : this.#options.peers())
      if (!this.#asking.includes(peer) && !this.#queue.includes(peer)) this.#queue.push(peer)
    this.#next()
  }

  dispose(): void {
    this.#timer.dispose()
    this.#queue = []
    this.#end.abort()
  }

  #next(): void {
    while (this.#asking.length < MAX_ASKING) {
      const peer = this.#queue.shift()
      if (peer === undefined) return
      this.#asking = [...this.#asking, peer]
      void this.#ask(peer)
    }
  }

  async #ask(peer: string): Promise<void> {
    const told = await this.#options.ask(peer, this.#end.signal).then(
      ({ bridges }): Told => ({ bridges }),
      (error: unknown): Told => ({ ...this.told[peer], fault: toFault(error).toJSON() })
    )
    this.#asking = this.#asking.filter((each) => each !== peer)
    if (this.#end.signal.aborted) return
    // The page has nothing to do where nothing is new.
    if (JSON.stringify(told) !== JSON.stringify(this.told[peer])) this.told = { ...this.told, [peer]: told }
    this.#next()
  }
}
