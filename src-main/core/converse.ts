import { OPENED_AGAIN } from '../bridge/keeper.ts'
import type { Link } from '../bridge/link.ts'
import { Fault } from '../contract/faults.ts'
import { formatSettings } from '../contract/line.ts'
import type { ConsoleSource } from '../sessions/console.ts'
import { firstOpening } from './first-opening.ts'

export interface ConverseOptions {
  /** True: a port that breaks is opened again and again. False: it is the end. */
  readonly reconnect: boolean
  /** Told each time the port is open: `/dev/ttyUSB0 at 115200 8N1`. */
  readonly onOpen?: (what: string) => void
  /** Told once, after the first opening. */
  readonly onOpened?: () => void
}

/** Stays until the console leaves or the signal is aborted. Rejects with the Fault of the port. */
export async function converse(
  link: Link,
  source: ConsoleSource,
  { reconnect, onOpen, onOpened }: ConverseOptions,
  signal: AbortSignal
): Promise<void> {
  let subscriptions: { dispose(): void }[] = []
  const left = new Promise<void>((resolve) => {
    subscriptions.push(source.onEnd(() => resolve()))
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
  const announce = (): void => {
    const { port, state } = link.state
    if (state.type === 'open') onOpen?.(`${port} at ${formatSettings(state.settings)}`)
  }
  try {
    await Promise.race([left, firstOpening(link, signal)])
    if (signal.aborted) return
    announce()
    if (reconnect) onOpened?.()
    const broken = new Promise<never>((_resolve, reject) => {
      let open = true
      const look = (): void => {
        const { state } = link.state
        if (state.type === 'waiting' && !reconnect) {
          const { code, message, cause } = state.fault
          reject(new Fault(code, message.replace(OPENED_AGAIN, '; start again to go on'), cause))
        }
        if (state.type === 'open' && !open) announce()
        open = state.type === 'open'
      }
      subscriptions.push(link.onState(look))
      // It may have broken between its opening and here.
      look()
    })
    await Promise.race([left, broken])
  } finally {
    for (const subscription of subscriptions) subscription.dispose()
    subscriptions = []
  }
}
