/** What a trace lacks: counted at once, told without flooding. Called by trace-file.ts. */
import type { Clock } from '../base/clock.ts'
import type { Disposable } from '../base/event.ts'

/** Gaps after the first are told no more often than this. */
export const HUSH_MS = 60_000

export class Gaps implements Disposable {
  readonly #clock: Clock
  readonly #report: (text: string) => void
  /** Bytes of the present gap. */
  #missing = 0
  /** Bytes of gaps that are over and not told yet. */
  #untold = 0
  #hush: Disposable | undefined

  constructor(clock: Clock, report: (text: string) => void) {
    this.#clock = clock
    this.#report = report
  }

  /** Something is missing now, so that what comes is not written either. */
  get open(): boolean {
    return this.#missing > 0
  }

  miss(bytes: number, why: string): void {
    if (!this.open && !this.#hush) this.#report(`bytes not traced: ${why}`)
    this.#missing += bytes
  }

  /** It goes on, or `more` bytes later it never will; answers how many bytes the gap had. */
  end(more = 0): number {
    const missing = this.#missing + more
    this.#untold += missing
    this.#missing = 0
    return missing
  }

  /** Tells of gaps that are over; at once, or when the hush is over. */
  tell(atOnce: boolean): void {
    if (this.#untold === 0 || (this.#hush && !atOnce)) return
    this.dispose()
    this.#report(`${this.#untold} bytes not traced`)
    this.#untold = 0
    this.#hush = this.#clock.after(
      HUSH_MS,
      () => {
        this.#hush = undefined
        this.tell(true)
      },
      'idle'
    )
  }

  dispose(): void {
    this.#hush?.dispose()
    this.#hush = undefined
  }
}
