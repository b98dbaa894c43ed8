/** Finds the markers of a recording: among a million rows, without anybody waiting for it. Called by the palette. */
import type { Traffic } from './contract.ts'

/** Time that one step may take before something else has its turn, in ms. */
const SLICE_MS = 3
/** Rows between two looks at the clock. */
const STRIDE = 4096

export interface FoundMarker {
  readonly row: number
  readonly number: number
  readonly text: string
}

type Watched = Pick<Traffic, 'table' | 'reader' | 'cut'>

/** As many as there are, or `most`: the newest. Oldest first. Ends early, with what it has, when `signal` says so or the rows are cut anew. */
export async function markersOf(traffic: Watched, most: number, signal: AbortSignal): Promise<FoundMarker[]> {
  const found: FoundMarker[] = []
  await walk(traffic, traffic.table.end - 1, -1, signal, (marker) => {
    found.push(marker)
    return found.length < most
  })
  return found.reverse()
}

/** The next one behind `row`, or before it; undefined: there is none. */
export async function markerFrom(
  traffic: Watched,
  row: number,
  step: 1 | -1,
  signal: AbortSignal
): Promise<FoundMarker | undefined> {
  let found: FoundMarker | undefined
  await walk(traffic, row + step, step, signal, (marker) => {
    found = marker
    return false
  })
  return found
}

async function walk(
  traffic: Watched,
  from: number,
  step: 1 | -1,
  signal: AbortSignal,
  see: (marker: FoundMarker) => boolean
): Promise<void> {
  const { cut, table, reader } = traffic
  let sinceMs = performance.now()
  for (let row = from, count = 1; ; row += step, count++) {
    // The oldest rows go while this runs.
    if (row >= table.end || (step < 0 && row < table.first)) return
    if (row >= table.first && table.isEvent(row)) {
      const event = reader.event(row)
      if (event.type === 'marker' && !see({ row, number: event.number, text: event.text })) return
    }
    if (count % STRIDE !== 0 || performance.now() - sinceMs < SLICE_MS) continue
    await new Promise((resolve) => setTimeout(resolve))
    if (signal.aborted || traffic.cut !== cut) return
    sinceMs = performance.now()
  }
}
