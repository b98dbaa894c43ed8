/**
 * Sleep and wake: the computer stays awake while a port is in use (if the person wants that), and after a sleep all that waits is tried at
 * once. The core notices a sleep by itself too, some seconds later.
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
  /** The computer is about to be switched off, and waits some seconds for this process to end. */
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
    core.call('retry.now', {}).catch((error: unknown) => report(toFault(error).message))
  }
  // Its types leave the event out. Without this the system does not wait, and what is under way is cut off.
  const off = (event?: { preventDefault: () => void }): void => {
    event?.preventDefault()
    shutdown()
  }
  powerMonitor.on('resume', wake)
  powerMonitor.on('shutdown', off)
  life.defer(() => {
    powerMonitor.off('resume', wake)
    powerMonitor.off('shutdown', off)
    if (blocker !== undefined) powerSaveBlocker.stop(blocker)
  })
  life.add(core.onChange(look))
  look()
  return life
}
