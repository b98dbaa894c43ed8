/**
 * A line of a plot as what it covers of each column of pixels. A line that goes up and down in each of them is long: to stroke it, in dashes
 * above all, takes a hundred times as long as to fill its columns, and nobody could tell both apart. Pure.
 */
import type { PlotColumns } from './plot-columns.ts'

/** What is drawn of the plane, and how large that is in pixels of the canvas. */
export interface InkFrame {
  /** Of `x`, in s. */
  readonly from: number
  readonly to: number
  readonly least: number
  readonly most: number
  readonly width: number
  readonly height: number
}

export interface Ink {
  /** For each column the highest and the lowest place, in pixels from the top; NaN: there is nothing. */
  readonly top: Float64Array
  readonly bottom: Float64Array
  /** All the way up and down that can be seen, in pixels. */
  readonly travel: number
}

export function inkOf(x: PlotColumns['x'], y: PlotColumns['ys'][number], frame: InkFrame): Ink {
  const { from, to, least, most, width, height } = frame
  const top = new Float64Array(width).fill(NaN)
  const bottom = new Float64Array(width).fill(NaN)
  const cover = (column: number, one: number, other: number): void => {
    const high = Math.min(one, other)
    const low = Math.max(one, other)
    // NaN is neither below nor above.
    if (!((top[column] ?? NaN) <= high)) top[column] = high
    if (!((bottom[column] ?? NaN) >= low)) bottom[column] = low
  }
  let travel = 0
  let [lastX, lastY] = [NaN, NaN]
  for (let at = 0; at < x.length; at++) {
    const value = y[at]
    if (value === undefined) continue
    const nowX = (((x[at] ?? 0) - from) / (to - from)) * width
    const nowY = ((most - value) / (most - least)) * height
    if (Number.isNaN(lastX)) {
      if (nowX >= 0 && nowX < width) cover(Math.floor(nowX), nowY, nowY)
    } else {
      const first = Math.max(0, Math.floor(lastX))
      const last = Math.min(width - 1, Math.floor(nowX))
      const slope = nowX > lastX ? (nowY - lastY) / (nowX - lastX) : 0
      for (let column = first; column <= last; column++) {
        const begin = column <= lastX ? lastY : lastY + (column - lastX) * slope
        const end = column + 1 >= nowX ? nowY : lastY + (column + 1 - lastX) * slope
        cover(column, begin, end)
      }
      travel += Math.abs(within(nowY, height) - within(lastY, height))
    }
    ;[lastX, lastY] = [nowX, nowY]
  }
  return { top, bottom, travel }
}

function within(y: number, height: number): number {
  return Math.min(height, Math.max(0, y))
}

/** Whether the dashes have a gap at this column; dashes of these lengths, in pixels, drawn and left out by turns. */
export function isGap(dash: readonly number[], column: number): boolean {
  let rest = column % dash.reduce((all, each) => all + each, 0)
  for (const [place, length] of dash.entries()) {
    if (rest < length) return place % 2 === 1
    rest -= length
  }
  return false
}
