import { describe, expect, it } from 'vitest'
import { align } from '../../src-main/capture/align.ts'
import { bothEnds, bothEndsSteps } from '../../src-main/capture/both-ends.ts'
import { bothEndsFile } from '../../src-main/capture/files/both-ends-file.ts'
import { encodeRtu } from '../../src-main/protocol/modbus-rtu.ts'
import { TrafficLog } from '../../src-main/traffic/log.ts'
import { lacks } from '../peers/need.ts'
import { Random } from '../random.ts'
import { records } from '../traffic/logs.ts'
import { CountedStore } from '../traffic/stores.ts'
import { META, read } from './files/files.ts'
import { tshark } from './files/tshark.ts'

const MS = 1e6

interface Script {
  readonly seed?: number
  /** The link's clock is behind the share's by so much. */
  readonly offsetMs?: number
  /** Of the way, each time: this and up to as much as `jitterMs` more. */
  readonly delayMs?: number
  readonly jitterMs?: number
  readonly rounds?: number
  /** Request and answer of a round. */
  readonly request?: (round: number, random: Random) => Uint8Array
  /** These rounds' requests never arrive at the share, and neither are they answered. */
  readonly lostRounds?: readonly number[]
  /** So many bytes of the answer of this round are cut out on their way. */
  readonly cutAnswers?: Readonly<Record<number, number>>
  /** The share's recording begins with this round, the link's with that. */
  readonly shareFrom?: number
  readonly linkFrom?: number
  /** Between rounds; default 100. */
  readonly everyMs?: number
  /** The link's clock is so much slower, in parts of a million. */
  readonly driftPpm?: number
  /** From this round on, the link's clock is behind by so much more. */
  readonly step?: { readonly round: number; readonly ms: number }
  /** The link's computer slept before this round for so long, and its wall clock shows it so many rounds later. */
  readonly slept?: { readonly round: number; readonly ms: number; readonly staleRounds: number }
}

function anyText(_round: number, random: Random): Uint8Array {
  return Uint8Array.from({ length: 8 + random.below(60) }, () => random.below(256))
}

/** Both recordings of a program that asks every 100 ms, and of a device that answers. */
function record(script: Script): { share: TrafficLog; link: TrafficLog } {
  const { seed = 7, offsetMs = 0, delayMs = 5, jitterMs = 3, rounds = 200, request = anyText } = script
  const random = new Random(seed)
  const share: [number, () => void][] = []
  const link: [number, () => void][] = []
  const log = (wallMs: number): TrafficLog =>
    new TrafficLog({ store: new CountedStore(1 << 20), maxPages: 20, wallOffsetMs: () => wallMs })
  const wallMs = 1_795_000_000_000
  const { everyMs = 100, driftPpm = 0, step, slept } = script
  let linkWallMs = wallMs - offsetMs
  const logs = {
    share: log(wallMs),
    link: new TrafficLog({ store: new CountedStore(1 << 20), maxPages: 20, wallOffsetMs: () => linkWallMs })
  }
  /** What the link's monotonic clock says. */
  const told = (ns: number, round: number): number =>
    (ns - 1e9) * (1 - driftPpm / 1e6) +
    1e9 -
    (step && round >= step.round ? step.ms * MS : 0) -
    (slept && round >= slept.round ? slept.ms * MS : 0)
  const way = (): number => (delayMs + (random.below(1000) / 1000) * jitterMs) * MS
  for (let round = 0; round < rounds; round++) {
    const asks = request(round, random)
    const answers = asks.map((byte) => byte ^ 0x5a)
    const sleptNs = slept && round >= slept.round ? slept.ms * MS : 0
    const sentNs = 1e9 + round * everyMs * MS + sleptNs
    const arrivedNs = sentNs + way()
    const answeredNs = arrivedNs + 20 * MS
    const backNs = answeredNs + way()
    const isLost = script.lostRounds?.includes(round) === true
    const cut = script.cutAnswers?.[round] ?? 0
    if (round >= (script.linkFrom ?? 0)) {
      link.push([
        sentNs,
        () => {
          if (slept && round === slept.round + slept.staleRounds) {
            linkWallMs += slept.ms
            logs.link.newPage()
          }
          logs.link.bytes(told(sentNs, round), 'to-device', 1, asks)
        }
      ])
      const back = answers.subarray(cut)
      if (!isLost) link.push([backNs, () => logs.link.bytes(told(backNs, round), 'from-device', 0, back)])
    }
    if (round >= (script.shareFrom ?? 0) && !isLost) {
      share.push([arrivedNs, () => logs.share.bytes(arrivedNs, 'to-device', 4, asks)])
      share.push([answeredNs, () => logs.share.bytes(answeredNs, 'from-device', 0, answers)])
    }
  }
  for (const side of [share, link]) for (const [, write] of side.sort(([a], [b]) => a - b)) write()
  return logs
}

describe('both ends of a connection', () => {
  it.each([0, 3, -40_000, 7_200_000])(
    'finds clocks that are %i ms apart, and what the way adds',
    (offsetMs) => {
      const { share, link } = record({ offsetMs })
      const found = bothEnds(share, link)
      expect(found.withinNs).toBeLessThan(6 * MS)
      expect(Math.abs((found.offsetNs ?? 0) - offsetMs * MS)).toBeLessThan(0.2 * MS)
      for (const way of Object.values(found.ways)) {
        expect(way).toMatchObject({ lost: 0, strange: 0, losses: [] })
        expect(way.sent).toBe(way.arrived)
        expect(way.latency!.p50Ms).toBeCloseTo(6.5, 0)
        expect(way.latency!.p95Ms).toBeGreaterThan(7.5)
        expect(way.latency!.maxMs).toBeLessThan(8.3)
      }
    }
  )

  it.each([100, -40])('follows a clock that drifts by %i ppm for an hour', (driftPpm) => {
    const { share, link } = record({
      driftPpm,
      rounds: 3600,
      everyMs: 1000,
      offsetMs: 12,
      lostRounds: [3000]
    })
    const found = bothEnds(share, link)
    expect(found.driftPpm).toBeCloseTo(driftPpm, 0)
    // Of the middle.
    expect((found.offsetNs ?? 0) / MS).toBeCloseTo(12 + driftPpm * 1.8, 0)
    expect(found.withinNs).toBeLessThan(6 * MS)
    for (const way of Object.values(found.ways)) {
      expect(way.latency!.p50Ms).toBeCloseTo(6.5, 0)
      expect(way.latency!.p95Ms).toBeLessThan(8.5)
      expect(way.latency!.maxMs).toBeLessThan(9)
    }
    expect(found.ways['to-device'].losses).toHaveLength(1)
    expect(found.ways['from-device'].lost).toBe(0)
    const file = [...bothEndsFile({ meta: META, log: share }, { meta: META, log: link }, found)]
    const [first, second] = read(file).recordings
    expect(plain(first!.log)).toEqual(plain(share))
    // Its times are those of the share's clock now.
    expect(contents(second!.log)).toEqual(contents(link))
    // By one clock: what arrives is never before it was sent.
    for (const at of [0, 1500, 2999]) {
      const [sent, arrived] = [wallMsOf(second!.log, 2 * at), wallMsOf(first!.log, 2 * at)]
      expect(arrived - sent).toBeGreaterThan(4)
      expect(arrived - sent).toBeLessThan(9)
    }
  })

  it('follows a clock that is set a little in between', () => {
    const { share, link } = record({ rounds: 1200, everyMs: 500, step: { round: 630, ms: 18 } })
    const found = bothEnds(share, link)
    expect(found.driftPpm).toBe(0)
    for (const way of Object.values(found.ways)) {
      expect(way.latency!.p50Ms).toBeCloseTo(6.5, 0)
      expect(way.latency!.p95Ms).toBeLessThan(9)
    }
  })

  it.each([0, 4])('bears a computer that slept, and whose times show it %i rounds later', (staleRounds) => {
    const slept = { round: 400, ms: 3_600_000, staleRounds }
    const { share, link } = record({ rounds: 800, slept, offsetMs: 5 })
    const found = bothEnds(share, link)
    expect(Math.abs((found.offsetNs ?? 0) - 5 * MS)).toBeLessThan(0.5 * MS)
    for (const way of Object.values(found.ways)) {
      expect(way).toMatchObject({ lost: 0, strange: 0 })
      expect(way.latency!.maxMs).toBeLessThan(20)
    }
  })

  it('counts what was lost, and says when', () => {
    const { share, link } = record({ offsetMs: 900, lostRounds: [50, 51, 120], cutAnswers: { 30: 5, 80: 3 } })
    const sizes = bytesOf(link, 'to-device')
    const { ways } = bothEnds(share, link)
    expect(ways['to-device'].lost).toBe([50, 51, 120].reduce((sum, round) => sum + (sizes[round] ?? 0), 0))
    expect(ways['to-device'].losses).toHaveLength(2)
    expect(ways['to-device'].losses[0]!.wallMs - 1_795_000_000_000).toBeCloseTo(1000 + 5000, -1)
    expect(ways['from-device']).toMatchObject({ lost: 8, strange: 0 })
    expect(ways['from-device'].losses.map(({ bytes }) => bytes)).toEqual([5, 3])
  })

  it('finds whole requests missing among others that are the same', () => {
    const poll = encodeRtu(1, Uint8Array.of(3, 0, 0, 0, 10))
    const { share, link } = record({ request: () => poll, offsetMs: 20, lostRounds: [60, 61, 62, 140] })
    const { ways, offsetNs } = bothEnds(share, link)
    expect(Math.abs((offsetNs ?? 0) - 20 * MS)).toBeLessThan(0.2 * MS)
    expect(ways['to-device']).toMatchObject({ lost: 4 * poll.length, strange: 0 })
    expect(ways['to-device'].losses.map(({ bytes }) => bytes)).toEqual([3 * poll.length, poll.length])
    expect(ways['to-device'].latency!.maxMs).toBeLessThan(8.3)
  })

  it.each([
    { shareFrom: 30, linkFrom: 0 },
    { shareFrom: 0, linkFrom: 30 }
  ])('does not call lost what one side did not record: %j', (from) => {
    for (const request of [anyText, () => encodeRtu(1, Uint8Array.of(3, 0, 0, 0, 10))]) {
      const { share, link } = record({ ...from, request, offsetMs: 10 })
      const { ways, offsetNs } = bothEnds(share, link)
      expect(Math.abs((offsetNs ?? 0) - 10 * MS)).toBeLessThan(0.5 * MS)
      for (const way of Object.values(ways)) expect(way).toMatchObject({ lost: 0, strange: 0 })
    }
  })

  it('takes the session that is the link, of several', () => {
    const { share, link } = record({ rounds: 50 })
    for (let i = 0; i < 50; i++) share.bytes(1e9 + 6e9 + i, 'to-device', 9, Uint8Array.of(i, 1, 2))
    expect(bothEnds(share, link).ways['to-device']).toMatchObject({ lost: 0, strange: 0 })
  })

  it('bears recordings that have nothing in common, or nothing at all', () => {
    const { share } = record({ seed: 1, rounds: 20 })
    const { link } = record({ seed: 2, rounds: 20 })
    expect(bothEnds(share, link).ways['to-device'].arrived).toBe(0)
    const empty = record({ rounds: 0 })
    expect(bothEnds(empty.share, empty.link)).toMatchObject({ offsetNs: undefined })
  })

  it('may be interrupted at any time, whatever the streams are', () => {
    const alike = record({ rounds: 20_000 })
    const other = record({ rounds: 20_000, seed: 8 })
    const empty = record({ rounds: 0 })
    for (const [share, link] of [
      [alike.share, alike.link],
      [alike.share, other.link],
      [alike.share, empty.link]
    ] as const) {
      const steps = bothEndsSteps(share, link)
      const took: number[] = []
      for (let done = false; !done;) {
        const began = process.cpuUsage()
        done = steps.next().done === true
        const { user, system } = process.cpuUsage(began)
        took.push((user + system) / 1000)
      }
      expect(took.length).toBeGreaterThan(100)
      // A collection of garbage may fall into a few of them.
      took.sort((a, b) => b - a)
      expect(took[5]).toBeLessThan(15)
    }
  })

  it('is quick with megabytes, alike or not', () => {
    const bytes = (seed: number): Buffer => {
      const random = new Random(seed)
      return Buffer.from(Uint8Array.from({ length: 4_000_000 }, () => random.below(256)))
    }
    const [one, other] = [bytes(1), bytes(2)]
    expect(align(one, one)).toEqual([{ a: 0, b: 0, length: one.length }])
    expect(align(one, other).length).toBeLessThan(10)
  })

  it('makes one file of both, by one clock', () => {
    const { share, link } = record({ offsetMs: 250, rounds: 20 })
    const clock = bothEnds(share, link)
    const meta = { ...META, name: 'bench' }
    const file = [...bothEndsFile({ meta, log: share }, { meta, log: link }, clock)]
    const { recordings, problems } = read(file)
    expect(problems).toEqual([])
    expect(recordings.map((each) => each.meta.name)).toEqual(['bench (share)', 'bench (link)'])
    expect(plain(recordings[0]!.log)).toEqual(plain(share))
    expect(plain(recordings[1]!.log)).toEqual(plain(link))
  })

  it.skipIf(lacks('tshark'))('makes one file that Wireshark reads, in the order of time', () => {
    const { share, link } = record({ offsetMs: 250, rounds: 20 })
    const clock = bothEnds(share, link)
    const file = [...bothEndsFile({ meta: META, log: share }, { meta: META, log: link }, clock)]
    const packets = tshark(new Uint8Array(Buffer.concat(file)), ['frame.interface_name', 'frame.time_delta'])
    expect(packets).toHaveLength(80)
    expect(new Set(packets.map(([name]) => name))).toEqual(new Set(['bench (share)', 'bench (link)']))
    for (const [, delta] of packets) expect(Number(delta)).toBeGreaterThanOrEqual(0)
  })
})

function bytesOf(log: TrafficLog, direction: string): number[] {
  const sizes: number[] = []
  for (const page of log.pages)
    for (let record = 0; record < page.count; record++)
      if (page.direction(record) === direction) sizes.push(page.bytes(record).length)
  return sizes
}

/** Without the clock. */
function plain(log: TrafficLog): unknown {
  return records(log).map((each) => ({ ...(each as object), wallOffsetMs: 0 }))
}

/** Without any times. */
function contents(log: TrafficLog): unknown {
  return (plain(log) as object[]).map((each) => ({ ...each, timeNs: 0 }))
}

function wallMsOf(log: TrafficLog, record: number): number {
  const page = log.pageOf(record)!
  return page.timeNs(record - page.first) / MS + (page.wallOffsetMs - 1_795_000_000_000)
}
