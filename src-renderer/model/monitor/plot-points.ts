/** The points of a plot: one line for each name, its newest points in columns of numbers, whatever comes. Knows no rows but their numbers. */

/** Of one line; what is older is given up. */
export const MAX_POINTS = 200_000
/** More names are counted and not drawn: nobody tells so many lines apart. */
export const MAX_SERIES = 16

/** Room for a fourth more than is kept: it moves together now and then, and not with each point. */
const ROOM = MAX_POINTS + MAX_POINTS / 4
const FIRST_ROOM = 256

/** One line. The columns may be longer than `count`. */
export class PlotSeries {
  readonly name: string
  /** ns of the recording's clock, never less than the one before. */
  timeNs = new Float64Array(FIRST_ROOM)
  value = new Float64Array(FIRST_ROOM)
  /** The row that each one stands in. */
  row = new Float64Array(FIRST_ROOM)
  count = 0
  /** Points that were given up for room. */
  dropped = 0

  constructor(name: string) {
    this.name = name
  }

  add(timeNs: number, value: number, row: number): void {
    if (this.count === this.value.length) this.#makeRoom()
    // The clock of a recording may be found to be a little behind; a line never goes back.
    const last = this.count > 0 ? (this.timeNs[this.count - 1] ?? 0) : timeNs
    this.timeNs[this.count] = Math.max(timeNs, last)
    this.value[this.count] = value
    this.row[this.count] = row
    this.count++
  }

  /** The place of the first point that is not before this time; `count`: there is none. */
  placeOf(timeNs: number): number {
    let [low, high] = [0, this.count]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.timeNs[middle] ?? 0) < timeNs) low = middle + 1
      else high = middle
    }
    return low
  }

  /** The place of the point that is nearest to this time; undefined: there is none. */
  nearest(timeNs: number): number | undefined {
    if (this.count === 0) return undefined
    const after = this.placeOf(timeNs)
    if (after === 0) return 0
    if (after === this.count) return after - 1
    const [before, behind] = [this.timeNs[after - 1] ?? 0, this.timeNs[after] ?? 0]
    return timeNs - before <= behind - timeNs ? after - 1 : after
  }

  #makeRoom(): void {
    const { length } = this.value
    if (length < ROOM) {
      const size = Math.min(ROOM, length * 2)
      this.timeNs = grown(this.timeNs, size)
      this.value = grown(this.value, size)
      this.row = grown(this.row, size)
      return
    }
    const from = this.count - MAX_POINTS
    for (const column of [this.timeNs, this.value, this.row]) column.copyWithin(0, from, this.count)
    this.dropped += from
    this.count = MAX_POINTS
  }
}

function grown(column: Float64Array<ArrayBuffer>, size: number): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(size)
  larger.set(column)
  return larger
}

/** All lines, in the order in which their names came. */
export class PlotPoints {
  readonly #byName = new Map<string, PlotSeries>()
  /** Names beyond MAX_SERIES; no more than so many are remembered. */
  readonly #others = new Set<string>()
  #list: readonly PlotSeries[] = []
  /** Points that came, those that were given up included. */
  total = 0

  /** Another array whenever there is another line. */
  get list(): readonly PlotSeries[] {
    return this.#list
  }

  /** How many names are not drawn, as far as they are counted. */
  get others(): number {
    return this.#others.size
  }

  /** The time of the newest point; undefined: there is none. */
  get newestNs(): number | undefined {
    return this.#edge((series) => series.timeNs[series.count - 1] ?? 0, Math.max)
  }

  /** The time of the oldest point that is kept. */
  get oldestNs(): number | undefined {
    return this.#edge((series) => series.timeNs[0] ?? 0, Math.min)
  }

  add(name: string, timeNs: number, value: number, row: number): void {
    this.total++
    const series = this.#byName.get(name) ?? this.#begin(name)
    series?.add(timeNs, value, row)
  }

  clear(): void {
    this.#byName.clear()
    this.#others.clear()
    this.#list = []
    this.total = 0
  }

  #begin(name: string): PlotSeries | undefined {
    if (this.#list.length >= MAX_SERIES) {
      if (this.#others.size < 1000) this.#others.add(name)
      return undefined
    }
    const series = new PlotSeries(name)
    this.#byName.set(name, series)
    this.#list = [...this.#list, series]
    return series
  }

  #edge(timeOf: (series: PlotSeries) => number, choose: (...times: number[]) => number): number | undefined {
    const filled = this.#list.filter(({ count }) => count > 0)
    return filled.length === 0 ? undefined : choose(...filled.map(timeOf))
  }
}
