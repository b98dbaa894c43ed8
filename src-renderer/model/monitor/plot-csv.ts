/** The points of a plot as a file of CSV: a line for each time, a column for each name. */
import type { PlotSeries } from './plot-points.ts'

/** Lines that are made before everything else has its turn. */
const AT_A_TIME = 2000

export interface CsvRange {
  readonly fromNs: number
  readonly toNs: number
  /** The time of 0 in the column of seconds. */
  readonly originNs: number
  /** Add it to ns / 1e6 for ms since 1970. */
  readonly wallOffsetMs: number
}

/** In pieces; `turn` is waited for between them, and may end it by throwing. Times in UTC and in seconds since the first one. */
export async function plotCsv(
  lines: readonly PlotSeries[],
  names: readonly string[],
  { fromNs, toNs, originNs, wallOffsetMs }: CsvRange,
  turn: () => Promise<void>
): Promise<readonly string[]> {
  const pieces = [`${['time', 'seconds', ...names].map(quoted).join(',')}\r\n`]
  const at = lines.map((line) => line.placeOf(fromNs))
  // Columns move when the oldest points are given up: what was left then has gone on by so much.
  const dropped = lines.map((line) => line.dropped)
  for (let isOver = false; !isOver;) {
    let piece = ''
    for (let count = 0; count < AT_A_TIME; count++) {
      let timeNs = Infinity
      for (const [index, line] of lines.entries())
        if ((at[index] ?? 0) < line.count) timeNs = Math.min(timeNs, line.timeNs[at[index] ?? 0] ?? Infinity)
      isOver = timeNs > toNs
      if (isOver) break
      piece += `${new Date(wallOffsetMs + timeNs / 1e6).toISOString()},${((timeNs - originNs) / 1e9).toFixed(6)}`
      for (const [index, line] of lines.entries()) {
        const place = at[index] ?? 0
        const isHere = place < line.count && line.timeNs[place] === timeNs
        piece += isHere ? `,${line.value[place] ?? ''}` : ','
        if (isHere) at[index] = place + 1
      }
      piece += '\r\n'
    }
    pieces.push(piece)
    await turn()
    for (const [index, line] of lines.entries()) {
      at[index] = Math.max(0, (at[index] ?? 0) - (line.dropped - (dropped[index] ?? 0)))
      dropped[index] = line.dropped
    }
  }
  return pieces
}

/** No program that opens it takes a name for a formula. */
function quoted(name: string): string {
  const safe = /^[=+\-@\t]/.test(name) ? `'${name}` : name
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
