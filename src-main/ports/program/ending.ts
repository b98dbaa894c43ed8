/**
 * How a program comes to its end: asked first, then told, then made to; with all its children, so that nothing is left running.
 * Called by program-port.ts.
 */
import type { Clock } from '../../base/clock.ts'
import type { Disposable } from '../../base/event.ts'
import type { EndSignal, Program } from '../../os/program.ts'

/** How often it is looked for. */
const LOOK_MS = 10

interface Step {
  /** Absent: there is nothing stronger. */
  readonly signal?: EndSignal
  /** How long it has before this, in ms: where its input ended in good order and there is time … */
  readonly politeMs: number
  /** … and where there is none, or only children of a program that ended are left. */
  readonly hurriedMs: number
}

/**
 * A BMC may take a second or two to let go of a session; whoever asks Farport to stop waits 2 s. Nothing outlives SIGKILL but what
 * waits in the kernel, or runs as another user: that is not waited for.
 */
const STEPS: readonly Step[] = [
  { signal: 'SIGHUP', politeMs: 3000, hurriedMs: 0 },
  { signal: 'SIGTERM', politeMs: 1000, hurriedMs: 150 },
  { signal: 'SIGKILL', politeMs: 1000, hurriedMs: 250 },
  { politeMs: 1000, hurriedMs: 100 }
]

/** What `endProgram` needs at the least for one that heeds nothing, in ms. */
export const FORCED_END_MS = STEPS.reduce((sum, { hurriedMs }) => sum + hurriedMs, 0)

/**
 * Resolves when nothing of the program's group is left, or nothing more can be done; never rejects. `deadlineMs`: when it should be
 * over by the clock; may come nearer meanwhile. Where it is nearer than `FORCED_END_MS`, that is what it takes.
 */
export async function endProgram(program: Program, clock: Clock, deadlineMs: () => number): Promise<void> {
  let left = false
  void program.ended.then(() => {
    left = true
  })
  let reserveMs = FORCED_END_MS
  for (const { signal, politeMs, hurriedMs } of STEPS) {
    const sinceMs = clock.nowMs()
    const afterwardsMs = (reserveMs -= hurriedMs)
    const limitMs = (): number =>
      left ? hurriedMs : Math.max(hurriedMs, Math.min(politeMs, deadlineMs() - afterwardsMs - sinceMs))
    if (await until(() => !program.alive, limitMs, clock)) return
    if (signal) program.signal(signal)
  }
}

/** True as soon as the condition holds, false when so much time has passed before. The limit may become shorter meanwhile. */
export function until(holds: () => boolean, limitMs: () => number, clock: Clock): Promise<boolean> {
  if (holds()) return Promise.resolve(true)
  const sinceMs = clock.nowMs()
  return new Promise((resolve) => {
    const timer: Disposable = clock.every(LOOK_MS, () => {
      const held = holds()
      if (!held && clock.nowMs() - sinceMs < limitMs()) return
      timer.dispose()
      resolve(held)
    })
  })
}
