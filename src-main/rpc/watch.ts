/** One subscription as the client keeps it: counts credit, waits for whoever takes the items, and ends once. */
import type { Disposable } from '../base/event.ts'
import { toFault, type Fault } from '../contract/faults.ts'

export interface WatchOptions {
  /** Items that may be on their way at once. */
  readonly credit?: number
  readonly ended?: (fault: Fault | undefined) => void
}

export class Watch implements Disposable {
  readonly #credit: number
  readonly #item: (item: unknown) => void | Promise<void>
  readonly #ended: (fault: Fault | undefined) => void
  readonly #server: { give(count: number): void; leave(): void }
  /** Items that came and that nobody has taken yet, and those that were taken and not yet given back. */
  #held = 0
  #taken = 0
  #over = false

  /** `give`, `leave`: what to tell the server; the latter where this ends by itself. */
  constructor(
    credit: number,
    item: (item: unknown) => void | Promise<void>,
    ended: (fault: Fault | undefined) => void,
    server: { give(count: number): void; leave(): void }
  ) {
    this.#credit = credit
    this.#item = item
    this.#ended = ended
    this.#server = server
  }

  /** False: the server sends more than it has credit for. */
  take(item: unknown): boolean {
    if (this.#held + this.#taken >= this.#credit) return false
    this.#held += 1
    try {
      const done = this.#item(item)
      if (done) done.then(this.#give, this.#fail)
      else this.#give()
    } catch (error) {
      this.#fail(error)
    }
    return true
  }

  /** Repeated calls are safe; the first one is told. */
  end(fault: Fault | undefined): void {
    if (this.#over) return
    this.#over = true
    this.#ended(fault)
  }

  dispose(): void {
    if (this.#over) return
    this.#over = true
    this.#server.leave()
  }

  /** By halves: a message for each item would be as many again. */
  readonly #give = (): void => {
    this.#held -= 1
    this.#taken += 1
    if (this.#taken * 2 < this.#credit || this.#over) return
    const count = this.#taken
    this.#taken = 0
    this.#server.give(count)
  }

  readonly #fail = (error: unknown): void => {
    if (this.#over) return
    this.#over = true
    this.#server.leave()
    this.#ended(toFault(error))
  }
}
