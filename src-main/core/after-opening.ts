import { systemClock } from '../base/clock.ts'
import type { Disposable } from '../base/event.ts'
import type { CloseReason } from '../contract/close.ts'
import { DONE } from '../contract/close.ts'
import { Fault } from '../contract/faults.ts'
import type { Port, PortSource } from '../ports/port.ts'

/** Brings a port that was just opened to where it shall be; rejects with a Fault or the signal's reason. */
export type Prepare = (port: Port, signal: AbortSignal) => Promise<unknown>

/**
 * A source whose ports are prepared before anybody has them. A port that does not get there is closed: it is nobody's yet, so
 * its end would be seen by nobody, and a far server may take seconds to answer. `lingerMs`: what `prepare` has, once the port
 * is not wanted any more, to leave it in good order.
 */
export function afterOpening(source: PortSource, prepare: Prepare, lingerMs = 0): PortSource {
  return {
    label: source.label,
    ...(source.onAvailable && { onAvailable: source.onAvailable }),
    async open(settings, signal): Promise<Port> {
      const port = await source.open(settings, signal)
      const ends: CloseReason[] = []
      const closed = port.onClose((reason) => ends.push(reason))
      let limit: Disposable | undefined
      const abort = (): void => {
        if (lingerMs === 0) port.abort(DONE)
        else limit = systemClock.after(lingerMs, () => port.abort(DONE))
      }
      signal.addEventListener('abort', abort, { once: true })
      if (signal.aborted) abort()
      try {
        await prepare(port, signal)
        const [end] = ends
        if (end) throw new Fault('peer-closed', `${source.label}: ${end.message}; try again`)
        return port
      } catch (error) {
        port.abort(DONE)
        throw signal.aborted ? signal.reason : error
      } finally {
        closed.dispose()
        limit?.dispose()
        signal.removeEventListener('abort', abort)
      }
    }
  }
}
