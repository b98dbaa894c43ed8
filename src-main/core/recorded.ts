import type { Recorder } from '../capture/recorder.ts'
import type { Context } from './context.ts'

/** What keeps the traffic of a share or link in memory, switched as that says; none where this process records nothing. */
export function recorded({ record }: Context, spec: { readonly record?: boolean | undefined }): Recorder[] {
  return record ? [record(spec.record ?? true)] : []
}
