import { systemClock } from '../base/clock.ts'
import { DONE } from '../contract/close.ts'
import type { CommandArguments, CommandResult } from '../contract/commands.ts'
import { Fault } from '../contract/faults.ts'
import { profileOf } from '../contract/reset.ts'
import { awaitReturn, rememberUsbPort, type BeforeLeaving } from '../ports/returning-device.ts'
import type { SourcePlaces } from '../ports/hardware-source.ts'
import type { Port } from '../ports/port.ts'
import type { Context } from './context.ts'
import { runReset, type ResetSequence } from './run-reset.ts'
import { readTarget, type Target } from './targets.ts'

type ResetArguments = CommandArguments<'reset'>

/** What the system may still take to close in good order, in ms. */
const CLOSE_MS = 2000

/**
 * Opens the port, runs the sequence, closes it; after one that makes the board leave, waits for it to come back. The port's
 * settings stay as they are. Rejects as the port does, with `unsupported` where it lacks a line, and with `device-io` or
 * `device-missing` for a board that did not leave or did not come back in time.
 */
export async function reset(
  args: ResetArguments,
  context: Context,
  signal: AbortSignal
): Promise<CommandResult<'reset'>> {
  const target = readTarget(args.port, context)
  const { label } = target.source
  const sequence: ResetSequence =
    typeof args.sequence === 'string' ? profileOf(args.sequence) : { steps: args.sequence }
  if (!sequence.leaves) {
    await runOn(target, signal, (port) => runReset(port, label, sequence, systemClock, signal))
    return {}
  }
  const before = target.kind === 'hardware' ? await rememberUsbPort(label) : undefined
  await runOn(target, signal, (port) => touch(port, label, sequence, signal))
  return before ? { path: await follow(before, label, args.followMs, signal) } : {}
}

async function runOn(
  { source, settings }: Target,
  signal: AbortSignal,
  use: (port: Port) => Promise<void>
): Promise<void> {
  const port = await source.open(settings, signal)
  try {
    await use(port)
    await port.close(DONE, CLOSE_MS)
  } finally {
    port.abort(DONE)
  }
}

/** The board may be gone before the last call is over, which is what it was told. */
async function touch(port: Port, label: string, sequence: ResetSequence, signal: AbortSignal): Promise<void> {
  const gone = new AbortController()
  const closed = port.onClose(() => gone.abort())
  try {
    await runReset(port, label, sequence, systemClock, signal)
  } catch (error) {
    const isGone = gone.signal.aborted || (error instanceof Fault && error.code === 'device-unplugged')
    if (!isGone || signal.aborted) throw error
  } finally {
    closed.dispose()
  }
}

/** Answers where the board came back. Rejects with `device-missing` or `device-io` when it did not within `followMs`. */
export async function follow(
  before: BeforeLeaving,
  label: string,
  followMs: number,
  signal: AbortSignal,
  places: SourcePlaces = {}
): Promise<string> {
  const result = await awaitReturn(before, followMs, signal, places)
  if (result.path !== undefined) return result.path
  const time = `within ${followMs / 1000} s`
  throw result.left
    ? new Fault(
        'device-missing',
        `${label} left, and no serial port came back ${time}. A board that comes back as a drive (RP2040) waits for its file there.`
      )
    : new Fault(
        'device-io',
        `${label} did not leave ${time}: its program does not heed 1200 bit/s. Press its reset button, mostly twice.`
      )
}
