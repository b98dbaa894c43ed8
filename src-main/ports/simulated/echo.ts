/**
 * `sim:echo`: sends back what it receives, as a plug that joins the two data lines would, but through a UART of its own.
 * The modem lines are joined as in a loop-back plug: RTS to CTS, DTR to DSR and DCD. A break comes back as a break.
 */
import { DEFAULT_SETTINGS } from '../../contract/line.ts'
import type { DeviceKind } from './device.ts'

export const echo: DeviceKind = {
  name: 'echo',
  settings: DEFAULT_SETTINGS,
  options: [],
  configure: () => (line) => ({
    receive: (bytes) => line.send(bytes),
    receiveBreak: (durationMs) => line.sendBreak(durationMs),
    linesChanged: ({ dtr, rts }) => line.drive({ cts: rts, dsr: dtr, dcd: dtr, ri: false }),
    dispose: () => undefined
  })
}
