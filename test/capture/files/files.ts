import type { CaptureFormat, CaptureMeta } from '../../../src-main/capture/format.ts'
import { RecordingReader, type Recording } from '../../../src-main/capture/files/recording-reader.ts'
import { DEFAULT_SETTINGS } from '../../../src-main/contract/line.ts'
import type { TrafficLog } from '../../../src-main/traffic/log.ts'

export const META: CaptureMeta = {
  name: 'bench',
  port: '/dev/ttyUSB0',
  computer: 'workshop-pc',
  settings: DEFAULT_SETTINGS,
  program: 'Farport 1.2.3'
}

/** All of a log in a form, `portion` records at a time. */
export function written(form: CaptureFormat, log: TrafficLog, portion = Infinity, meta = META): Uint8Array {
  const parts = [form.start(meta)]
  for (const page of log.pages)
    for (let from = 0; from < page.count; from += portion)
      parts.push(form.page(page, from, Math.min(page.count, from + portion)))
  parts.push(form.end())
  return new Uint8Array(Buffer.concat(parts))
}

export function read(parts: readonly Uint8Array[]): {
  recordings: readonly Recording[]
  problems: readonly string[]
} {
  const reader = new RecordingReader({ maxBytes: 64e6 })
  for (const part of parts) reader.push(part)
  const problems = reader.end()
  return { recordings: reader.recordings, problems }
}
