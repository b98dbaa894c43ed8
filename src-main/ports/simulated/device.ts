/**
 * A simulated device: what is plugged into a simulated port. One file per kind (echo.ts, gps.ts), named in devices.ts.
 * The port calls it; it never sees the port, only its own end of the line, and does no wire arithmetic: what it sends and
 * receives here are the bytes that its own UART, at its own settings, sends and receives.
 */
import type { Clock } from '../../base/clock.ts'
import type { Disposable } from '../../base/event.ts'
import type { ControlLines, LineSettings, ModemState } from '../../contract/line.ts'

/** The line as the device uses it. */
export interface DeviceLine {
  /** Sends without a pause between the bytes. What the computer's port cannot take in is lost there as an overrun. */
  send(bytes: Uint8Array): void
  sendBreak(durationMs: number): void
  /** Drives the modem lines; before the first call all of them are off. */
  drive(modem: ModemState): void
}

/** The device as the line uses it. */
export interface DeviceEnd extends Disposable {
  receive(bytes: Uint8Array): void
  /** The line was at space for longer than a character; told when it is over. */
  receiveBreak(durationMs: number): void
  /** The computer changed DTR or RTS. Called once at the start with their state then. */
  linesChanged(lines: ControlLines): void
}

export interface DeviceTime {
  readonly clock: Clock
  /** UTC as ms since 1970. */
  readonly wallMs: () => number
}

/** Plugs a fresh device in. */
export type Attach = (line: DeviceLine, time: DeviceTime) => DeviceEnd

/** What stands behind the `?` of `sim:gps?baud=9600&rate=2`, common options already read. */
export interface DeviceOptions {
  readonly label: string
  readonly settings: LineSettings
  /** The text of an option that the kind names itself; undefined when it was not given. */
  readonly text: (option: string) => string | undefined
}

export interface DeviceKind {
  /** The part behind `sim:`. */
  readonly name: string
  /** How it leaves the factory; `baud` and `line` change it. */
  readonly settings: LineSettings
  /** Options of its own. */
  readonly options: readonly string[]
  /** Throws Fault `bad-settings` for an option that it cannot follow. */
  configure(options: DeviceOptions): Attach
}

/** A device ready to be plugged in. */
export interface SimulatedDevice {
  /** As it was written: `sim:gps?rate=2`. */
  readonly label: string
  /** The settings that it sends and receives at, whatever the computer's port is set to. */
  readonly settings: LineSettings
  /** True: bytes take the time that they take on a real line. False: they arrive at once. */
  readonly paced: boolean
  readonly attach: Attach
}
