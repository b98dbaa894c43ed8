/**
 * A Port: something we command. A hardware port, a remote one, a simulated one, a program.
 * Called by bridge; knows nothing of who uses it. A Port is open from birth; when it closes it is gone, and whoever
 * wants it back asks its PortSource for a new one.
 */
import type { Event } from '../base/event.ts'
import type { Duplex } from '../base/duplex.ts'
import type {
  Capabilities,
  ControlLines,
  ControlWish,
  LineSettings,
  LineState,
  LineWish,
  ModemState,
  Purge
} from '../contract/line.ts'

export interface Port extends Duplex {
  readonly capabilities: Capabilities
  /**
   * Bytes beyond `queued` that the system took and the device has not sent. Each look asks the system: not for hot paths.
   * Never throws. Absent: nobody can tell, or there are none.
   */
  readonly unsent?: number
  /**
   * Only a port of another computer has it: the far side asked us to hold our data (RFC 2217 §3, FLOWCONTROL-SUSPEND). There
   * bytes that wait say nothing of the device.
   */
  readonly suspended?: boolean | undefined
  /** The actual ones; what `capabilities` does not name is only remembered. */
  readonly settings: LineSettings
  readonly lines: ControlLines
  /** The last known state; `unknown` where the system cannot tell. */
  readonly modemState: ModemState
  /**
   * Answers what the device really took; absent fields stay; never reopens the device. Impossible wishes are answered
   * with the current value, they are no error. Rejects with a Fault only when the port is gone. One at a time: the Hub
   * waits for the answer before it asks again.
   */
  apply(wish: LineWish, signal: AbortSignal): Promise<LineSettings>
  /** Answers the lines now in force. A line that the device does not have is remembered as wished. */
  control(wish: ControlWish): Promise<ControlLines>
  /** Sends a break of the given length in ms; resolves when it is over. */
  sendBreak(durationMs: number): Promise<void>
  purge(which: Purge): void
  /** Fires with the whole state at each change. */
  readonly onModemState: Event<ModemState>
  /** Fires with what was counted since the last report; never all zeros. */
  readonly onLineState: Event<LineState>
  /** Fires when the settings changed by another hand than `apply` (another user of the far device). */
  readonly onSettings: Event<LineSettings>
}

/** Where Ports come from: what stays while the Port itself comes and goes. */
export interface PortSource {
  /** How people name it: `/dev/ttyUSB0`, `sim:gps`, `rfc2217://host:7000`. */
  readonly label: string
  /** Opens it with these settings; `undefined` fields of the wish are left as the device has them. Rejects with a Fault. */
  open(settings: LineWish, signal: AbortSignal): Promise<Port>
  /**
   * Tells that another try could succeed now (the device is there again). Whoever waits to reopen tries at once.
   * Absent where nobody can tell.
   */
  readonly onAvailable?: Event<void>
}
