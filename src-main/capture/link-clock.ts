/** Follows the clock of a link against that of its share, by the bytes that both recorded. Called by both-ends.ts. */
import type { Steps } from '../base/steps.ts'
import { DIRECTIONS, type Direction } from '../contract/traffic.ts'
import type { Run } from './align.ts'
import { ClockTrack } from './clock-track.ts'
import { byDirection, type Side } from './sides.ts'
import { delaysIn, type Delay, type Way } from './ways.ts'

/**
 * How the link's clock went. Also sets right those of its times that a clock told which had not heard yet that it was set, as in the first moment after a
 * computer slept: they would be the least delays of all.
 */
export function* tracked(
  told: Side,
  ways: Readonly<Record<Direction, Way>>,
  aligned: Readonly<Record<Direction, readonly Run[]>>
): Steps<ClockTrack> {
  const track = new ClockTrack(told.from, told.to)
  for (const direction of DIRECTIONS)
    for (const each of delaysIn(ways[direction], aligned[direction])) {
      if (each) track.add(direction, linkTime(ways[direction], each), each.delayNs)
      else yield
    }
  let jumpNs = 0
  for (const direction of [...DIRECTIONS].reverse())
    for (const each of delaysIn(ways[direction], aligned[direction])) {
      if (!each) yield
      else jumpNs = setRight(direction, ways[direction], each, track, jumpNs)
    }
  track.forget()
  for (const pass of ['drift', 'steps'] as const) {
    for (const direction of DIRECTIONS)
      for (const each of delaysIn(ways[direction], aligned[direction])) {
        if (!each) {
          yield
          continue
        }
        const timeNs = linkTime(ways[direction], each)
        track.add(direction, timeNs, each.delayNs + ways[direction].sign * track.correctionNs(timeNs))
      }
    if (pass === 'drift') {
      track.findDrift()
      if (track.drift === 0) break
      track.forget()
    }
  }
  track.findSteps()
  return track
}

function linkTime({ source, sink, sign }: Way, { r, s }: Delay): number {
  return (sign === 1 ? sink.times[s] : source.times[r]) ?? 0
}

/** Answers how far off such times are. The other direction's are as far off the other way, which alone nobody could tell from a long wait. */
function setRight(direction: Direction, way: Way, delay: Delay, track: ClockTrack, jumpNs: number): number {
  const timeNs = linkTime(way, delay)
  const staleNs = track.staleBy(direction, timeNs, delay.delayNs)
  const [times, at] = way.sign === 1 ? [way.sink.times, delay.s] : [way.source.times, delay.r]
  if (staleNs < 0) {
    times[at] = timeNs - way.sign * staleNs
    return -staleNs
  }
  const isBeside = jumpNs > 0 && Math.abs(delay.delayNs - jumpNs) < jumpNs / 10
  if (isBeside) times[at] = timeNs - way.sign * jumpNs
  return jumpNs
}

/** The same bytes at other times. */
export function moved(side: Side, track: ClockTrack): Side {
  const right = (timeNs: number): number => timeNs + track.correctionNs(timeNs)
  const streams = byDirection((direction) => {
    const stream = side.streams[direction]
    return { ...stream, times: stream.times.map(right) }
  })
  return { from: right(side.from), to: right(side.to), streams }
}
