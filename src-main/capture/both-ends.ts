/**
 * One connection, recorded at both of its ends: at the share, which owns the wire, and at the link, where a program uses it. Finds out how the two clocks
 * stand to each other, what the way between adds, and which bytes went in and never came out. Pure: it reads two logs.
 *
 * The clocks: what leaves one side is the same bytes when it arrives at the other. The least time of each direction is the way plus or minus the
 * clocks' difference, so half of the difference of both is the offset, and half of their sum is how wrong it can be (RFC 5905 §8).
 */
import { allAtOnce, type Steps } from '../base/steps.ts'
import type { Direction } from '../contract/traffic.ts'
import type { TrafficLog } from '../traffic/log.ts'
import { alignSteps, occurrences, type Run } from './align.ts'
import type { Delays, Latency } from './delays.ts'
import { moved, tracked } from './link-clock.ts'
import { originOf, recordAt, recordsIn, sideOf, timeAt, type Side, type Stream } from './sides.ts'
import { delaysOf, type Way } from './ways.ts'

export interface BothEnds {
  /** Add it to a time of the link's clock for the same moment on the share's, ns; undefined: nothing was found that both have. */
  readonly offsetNs: number | undefined
  /** How much faster the share's clock goes, in parts of a million; 0: not noticeably. `offsetNs` is that of the middle then. */
  readonly driftPpm: number
  /** What is to be added to a time of the link besides, ns since 1970 by its clock: for a drift, and for a clock that was set. */
  readonly correctionNs: (wallNs: bigint) => number
  /** It is right to within this, ns; Infinity: bytes passed one way only, and the least delay is taken for none. */
  readonly withinNs: number
  readonly ways: Readonly<Record<Direction, WayReport>>
}

export interface WayReport {
  /** Bytes that went in while the other side recorded, and those of them that came out. */
  readonly sent: number
  readonly arrived: number
  readonly lost: number
  /** When they went in, in their order; the first thousand places. */
  readonly losses: readonly Loss[]
  /** Came out, and never went in: of another session, or damaged. */
  readonly strange: number
  /** From going in to coming out; undefined: not known. */
  readonly latency: Latency | undefined
}

export interface Loss {
  /** ms since 1970, by the clock of the share. */
  readonly wallMs: number
  readonly bytes: number
}

export interface BothEndsOptions {
  /** The link's number at the share; absent: the one whose bytes fit best. */
  readonly session?: number | undefined
  /** What comes before this record is not compared: it is of an earlier connection. */
  readonly shareFrom?: number | undefined
  readonly linkFrom?: number | undefined
}

/** Beginnings are compared by so many bytes, at so many places. */
const BEGINNING = 32
const MAX_STARTS = 64
/** A delay counts as the same as another one, ns. */
const CLOSE_NS = 2e6
/** First bytes may take so much longer than others, ns. */
const JITTER_NS = 10e6
const MAX_LOSSES = 1000
/** Records that are looked at, and bytes compared, before others may go on. */
const AT_ONCE = 256
const COMPARED = 512 * 1024
/** Repetitions that may be missing at once, in bytes. */
const SLIP_REACH = 64 * 1024

export function bothEnds(share: TrafficLog, link: TrafficLog, options: BothEndsOptions = {}): BothEnds {
  return allAtOnce(bothEndsSteps(share, link, options))
}

/** As `bothEnds`. Neither log may change meanwhile. */
export function* bothEndsSteps(
  share: TrafficLog,
  link: TrafficLog,
  { session: known, shareFrom, linkFrom }: BothEndsOptions = {}
): Steps<BothEnds> {
  const origin = originOf(share, link)
  const told = yield* sideOf(link, origin, { first: linkFrom })
  const session = known ?? (yield* bestSession(share, told, origin))
  const here = yield* sideOf(share, origin, { session, first: shareFrom })
  const ways = waysOf(here, told)
  const starts = yield* bestStarts(ways)
  const aligned = {
    'to-device': yield* alignedFrom(ways['to-device'], starts['to-device']),
    'from-device': yield* alignedFrom(ways['from-device'], starts['from-device'])
  }
  const track = yield* tracked(told, ways, aligned)
  const there = track.isSteady ? told : moved(told, track)
  // From here on by times that one offset is right for.
  Object.assign(ways, waysOf(here, there))
  const clock = clockOf({
    'to-device': yield* delaysOf(ways['to-device'], aligned['to-device']),
    'from-device': yield* delaysOf(ways['from-device'], aligned['from-device'])
  })
  const scene = (direction: Direction): Scene => {
    const isFromShare = direction === 'from-device'
    const [source, sink] = isFromShare ? [here, there] : [there, here]
    const shiftNs = (clock.offsetNs ?? 0) * ways[direction].sign
    return { source, sink, shiftNs, origin, isFromShare }
  }
  return {
    ...clock,
    driftPpm: track.drift * 1e6,
    correctionNs: (wallNs) => track.correctionNs(Number(wallNs - origin)),
    ways: {
      'to-device': yield* report(ways['to-device'], aligned['to-device'], scene('to-device')),
      'from-device': yield* report(ways['from-device'], aligned['from-device'], scene('from-device'))
    }
  }
}

function waysOf(here: Side, there: Side): Record<Direction, Way> {
  return {
    'to-device': wayOf(there, here, 'to-device', -1),
    'from-device': wayOf(here, there, 'from-device', 1)
  }
}

function alignedFrom({ source, sink }: Way, [a, b]: readonly [number, number]): Steps<Run[]> {
  return alignSteps(source.bytes, sink.bytes, a, b)
}

interface Scene {
  readonly source: Side
  readonly sink: Side
  /** Add it to a delay as the clocks have it for the real one. */
  readonly shiftNs: number
  readonly origin: bigint
  readonly isFromShare: boolean
}

function* report(way: Way, found: readonly Run[], scene: Scene): Steps<WayReport> {
  const { source, sink } = way
  const { shiftNs } = scene
  const runs = yield* slipped(way, found, scene)
  const latency = (yield* delaysOf(way, runs)).latency(shiftNs)
  // What was sent before the other side recorded, or might still be on its way at the end, tells nothing.
  const slackNs = ((latency?.maxMs ?? 0) + 1) * 1e6
  const isSeen = (at: number): boolean => {
    const arrival = timeAt(source, at) - shiftNs
    return arrival >= scene.sink.from && arrival + slackNs <= scene.sink.to
  }
  const losses: Loss[] = []
  let [lost, strange, arrived] = [0, 0, 0]
  let [a, b] = [0, 0]
  for (const run of [...runs, { a: source.bytes.length, b: sink.bytes.length, length: 0 }]) {
    const bytes = yield* countSeen(source, a, run.a, isSeen)
    if (bytes > 0) {
      lost += bytes
      const timeNs = timeAt(source, a) + (scene.isFromShare ? 0 : -shiftNs)
      const wallMs = Number(scene.origin / 1_000_000n) + timeNs / 1e6
      if (losses.length < MAX_LOSSES) losses.push({ wallMs, bytes })
    }
    if (b > 0) strange += run.b - b
    arrived += run.length
    ;[a, b] = [run.a + run.length, run.b + run.length]
  }
  return { sent: arrived + lost, arrived, lost, losses, strange, latency }
}

/**
 * Where a stream repeats itself, whole repetitions may be missing without any byte being wrong: then the delay grows by a period, never shrinks again,
 * and just as many bytes are left over at the end. Those are lost where the delay grew.
 */
function* slipped(way: Way, runs: readonly Run[], scene: Scene): Steps<Run[]> {
  const { source, sink } = way
  const last = runs.at(-1)
  if (!last) return [...runs]
  const end = last.a + last.length
  const arrival = (at: number): number => timeAt(source, at) - scene.shiftNs
  const smallNs = (yield* delaysOf(way, runs)).leastNs + scene.shiftNs
  const isDue = (at: number): boolean => arrival(at) + smallNs + JITTER_NS <= scene.sink.to
  let left = yield* countSeen(source, end, source.bytes.length, isDue)
  if (left < 1) return [...runs]
  const result: Run[] = []
  let moved = 0
  let looked = 0
  for (const run of runs) {
    let from = 0
    for (const at of recordsIn(sink, run.b, run.b + run.length)) {
      if (left <= 0) break
      if (++looked % AT_ONCE === 0) yield
      const offset = at - run.b
      const a = run.a + offset + moved
      const delay = timeAt(sink, at) + scene.shiftNs - timeAt(source, a)
      if (delay < smallNs + 2 * CLOSE_NS) continue
      const pattern = sink.bytes.subarray(at, at + BEGINNING)
      // The latest place that is still before the arrival.
      const places = yield* occurrences(
        source.bytes.subarray(a + 1, a + Math.min(left, SLIP_REACH) + pattern.length),
        pattern,
        MAX_STARTS
      )
      const better = places
        .map((place) => place + 1)
        .filter((skip) => timeAt(sink, at) + scene.shiftNs - timeAt(source, a + skip) >= smallNs - CLOSE_NS)
        .at(-1)
      if (better === undefined) continue
      if (offset > from) result.push({ a: run.a + from + moved, b: run.b + from, length: offset - from })
      from = offset
      moved += better
      left -= better
    }
    if (run.length > from)
      result.push({ a: run.a + from + moved, b: run.b + from, length: run.length - from })
  }
  for (const run of result) if (!(yield* isSame(way, run))) return [...runs]
  return result
}

function* isSame({ source, sink }: Way, { a, b, length }: Run): Steps<boolean> {
  if (a + length > source.bytes.length) return false
  for (let done = 0; done < length; done += COMPARED) {
    const size = Math.min(COMPARED, length - done)
    if (source.bytes.compare(sink.bytes, b + done, b + done + size, a + done, a + done + size) !== 0)
      return false
    yield
  }
  return true
}

/** The offset of the clocks out of the least delays. */
function clockOf(delays: Readonly<Record<Direction, Delays>>): {
  offsetNs: number | undefined
  withinNs: number
} {
  const [out, back] = [delays['to-device'].leastNs, delays['from-device'].leastNs]
  if (out < Infinity && back < Infinity)
    return { offsetNs: (out - back) / 2, withinNs: Math.abs(out + back) / 2 }
  if (out < Infinity) return { offsetNs: out, withinNs: Infinity }
  return { offsetNs: back < Infinity ? -back : undefined, withinNs: Infinity }
}

/**
 * Where both recordings begin to be the same. One may have begun earlier, and a stream may repeat itself: of all places those are taken with which
 * nothing arrives before it was sent, and then those with which the clocks differ least.
 */
function* bestStarts(
  ways: Readonly<Record<Direction, Way>>
): Steps<Record<Direction, readonly [number, number]>> {
  const candidates = {
    'to-device': yield* startsOf(ways['to-device']),
    'from-device': yield* startsOf(ways['from-device'])
  }
  const none = { a: 0, b: 0, delayNs: 0 }
  const outs = candidates['to-device'].length > 0 ? candidates['to-device'] : [none]
  const backs = candidates['from-device'].length > 0 ? candidates['from-device'] : [none]
  const isOneWay = candidates['to-device'].length === 0 || candidates['from-device'].length === 0
  const pairs = outs.flatMap((out) =>
    backs.map((back) => ({
      out,
      back,
      sum: isOneWay ? 0 : out.delayNs + back.delayNs,
      apart: Math.abs(out.delayNs - back.delayNs)
    }))
  )
  const possible = pairs.filter(({ sum }) => sum >= -CLOSE_NS)
  const least = possible.reduce((min, { sum }) => Math.min(min, sum), Infinity)
  const best = possible
    .filter(({ sum }) => sum <= least + JITTER_NS)
    .reduce((one, other) => (other.apart < one.apart ? other : one), {
      out: none,
      back: none,
      apart: Infinity
    })
  return { 'to-device': [best.out.a, best.out.b], 'from-device': [best.back.a, best.back.b] }
}

function* startsOf({ source, sink }: Way): Steps<{ a: number; b: number; delayNs: number }[]> {
  const inSource = yield* occurrences(source.bytes, sink.bytes.subarray(0, BEGINNING), MAX_STARTS)
  const inSink = yield* occurrences(sink.bytes, source.bytes.subarray(0, BEGINNING), MAX_STARTS)
  return [...inSource.map((a) => [a, 0] as const), ...inSink.map((b) => [0, b] as const)].map(([a, b]) => ({
    a,
    b,
    delayNs: timeAt(sink, b) - timeAt(source, a)
  }))
}

/** Bytes of whole records, as far as they lie within. */
function* countSeen(
  stream: Stream,
  from: number,
  to: number,
  isSeen: (at: number) => boolean
): Steps<number> {
  let bytes = 0
  for (let at = from, record = recordAt(stream, from); at < to; record++) {
    const end = Math.min(to, stream.starts[record + 1] ?? stream.bytes.length)
    if (isSeen(at)) bytes += end - at
    if (record % AT_ONCE === 0) yield
    at = end
  }
  return bytes
}

function wayOf(source: Side, sink: Side, direction: Direction, sign: 1 | -1): Way {
  return { source: source.streams[direction], sink: sink.streams[direction], sign }
}

/** The session at the share that wrote what the link was given. */
function* bestSession(share: TrafficLog, link: Side, origin: bigint): Steps<number | undefined> {
  const sessions = new Set<number>()
  for (const page of share.pages)
    for (let record = 0; record < page.count; record++) {
      if (record % AT_ONCE === 0) yield
      if (!page.isEvent(record) && page.direction(record) === 'to-device') sessions.add(page.session(record))
    }
  if (sessions.size < 2) return undefined
  let best: { session: number; bytes: number } | undefined
  for (const session of sessions) {
    const way = wayOf(link, yield* sideOf(share, origin, { session }), 'to-device', -1)
    const [start = { a: 0, b: 0 }] = yield* startsOf(way)
    const runs = yield* alignedFrom(way, [start.a, start.b])
    const bytes = runs.reduce((sum, { length }) => sum + length, 0)
    if (!best || bytes > best.bytes) best = { session, bytes }
  }
  return best?.session
}
