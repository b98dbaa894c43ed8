/** The Windows that this process runs on, as com0com.ts and hub4com.ts see it. Loaded there alone. */
import { systemClock } from '../../base/clock.ts'
import { openComm } from '../../os/win32/comm.ts'
import { windowsRegistryView } from '../../os/win32/registry-view.ts'
import { setupcIn } from '../../os/win32/setupc.ts'
import type { Com0comSystem } from './com0com-pairs.ts'

export function com0comWindows(): Com0comSystem {
  return {
    registry: windowsRegistryView(),
    setupc: (folder) => setupcIn(folder),
    open: openComm,
    clock: systemClock
  }
}
