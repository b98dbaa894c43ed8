import { Socket } from 'node:net'
import { reading } from '../os/slab.ts'
import { socketFd, unreadBytes } from '../os/socket-state.ts'
import { stayPaused } from '../os/stay-paused.ts'
import { writeNow } from '../os/write-now.ts'
import type { StreamManners } from './stream-manners.ts'

/** What a StreamSocket tells its one owner. All are called with nothing of the socket's own work left to do. */
export interface StreamSocketOwner {
  received(chunk: Uint8Array): void
  /** The kernel took what was under way; `queued` went down. */
  written(): void
  /** The far side takes no more, which lost this many bytes; what it sent before can still be read. */
  sendFailed(error: Error, lostBytes: number): void
  /** It is over; `lostBytes` were accepted and did not go out, or did and were not acknowledged (where the system tells). */
  ended(error: Error | null, lostBytes: number): void
}

/** What a SocketConnection needs of a socket, with or without a layer (TLS) between it and the wire. */
export interface CarriedSocket {
  readonly manners: StreamManners
  owner: StreamSocketOwner | undefined
  /** Whose descriptor the system is asked about. */
  readonly wire: Socket
  /** Bytes that `send` took and the kernel has not taken. */
  readonly queued: number
  /** Bytes that came and were not handed on. */
  readonly unread: number
  send(chunk: Uint8Array): void
  pause(): void
  resume(): void
  /** No more is sent; `finish` when all is out. */
  end(): void
  /** Ends at once; what the kernel took is still delivered, but for an error. */
  destroy(error?: Error): void
  /** Ends at once, and tells the far side by a reset where there is one; what is queued is lost. */
  reset(): void
  once(event: 'end' | 'finish', listener: () => void): unknown
}

/**
 * Node's socket, made fit for serial data:
 *
 * - It reads into slabs (`onread`; no stream buffer, so a paused socket leaves everything to the kernel).
 * - A failed write does not destroy it: a program that sends a file and exits has its last bytes waiting in our kernel while the
 *   device's echo runs into its closed socket. Node would throw them away.
 * - It says exactly how many bytes did not go out.
 *
 * Made by the carriers, owned by a SocketConnection; knows no timer and no policy.
 */
export class StreamSocket extends Socket implements CarriedSocket {
  readonly manners: StreamManners
  owner: StreamSocketOwner | undefined
  /** Bytes of the write that is under way. */
  #inFlight = 0
  #resetting = false

  /** `handle`: taken from an accepted socket, which has none afterwards; absent where this one is to dial. */
  constructor(manners: StreamManners, handle?: unknown) {
    // `handle` and `pauseOnCreate` are how Node's own server makes sockets; they are not in its types.
    const options = {
      ...(handle === undefined ? {} : { handle, pauseOnCreate: true }),
      allowHalfOpen: true,
      onread: reading((chunk) => this.owner?.received(chunk))
    }
    super(options)
    this.manners = manners
    this.pause()
    stayPaused(this)
    // `_destroy` below has it already; without a listener Node would end the process.
    this.on('error', () => undefined)
  }

  get queued(): number {
    if (this.writableLength === 0) return 0
    return this.writableLength - this.#inFlight + Math.min(this.#inFlight, this.#handleQueue())
  }

  get wire(): Socket {
    return this
  }

  get unread(): number {
    return unreadBytes(this)
  }

  /** As `write`, but asks the kernel first: where nothing waits and it takes all, that is a third of the work. */
  send(chunk: Uint8Array): void {
    const fd = this.writableLength === 0 && this.writable && !this.connecting ? socketFd(this) : undefined
    const taken = fd === undefined ? 0 : writeNow(fd, chunk)
    if (taken instanceof Error) this.owner?.sendFailed(taken, chunk.length)
    else if (taken === 0) this.write(chunk)
    else if (taken < chunk.length) this.write(chunk.subarray(taken))
  }

  reset(): void {
    // Node's reset fails on a socket whose FIN is out; there a plain close does.
    if (!this.manners.resets || (this.writableEnded && this.writableLength === 0)) this.destroy()
    else {
      this.#resetting = true
      this.resetAndDestroy()
    }
  }

  override _write(chunk: Uint8Array, encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#inFlight = chunk.length
    super._write(chunk, encoding, this.#afterWrite(done))
  }

  override _writev(
    chunks: { chunk: Uint8Array; encoding: BufferEncoding }[],
    done: (error?: Error | null) => void
  ): void {
    this.#inFlight = chunks.reduce((sum, each) => sum + each.chunk.length, 0)
    super._writev?.(chunks, this.#afterWrite(done))
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    // The last moment at which the descriptor can be asked. What the kernel took it goes on sending after a plain close,
    // and drops after a reset, ours or the peer's.
    const owner = this.owner
    const broken = this.#resetting || error !== null
    const lostBytes = owner
      ? this.queued + (broken && !this.writableFinished ? this.manners.unacknowledgedBytes(this) : 0)
      : 0
    this.owner = undefined
    super._destroy(error, done)
    owner?.ended(error, lostBytes)
  }

  readonly #tellWritten = (): void => {
    this.owner?.written()
  }

  #afterWrite(done: (error?: Error | null) => void): (error?: Error | null) => void {
    return (error) => {
      const lostBytes = error ? this.#inFlight : 0
      this.#inFlight = 0
      // The stream is never told of the error: it would destroy itself, with what waits to be read.
      done()
      if (error) this.owner?.sendFailed(error, lostBytes)
      // A write that succeeds at once ends in here while Node empties its buffer, and forgets what an owner writes meanwhile.
      else process.nextTick(this.#tellWritten)
    }
  }

  /** What libuv still holds of the write that is under way, which may be a part of it. */
  #handleQueue(): number {
    return (
      (this as { _handle?: { writeQueueSize?: number } | null })._handle?.writeQueueSize ?? this.#inFlight
    )
  }
}
