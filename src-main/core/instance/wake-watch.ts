/**
 * Notices that the computer slept, or that this process stood still: more time passed on the wall than a timer of ours was to wait. On
 * Linux the monotonic clock, and with it every timer, stands still during sleep, so that a wait of 10 s goes on where it was. A person or a
 * time server that sets the clock forward looks the same, and does no harm: what waits is tried once more. Called by instance.ts.
 */
import type { Clock } from '../../base/clock.ts'
import type { Disposable } from '../../base/event.ts'

/** How soon after its end a sleep is noticed, in ms. A timer that keeps nothing else busy costs nothing that can be measured. */
export const LOOK_MS = 5000

/** Less than this is a busy computer, in ms. */
export const SLEEP_MS = 10_000

export interface WakeWatchOptions {
  readonly clock: Clock
  /** ms since 1970. */
  readonly wallMs: () => number
  /** `sleptMs`: how much longer than it should have been, at the most. */
  readonly woke: (sleptMs: number) => void
}

export function watchWakes({ clock, wallMs, woke }: WakeWatchOptions): Disposable {
  let lastMs = wallMs()
  return clock.every(
    LOOK_MS,
    () => {
      const nowMs = wallMs()
      const sleptMs = nowMs - lastMs - LOOK_MS
      lastMs = nowMs
      if (sleptMs >= SLEEP_MS) woke(sleptMs)
    },
    'idle'
  )
}
