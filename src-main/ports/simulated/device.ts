/**
 * A simulated device: what is plugged into a simulated port. One file per kind (echo.ts, gps.ts), named in source.ts.
 * The port calls it; it never sees the port, only its own end of the line, and does no wire arithmetic: what it sends and
 * receives here are the bytes that its own UART, at its own settings, sends and receives.
 */
import type { Clock } from '../../base/clock.ts'
import type { Disposable } from '../../base/event.ts'
import type { ControlLines, LineSettings, LineState, ModemState } from '../../contract/line.ts'
import type { Damage } from './wire.ts'

/** The line as the device uses it. */
export interface DeviceLine {
  /** Sends without a pause between the bytes. What the computer's port cannot take in is lost there as an overrun. */
  send(bytes: Uint8Array): void
  sendBreak(durationMs: number): void
  /** Sends one character of which something gets lost on the way. */
  sendDamaged(byte: number, damage: Damage): void
  /** How many characters the computer takes before they are lost there: what a device with RTS/CTS would heed. */
  readonly room: number
  /**
   * How long, in ms, the line from the computer was silent after what was received last: until now, or until the character
   * began that is on its way. Exact, however late timers fire.
   */
  readonly silenceMs: number
  /** Drives the modem lines; before the first call all of them are off. */
  drive(modem: ModemState): void
}

/** What comes with received bytes. */
export interface Reception {
  /** How long the line was silent before the first of them, in ms. */
  readonly idleMs: number
  readonly errors: LineState
}

/** The device as the line uses it. */
export interface DeviceEnd extends Disposable {
  receive(bytes: Uint8Array, how: Reception): void
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

/** What stands behind the name in `sim:noise:1000?baud=9600&seed=2`, common options already read. */
export interface DeviceOptions {
  readonly label: string
  /** Behind the name's colon; undefined without one. */
  readonly argument: string | undefined
  readonly settings: LineSettings
  /** The text of an option that the kind names itself; undefined when it was not given. */
  readonly text: (option: string) => string | undefined
}

export interface DeviceKind {
  /** The part behind `sim:`. */
  readonly name: string
  /** What `sim:NAME:…` gives, as people are told: `RATE`. Absent: nothing may stand there. */
  readonly argument?: string
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
