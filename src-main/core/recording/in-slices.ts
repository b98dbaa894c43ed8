/** Long work beside the traffic: a slice of it at a time, and everything else in between. Called where captures are compared. */
import { setImmediate } from 'node:timers/promises'
import type { Steps } from '../../base/steps.ts'

/** Of one slice: a keystroke's echo waits no longer for it. */
const SLICE_MS = 3

/** Resolves with what it returns; rejects with what it throws, or with the signal's reason. */
export async function inSlices<T>(steps: Steps<T>, signal: AbortSignal): Promise<T> {
  for (;;) {
    const untilMs = performance.now() + SLICE_MS
    do {
      const step = steps.next()
      if (step.done === true) return step.value
    } while (performance.now() < untilMs)
    await setImmediate()
    signal.throwIfAborted()
  }
}
