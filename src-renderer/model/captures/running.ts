/** Captures that run, as rows, badges and the page show them. Pure. */
import type { CapturesState, CaptureState } from '../../../src-main/contract/recording.ts'

const NONE: readonly CaptureState[] = []

/** Of one share or link; the one that runs before those that a fault stopped. */
export function captureOf(state: CapturesState | undefined, id: string): CaptureState | undefined {
  let found: CaptureState | undefined
  for (const each of runningOf(state)) if (each.of === id && (!found || found.fault)) found = each
  return found
}

/** All, those that began last first. */
export function runningOf(state: CapturesState | undefined): readonly CaptureState[] {
  return state ? Object.values(state.running).sort((a, b) => b.since - a.since) : NONE
}

/** Files that are being written. */
export function writtenFiles(state: CapturesState | undefined): ReadonlySet<string> {
  return new Set(runningOf(state).flatMap(({ file, fault }) => (fault ? [] : [file])))
}
