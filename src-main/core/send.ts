import type { CommandArguments } from '../contract/commands.ts'
import { DONE } from '../contract/close.ts'
import { Fault } from '../contract/faults.ts'
import type { Report } from './notice.ts'
import { readTarget, withDefaults } from './targets.ts'

/** How long the last bytes may take without getting anywhere, in ms: a device that is stopped by flow control takes none. */
const DRAIN_MS = 10_000

/** Opens the port, sends, waits until all is out, closes. Rejects with a Fault when anything was not delivered. */
export async function send(
  { port: spec, bytes, breakMs }: CommandArguments<'send'>,
  report: Report,
  signal: AbortSignal
): Promise<{ sent: number }> {
  const target = readTarget(spec, report)
  const port = await target.source.open(withDefaults(target), signal)
  let end: string | undefined
  port.onClose(({ message }) => (end = message))
  // What the device says meanwhile is nobody's; unread, it would hold up a peer's answers.
  port.onData(() => undefined)
  port.resume()
  try {
    if (breakMs !== undefined) await port.sendBreak(breakMs)
    port.write(bytes)
  } catch (error) {
    port.abort(DONE)
    throw error
  }
  const lost = await port.close(DONE, DRAIN_MS)
  if (lost > 0)
    throw new Fault(
      target.kind === 'remote' ? 'peer-closed' : 'device-io',
      `${lost} of ${bytes.length} bytes did not get to ${spec.target} (${end ?? 'closed'}). Is its flow control holding them?`
    )
  return { sent: bytes.length }
}
