import type { Clock } from '../base/clock.ts'
import type { Port } from '../ports/port.ts'
import { Patience, STANDSTILL_MS } from './patience.ts'

/** Bytes that the port took and its device has not sent, as far as anybody can tell. Asks the system: not for hot paths. */
export function unsentOf(port: Port): number {
  return port.queued + (port.unsent ?? 0)
}

/**
 * Resolves when everything is sent, or when nothing moved for 10 s, the port is gone, or the signal is aborted. At 1200 bit/s
 * the 4 KiB that a kernel takes at once need 34 s: as long as they move, nobody is to cut them off.
 */
export function drained(port: Port, clock: Clock, signal: AbortSignal): Promise<void> {
  if (unsentOf(port) === 0 || signal.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const done = (): void => {
      patience.dispose()
      closed.dispose()
      signal.removeEventListener('abort', done)
      resolve()
    }
    const closed = port.onClose(done)
    signal.addEventListener('abort', done, { once: true })
    const patience = new Patience(clock, STANDSTILL_MS, () => unsentOf(port), done, done)
  })
}
