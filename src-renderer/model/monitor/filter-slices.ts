/** Work over all rows of a recording, some ms at a time, so that the page is drawn and heard in between. */
import type { Disposable } from '../../../src-main/base/event.ts'
import type { Turns } from './turns.ts'

/** Of one slice, in ms: with the portion that it is at when they are over, the page waits for at most 4. */
export const SLICE_MS = 3

export class Slices implements Disposable {
  readonly #step: (budgetMs: number) => boolean
  readonly #turns: Pick<Turns, 'soon'>
  #isDue = false
  #isDisposed = false

  /** `step`: works for about so many ms; true: there is more to do. */
  constructor(turns: Pick<Turns, 'soon'>, step: (budgetMs: number) => boolean) {
    this.#step = step
    this.#turns = turns
  }

  /** There is something to do. Called again before it was done, it changes nothing. */
  readonly wake = (): void => {
    if (this.#isDue || this.#isDisposed) return
    this.#isDue = true
    this.#turns.soon(() => {
      this.#isDue = false
      if (!this.#isDisposed && this.#step(SLICE_MS)) this.wake()
    })
  }

  dispose(): void {
    this.#isDisposed = true
  }
}
