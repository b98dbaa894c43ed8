/**
 * Sleep and wake: the computer stays awake while a port is in use (if the person wants that), and after a sleep the network is asked anew
 * who is there. Ports and connections come back by themselves: their tries wait by a clock that stood still meanwhile, 10 s at the most.
 */
import { powerMonitor, powerSaveBlocker } from 'electron'
import type { Disposable } from '../../base/event.ts'
import { Lifetime } from '../../base/lifetime.ts'
import { toFault } from '../../contract/faults.ts'
import { usedPorts } from './in-use.ts'
import type { AppCore } from './watched-core.ts'

export interface PowerOptions {
  readonly core: AppCore
  /** The person wants the computer to stay awake for ports that are in use. */
  readonly keepsAwake: () => boolean
  /** The computer is about to be switched off: there are seconds left. */
  readonly shutdown: () => void
  readonly report: (text: string) => void
}

export function watchPower({ core, keepsAwake, shutdown, report }: PowerOptions): Disposable {
  const life = new Lifetime()
  let blocker = undefined as number | undefined
  const look = (): void => {
    const wanted = keepsAwake() && usedPorts(core.tree).length > 0
    if (wanted === (blocker !== undefined)) return
    if (blocker === undefined) blocker = powerSaveBlocker.start('prevent-app-suspension')
    else {
      powerSaveBlocker.stop(blocker)
      blocker = undefined
    }
  }
  const wake = (): void => {
    core.call('nearby.refresh', {}).catch((error: unknown) => report(toFault(error).message))
  }
  powerMonitor.on('resume', wake)
  powerMonitor.on('shutdown', shutdown)
  life.defer(() => {
    powerMonitor.off('resume', wake)
    powerMonitor.off('shutdown', shutdown)
    if (blocker !== undefined) powerSaveBlocker.stop(blocker)
  })
  life.add(core.onChange(look))
  look()
  return life
}
