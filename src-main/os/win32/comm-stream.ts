/**
 * The bytes of a COM port, both ways, with overlapped requests: one read and one write at a time, each waited for by a thread of
 * Windows' own. At every moment it is known how much the driver did not take. Made by open-comm. Knows no settings and no lines.
 *
 * A read of one byte waits; what came with it is asked for and fetched at once. Reads that end with the first of many bytes
 * (ReadIntervalTimeout MAXDWORD) would do it in one call, but wine 8 and some drivers wait until the buffer is full.
 */
import type { Disposable } from '../../base/event.ts'
import type { Clock } from '../../base/clock.ts'
import { Slab } from '../slab.ts'
import type { Kernel, Overlapped } from './kernel.ts'
import { ERROR, WindowsError } from './windows-error.ts'

/** The most that one write hands over, in bytes; less on a slow line, see `pieceBytes`. */
const WRITE_BYTES = 16 * 1024
const LEAST_PIECE = 256

/** So many reads that were filled at once, then the others of this process have their turn. */
const READS_IN_A_ROW = 8

/** When a read ends with nothing, the next one waits so long. */
const EMPTY_MS = 10

/** A timer that keeps the process alive while a port is open, as a socket does; in ms. */
const LONG_MS = 0x3fff_ffff

const PURGE_TRANSMIT = 0x0001 | 0x0004
const PURGE_RECEIVED = 0x0008

const NOTHING = Buffer.alloc(0)

/** What a CommStream tells its one owner. */
export interface CommStreamOwner {
  received(chunk: Uint8Array): void
  /** The driver took some: `queued` went down. */
  written(): void
  /** The device is gone or failed; called once, never within `write`. The owner still has to `close`. */
  ended(error: Error | null): void
}

export class CommStream {
  readonly handle: number
  owner: CommStreamOwner | undefined
  /** Told CE_* flags (winbase.h) of what went wrong on the line since the last call; not 0. */
  onLineErrors: ((flags: number) => void) | undefined
  readonly #kernel: Kernel
  readonly #clock: Clock
  readonly #slab = new Slab()
  readonly #reading: Overlapped
  readonly #writing: Overlapped
  readonly #alive: Disposable
  #later: Disposable | undefined
  #piece: Buffer = NOTHING
  /** Bytes of the piece that were read and not handed on. */
  #have = 0
  #paused = true
  #waiting: Uint8Array[] = []
  #waitingBytes = 0
  readonly #out = Buffer.allocUnsafeSlow(WRITE_BYTES)
  #inFlight = 0
  /** What was given to the driver is to be forgotten. */
  #purged = false
  #pieceBytes = WRITE_BYTES
  #ended = false
  #closed: Promise<void> | undefined

  /** Owns the handle from now on. Paused. */
  constructor(kernel: Kernel, handle: number, clock: Clock) {
    this.#kernel = kernel
    this.handle = handle
    this.#clock = clock
    this.#reading = kernel.overlapped(() => this.#read())
    this.#writing = kernel.overlapped(() => this.#sent())
    this.#alive = clock.every(LONG_MS, () => undefined)
  }

  /** Bytes that the driver did not take yet, those of the write under way among them. */
  get queued(): number {
    return this.#waitingBytes + this.#inFlight
  }

  /** Bytes beyond `queued` that the driver has and the device has not sent. Throws WindowsError once it is gone. */
  get unsent(): number {
    // Most drivers count the write under way in their queue, some copy it and keep it when the write has ended.
    return Math.max(0, this.#status().unsent - this.#inFlight)
  }

  /** How much the driver is given at once: what a purge cannot take back from some of them. */
  set pieceBytes(bytes: number) {
    this.#pieceBytes = Math.min(WRITE_BYTES, Math.max(LEAST_PIECE, Math.round(bytes)))
  }

  /** Takes the whole chunk. Nothing after the end. */
  write(chunk: Uint8Array): void {
    if (this.#ended || this.#closed || chunk.length === 0) return
    this.#waiting.push(chunk)
    this.#waitingBytes += chunk.length
    this.#send('later')
  }

  /** Forgets what the driver has not; answers how many bytes that were. */
  discard(): number {
    const lost = this.#waitingBytes
    this.#waiting = []
    this.#waitingBytes = 0
    return lost
  }

  /** Empties the driver's queue to the device, the write under way too. */
  dropUnsent(): void {
    this.#purged = this.#writing.pending
    this.#kernel.comm('PurgeComm', this.handle, PURGE_TRANSMIT)
    if (this.#writing.pending) this.#kernel.cancel(this.handle, this.#writing)
  }

  /** Empties the driver's queue from the device. */
  dropDriverReceived(): void {
    this.#kernel.comm('PurgeComm', this.handle, PURGE_RECEIVED)
  }

  /** Forgets what was read and not handed on. */
  dropReceived(): void {
    this.#have = 0
  }

  pause(): void {
    this.#paused = true
  }

  /** Hands nothing on within the call. */
  resume(): void {
    if (!this.#paused || this.#ended || this.#closed) return
    this.#paused = false
    process.nextTick(() => this.#read())
  }

  /** Gives up what was not sent; answers how many bytes that were. `close` has to follow. Never throws. */
  stop(): number {
    let lost = this.discard() + this.#inFlight
    try {
      lost += this.unsent
      if (lost > 0) {
        this.dropUnsent()
        // Ended in the call by most drivers: then what had gone before is known.
        if (this.#writing.finished) lost -= Math.min(this.#inFlight, this.#writing.take().bytes)
      }
    } catch {
      // The device is gone, and what was on its way with it.
    }
    this.#inFlight = 0
    return lost
  }

  /** Lets go of the device; what was not taken is lost. Resolves when it is closed. Idempotent. */
  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  #close(): Promise<void> {
    this.#later?.dispose()
    this.#alive.dispose()
    this.#kernel.cancel(this.handle)
    this.#reading.dispose()
    this.#writing.dispose()
    return this.#kernel.closeHandle(this.handle)
  }

  get #over(): boolean {
    return this.#ended || this.#closed !== undefined
  }

  #status(): { readonly received: number; readonly unsent: number } {
    const status = this.#kernel.clearCommError(this.handle)
    if (status.errors) this.onLineErrors?.(status.errors)
    return status
  }

  /** Hands on what was read, and reads on. */
  #read(): void {
    if (this.#over) return
    try {
      for (let turn = 0; turn < READS_IN_A_ROW; turn++) if (!this.#readOnce()) return
    } catch (error) {
      this.#end(error)
      return
    }
    this.#readLater(0)
  }

  /** True: there may be more at once. */
  #readOnce(): boolean {
    if (this.#reading.pending) {
      if (!this.#reading.finished) return false
      const { bytes, error } = this.#reading.take()
      if (error) throw new WindowsError(error, 'ReadFile')
      this.#have += bytes
      if (bytes === 0) {
        this.#readLater(EMPTY_MS)
        return false
      }
    }
    // The driver keeps the rest.
    if (this.#paused) return false
    const { received } = this.#status()
    if (this.#have > 0 && (received === 0 || this.#have === this.#piece.length)) {
      const chunk = this.#slab.take(this.#have)
      this.#have = 0
      this.owner?.received(chunk)
      if (this.#over || this.#isPaused) return false
    }
    if (this.#have === 0) this.#piece = this.#slab.next()
    const room = this.#piece.subarray(this.#have)
    this.#kernel.read(this.handle, room, Math.min(room.length, Math.max(1, received)), this.#reading)
    return this.#reading.finished
  }

  /** Read anew: whoever was given bytes may have paused us. */
  get #isPaused(): boolean {
    return this.#paused
  }

  #readLater(delayMs: number): void {
    this.#later?.dispose()
    this.#later = this.#clock.after(delayMs, () => {
      this.#later = undefined
      this.#read()
    })
  }

  /** A write ended. */
  #sent(): void {
    if (this.#over) return
    this.#send()
  }

  #send(failing?: 'later'): void {
    try {
      let went = false
      while (this.#sendOnce()) went = true
      if (went && !failing) this.owner?.written()
    } catch (error) {
      if (!failing) this.#end(error)
      // Not within `write`: its caller is not prepared to see the device vanish under it.
      else process.nextTick(() => this.#end(error))
    }
  }

  /** True: some went to the driver for good. */
  #sendOnce(): boolean {
    let went = false
    if (this.#writing.pending) {
      if (!this.#writing.finished) return false
      const { bytes, error } = this.#writing.take()
      const purged = this.#purged
      this.#purged = false
      if (error && !(purged && error === ERROR.operationAborted)) {
        this.#inFlight -= Math.min(bytes, this.#inFlight)
        throw new WindowsError(error, 'WriteFile')
      }
      // A driver may take a part only: the rest goes before all else.
      this.#inFlight = purged ? 0 : this.#inFlight - bytes
      this.#out.copyWithin(0, bytes, bytes + this.#inFlight)
      went = true
    }
    this.#fill()
    if (this.#inFlight > 0) this.#kernel.write(this.handle, this.#out, this.#inFlight, this.#writing)
    return went || this.#writing.finished
  }

  /** Puts what waits into the piece that goes next. */
  #fill(): void {
    while (this.#inFlight < this.#pieceBytes) {
      const head = this.#waiting[0]
      if (!head) return
      const part = head.subarray(0, this.#pieceBytes - this.#inFlight)
      this.#out.set(part, this.#inFlight)
      this.#inFlight += part.length
      this.#waitingBytes -= part.length
      if (part.length === head.length) this.#waiting.shift()
      else this.#waiting[0] = head.subarray(part.length)
    }
  }

  #end(error: unknown): void {
    if (this.#over) return
    this.#ended = true
    this.owner?.ended(error instanceof Error ? error : new Error(String(error)))
  }
}
