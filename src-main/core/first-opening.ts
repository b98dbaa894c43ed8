import type { Junction } from '../bridge/junction.ts'
import { Fault } from '../contract/faults.ts'

/** Resolves when the bridge's port is open; rejects with the Fault of its first failed try, or with the signal's reason. */
export function firstOpening(bridge: Junction, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (settle: () => void): void => {
      subscription.dispose()
      signal.removeEventListener('abort', onAbort)
      settle()
    }
    const look = (): void => {
      const { state } = bridge.state
      if (state.type === 'open') end(resolve)
      else if (state.type === 'waiting')
        end(() => reject(new Fault(state.fault.code, state.fault.message, state.fault.cause)))
    }
    const onAbort = (): void => end(() => reject(signal.reason as Error))
    const subscription = bridge.onState(look)
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort()
    else look()
  })
}
