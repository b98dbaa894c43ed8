import type { Fault, FaultCode } from '../../contract/faults.ts'

/**
 * The exit codes, the same for every command: scripts rely on them. `stopped`: asked to stop before its work was done, as shells
 * number it; a command that runs until it is stopped ends with `done`.
 */
export const EXIT = { done: 0, bug: 1, usage: 2, device: 3, peer: 4, listen: 5, stopped: 130 } as const

/** An address that is taken, that the system does not give us, or that we would open to everyone without being told to. */
const LISTEN_CODES: ReadonlySet<FaultCode> = new Set([
  'address-in-use',
  'address-not-permitted',
  'allow-missing'
])

export function exitCode(fault: Fault): number {
  switch (fault.kind) {
    case 'device':
      return EXIT.device
    case 'peer':
      return EXIT.peer
    case 'config':
      return LISTEN_CODES.has(fault.code) ? EXIT.listen : EXIT.usage
    case 'bug':
      return EXIT.bug
  }
}
