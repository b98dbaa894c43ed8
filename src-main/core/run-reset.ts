/**
 * Runs a reset sequence on an open port. Called by the reset command, by `reset on open` and by scripts; neither opens the port
 * nor closes it. Over RFC 2217 each level is acknowledged before its wait begins, so order and times hold at the device.
 */
import { sleep, type Clock } from '../base/clock.ts'
import { Fault } from '../contract/faults.ts'
import type { ControlLines, ControlWish, LineWish } from '../contract/line.ts'
import type { ResetProfile, ResetStep } from '../contract/reset.ts'
import type { Port } from '../ports/port.ts'

const LINES = ['dtr', 'rts', 'break'] as const satisfies readonly (keyof ControlLines)[]

/** What a port that does not answer may hold up the end of a sequence that was cut short, in ms. */
export const REST_MS = 2000

export type ResetSequence = Pick<ResetProfile, 'steps' | 'leaves'>

/**
 * Resolves when the sequence is over: its lines at rest, the baud rate as it was (but for a board that leaves: any change would
 * call it back). Where it is cut short the lines are put to rest all the same, so that no board stays in reset. Rejects with `unsupported` (the port lacks a line; then nothing was
 * changed), with what the port rejects with, or with the signal's reason.
 */
export async function runReset(
  port: Port,
  label: string,
  { steps, leaves }: ResetSequence,
  clock: Clock,
  signal: AbortSignal
): Promise<void> {
  refuseWithoutLines(port, label, steps)
  const { baudRate } = port.settings
  const changesRate = !leaves && steps.some((step) => step.baudRate !== undefined)
  try {
    for (const step of steps) await runStep(port, step, clock, signal)
    if (changesRate) await port.apply({ baudRate }, signal)
  } catch (error) {
    await atRest(port, restOf(steps), changesRate ? { baudRate } : {}, clock)
    throw error
  }
}

/** Never rejects: a port that cannot be put to rest is gone, and why it went is told by whatever cut the sequence short. */
function atRest(port: Port, lines: ControlWish, settings: LineWish, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const limit = clock.after(REST_MS, resolve)
    const done = (): void => {
      limit.dispose()
      resolve()
    }
    port
      .control(lines)
      .then(() =>
        Object.keys(settings).length > 0 ? port.apply(settings, new AbortController().signal) : undefined
      )
      .then(done, done)
  })
}

/** The levels that a sequence ends with. A break is never one of them. */
export function restOf(steps: readonly ResetStep[]): ControlWish {
  const rest = steps.reduce<ControlWish>((before, step) => ({ ...before, ...linesOf(step) }), {})
  return rest.break === undefined ? rest : { ...rest, break: false }
}

async function runStep(port: Port, step: ResetStep, clock: Clock, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  const { baudRate, waitMs } = step
  if (baudRate !== undefined) await port.apply({ baudRate }, signal)
  // One after the other, and RTS not with DTR: the order of a step is the same on every kind of port.
  for (const name of LINES) {
    const level = step[name]
    if (level !== undefined) await port.control({ [name]: level })
  }
  if (waitMs !== undefined) await sleep(clock, waitMs, signal)
}

function linesOf({ dtr, rts, break: held }: ResetStep): ControlWish {
  return {
    ...(dtr !== undefined && { dtr }),
    ...(rts !== undefined && { rts }),
    ...(held !== undefined && { break: held })
  }
}

function refuseWithoutLines(port: Port, label: string, steps: readonly ResetStep[]): void {
  const missing = LINES.filter(
    (name) => steps.some((step) => step[name] !== undefined) && !port.capabilities.control.has(name)
  )
  if (missing.length === 0) return
  const names = missing.map((name) => (name === 'break' ? 'break' : name.toUpperCase())).join(' and ')
  throw new Fault(
    'unsupported',
    `${label} carries no ${names}, so nothing can be reset through it. Use a device with control lines, or an rfc2217:// address.`
  )
}
