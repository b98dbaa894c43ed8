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
  readonly signal: EndSignal
  /** How long it has before this, in ms: where its input ended in good order … */
  readonly politeMs: number
  /** … and where there is no time, or only children of a program that ended are left. */
  readonly hurriedMs: number
}

/** A BMC may take a second or two to let go of a session; whoever asks Farport to stop waits 2 s. */
const STEPS: readonly Step[] = [
  { signal: 'SIGHUP', politeMs: 3000, hurriedMs: 0 },
  { signal: 'SIGTERM', politeMs: 1000, hurriedMs: 300 },
  { signal: 'SIGKILL', politeMs: 1000, hurriedMs: 500 }
]

/** Nothing outlives SIGKILL but what waits in the kernel, or runs as another user: that is not waited for. */
const AFTER_KILL_MS = 1000

/**
 * Resolves when nothing of the program's group is left, or nothing more can be done; never rejects. `hurry`: aborted when there is
 * no time any more.
 */
export async function endProgram(program: Program, clock: Clock, hurry: AbortSignal): Promise<void> {
  let left = false
  void program.ended.then(() => {
    left = true
  })
  for (const { signal, politeMs, hurriedMs } of STEPS) {
    const limitMs = (): number => (left || hurry.aborted ? hurriedMs : politeMs)
    if (await goneWithin(limitMs, program, clock)) return
    program.signal(signal)
  }
  await goneWithin(() => AFTER_KILL_MS, program, clock)
}

/** The limit may become shorter while it runs. */
function goneWithin(limitMs: () => number, program: Program, clock: Clock): Promise<boolean> {
  return until(() => !program.alive, limitMs, clock)
}

/** True as soon as the condition holds, false when so much time has passed before. */
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
