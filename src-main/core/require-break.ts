import { Fault } from '../contract/faults.ts'
import type { Port } from '../ports/port.ts'

/** Throws `unsupported` where a break would be without effect: who asks for a single one waits for what the device does at it. */
export function requireBreak({ capabilities }: Port, label: string): void {
  if (capabilities.control.has('break')) return
  throw new Fault(
    'unsupported',
    `${label} carries no break. Use a real serial port, or telnet:// or rfc2217:// where the other end speaks it.`
  )
}
