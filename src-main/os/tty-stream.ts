/**
 * The bytes of a terminal device, both ways, without a thread: Node's tty.ReadStream reads into slabs and waits until the
 * device takes more. At every moment it is known how much the kernel refused. Called by ports that opened the device. Knows no
 * settings and no lines, and never waits.
 *
 * libuv opens the device a second time by its path, reads from that, and puts a copy of it on our number. So what belongs to the
 * open file (flock) has to be done afterwards; and CLOCAL has to be set before, or that second open waits for the carrier.
 */
import { close, constants } from 'node:fs'
import { ReadStream } from 'node:tty'
import type { Clock } from '../base/clock.ts'
import type { Disposable } from '../base/event.ts'
import { Gathering } from './gathering.ts'
import { fcntl, pollNow, POLLERR, POLLHUP } from './libc.ts'
import { reading } from './slab.ts'
import { stayPaused } from './stay-paused.ts'
import { writeNow } from './write-now.ts'

const F_GETFL = 3
const F_SETFL = 4
const F_DUPFD_CLOEXEC = process.platform === 'darwin' ? 67 : 1030
const POLLNVAL = 0x020

/** How often a full device is asked where nobody wakes us. */
const RETRY_MS = 10

/** So little of what was refused goes to libuv where the rest has to stay ours: no line needs long for it. */
const LINE_PIECE_BYTES = 16
/** Where it need not stay ours: enough for one wake-up to fill the kernel's buffer. */
const PTY_PIECE_BYTES = 16 * 1024

export interface TtyStreamOptions {
  readonly clock: Clock
  /**
   * The slave of a PTY moves megabytes and has no line where bytes wait: there libuv gets whole chunks, which is faster, and
   * `discard` leaves up to 16 KiB. On a line it forgets all but the 16 bytes that libuv waits with.
   */
  readonly pseudoTerminal: boolean
}

/** What a TtyStream tells its one owner. */
export interface TtyStreamOwner {
  received(chunk: Uint8Array): void
  /** The kernel took some of what it had refused: `queued` went down. */
  written(): void
  /** The device hung up or failed; called once, never within `write`. Null: end of file. The owner still has to `close`. */
  ended(error: Error | null): void
}

/** What every net.Socket's handle can tell; not in the types. */
interface Handle {
  /** Bytes that it was given since the start. */
  readonly bytesWritten: number
  /** Bytes of these that the kernel has not taken. */
  readonly writeQueueSize: number
}

/** Node's stream for a terminal, which knows what it was given and the kernel has not taken. */
class TtyReadStream extends ReadStream {
  #given = 0
  /** Of these, what is known to be with the kernel. */
  #sent = 0
  #failed = false
  /** What it had when it ended. */
  #left: number | undefined

  get inFlight(): number {
    if (this.#left !== undefined) return this.#left
    return this.#broken ? this.#given - this.#sent : this.#waiting
  }

  give(chunk: Uint8Array, taken: (error?: Error | null) => void): void {
    if (this.writableLength === 0 && !this.#broken) this.#sent = this.#given
    this.#given += chunk.length
    this.write(chunk, (error) => {
      if (error) this.#failed = true
      taken(error)
    })
  }

  /** A write failed, and Node and libuv do not count it any more. One that fails at once is known before its callback. */
  get #broken(): boolean {
    return this.#failed || this.errored !== null
  }

  /** As the handle has it. */
  get #waiting(): number {
    const { _handle: handle } = this as { _handle?: Handle | null }
    const busy = this.writableLength > 0 && handle
    const inFlight = busy ? this.#given - handle.bytesWritten + handle.writeQueueSize : 0
    this.#sent = this.#given - inFlight
    return inFlight
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    // The last moment at which the handle is there, and what waits in it: unless it was a write that failed.
    this.#left = this.#failed ? this.#given - this.#sent : this.#waiting
    super._destroy(error, done)
  }
}

export class TtyStream {
  /** For ioctls and locks: the same open file as the stream's, open until `close`, and closed last. */
  readonly fd: number
  owner: TtyStreamOwner | undefined
  readonly #options: TtyStreamOptions
  readonly #stream: TtyReadStream
  readonly #gathering = new Gathering((chunk) => this.owner?.received(chunk))
  /** False: libuv could not open the device by path and would block, or spin, in a write. Then we wait by timer. */
  readonly #wakes: boolean
  #refused: Uint8Array[] = []
  #refusedBytes = 0
  #retry: Disposable | undefined
  #ended = false
  #closed: Promise<void> | undefined

  /** Takes over `fd`, open with O_NONBLOCK; when it throws (ERR_TTY_INIT_FAILED) the caller still owns it. Paused. */
  constructor(fd: number, options: TtyStreamOptions) {
    this.#options = options
    // A mark that means nothing to a terminal and that the second open does not have.
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL, 0) | constants.O_APPEND)
    // Not in the types of ReadStream, which passes its options on to net.Socket.
    const onread = reading((chunk) => this.#gathering.received(chunk))
    this.#stream = new TtyReadStream(fd, { onread } as object)
    stayPaused(this.#stream)
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
    return this.#refusedBytes + this.#stream.inFlight
  }

  /** Takes the whole chunk. Nothing after the end. */
  write(chunk: Uint8Array): void {
    if (this.#ended || this.#closed || chunk.length === 0) return
    let rest = chunk
    if (this.#refusedBytes === 0 && this.#stream.writableLength === 0) {
      const taken = this.#try(chunk)
      if (taken === chunk.length) return
      rest = chunk.subarray(taken)
    }
    if (this.#refusedBytes === 0 && this.#hands && this.#stream.writableLength < PTY_PIECE_BYTES) {
      this.#stream.give(rest, this.#taken)
      return
    }
    this.#refused.push(rest)
    this.#refusedBytes += rest.length
    this.#pump()
  }

  /** Forgets what the kernel refused, but for what libuv has; answers how many bytes that were. */
  discard(): number {
    const lost = this.#refusedBytes
    this.#refused = []
    this.#refusedBytes = 0
    return lost
  }

  /** Forgets what was read and not handed on. */
  dropReceived(): void {
    this.#gathering.drop()
  }

  pause(): void {
    this.#stream.pause()
    this.#gathering.pause()
  }

  resume(): void {
    if (this.#ended || this.#closed) return
    this.#gathering.resume()
    this.#stream.resume()
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
      this.#gathering.drop()
      this.#stream.destroy()
      close(this.fd, () => {
        // An error (EIO of a device that is gone) changes nothing: the number is free again either way.
        resolve()
      })
    })
    return this.#closed
  }

  /** Whole chunks go to libuv: it tries at once, and waits with what is left. */
  get #hands(): boolean {
    return this.#wakes && this.#options.pseudoTerminal
  }

  readonly #taken = (error?: Error | null): void => {
    // The stream's event tells of an error as well; what was left stays counted as not sent.
    if (error || this.#ended || this.#closed) return
    this.#pump()
    this.owner?.written()
  }

  /** Gives the device as much as it takes, and sees to it that we come back for the rest. */
  #pump(): void {
    const limit = this.#hands ? PTY_PIECE_BYTES : 1
    for (;;) {
      const head = this.#refused[0]
      // While libuv has a piece, its callback comes back here.
      if (!head || this.#retry || this.#stream.writableLength >= limit) return
      const taken = this.#hands ? 0 : this.#try(head)
      this.#drop(taken)
      if (taken === head.length) continue
      if (!this.#wakes) {
        this.#retry = this.#options.clock.after(RETRY_MS, () => {
          this.#retry = undefined
          this.#taken()
        })
        return
      }
      const piece = this.#hands ? head : head.subarray(taken, taken + LINE_PIECE_BYTES)
      this.#drop(piece.length)
      this.#stream.give(piece, this.#taken)
    }
  }

  /** Offers bytes to the kernel; answers how many it took. */
  #try(chunk: Uint8Array): number {
    const taken = writeNow(this.fd, chunk)
    if (!(taken instanceof Error)) return taken
    // Not within `write`: its caller is not prepared to see the device vanish under it.
    process.nextTick(() => this.#end(taken))
    return 0
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
    this.#gathering.flush()
    this.owner?.ended(error)
  }
}
