/**
 * Opens a COM port of Windows as a Port: for us alone, raw, and changed in nothing that was not wished. Called through
 * ports/hardware-source where the system is Windows. Leaves nothing open when it fails or is aborted.
 */
import { systemClock } from '../base/clock.ts'
import { Fault } from '../contract/faults.ts'
import type { LineWish } from '../contract/line.ts'
import type { Kernel } from '../os/win32/kernel.ts'
import { windowsKernel } from '../os/win32/kernel.ts'
import type { OpenComm } from '../os/win32/open-comm.ts'
import { openCommHandle } from '../os/win32/open-comm.ts'
import { CommDriver } from './comm-driver.ts'
import { commFault } from './comm-faults.ts'
import { HardwarePort } from './hardware-port.ts'
import type { HardwareOptions } from './hardware.ts'
import type { Port } from './port.ts'

/**
 * As `openHardware`: `path` is `COM7`, `COM10` or `\\.\…`. Of the options those hold that Windows has: RS-485 is the adapter's or
 * driver's own matter there, locks are the system's.
 */
export async function openHardwareWindows(
  path: string,
  options: HardwareOptions,
  settings: LineWish,
  signal: AbortSignal,
  kernel: Kernel = windowsKernel()
): Promise<Port> {
  signal.throwIfAborted()
  if (options.rs485) {
    throw new Fault(
      'unsupported',
      `Windows lets no program switch ${path} to RS-485: leave RS-485 off and switch it in the adapter's driver, or use an adapter that switches by itself`
    )
  }
  const clock = options.clock ?? systemClock
  let comm: OpenComm | undefined
  try {
    comm = await openCommHandle(path, kernel, clock)
    signal.throwIfAborted()
    const { lines, stream } = comm
    lines.applySettings(settings)
    lines.drive({ dtr: options.initialDtr, rts: options.initialRts, break: false })
    if (options.lowLatency)
      options.onWarning?.(
        `${path} stays at its usual latency: on Windows it is set in the Device Manager, at the port's advanced settings`
      )
    return new HardwarePort({
      path,
      stream,
      driver: new CommDriver(comm),
      pseudoTerminal: false,
      lockFiles: { dispose: () => undefined },
      clock,
      wish: settings,
      lines: { dtr: lines.lines.dtr, rts: lines.lines.rts }
    })
  } catch (error) {
    if (comm) {
      comm.lines.dispose()
      await comm.stream.close()
    }
    if (signal.aborted) throw signal.reason
    throw commFault(path, error)
  }
}
