import type { Junction } from '../bridge/junction.ts'
import { Fault } from '../contract/faults.ts'

/** Resolves when the bridge's ports are open; rejects with the Fault of the first failed try, or with the signal's reason. */
export function firstOpening(bridge: Junction, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (settle: () => void): void => {
      subscription.dispose()
      signal.removeEventListener('abort', onAbort)
      settle()
    }
    const look = (): void => {
      const failed = bridge.ports.find((state) => state.type === 'waiting')
      if (failed) end(() => reject(new Fault(failed.fault.code, failed.fault.message, failed.fault.cause)))
      else if (bridge.ports.every(({ type }) => type === 'open')) end(resolve)
      else if (bridge.closing) end(() => reject(new Fault('usage', `${bridge.state.name} was stopped`)))
    }
    const onAbort = (): void => end(() => reject(signal.reason as Error))
    const subscription = bridge.onState(look)
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort()
    else look()
  })
}
