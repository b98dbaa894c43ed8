import { systemClock } from '../base/clock.ts'
import { drained } from '../bridge/drained.ts'
import type { CommandArguments } from '../contract/commands.ts'
import { DONE } from '../contract/close.ts'
import { Fault } from '../contract/faults.ts'
import type { Context } from './context.ts'
import { requireBreak } from './require-break.ts'
import { readTarget, withDefaults } from './targets.ts'

/** What the system may still take to close in good order, in ms. */
const CLOSE_MS = 10_000

/**
 * Opens the port, sends, waits until all is out, however slow the line, closes. Rejects with a Fault when anything was not
 * delivered because nothing moved for 10 s (flow control) or the port broke, and, before anything is sent, for a break that the
 * port cannot carry; with the signal's reason when it is aborted.
 */
export async function send(
  { port: spec, bytes, breakMs }: CommandArguments<'send'>,
  context: Context,
  signal: AbortSignal
): Promise<{ sent: number }> {
  const target = readTarget(spec, context)
  const port = await target.source.open(withDefaults(target), signal)
  let end: string | undefined
  port.onClose(({ message }) => (end = message))
  // What the device says meanwhile is nobody's; unread, it would hold up a peer's answers.
  port.onData(() => undefined)
  port.resume()
  const abort = (): void => port.abort(DONE)
  signal.addEventListener('abort', abort, { once: true })
  let lost: number
  try {
    if (breakMs !== undefined) {
      requireBreak(port, target.source.label)
      await port.sendBreak(breakMs)
    }
    port.write(bytes)
    await drained(port, systemClock, signal)
    // A port that broke meanwhile answers 0 to `close` and still has its bytes.
    lost = Math.max(await port.close(DONE, CLOSE_MS), port.queued)
    signal.throwIfAborted()
  } catch (error) {
    port.abort(DONE)
    throw signal.aborted ? signal.reason : error
  } finally {
    signal.removeEventListener('abort', abort)
  }
  if (lost > 0)
    throw new Fault(
      target.kind === 'remote' ? 'peer-closed' : 'device-io',
      `${lost} of ${bytes.length} bytes did not get to ${target.source.label} (${end ?? 'closed'}). Is its flow control holding them?`
    )
  return { sent: bytes.length }
}
