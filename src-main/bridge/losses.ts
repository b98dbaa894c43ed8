/**
 * Tells of lost bytes without flooding: the first loss of its kind at once, those that follow added up after 1 s, 2 s, 4 s, …
 * and at last once a minute. Counting is the business of Account; this is for the eyes.
 */
import { Backoff } from '../base/backoff.ts'
import type { Clock } from '../base/clock.ts'
import type { Disposable } from '../base/event.ts'
import type { Direction } from '../contract/traffic.ts'

export interface Loss {
  readonly direction: Direction
  /** The session's number; 0: nobody's in particular. */
  readonly session: number
  readonly bytes: number
  readonly why: string
}

const FIRST_PERIOD_MS = 1000
const LONGEST_PERIOD_MS = 60_000

export class Losses implements Disposable {
  readonly #clock: Clock
  readonly #report: (loss: Loss) => void
  /** What is to be told at the end of the period, by kind. */
  #open = new Map<string, Loss>()
  #timer: Disposable | undefined
  readonly #period = new Backoff(FIRST_PERIOD_MS, LONGEST_PERIOD_MS)

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
    this.#timer ??= this.#wait()
    this.#report(loss)
  }

  /** Tells what was not told yet. */
  dispose(): void {
    this.#timer?.dispose()
    this.#timer = undefined
    this.#tell()
  }

  #wait(): Disposable {
    return this.#clock.after(this.#period.next(), () => this.#periodOver(), 'idle')
  }

  #periodOver(): void {
    // What goes on is told again after a longer period; of what stopped, the next loss is a first one.
    const goesOn = [...this.#open].filter(([, { bytes }]) => bytes > 0)
    this.#tell()
    this.#open = new Map(goesOn.map(([kind, loss]) => [kind, { ...loss, bytes: 0 }]))
    if (goesOn.length === 0) this.#period.reset()
    this.#timer = goesOn.length > 0 ? this.#wait() : undefined
  }

  #tell(): void {
    const open = this.#open
    this.#open = new Map()
    for (const loss of open.values()) if (loss.bytes > 0) this.#report(loss)
  }
}
