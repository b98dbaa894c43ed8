/** Joins two Channels: what comes at one goes out at the other, until one of them ends. Called where the core is another process's. */
import type { Channel } from '../../rpc/channel.ts'
import { toFault } from '../../contract/faults.ts'

/** Owns both from here on. */
export function relay(one: Channel, other: Channel): void {
  for (const [from, to] of [
    [one, other],
    [other, one]
  ] as const) {
    from.onMessage((message) => {
      try {
        to.post(message)
      } catch (error) {
        from.close({ code: 'error', message: toFault(error).message })
      }
    })
    from.onClose((reason) => to.close(reason))
  }
}
