import { systemClock } from '../base/clock.ts'
import { DONE } from '../contract/close.ts'
import type { PortSpec } from '../contract/commands.ts'
import { Fault } from '../contract/faults.ts'
import type { Context } from './context.ts'
import { runScript, type ScriptOptions } from './run-script.ts'
import type { Script } from './script.ts'
import { farOf, readTarget, withDefaults } from './targets.ts'

/** What the system may still take to close in good order, in ms. */
const CLOSE_MS = 10_000

/**
 * Opens the port, plays the script, closes it when everything is out. Rejects with the port's Fault, as `runScript` does, or with
 * the signal's reason; the port is closed by then.
 */
export async function playScript(
  spec: PortSpec,
  script: Script,
  options: ScriptOptions,
  context: Context,
  signal: AbortSignal
): Promise<void> {
  const target = readTarget(spec, context)
  const { label } = target.source
  const port = await target.source.open(withDefaults(target), signal)
  const abort = (): void => port.abort(DONE)
  try {
    await runScript(port, { label, far: farOf(target) }, script, options, systemClock, signal)
    signal.addEventListener('abort', abort, { once: true })
    const lost = Math.max(await port.close(DONE, CLOSE_MS), port.queued)
    signal.throwIfAborted()
    if (lost > 0)
      throw new Fault(
        farOf(target) === 'peer' ? 'peer-closed' : 'device-io',
        `The last ${lost} bytes did not get to ${label}. Is its flow control holding them?`
      )
  } finally {
    signal.removeEventListener('abort', abort)
    port.abort(DONE)
  }
}
