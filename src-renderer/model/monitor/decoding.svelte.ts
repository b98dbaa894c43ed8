/** What the rows say to the chosen decoder, what they look like, and whether the line's settings seem wrong. Plugged into a desk. */
import type { Clock } from '../../../src-main/base/clock.ts'
import { Emitter, type Disposable } from '../../../src-main/base/event.ts'
import type { BaudFinding } from '../../../src-main/traffic/baud-doctor.ts'
import type { Decoded } from '../../../src-main/traffic/decoder.ts'
import { decoderKind } from '../../../src-main/traffic/decoders/registry.ts'
import { pageClock } from '../../clock.ts'
import type { Decoding, Traffic, ViewOptions } from './contract.ts'
import { DecodedRows } from './decoding-rows.ts'
import { LineWatch, PERIOD_MS } from './decoding-watch.ts'
import { whenever } from './filter-effect.svelte.ts'
import { Slices } from './filter-slices.ts'
import { rooted } from './rooted.svelte.ts'
import { pageTurns, type Turns } from './turns.ts'

/** The list is told no more often than this that the sweep went on, in ms. */
const TELL_MS = 100

export class DeskDecoding implements Decoding {
  version = $state(0)
  generation = $state(0)
  finding = $state.raw<BaudFinding>()
  suggestion = $state<string>()
  readonly #corrected = new Emitter<{ readonly from: number; readonly to: number }>()
  readonly onCorrected = this.#corrected.event
  readonly #traffic: Traffic
  readonly #options: ViewOptions
  readonly #turns: Turns
  readonly #slices: Slices
  readonly #end: () => void
  #rows: DecodedRows | undefined
  #watch: LineWatch
  #toldAt = 0
  #timer: Disposable | undefined
  readonly #clock: Clock

  constructor(traffic: Traffic, options: ViewOptions, turns: Turns = pageTurns(), clock: Clock = pageClock) {
    this.#clock = clock
    this.#traffic = traffic
    this.#options = options
    this.#turns = turns
    this.#watch = this.#makeWatch()
    this.#slices = new Slices(turns, (budgetMs) => this.#step(budgetMs))
    const [, end] = rooted(() => {
      whenever(
        () => [options.decoder, traffic.cut],
        () => this.#begin(options.decoder)
      )
      whenever(() => traffic.version, this.#slices.wake)
    })
    this.#end = end
  }

  decoded(row: number): Decoded | undefined {
    return this.version >= 0 ? this.#current()?.decoded(row) : undefined
  }

  keys(row: number): Decoded['keys'] {
    return this.#current()?.keys(row)
  }

  isUnanswered(row: number): boolean {
    return this.version >= 0 && this.#current()?.isUnanswered(row) === true
  }

  dispose(): void {
    this.#end()
    this.#timer?.dispose()
    this.#slices.dispose()
    this.#corrected.dispose()
  }

  #begin(decoder: string | undefined): void {
    const kind = decoder === undefined ? undefined : decoderKind(decoder)
    const corrected = (from: number, to: number): void => this.#corrected.fire({ from, to })
    this.#rows = kind && new DecodedRows(kind, this.#traffic, corrected)
    this.#watch = this.#makeWatch()
    this.generation++
    this.version++
    this.#slices.wake()
  }

  /** Undefined: none is chosen, or the rows were just cut anew. */
  #current(): DecodedRows | undefined {
    return this.#rows?.table === this.#traffic.table ? this.#rows : undefined
  }

  #makeWatch(): LineWatch {
    return new LineWatch(this.#traffic, () => this.#options.decoder === undefined)
  }

  #step(budgetMs: number): boolean {
    const now = (): number => this.#turns.nowMs()
    const until = now() + budgetMs
    if (this.#watch.table !== this.#traffic.table) this.#watch = this.#makeWatch()
    if (this.#watch.look(now())) {
      this.finding = this.#watch.finding
      this.suggestion = this.#watch.suggestion
    } else if (this.#watch.isDue && !this.#watch.isBusy)
      this.#timer ??= this.#clock.after(PERIOD_MS, () => {
        this.#timer = undefined
        this.#slices.wake()
      })
    const rows = this.#current()
    const before = rows?.upTo
    const isMore = rows?.step(Math.max(1, until - now()), now) === true
    if (rows?.upTo !== before && (!isMore || now() - this.#toldAt > TELL_MS)) {
      this.#toldAt = now()
      this.version++
    }
    return isMore || this.#watch.isBusy
  }
}
