/** What a stored file holds, all of it read once: for whoever is about to send it to a device, or wants to know what it is. Called by captures.ts. */
import type { FileHandle } from 'node:fs/promises'
import { bothEndsSteps } from '../../capture/both-ends.ts'
import type { Recording } from '../../capture/files/recording-reader.ts'
import type { CaptureContent, RecordingContent } from '../../contract/recording.ts'
import { copyRecords } from '../../traffic/page-writer.ts'
import { Page } from '../../traffic/page.ts'
import type { TrafficLog } from '../../traffic/log.ts'
import { resultOf } from './both-ends.ts'
import { portionsOf } from './capture-reader.ts'
import type { Slice } from './cursor.ts'
import { copiedLog } from './far-recording.ts'
import { inSlices } from './in-slices.ts'

export interface RecordRange {
  readonly from?: number
  readonly to?: number
}

/** A file with both ends of a link has these two, and in this order. */
const SHARE_END = ' (share)'
const LINK_END = ' (link)'

/** Rejects with the system's error, or the signal's reason. The caller closes the file. */
export async function examine(
  handle: FileHandle,
  records: RecordRange | undefined,
  signal: AbortSignal
): Promise<CaptureContent> {
  const counts: Counted[] = []
  const logs: TrafficLog[] = []
  const portions = portionsOf(handle)
  for (;;) {
    const { done, value } = await portions.next()
    signal.throwIfAborted()
    if (done) {
      const bothEnds = records ? undefined : await compared(counts, logs, signal)
      return {
        recordings: counts.map((each) => each.content),
        ...(bothEnds && { bothEnds }),
        problems: value
      }
    }
    const { index, recording, slice } = value
    const counted = (counts[index] ??= new Counted(recording))
    counted.add(slice, records)
    if (!records && isEnd(recording))
      (logs[index] ??= copiedLog()).append(Page.from(copyRecords(slice.page, slice.from, slice.to)))
  }
}

class Counted {
  readonly recording: Recording
  #records = 0
  #from: number | undefined
  #to = 0
  #startMs: number | undefined
  #endMs: number | undefined
  #toDevice = 0
  #fromDevice = 0

  constructor(recording: Recording) {
    this.recording = recording
  }

  get content(): RecordingContent {
    const { name, port, computer, program } = this.recording.meta
    return {
      name,
      ...(port !== undefined && { port }),
      ...(computer !== undefined && { computer }),
      ...(program !== undefined && { program }),
      isOwn: this.recording.isOwn,
      ...{ records: this.#records, from: this.#from ?? 0, to: this.#to },
      ...(this.#startMs !== undefined && { startMs: this.#startMs }),
      ...(this.#endMs !== undefined && { endMs: this.#endMs }),
      ...{ bytesToDevice: this.#toDevice, bytesFromDevice: this.#fromDevice }
    }
  }

  add({ page, from, to }: Slice, range: RecordRange = {}): void {
    const first = Math.max(from, (range.from ?? 0) - page.first)
    const end = Math.min(to, (range.to ?? Infinity) - page.first)
    if (first >= end) return
    this.#from ??= page.first + first
    this.#to = page.first + end
    this.#records += end - first
    this.#startMs ??= page.timeNs(first) / 1e6 + page.wallOffsetMs
    this.#endMs = page.timeNs(end - 1) / 1e6 + page.wallOffsetMs
    for (let record = first; record < end; record++) {
      if (page.isEvent(record)) continue
      const bytes = page.end(record) - page.start(record)
      if (page.direction(record) === 'to-device') this.#toDevice += bytes
      else this.#fromDevice += bytes
    }
  }
}

function isEnd({ meta: { name }, isOwn }: Recording): boolean {
  return isOwn && (name.endsWith(SHARE_END) || name.endsWith(LINK_END))
}

/** Undefined: these are not both ends of one link. */
async function compared(counts: readonly Counted[], logs: readonly TrafficLog[], signal: AbortSignal) {
  const [share, link] = logs
  const names = counts.map(({ recording }) => recording.meta.name)
  if (!share || !link || names.length !== 2) return undefined
  if (!(names[0] ?? '').endsWith(SHARE_END) || !(names[1] ?? '').endsWith(LINK_END)) return undefined
  const { latency, lostToDevice, lostFromDevice } = resultOf(
    await inSlices(bothEndsSteps(share, link), signal)
  )
  return { latency, lostToDevice, lostFromDevice }
}
