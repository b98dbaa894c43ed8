/** What `capture.start` is asked for, from what stands in the fields of its dialog. Pure. */
import { MIN_CAPTURE_BYTES, type CaptureFormatName } from '../../../src-main/contract/recording.ts'
import type { ServiceInput } from '../../../src-main/contract/service-commands.ts'
import type { Direction } from '../../../src-main/contract/traffic.ts'
import { MINUTE_MS } from './export.ts'

const LEAST_MS = 1000
/** 100 days. */
const MOST_MS = 100 * 86_400_000
const MOST_FILES = 10_000

export interface CaptureFields {
  readonly id: string
  readonly format: CaptureFormatName
  readonly direction: Direction
  /** 0: it begins now. */
  readonly lastMinutes: number
  /** `null`: the field is empty. */
  readonly megabytes: number | null
  readonly minutes: number | null
  /** Files that are kept of a rotation; absent: there is none. */
  readonly keep: number | null | undefined
  readonly decoder: string | undefined
}

/** Undefined: that cannot be asked for. */
export function captureWish(fields: CaptureFields): ServiceInput<'capture.start'> | undefined {
  const { id, format, direction, lastMinutes, megabytes, minutes, keep, decoder } = fields
  const maxBytes = megabytes === null ? undefined : Math.round(megabytes * 1e6)
  const maxMs = minutes === null ? undefined : Math.round(minutes * MINUTE_MS)
  if (maxBytes !== undefined && !(maxBytes >= MIN_CAPTURE_BYTES)) return undefined
  if (maxMs !== undefined && !(maxMs >= LEAST_MS && maxMs <= MOST_MS)) return undefined
  const rotates = keep !== undefined
  if (rotates && (keep === null || !Number.isInteger(keep) || keep < 1 || keep > MOST_FILES)) return undefined
  if (rotates && maxBytes === undefined && maxMs === undefined) return undefined
  return {
    ...{ id, format },
    ...(format === 'raw' && { direction }),
    ...(lastMinutes > 0 && { lastMs: lastMinutes * MINUTE_MS }),
    ...(maxBytes !== undefined && { maxBytes }),
    ...(maxMs !== undefined && { maxMs }),
    ...(rotates && { rotate: keep }),
    ...(decoder !== undefined && format !== 'raw' && { decoder })
  }
}
