/**
 * The event-driven way to read and write a PTY's master: one epoll entry, both directions at once. Made by pty.ts.
 *
 * It is a libuv *pipe* on a duplicate of the master, because everything else that Node offers fails on a master:
 * - `tty.ReadStream`: libuv reopens a terminal by its path, but not a master (uv__tty_is_slave). It stays on the master, as
 *   it must (the slave opened by us would hide the hang-up), but writes turn *blocking*: when the program does not read, the
 *   process spins in uv__write and no timer runs any more.
 * - `net.Socket({fd})` refuses what isatty() calls a terminal, as a master is.
 * - `fs.read` holds a thread-pool thread, or polls.
 * A pipe takes any descriptor, sets O_NONBLOCK and waits for POLLOUT. Node has no public constructor for it, so its class
 * is taken from a socket made over a socket pair.
 *
 * What remains of libuv's ways, for the owner to know:
 * - After a short read under POLLHUP it reports the end at once, though the kernel may hold more. So `ended` means: look at
 *   the master yourself until it says EIO.
 * - A write that waits while nobody has the slave open makes epoll spin. So a stream is stopped when the program left.
 */
import { closeSync } from 'node:fs'
import type { SocketConstructorOpts } from 'node:net'
import { Socket } from 'node:net'
import { fcntl, socketpair } from './libc.ts'
import { reading } from './slab.ts'
import { stayPaused } from './stay-paused.ts'
import { writeNow } from './write-now.ts'

const F_DUPFD_CLOEXEC = 1030

/** `class Pipe` of Node's pipe_wrap, as far as it is used here. */
interface PipeHandle {
  /** 0, or a negative errno. Owns the descriptor from then on. */
  open(fd: number): number
  /** Bytes that were handed to libuv, whole chunks. */
  readonly bytesWritten: number
  /** Bytes that libuv has not got rid of yet. */
  readonly writeQueueSize: number
}
type PipeClass = new (type: number) => PipeHandle

const PIPE_SOCKET = 0

let pipeClass: PipeClass | undefined

function findPipeClass(): PipeClass {
  const [near, far] = socketpair()
  const socket = new Socket({ fd: near })
  const { _handle: handle } = socket as unknown as { _handle: { constructor: PipeClass } }
  socket.destroy()
  closeSync(far)
  return handle.constructor
}

export interface PtyStreamOwner {
  /** One read of the master: the packet's flag byte and the data behind it, immutable. */
  packet(flags: number, data: Buffer): void
  /** The kernel took a chunk; `queued` went down. */
  written(): void
  /** No more will come from here, though the kernel may hold more. */
  ended(): void
}

export class PtyStream {
  readonly #handle: PipeHandle
  readonly #fd: number
  readonly #socket: Socket
  #owner: PtyStreamOwner | undefined
  #accepted = 0
  #lost = 0

  /** Paused until `resume`. */
  constructor(master: number, owner: PtyStreamOwner) {
    this.#owner = owner
    pipeClass ??= findPipeClass()
    this.#handle = new pipeClass(PIPE_SOCKET)
    const fd = (this.#fd = fcntl(master, F_DUPFD_CLOEXEC, 3))
    const errno = this.#handle.open(fd)
    if (errno !== 0) {
      closeSync(fd)
      throw new Error(`opening a stream on a PTY failed (${errno})`)
    }
    // `handle` and `manualStart` are how tty.ReadStream makes itself; they are not in the types.
    const options = {
      handle: this.#handle,
      manualStart: true,
      onread: reading((packet) => this.#owner?.packet(packet[0] ?? 0, packet.subarray(1)))
    }
    this.#socket = new Socket(options as SocketConstructorOpts)
    stayPaused(this.#socket)
    const ended = (): void => {
      this.#owner?.ended()
    }
    this.#socket.on('error', ended).on('end', ended)
  }

  /** Bytes that `write` took and the kernel has not taken, exactly. After `stop`: what was lost by it. */
  get queued(): number {
    if (!this.#owner) return this.#lost
    return this.#accepted - this.#handle.bytesWritten + this.#handle.writeQueueSize
  }

  write(chunk: Uint8Array): void {
    if (!this.#owner) return
    const taken = this.#socket.writableLength === 0 ? writeNow(this.#fd, chunk) : 0
    if (taken === chunk.length) return
    // An error comes again, and is told as the stream's end.
    const rest = typeof taken === 'number' && taken > 0 ? chunk.subarray(taken) : chunk
    this.#accepted += rest.length
    this.#socket.write(rest, this.#written)
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    if (this.#owner) this.#socket.resume()
  }

  /** Ends it at once, with what is queued; the master stays. Nothing is called any more. Idempotent. */
  stop(): void {
    this.#lost = this.queued
    this.#owner = undefined
    this.#socket.destroy()
  }

  readonly #written = (error?: Error | null): void => {
    if (!error) this.#owner?.written()
  }
}
