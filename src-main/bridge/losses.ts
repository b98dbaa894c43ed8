/**
 * Tells of lost bytes without flooding: the first loss of its kind at once, those that follow added up once a second.
 * Counting is the business of Account; this is for the eyes.
 */
import type { Clock } from '../base/clock.ts'
import type { Disposable } from '../base/event.ts'
import type { Direction } from './tap.ts'

export interface Loss {
  readonly direction: Direction
  /** The session's number; 0: nobody's in particular. */
  readonly session: number
  readonly bytes: number
  readonly why: string
}

const PERIOD_MS = 1000

export class Losses implements Disposable {
  readonly #clock: Clock
  readonly #report: (loss: Loss) => void
  /** What is to be told at the end of the period, by kind. */
  #open = new Map<string, Loss>()
  #timer: Disposable | undefined

  constructor(clock: Clock, report: (loss: Loss) => void) {
    this.#clock = clock
    this.#report = report
  }

  add(loss: Loss): void {
    if (loss.bytes === 0) return
    const kind = `${loss.session} ${loss.direction} ${loss.why}`
    const known = this.#open.get(kind)
    if (known) {
      this.#open.set(kind, { ...loss, bytes: known.bytes + loss.bytes })
      return
    }
    this.#open.set(kind, { ...loss, bytes: 0 })
    this.#timer ??= this.#clock.after(
      PERIOD_MS,
      () => {
        this.flush()
      },
      'idle'
    )
    this.#report(loss)
  }

  /** Tells what was not told yet. */
  flush(): void {
    this.#timer?.dispose()
    this.#timer = undefined
    const open = this.#open
    this.#open = new Map()
    for (const loss of open.values()) if (loss.bytes > 0) this.#report(loss)
  }

  dispose(): void {
    this.flush()
  }
}
