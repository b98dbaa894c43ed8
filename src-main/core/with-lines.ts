import type { CloseReason } from '../contract/close.ts'
import { DONE } from '../contract/close.ts'
import { Fault } from '../contract/faults.ts'
import type { ControlWish } from '../contract/line.ts'
import type { Port, PortSource } from '../ports/port.ts'

/**
 * A source whose ports have these lines set right after opening. A port that does not get there is closed: it is nobody's
 * yet, so its end would be seen by nobody, and a far server may take seconds to answer.
 */
export function withLines(source: PortSource, wish: ControlWish): PortSource {
  if (Object.keys(wish).length === 0) return source
  return {
    label: source.label,
    ...(source.onAvailable && { onAvailable: source.onAvailable }),
    async open(settings, signal): Promise<Port> {
      const port = await source.open(settings, signal)
      const ends: CloseReason[] = []
      const closed = port.onClose((reason) => ends.push(reason))
      const abort = (): void => port.abort(DONE)
      signal.addEventListener('abort', abort, { once: true })
      if (signal.aborted) abort()
      try {
        await port.control(wish)
        const [end] = ends
        if (end) throw new Fault('peer-closed', `${source.label}: ${end.message}; try again`)
        return port
      } catch (error) {
        port.abort(DONE)
        throw signal.aborted ? signal.reason : error
      } finally {
        closed.dispose()
        signal.removeEventListener('abort', abort)
      }
    }
  }
}
