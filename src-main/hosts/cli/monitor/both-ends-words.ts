/** What a capture of both ends says of the way between, as people read it. Pure. */
import type { BothEnds } from '../../../contract/recording.ts'
import type { Direction } from '../../../contract/traffic.ts'
import { bytesCount } from '../../../traffic/event-words.ts'

/** One line each: the clocks, and both directions. */
export function bothEndsLines(found: BothEnds): readonly string[] {
  return [
    clockLine(found),
    wayLine('To the device', 'to-device', found, found.lostToDevice),
    wayLine('From the device', 'from-device', found, found.lostFromDevice)
  ]
}

function clockLine({ offsetMs, driftPpm = 0, uncertaintyMs }: BothEnds): string {
  if (offsetMs === undefined)
    return 'Clocks: no bytes are in both recordings, so their times are as each computer had them'
  const apart = `${ms(Math.abs(offsetMs))} ${offsetMs < 0 ? 'behind' : 'ahead of'} this one`
  if (uncertaintyMs === undefined)
    return `Clocks: the other one is ${apart}, if the way took no time (bytes passed one way only)`
  const drift =
    driftPpm === 0
      ? ''
      : `, and goes ${Math.abs(driftPpm).toFixed(1)} ppm too ${driftPpm < 0 ? 'slow' : 'fast'} for it`
  return `Clocks: the other one is ${apart}, to within ${ms(uncertaintyMs)}${drift}`
}

function wayLine(name: string, direction: Direction, { latency }: BothEnds, lost: number): string {
  const way = latency[direction]
  const losses = lost === 0 ? 'nothing lost' : `${bytesCount(lost)} lost`
  if (!way) return `${name}: no bytes to compare; ${losses}`
  const { p50Ms, p95Ms, maxMs, bytes } = way
  return `${name}: ${ms(p50Ms)} added (95 % within ${ms(p95Ms)}, longest ${ms(maxMs)}; ${bytesCount(bytes)} compared); ${losses}`
}

/** `0.84 ms`, `12.3 ms`, `3.2 s`, `2 h 5 min`. */
function ms(value: number): string {
  const size = Math.abs(value)
  if (size < 10) return `${value.toFixed(2)} ms`
  if (size < 1000) return `${value.toFixed(1)} ms`
  if (size < 120_000) return `${(value / 1000).toFixed(1)} s`
  const minutes = Math.round(value / 60_000)
  return size < 7_200_000 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}
