/** Who was turned away, told so that nobody can fill a log: the first ones of a minute each, the others by their number. */
import type { Clock } from '../../base/clock.ts'
import type { Disposable } from '../../base/event.ts'

/** Told one by one … */
export const TOLD_REFUSALS = 10
/** … in so long, in ms. */
export const REFUSALS_MS = 60_000

export class RefusalLog implements Disposable {
  readonly #clock: Clock
  readonly #tell: (text: string) => void
  #count = 0
  #timer: Disposable | undefined

  constructor(clock: Clock, tell: (text: string) => void) {
    this.#clock = clock
    this.#tell = tell
  }

  add(text: string): void {
    this.#timer ??= this.#clock.after(REFUSALS_MS, () => this.#sum(), 'idle')
    if (++this.#count <= TOLD_REFUSALS) this.#tell(text)
  }

  dispose(): void {
    this.#timer?.dispose()
  }

  #sum(): void {
    const more = this.#count - TOLD_REFUSALS
    this.#timer = undefined
    this.#count = 0
    if (more > 0) this.#tell(`${more} more were turned away within a minute`)
  }
}
