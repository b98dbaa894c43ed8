/** What a hardware port asks of a system beyond the bytes. Played by tty-driver.ts (Linux, macOS) and comm-driver.ts (Windows). */
import type { Disposable } from '../base/event.ts'
import type { LineSettings, LineState, LineWish, ModemState } from '../contract/line.ts'
import type { Lines } from '../os/modem.ts'

/** The bytes of an open device; what is not said here is said at TtyStream. */
export interface DeviceStream {
  owner: DeviceStreamOwner | undefined
  /** Bytes that the system did not take yet. */
  readonly queued: number
  write(chunk: Uint8Array): void
  discard(): number
  dropReceived(): void
  pause(): void
  resume(): void
  close(): Promise<void>
}

export interface DeviceStreamOwner {
  received(chunk: Uint8Array): void
  /** `queued` went down. */
  written(): void
  /** Called once. Null: the end of file. */
  ended(error: Error | null): void
}

/** None of these waits. Each but `stop` and `release` throws the system's error once the device is gone. */
export interface LineDriver {
  /** Bytes beyond `queued` that the system took and the device has not sent. */
  readonly unsent: number
  /** What is in force; a baud rate of 0 is a line that another program hung up. */
  readSettings(): LineSettings
  /** In place; what the device cannot do stays as it is. */
  applySettings(wish: LineWish): void
  /** Undefined: the device has none. */
  readLines(): Lines | undefined
  driveLines(wish: { readonly dtr?: boolean; readonly rts?: boolean }): void
  driveBreak(on: boolean): void
  dropReceived(): void
  dropUnsent(): void
  /** Gives up what was not sent, `queued` bytes too; answers how many bytes that were. Closing follows. */
  stop(): number
  /** Undoes what keeps others out. Closing follows. */
  release(): void
  /** `lines`: what was read last; every change since is told. */
  watch(lines: Lines | undefined, watcher: LineWatcher): LineWatching
}

export interface LineWatcher {
  modemState(state: ModemState): void
  lineState(state: LineState): void
  /** Called once; nothing is called after it. */
  gone(error: Error | null): void
}

export interface LineWatching extends Disposable {
  /** Whether data is being read: then an unplug shows there. */
  reading: boolean
}
