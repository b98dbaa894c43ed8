import type { StateTree } from '../../../contract/state.ts'
import type { RpcClient } from '../../../rpc/client.ts'
import { StateMirror } from '../../../rpc/state-mirror.ts'
import { notRunning } from '../running.ts'

/** The state of the running Farport as it is now. Rejects with the Fault that ends the connection, or the signal's reason. */
export function snapshot(client: RpcClient, signal: AbortSignal): Promise<StateTree> {
  return stateWhen(client, () => true, signal)
}

/** The first state that `holds` is true of; a Fault that it throws is the answer. Rejects as `snapshot`. */
export function stateWhen(
  client: RpcClient,
  holds: (tree: StateTree) => boolean,
  signal: AbortSignal
): Promise<StateTree> {
  return new Promise((resolve, reject) => {
    const mirror = new StateMirror(client)
    const end = (settle: () => void): void => {
      mirror.dispose()
      signal.removeEventListener('abort', stop)
      settle()
    }
    const stop = (): void => end(() => reject(signal.reason as Error))
    mirror.onChange((tree) => {
      try {
        if (holds(tree)) end(() => resolve(tree))
      } catch (error) {
        end(() => reject(error))
      }
    })
    mirror.onEnd((fault) => end(() => reject(fault ?? client.closed ?? notRunning())))
    signal.addEventListener('abort', stop, { once: true })
    if (signal.aborted) stop()
  })
}
