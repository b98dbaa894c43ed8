import type { Clock } from '../base/clock.ts'
import type { LineSettings, LineWish } from '../contract/line.ts'
import { allowOpens, unlockFlock } from '../os/locks.ts'
import type { Lines } from '../os/modem.ts'
import { driveBreak, driveLines, readLines } from '../os/modem.ts'
import { applySettings, readSettings } from '../os/termios.ts'
import { dropReceived, dropUnsent, unsentBytes } from '../os/tty-buffers.ts'
import type { TtyStream } from '../os/tty-stream.ts'
import type { LineDriver, LineWatcher, LineWatching } from './line-driver.ts'
import { LineWatch } from './line-watch.ts'

export interface TtyDriverOptions {
  readonly clock: Clock
  /** The slave of a PTY keeps nothing for the line, and a flush there discards what the far end has not read. */
  readonly pseudoTerminal: boolean
  /** flock and TIOCEXCL are ours. */
  readonly locked: boolean
}

/** A terminal of Linux or macOS, by its descriptor. Made by hardware.ts. */
export class TtyDriver implements LineDriver {
  readonly #stream: TtyStream
  readonly #options: TtyDriverOptions

  constructor(stream: TtyStream, options: TtyDriverOptions) {
    this.#stream = stream
    this.#options = options
  }

  get #fd(): number {
    return this.#stream.fd
  }

  get unsent(): number {
    return this.#options.pseudoTerminal ? 0 : unsentBytes(this.#fd)
  }

  readSettings(): LineSettings {
    return readSettings(this.#fd)
  }

  applySettings(wish: LineWish): void {
    applySettings(this.#fd, wish)
  }

  readLines(): Lines | undefined {
    return readLines(this.#fd)
  }

  driveLines(wish: { readonly dtr?: boolean; readonly rts?: boolean }): void {
    driveLines(this.#fd, wish)
  }

  driveBreak(on: boolean): void {
    driveBreak(this.#fd, on)
  }

  dropReceived(): void {
    dropReceived(this.#fd)
  }

  dropUnsent(): void {
    if (!this.#options.pseudoTerminal) dropUnsent(this.#fd)
  }

  stop(): number {
    const { queued } = this.#stream
    const lost = queued + (attempt(() => this.unsent) ?? 0)
    if (lost > 0) attempt(() => this.dropUnsent())
    return lost
  }

  release(): void {
    if (!this.#options.locked) return
    attempt(() => allowOpens(this.#fd))
    attempt(() => unlockFlock(this.#fd))
  }

  watch(lines: Lines | undefined, watcher: LineWatcher): LineWatching {
    return new LineWatch({
      fd: this.#fd,
      clock: this.#options.clock,
      lines,
      modemState: (state) => watcher.modemState(state),
      lineState: (state) => watcher.lineState(state),
      hungUp: () => this.#stream.hungUp,
      gone: (error) => watcher.gone(error)
    })
  }
}

/** For what may fail because the device is gone, when that is no news: the end comes, or came, by itself. */
function attempt<T>(call: () => T): T | undefined {
  try {
    return call()
  } catch {
    return undefined // EIO, ENODEV: the stream or the watch tells of that
  }
}
