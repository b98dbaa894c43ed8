import type { LineSettings, LineWish } from '../contract/line.ts'
import type { Lines } from '../os/modem.ts'
import { bytesIn, lineStateOf } from '../os/win32/comm-lines.ts'
import type { OpenComm } from '../os/win32/open-comm.ts'
import type { LineDriver, LineWatcher, LineWatching } from './line-driver.ts'

/** So much line time is given to the driver at once, in seconds: a purge or a change of settings waits for no more. */
const PIECE_SECONDS = 0.05

/** A COM port of Windows. Made by hardware-windows.ts. The system keeps others out by itself, so there are no locks. */
export class CommDriver implements LineDriver {
  readonly #comm: OpenComm

  constructor(comm: OpenComm) {
    this.#comm = comm
  }

  get unsent(): number {
    return this.#comm.stream.unsent
  }

  readSettings(): LineSettings {
    const settings = this.#comm.lines.readSettings()
    this.#comm.stream.pieceBytes = bytesIn(PIECE_SECONDS, settings)
    return settings
  }

  applySettings(wish: LineWish): void {
    this.#comm.lines.applySettings(wish)
  }

  readLines(): Lines | undefined {
    const { lines } = this.#comm
    const modem = lines.readModem()
    return modem && { ...lines.lines, modem }
  }

  driveLines(wish: { readonly dtr?: boolean; readonly rts?: boolean }): void {
    this.#comm.lines.drive(wish)
  }

  driveBreak(on: boolean): void {
    this.#comm.lines.drive({ break: on })
  }

  dropReceived(): void {
    this.#comm.stream.dropDriverReceived()
  }

  dropUnsent(): void {
    this.#comm.stream.dropUnsent()
  }

  stop(): number {
    return this.#comm.stream.stop()
  }

  release(): void {
    // Nothing keeps others out but the open handle.
  }

  /** An unplug shows at once, also while nobody reads: the request that waits for the lines fails. */
  watch(lines: Lines | undefined, watcher: LineWatcher): LineWatching {
    const { stream, lines: commLines } = this.#comm
    const lineErrors = (flags: number): void => watcher.lineState(lineStateOf(flags))
    stream.onLineErrors = lineErrors
    commLines.watch(lines?.modem, {
      modemState: (state) => watcher.modemState(state),
      lineErrors,
      ended: (error) => watcher.gone(error)
    })
    return { reading: false, dispose: () => commLines.dispose() }
  }
}
