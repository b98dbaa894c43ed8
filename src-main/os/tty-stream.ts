/**
 * The bytes of a terminal device, both ways, without a thread: Node's tty.ReadStream reads into slabs and waits until the
 * device takes more; writing goes straight to the descriptor, so that at every moment it is known how much the kernel
 * refused. Called by ports that opened the device. Knows no settings and no lines, and never waits.
 *
 * libuv opens the device a second time by its path, reads from that, and puts a copy of it on our number. So what belongs to the
 * open file (flock) has to be done afterwards; and CLOCAL has to be set before, or that second open waits for the carrier.
 */
import { close, constants, writeSync } from 'node:fs'
import { ReadStream } from 'node:tty'
import type { Clock } from '../base/clock.ts'
import type { Disposable } from '../base/event.ts'
import { fcntl, isSystemError, pollNow, POLLERR, POLLHUP } from './libc.ts'
import { Slab } from './slab.ts'

const F_GETFL = 3
const F_SETFL = 4
const F_DUPFD_CLOEXEC = process.platform === 'darwin' ? 67 : 1030
const POLLNVAL = 0x020

/** How often a full device is asked where nobody wakes us. */
const RETRY_MS = 10

export interface TtyStreamOptions {
  readonly clock: Clock
  /**
   * How much of a refused chunk is handed to libuv, which wakes us when the device takes it. That much can no longer be
   * discarded, and counts as queued until all of it went. Small for a serial line, large for a PTY, in bytes.
   */
  readonly pieceBytes: number
}

/** What a TtyStream tells its one owner. */
export interface TtyStreamOwner {
  received(chunk: Uint8Array): void
  /** The kernel took some of what it had refused: `queued` went down. */
  written(): void
  /** The device hung up or failed; called once, never within `write`. Null: end of file. The owner still has to `close`. */
  ended(error: Error | null): void
}

export class TtyStream {
  /** For ioctls and locks: the same open file as the stream's, open until `close`, and closed last. */
  readonly fd: number
  owner: TtyStreamOwner | undefined
  readonly #options: TtyStreamOptions
  readonly #stream: ReadStream
  /** False: libuv could not open the device by path and would block, or spin, in a write. Then we wait by timer. */
  readonly #wakes: boolean
  #refused: Uint8Array[] = []
  #refusedBytes = 0
  /** Bytes that libuv has. */
  #inFlight = 0
  #retry: Disposable | undefined
  #ended = false
  #closed: Promise<void> | undefined

  /** Takes over `fd`, open with O_NONBLOCK; when it throws (ERR_TTY_INIT_FAILED) the caller still owns it. Paused. */
  constructor(fd: number, options: TtyStreamOptions) {
    this.#options = options
    const slab = new Slab()
    // A mark that means nothing to a terminal and that the second open does not have.
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL, 0) | constants.O_APPEND)
    // Not in the types of ReadStream, which passes its options on to net.Socket.
    const onread = {
      buffer: () => slab.next(),
      callback: (length: number): boolean => {
        this.owner?.received(slab.take(length))
        return true
      }
    }
    this.#stream = new ReadStream(fd, { onread } as object)
    const flags = fcntl(fd, F_GETFL, 0)
    this.#wakes = (flags & constants.O_APPEND) === 0
    // With the second open the number is still ours to close; without it the stream closes it.
    this.fd = this.#wakes ? fd : fcntl(fd, F_DUPFD_CLOEXEC, 0)
    // Said again for the case without the second open, where nobody else said it.
    fcntl(this.fd, F_SETFL, (flags & ~constants.O_APPEND) | constants.O_NONBLOCK)
    this.#stream.on('end', () => this.#end(null))
    this.#stream.on('error', (error) => this.#end(error))
    this.#stream.on('close', () => this.#end(null))
  }

  /** Bytes that the kernel refused so far. */
  get queued(): number {
    return this.#refusedBytes + this.#inFlight
  }

  /** Takes the whole chunk. Nothing after the end. */
  write(chunk: Uint8Array): void {
    if (this.#ended || this.#closed || chunk.length === 0) return
    const taken = this.queued === 0 ? this.#try(chunk) : 0
    if (taken < chunk.length) {
      this.#refused.push(chunk.subarray(taken))
      this.#refusedBytes += chunk.length - taken
      this.#await()
    }
  }

  /** Forgets what the kernel refused; answers how many bytes that were. */
  discard(): number {
    const lost = this.#refusedBytes
    this.#refused = []
    this.#refusedBytes = 0
    return lost
  }

  pause(): void {
    this.#stream.pause()
  }

  resume(): void {
    if (!this.#ended && !this.#closed) this.#stream.resume()
  }

  /** While paused, nobody else tells that the device is gone. */
  get hungUp(): boolean {
    return !this.#closed && (pollNow(this.fd, 0) & (POLLHUP | POLLERR | POLLNVAL)) !== 0
  }

  /**
   * Lets go of the device; what was refused is lost. Resolves when the descriptor is closed, which happens in another
   * thread: a UART's close may wait up to 30 s for its output. Idempotent.
   */
  close(): Promise<void> {
    this.#closed ??= new Promise((resolve) => {
      this.#retry?.dispose()
      this.#stream.destroy()
      close(this.fd, () => {
        // An error (EIO of a device that is gone) changes nothing: the number is free again either way.
        resolve()
      })
    })
    return this.#closed
  }

  /** Offers bytes to the kernel; answers how many it took. */
  #try(chunk: Uint8Array): number {
    try {
      return writeSync(this.fd, chunk)
    } catch (error) {
      if (isSystemError(error, 'EAGAIN')) return 0
      // Not within `write`: its caller is not prepared to see the device vanish under it.
      process.nextTick(() => this.#end(error instanceof Error ? error : new Error(String(error))))
      return 0
    }
  }

  /** Sees to it that `#pump` runs when the device takes more. */
  #await(): void {
    if (this.#inFlight > 0 || this.#retry) return
    const head = this.#refused[0]
    if (!head) return
    if (!this.#wakes) {
      this.#retry = this.#options.clock.after(RETRY_MS, () => {
        this.#retry = undefined
        this.#pump()
      })
      return
    }
    const piece = head.subarray(0, this.#options.pieceBytes)
    this.#drop(piece.length)
    this.#inFlight = piece.length
    this.#stream.write(piece, (error) => {
      // An error comes as the stream's event as well; the piece then stays counted as not sent.
      if (error) return
      this.#inFlight = 0
      this.#pump()
    })
  }

  #pump(): void {
    if (this.#ended || this.#closed) return
    for (;;) {
      const head = this.#refused[0]
      if (!head) break
      const taken = this.#try(head)
      this.#drop(taken)
      if (taken < head.length) break
    }
    this.#await()
    this.owner?.written()
  }

  /** Takes bytes off the head of what was refused. */
  #drop(bytes: number): void {
    const head = this.#refused[0]
    if (!head || bytes === 0) return
    if (bytes === head.length) this.#refused.shift()
    else this.#refused[0] = head.subarray(bytes)
    this.#refusedBytes -= bytes
  }

  #end(error: Error | null): void {
    if (this.#ended || this.#closed) return
    this.#ended = true
    this.owner?.ended(error)
  }
}
