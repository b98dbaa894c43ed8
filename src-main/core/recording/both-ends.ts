/**
 * Saves a link together with the far recording of the share that it uses, as one capture: fetched, compared, and written a slice at a time, so that
 * traffic goes on meanwhile. Called by captures.ts.
 */
import type { FileHandle } from 'node:fs/promises'
import type { Clock } from '../../base/clock.ts'
import type { Steps } from '../../base/steps.ts'
import { bothEndsSteps, type BothEnds as Found } from '../../capture/both-ends.ts'
import { bothEndsFile } from '../../capture/files/both-ends-file.ts'
import type { CaptureMeta } from '../../capture/format.ts'
import type { BothEnds, Latency } from '../../contract/recording.ts'
import { DIRECTIONS, type Direction, type TrafficEvent } from '../../contract/traffic.ts'
import type { RpcClient } from '../../rpc/client.ts'
import type { TrafficLog } from '../../traffic/log.ts'
import { copyRecords } from '../../traffic/page-writer.ts'
import { Page } from '../../traffic/page.ts'
import { Cursor } from './cursor.ts'
import { copiedLog, farRecording, type FarBegin } from './far-recording.ts'
import { inSlices } from './in-slices.ts'

/** Records that are looked at before others may go on. */
const AT_ONCE = 1024

/** The share of another Farport that a link uses. */
export interface FarEnd {
  /** What we call that computer. */
  readonly peer: string
  /** Its name or id there. */
  readonly share: string
  /** Our number there; undefined: not connected just now. */
  readonly session: number | undefined
  /** Disposing of the client ends the connection. */
  readonly dial: (signal: AbortSignal) => Promise<RpcClient>
}

export interface BothEndsWish {
  readonly far: FarEnd
  /** Of the link: what it holds, and the first record that is meant. */
  readonly log: TrafficLog
  readonly from: number
  readonly meta: CaptureMeta
  readonly lastMs: number | undefined
  readonly clock: Clock
}

export interface ReadBothEnds {
  readonly result: BothEnds
  readonly records: number
  /** The file, piece by piece. */
  readonly file: Generator<Uint8Array>
}

/** Rejects as farRecording, with what the dialling rejects with, or the signal's reason. */
export async function readBothEnds(wish: BothEndsWish, signal: AbortSignal): Promise<ReadBothEnds> {
  const { far, lastMs, clock, meta } = wish
  const { begin, log: share } = await fetched(far, lastMs, clock, signal)
  // Copies: what is recorded meanwhile may take the place of what is read.
  const link = await inSlices(copied(wish.log, wish.from), signal)
  const { session } = far
  const shareFrom = session && (await inSlices(recordOf(share, isArrival(session)), signal))
  const linkFrom = session && (await inSlices(recordOf(link, isOpening), signal))
  const found = await inSlices(bothEndsSteps(share, link, { session, shareFrom, linkFrom }), signal)
  const ends = [
    { meta: metaOf(begin), log: share },
    { meta, log: link }
  ] as const
  return {
    result: resultOf(found),
    records: countOf(share) + countOf(link),
    file: bothEndsFile(...ends, found)
  }
}

/** Answers how many bytes. Rejects with the system's error, or the signal's reason. */
export async function writeAll(
  file: Iterable<Uint8Array>,
  handle: FileHandle,
  signal: AbortSignal
): Promise<number> {
  let bytes = 0
  for (const piece of file) {
    signal.throwIfAborted()
    await handle.writeFile(piece)
    bytes += piece.length
  }
  return bytes
}

async function fetched(
  { dial, peer, share }: FarEnd,
  lastMs: number | undefined,
  clock: Clock,
  signal: AbortSignal
): ReturnType<typeof farRecording> {
  const client = await dial(signal)
  try {
    const from = lastMs === undefined ? 'start' : { lastMs }
    return await farRecording({ client, share, from, peer, clock }, signal)
  } finally {
    client.dispose()
  }
}

/** What it holds now, from that record on. */
function* copied(log: TrafficLog, from: number): Steps<TrafficLog> {
  const copy = copiedLog()
  const { end } = log
  const cursor = new Cursor(log, from)
  while (cursor.next < end) {
    const slice = cursor.read()
    if (!slice) break
    copy.append(Page.from(copyRecords(slice.page, slice.from, slice.to)))
    yield
  }
  return copy
}

/** The last event of that kind; undefined: there is none. */
function* recordOf(log: TrafficLog, is: (event: TrafficEvent) => boolean): Steps<number | undefined> {
  for (const page of [...log.pages].reverse())
    for (let record = page.count - 1; record >= 0; record--) {
      if (record % AT_ONCE === 0) yield
      const event = page.isEvent(record) ? page.event(record) : undefined
      if (event && is(event)) return page.first + record
    }
  return undefined
}

/** Our present connection began with it, there and here: what came before is of others. */
function isArrival(session: number): (event: TrafficEvent) => boolean {
  return (event) => event.type === 'attached' && event.session === session
}

function isOpening(event: TrafficEvent): boolean {
  return event.type === 'port' && event.state === 'open'
}

function metaOf({ name, port, computer }: FarBegin): CaptureMeta {
  return { name, ...(port !== '' && { port }), computer }
}

function countOf({ pages }: TrafficLog): number {
  return pages.reduce((sum, { count }) => sum + count, 0)
}

/** As everybody else is told it. */
export function resultOf({ offsetNs, driftPpm, withinNs, ways }: Found): BothEnds {
  const latency: Partial<Record<Direction, Latency>> = {}
  for (const direction of DIRECTIONS) {
    const { latency: found, arrived } = ways[direction]
    if (found) latency[direction] = { ...found, bytes: arrived }
  }
  return {
    ...(offsetNs !== undefined && { offsetMs: offsetNs / 1e6 }),
    ...(driftPpm !== 0 && { driftPpm }),
    ...(offsetNs !== undefined && withinNs < Infinity && { uncertaintyMs: withinNs / 1e6 }),
    latency,
    lostToDevice: ways['to-device'].lost,
    lostFromDevice: ways['from-device'].lost
  }
}
