/** The Windows that this process runs on, as com0com.ts and hub4com.ts see it. Loaded there alone. */
import { systemClock } from '../../base/clock.ts'
import type { Com0comRegistry } from '../../os/win32/com0com-driver.ts'
import { openComm } from '../../os/win32/comm.ts'
import { setupcIn } from '../../os/win32/setupc.ts'
import type { Com0comSystem } from './com0com.ts'

export function com0comWindows(): Com0comSystem {
  return { registry: NOTHING, setupc: (folder) => setupcIn(folder), open: openComm, clock: systemClock }
}

const NOTHING: Com0comRegistry = {
  text: () => undefined,
  number: () => undefined,
  bytes: () => undefined,
  texts: () => []
}
