/** One direction between two recordings, and how long its bytes took. Made for both-ends.ts and link-clock.ts. */
import type { Steps } from '../base/steps.ts'
import type { Run } from './align.ts'
import { Delays } from './delays.ts'
import { recordAt, type Stream } from './sides.ts'

/** Delays that are looked at before others may go on. */
const AT_ONCE = 256

/** A direction: `source` is where its bytes come in. */
export interface Way {
  readonly source: Stream
  readonly sink: Stream
  /** Add it to a delay as the two clocks have it: +1 where the source is the share. */
  readonly sign: 1 | -1
}

/** Of the bytes that records `r` of the source and `s` of the sink have in common. */
export interface Delay {
  readonly r: number
  readonly s: number
  readonly delayNs: number
}

/** Of runs, cut where a record of either side ends; undefined in between: others may go on. */
export function* delaysIn({ source, sink }: Way, runs: readonly Run[]): Generator<Delay | undefined> {
  let count = 0
  for (const run of runs) {
    let [r, s] = [recordAt(source, run.a), recordAt(sink, run.b)]
    for (let done = 0; done < run.length;) {
      const endA = (source.starts[r + 1] ?? source.bytes.length) - run.a
      const endB = (sink.starts[s + 1] ?? sink.bytes.length) - run.b
      const end = Math.min(run.length, endA, endB)
      yield { r, s, delayNs: (sink.times[s] ?? 0) - (source.times[r] ?? 0) }
      if (++count % AT_ONCE === 0) yield undefined
      if (endA === end) r++
      if (endB === end) s++
      done = end
    }
  }
}

export function* delaysOf(way: Way, runs: readonly Run[]): Steps<Delays> {
  const delays = new Delays()
  for (const each of delaysIn(way, runs)) {
    if (each) delays.add(each.delayNs)
    else yield
  }
  return delays
}
