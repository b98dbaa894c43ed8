/**
 * What is drawn of the points between two times: all of them where they fit, else the least and the most of each step, so that no peak is
 * lost. All lines share their times, as uPlot wants them. Pure.
 */
import type { PlotSeries } from './plot-points.ts'

/**
 * `x`: seconds since `originNs`, ascending; `ys`: for each line a value for each of them: undefined where it has none there, which the line
 * passes by.
 */
export interface PlotColumns {
  readonly x: number[]
  readonly ys: (number | undefined)[][]
}

export interface PlotWindow {
  readonly fromNs: number
  readonly toNs: number
  readonly originNs: number
  /** Steps to draw: pixels across. At least 1. */
  readonly steps: number
}

/** Points for each step that are drawn as they are. */
const PLAIN = 2

export function plotColumns(lines: readonly PlotSeries[], window: PlotWindow): PlotColumns {
  const { fromNs, toNs, steps } = window
  const ranges = lines.map((line) => {
    // One more at both sides: a line goes on beyond the edge.
    const from = Math.max(0, line.placeOf(fromNs) - 1)
    return { line, from, to: Math.min(line.count, line.placeOf(toNs) + 1) }
  })
  const most = Math.max(0, ...ranges.map(({ from, to }) => to - from))
  return most <= steps * PLAIN ? joined(ranges, window) : stepped(ranges, window)
}

interface Range {
  readonly line: PlotSeries
  readonly from: number
  readonly to: number
}

/** Every point, at its own time. */
function joined(ranges: readonly Range[], { originNs }: PlotWindow): PlotColumns {
  const x: number[] = []
  const ys: (number | undefined)[][] = ranges.map(() => [])
  const at = ranges.map(({ from }) => from)
  for (;;) {
    let timeNs = Infinity
    for (const [index, { line, to }] of ranges.entries())
      if ((at[index] ?? 0) < to) timeNs = Math.min(timeNs, line.timeNs[at[index] ?? 0] ?? 0)
    if (timeNs === Infinity) break
    const place = x.push((timeNs - originNs) / 1e9) - 1
    for (const [index, { line, to }] of ranges.entries()) {
      const next = at[index] ?? 0
      const isHere = next < to && line.timeNs[next] === timeNs
      const column = ys[index]
      if (column) column[place] = isHere ? line.value[next] : undefined
      if (isHere) at[index] = next + 1
    }
  }
  return { x, ys }
}

/**
 * Two times for each step: the least and the most in it, in the order in which they came. Steps stand at multiples of their length, so that
 * a plot that moves on does not flicker.
 */
function stepped(ranges: readonly Range[], { fromNs, toNs, originNs, steps }: PlotWindow): PlotColumns {
  const stepNs = Math.max(1, (toNs - fromNs) / steps)
  const first = Math.floor((fromNs - originNs) / stepNs) - 1
  const count = Math.floor((toNs - originNs) / stepNs) + 2 - first
  const x: number[] = []
  for (let step = 0; step < count; step++) {
    const start = (first + step) * stepNs
    x.push((start + stepNs / 4) / 1e9, (start + (stepNs * 3) / 4) / 1e9)
  }
  const ys = ranges.map(({ line, from, to }) => {
    const { timeNs, value } = line
    const column = new Array<number | undefined>(count * 2).fill(undefined)
    for (let at = from; at < to;) {
      const step = Math.min(
        count - 1,
        Math.max(0, Math.floor(((timeNs[at] ?? 0) - originNs) / stepNs) - first)
      )
      const endNs = (first + step + 1) * stepNs + originNs
      let [least, most] = [at, at]
      // Its own step holds it in any case, however times are rounded.
      for (at++; at < to && (timeNs[at] ?? 0) < endNs; at++) {
        const now = value[at] ?? 0
        if (now < (value[least] ?? 0)) least = at
        if (now > (value[most] ?? 0)) most = at
      }
      column[step * 2] = value[Math.min(least, most)]
      column[step * 2 + 1] = value[Math.max(least, most)]
    }
    return column
  })
  return { x, ys }
}

/** The least and the most of what is drawn, with some room; undefined: nothing is. */
export function valueRange(
  columns: readonly (readonly (number | undefined)[])[]
): readonly [number, number] | undefined {
  let [least, most] = [Infinity, -Infinity]
  for (const column of columns)
    for (const value of column) {
      if (value === undefined) continue
      if (value < least) least = value
      if (value > most) most = value
    }
  if (least > most) return undefined
  const room = (most - least || Math.abs(most) || 1) * 0.06
  return [least - room, most + room]
}
