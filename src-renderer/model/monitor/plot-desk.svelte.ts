/** A plot without its looks: what is read, which time is shown, which lines, where the cursor is. One for each plot view. */
import type { Disposable } from '../../../src-main/base/event.ts'
import type { MonitorDesk } from './contract.ts'
import { plotColumns, type PlotColumns, valueRange } from './plot-columns.ts'
import { PlotPoints, type PlotSeries } from './plot-points.ts'
import { type PlotFrom, PlotReader } from './plot-reader.ts'
import { pageTurns, type Turns } from './turns.ts'

/** How much time a live plot shows, in s; `all`: everything that is kept. */
export const PLOT_SPANS = { s10: 10, m1: 60, m5: 300, m30: 1800, all: Infinity } as const
export type PlotSpan = keyof typeof PLOT_SPANS

/** Of one frame for reading, in ms. */
const SLICE_MS = 3
/** Between two drawings while it is live, in ms: the eye sees no more, and the list beside it moves too. */
const DRAW_MS = 33
/** … and so many times as long as a drawing takes, so that it never has more than a fifth of the time. */
const REST = 4
/** Between two updates of the values in words, in ms. */
const WORDS_MS = 150
/** No shorter time is shown, in ns. */
const LEAST_NS = 10_000

export interface TimeWindow {
  readonly fromNs: number
  readonly toNs: number
}

export interface ValueRange {
  readonly least: number
  readonly most: number
}

/** What is to be drawn. */
export interface Drawing extends TimeWindow {
  readonly lines: readonly PlotSeries[]
  readonly columns: PlotColumns
  readonly range: readonly [least: number, most: number]
  readonly originNs: number
}

export class PlotDesk implements Disposable {
  readonly #desk: MonitorDesk
  readonly #turns: Turns
  readonly points = new PlotPoints()
  readonly #reader = new PlotReader(this.points)
  #cut = -1
  #clearedAt: number | undefined
  #frame: Disposable | undefined
  #drawnMs = 0
  #costMs = 0
  #saidMs = 0
  #totalThen = 0
  #draw: ((drawing: Drawing | undefined) => void) | undefined
  #steps = 1

  /** All lines, the hidden ones too. */
  lines = $state.raw<readonly PlotSeries[]>([])
  /** Grows when values in words are to be made anew: a few times a second. */
  version = $state(0)
  isReading = $state(false)
  hidden = $state.raw<readonly string[]>([])
  span = $state<PlotSpan>('m1')
  /** What is shown does not move; undefined: it is live. */
  still = $state.raw<TimeWindow | undefined>()
  /** undefined: as the values are. */
  fixed = $state.raw<ValueRange | undefined>()
  cursorNs = $state<number | undefined>()

  constructor(desk: MonitorDesk, turns: Turns = pageTurns()) {
    this.#desk = desk
    this.#turns = turns
  }

  get from(): PlotFrom {
    return this.#reader.from
  }

  /** Lines that are drawn. */
  get shown(): readonly PlotSeries[] {
    return this.lines.filter(({ name }) => !this.hidden.includes(name))
  }

  /** 0 of the axis: the first row that is kept, or was when the plot began. */
  originNs = 0

  /** Points that came since it stands still. */
  get fresh(): number {
    return this.version >= 0 && this.still ? this.points.total - this.#totalThen : 0
  }

  /** Who draws, and how many pixels across there are. It is asked as often as something changed. */
  attach(draw: (drawing: Drawing | undefined) => void, steps: number): void {
    this.#draw = draw
    this.#steps = Math.max(1, steps)
    this.changed()
  }

  detach(): void {
    this.#draw = undefined
  }

  /** The recording grew, was cut anew or cleared: there may be something to read. Call it in an effect that reads what it depends on. */
  grown(cut: number, clearedAt: number | undefined): void {
    if (cut !== this.#cut || clearedAt !== this.#clearedAt) {
      this.#cut = cut
      this.#clearedAt = clearedAt
      this.restart()
    }
    this.#soon()
  }

  restart(from: PlotFrom = this.from): void {
    this.#reader.restart(from)
    this.originNs = 0
    this.lines = []
    this.still = undefined
    this.cursorNs = undefined
    this.changed()
  }

  /** Draws in the next frame. */
  changed(): void {
    this.#drawnMs = -Infinity
    this.#saidMs = -Infinity
    this.#soon()
  }

  toggle(name: string): void {
    this.hidden = this.hidden.includes(name)
      ? this.hidden.filter((each) => each !== name)
      : [...this.hidden, name]
    this.changed()
  }

  freeze(): void {
    this.show(this.window)
  }

  goLive(): void {
    this.still = undefined
    this.changed()
  }

  setSpan(span: PlotSpan): void {
    this.span = span
    this.goLive()
  }

  show(window: TimeWindow | undefined): void {
    if (!window) return
    if (!this.still) this.#totalThen = this.points.total
    const middle = (window.fromNs + window.toNs) / 2
    const half = Math.max(LEAST_NS, window.toNs - window.fromNs) / 2
    this.still = { fromNs: middle - half, toNs: middle + half }
    this.changed()
  }

  /** `factor` below 1: nearer, around this time or the middle. */
  zoom(factor: number, aroundNs?: number): void {
    const window = this.window
    if (!window) return
    const { fromNs, toNs } = window
    const around = aroundNs ?? (fromNs + toNs) / 2
    this.show({ fromNs: around - (around - fromNs) * factor, toNs: around + (toNs - around) * factor })
  }

  /** The time that is shown; undefined: there is no point yet. */
  get window(): TimeWindow | undefined {
    if (this.still) return this.still
    const newest = this.points.newestNs
    const oldest = this.points.oldestNs
    if (newest === undefined || oldest === undefined) return undefined
    const spanNs = Math.min(PLOT_SPANS[this.span] * 1e9, Math.max(newest - oldest, 1e9))
    return { fromNs: newest - spanNs, toNs: newest }
  }

  /** Moves the cursor to the next point before (-1) or after it (1), and the window with it where it stands still. */
  stepCursor(by: -1 | 1): void {
    const window = this.window
    if (!window) return
    const from = this.cursorNs ?? (by > 0 ? window.fromNs : window.toNs)
    const times = this.shown.flatMap((line) => {
      const place = by > 0 ? line.placeOf(from + 1) : line.placeOf(from) - 1
      return place >= 0 && place < line.count ? [line.timeNs[place] ?? 0] : []
    })
    if (times.length === 0) return
    const next = by > 0 ? Math.min(...times) : Math.max(...times)
    this.cursorNs = next
    const outside = next < window.fromNs ? next - window.fromNs : Math.max(0, next - window.toNs)
    if (outside !== 0) this.show({ fromNs: window.fromNs + outside, toNs: window.toNs + outside })
    else this.changed()
  }

  /** At the cursor, or the newest one; undefined: it has none there. Reactive. */
  valueOf(line: PlotSeries): number | undefined {
    if (this.version < 0 || line.count === 0) return undefined
    const place = this.cursorNs === undefined ? line.count - 1 : line.nearest(this.cursorNs)
    return place === undefined ? undefined : line.value[place]
  }

  /** The row of the shown point that is nearest to this time; undefined: there is none, or it is no longer kept. */
  rowAt(timeNs: number, among: readonly PlotSeries[] = this.shown): number | undefined {
    let [best, row] = [Infinity, undefined as number | undefined]
    for (const line of among) {
      const place = line.nearest(timeNs)
      if (place === undefined) continue
      const far = Math.abs((line.timeNs[place] ?? 0) - timeNs)
      if (far < best) [best, row] = [far, line.row[place]]
    }
    const { table } = this.#desk.traffic
    return row !== undefined && row >= table.first && row < table.end ? row : undefined
  }

  dispose(): void {
    this.#frame?.dispose()
    this.#frame = undefined
    this.#draw = undefined
  }

  #soon(): void {
    this.#frame ??= this.#turns.frame(() => {
      this.#frame = undefined
      this.#turn()
    })
  }

  #turn(): void {
    const { traffic } = this.#desk
    const startMs = this.#turns.nowMs()
    const before = this.points.total
    const isDone = this.#reader.read(
      traffic,
      this.#clearedAt ?? 0,
      () => SLICE_MS - (this.#turns.nowMs() - startMs)
    )
    if (this.isReading === isDone) this.isReading = !isDone
    if (this.points.list !== this.lines) {
      if (this.lines.length === 0) this.originNs = this.points.oldestNs ?? 0
      this.lines = this.points.list
    }
    const hasMore = this.points.total !== before
    if (startMs - this.#drawnMs >= Math.max(DRAW_MS, this.#costMs * REST)) {
      const beforeMs = this.#turns.nowMs()
      this.#drawnMs = startMs
      this.#draw?.(this.#drawing())
      this.#costMs = this.#turns.nowMs() - beforeMs
    } else if (hasMore) this.#soon()
    if (startMs - this.#saidMs >= WORDS_MS) {
      this.#saidMs = startMs
      this.version++
    } else if (hasMore) this.#soon()
    if (!isDone) this.#soon()
  }

  #drawing(): Drawing | undefined {
    const window = this.window
    if (!window) return undefined
    const lines = this.shown
    const { originNs } = this
    const columns = plotColumns(lines, { ...window, originNs, steps: this.#steps })
    const range: readonly [number, number] = this.fixed
      ? [this.fixed.least, this.fixed.most]
      : (valueRange(columns.ys) ?? [0, 1])
    return { ...window, lines, columns, range, originNs }
  }
}
