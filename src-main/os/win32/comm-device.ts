import type { Clock } from '../../base/clock.ts'
import { sleep, systemClock } from '../../base/clock.ts'
import { HIGH_WATER, LOW_WATER } from '../../base/duplex.ts'
import { Emitter } from '../../base/event.ts'
import type { CloseReason } from '../../contract/close.ts'
import type {
  ControlWish,
  LineSettings,
  LineState,
  LineWish,
  ModemState,
  Purge
} from '../../contract/line.ts'
import { UNKNOWN_MODEM_STATE } from '../../contract/line.ts'
import type { CommDevice, CommOptions } from './comm.ts'
import type { CommLines } from './comm-lines.ts'
import { bytesIn, lineStateOf } from './comm-lines.ts'
import type { CommStream, CommStreamOwner } from './comm-stream.ts'
import type { Kernel } from './kernel.ts'
import { windowsKernel } from './kernel.ts'
import type { OpenComm } from './open-comm.ts'
import { openCommHandle } from './open-comm.ts'
import { ERROR, WindowsError } from './windows-error.ts'

/** How often the driver's queue is asked by who waits for it. */
const DRAIN_POLL_MS = 5

/** So much line time is given to the driver at once, in seconds. */
const PIECE_SECONDS = 0.05

/** As `openComm`. `kernel`: another one for tests. */
export async function openCommDevice(
  path: string,
  options: CommOptions,
  kernel: Kernel = windowsKernel()
): Promise<CommDevice> {
  const clock = options.clock ?? systemClock
  const open = await openCommHandle(path, kernel, clock)
  try {
    return new OpenCommDevice(path, open, options, clock)
  } catch (error) {
    open.lines.dispose()
    await open.stream.close()
    throw error
  }
}

class OpenCommDevice implements CommDevice, CommStreamOwner {
  readonly path: string
  readonly handle: number
  readonly #kernel: Kernel
  readonly #stream: CommStream
  readonly #lines: CommLines
  readonly #clock: Clock
  readonly #data = new Emitter<Uint8Array>()
  readonly #drain = new Emitter<void>()
  readonly #closing = new Emitter<CloseReason>()
  readonly #modemChanges = new Emitter<ModemState>()
  readonly #lineReports = new Emitter<LineState>()
  readonly #end = new AbortController()
  /** Requests to the driver go one behind the other. */
  #asked: Promise<unknown> = Promise.resolve()
  #settings: LineSettings
  #modemState: ModemState
  #congested = false
  #closed: Promise<number> | undefined
  #lost: number | undefined

  readonly onData = this.#data.event
  readonly onDrain = this.#drain.event
  readonly onClose = this.#closing.event
  readonly onModemState = this.#modemChanges.event
  readonly onLineState = this.#lineReports.event

  constructor(path: string, { kernel, stream, lines }: OpenComm, options: CommOptions, clock: Clock) {
    this.path = path
    this.handle = stream.handle
    this.#kernel = kernel
    this.#stream = stream
    this.#lines = lines
    this.#clock = clock
    lines.applySettings(options.settings ?? {})
    if (options.lines) lines.drive(options.lines)
    this.#settings = this.#read()
    const modem = lines.readModem()
    this.#modemState = modem ?? UNKNOWN_MODEM_STATE
    const lineErrors = (flags: number): void => this.#lineReports.fire(lineStateOf(flags))
    stream.owner = this
    stream.onLineErrors = lineErrors
    lines.watch(modem, {
      modemState: (state) => {
        this.#modemState = state
        this.#modemChanges.fire(state)
      },
      lineErrors,
      ended: (error) => this.ended(error)
    })
  }

  // Of its two halves.

  received(chunk: Uint8Array): void {
    if (!this.#closed && this.#lost === undefined) this.#data.fire(chunk)
  }

  written(): void {
    if (!this.#congested || this.queued > LOW_WATER) return
    this.#congested = false
    this.#drain.fire()
  }

  ended(error: Error | null): void {
    const why = error ? ` (${error.message})` : ''
    this.#finish({ code: 'unplugged', message: `${this.path} was unplugged or failed${why}` })
  }

  // Duplex.

  get queued(): number {
    return this.#lost ?? this.#stream.queued
  }

  write(chunk: Uint8Array): boolean {
    if (this.#closed || this.#lost !== undefined) return true
    this.#stream.write(chunk)
    if (this.#stream.queued > HIGH_WATER) this.#congested = true
    return !this.#congested
  }

  pause(): void {
    this.#stream.pause()
  }

  resume(): void {
    if (this.#lost === undefined) this.#stream.resume()
  }

  close(reason: CloseReason, timeoutMs: number): Promise<number> {
    this.#closed ??= this.#close(reason, timeoutMs)
    return this.#closed
  }

  abort(reason: CloseReason): void {
    this.#finish(reason)
  }

  // CommDevice.

  get settings(): LineSettings {
    return this.#settings
  }

  get modemState(): ModemState {
    return this.#modemState
  }

  get unsent(): number {
    return this.#lost === undefined ? this.#unsent() : 0
  }

  ioctl(code: number, input: Uint8Array, answerBytes: number): Promise<Uint8Array> {
    const answer = this.#asked.then(() => this.#ioctl(code, input, answerBytes))
    this.#asked = answer.catch(() => undefined)
    return answer
  }

  set(wish: LineWish): Promise<LineSettings> {
    return this.#now(() => {
      this.#lines.applySettings(wish)
      this.#settings = this.#read()
      return this.#settings
    })
  }

  control(wish: ControlWish): Promise<void> {
    return this.#now(() => {
      this.#lines.drive(wish)
    })
  }

  purge(which: Purge): void {
    if (this.#lost !== undefined) return
    try {
      if (which !== 'transmit') {
        this.#stream.dropDriverReceived()
        this.#stream.dropReceived()
      }
      if (which === 'receive') return
      this.#stream.discard()
      this.#stream.dropUnsent()
    } catch {
      // The device is gone: the read under way tells of it.
    }
    this.written()
  }

  #now<T>(call: () => T): Promise<T> {
    try {
      if (this.#lost !== undefined) throw new WindowsError(ERROR.invalidHandle, 'closed')
      return Promise.resolve(call())
    } catch (error) {
      return Promise.reject(error instanceof Error ? error : new Error(String(error)))
    }
  }

  #read(): LineSettings {
    const settings = this.#lines.readSettings()
    this.#stream.pieceBytes = bytesIn(PIECE_SECONDS, settings)
    return settings
  }

  #unsent(): number {
    try {
      return this.#stream.unsent
    } catch {
      return 0 // the device is gone: the read under way tells of it
    }
  }

  #ioctl(code: number, input: Uint8Array, answerBytes: number): Promise<Uint8Array> {
    if (this.#lost !== undefined) return Promise.reject(new WindowsError(ERROR.invalidHandle, 'closed'))
    return new Promise((resolve, reject) => {
      const answer = Buffer.allocUnsafeSlow(answerBytes)
      const sent = Buffer.allocUnsafeSlow(input.length)
      sent.set(input)
      const done = (): void => {
        const { bytes, error } = request.take()
        request.dispose()
        if (error) reject(new WindowsError(error, `DeviceIoControl 0x${code.toString(16)}`))
        else resolve(answer.subarray(0, bytes))
      }
      const request = this.#kernel.overlapped(done)
      this.#kernel.ioctl(this.handle, code, sent, answer, request)
      if (request.finished) done()
    })
  }

  async #close(reason: CloseReason, timeoutMs: number): Promise<number> {
    const deadlineMs = this.#clock.nowMs() + timeoutMs
    while (this.#lost === undefined && this.#stream.queued + this.#unsent() > 0) {
      const leftMs = deadlineMs - this.#clock.nowMs()
      if (leftMs <= 0) break
      await sleep(this.#clock, Math.min(DRAIN_POLL_MS, leftMs), this.#end.signal).catch(() => undefined)
    }
    this.#finish(reason)
    await this.#stream.close()
    return this.#lost ?? 0
  }

  #finish(reason: CloseReason): void {
    if (this.#lost !== undefined) return
    this.#lost = this.#stream.stop()
    this.#lines.dispose()
    void this.#stream.close()
    this.#end.abort()
    this.#closing.fire(reason)
    for (const emitter of [this.#data, this.#drain, this.#closing]) emitter.dispose()
    for (const emitter of [this.#modemChanges, this.#lineReports]) emitter.dispose()
  }
}
