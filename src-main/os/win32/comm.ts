/**
 * A serial port of Windows as bytes both ways, with everything else its driver offers. Called by ports (a hardware port) and
 * sessions (our end of a com0com pair). Never waits on the main thread for a device, and loads nothing before the first open.
 */
import type { Clock } from '../../base/clock.ts'
import type { Duplex } from '../../base/duplex.ts'
import type { Event } from '../../base/event.ts'
import type {
  ControlWish,
  LineSettings,
  LineState,
  LineWish,
  ModemState,
  Purge
} from '../../contract/line.ts'

export interface CommOptions {
  /** Set before the first byte; absent fields stay as the driver has them. */
  readonly settings?: LineWish
  /** Driven right after opening; absent: left as the driver has them. */
  readonly lines?: ControlWish
  readonly clock?: Clock
}

/**
 * An open COM port. Paused until `resume`. What fails because the device is gone or refuses rejects with a WindowsError, whose
 * `number` is the system's (87: not for this driver).
 */
export interface CommDevice extends Duplex {
  /** `COM7`, `\\.\CNCA0`: as it was asked for. */
  readonly path: string
  /** The HANDLE, open with FILE_FLAG_OVERLAPPED. Only for calls that neither close it nor read or write. */
  readonly handle: number
  /** What the driver says is in force. */
  readonly settings: LineSettings
  /** The last known state; each `unknown` where the driver has no lines. */
  readonly modemState: ModemState
  /** Bytes beyond `queued` that the driver took and the device has not sent; each look asks the driver. */
  readonly unsent: number
  /** Fires with the whole state at each change. */
  readonly onModemState: Event<ModemState>
  /** Fires with what went wrong since the last report; the driver tells what, not how often, so each is 0 or 1. */
  readonly onLineState: Event<LineState>
  /** Sends a request to the driver (DeviceIoControl); answers what it wrote, at most `answerBytes` bytes. */
  ioctl(code: number, input: Uint8Array, answerBytes: number): Promise<Uint8Array>
  /** Changes settings in place; answers those in force, which may be others than were wished. */
  set(wish: LineWish): Promise<LineSettings>
  /** Drives DTR and RTS, holds or ends a break; what is absent stays. */
  control(wish: ControlWish): Promise<void>
  /** Empties the driver's buffers, and with `transmit` what waits here. */
  purge(which: Purge): void
}

/**
 * Opens `COM7`, `COM10`, `\\.\CNCA0` or a device interface's path, for us alone. Rejects with a WindowsError: 2 there is no such
 * port, 5 another program has it or it is not for this user, and others.
 */
export async function openComm(path: string, options: CommOptions = {}): Promise<CommDevice> {
  const { openCommDevice } = await import('./comm-device.ts')
  return openCommDevice(path, options)
}
