/**
 * Standard input and output of a program over two pipes. Made by program.ts. Real pipes and not Node's own, which are sockets:
 * a program can open /dev/stdin again, and the kernel can tell how many bytes it has not read.
 */
import { closeSync } from 'node:fs'
import { Socket } from 'node:net'
import { fcntl, ioctl, pipe } from './libc.ts'
import type { ProgramStream, ProgramStreamOwner } from './program-stream.ts'
import { reading } from './slab.ts'
import { stayPaused } from './stay-paused.ts'
import { writeNow } from './write-now.ts'

const FIONREAD = process.platform === 'darwin' ? 0x4004667f : 0x541b
const F_DUPFD_CLOEXEC = process.platform === 'darwin' ? 67 : 1030

/** So little goes to libuv that a pipe takes all of it or nothing (PIPE_BUF): where it fails, none of it was sent. */
const PIECE_BYTES = process.platform === 'darwin' ? 512 : 4096

/** The program's ends of the pipes: to be given to it, and closed here once it has them. */
export interface PipeEnds {
  readonly stdin: number
  readonly stdout: number
}

export class ProgramPipes implements ProgramStream {
  owner: ProgramStreamOwner | undefined
  readonly #input: Socket
  readonly #output: Socket
  /** The same pipe as `#input`: to write at once, and to ask what is in it also when that is closed. */
  readonly #pipe: number
  /** What the kernel has not taken. */
  #waiting: Uint8Array[] = []
  #queued = 0
  /** libuv waits with the first piece of it. */
  #busy = false
  #inputOpen = true
  #outputOpen = true
  #pipeOpen = true

  private constructor(input: number, output: number) {
    this.#pipe = fcntl(input, F_DUPFD_CLOEXEC, 3)
    this.#input = new Socket({ fd: input, readable: false, writable: true })
    // `manualStart` and `onread` are how Node's own streams are made; they are not in the types for a descriptor.
    const options = {
      fd: output,
      readable: true,
      writable: false,
      manualStart: true,
      onread: reading((chunk) => this.owner?.received(chunk))
    }
    this.#output = new Socket(options)
    stayPaused(this.#output)
    const outputEnded = (): void => {
      if (!this.#outputOpen) return
      this.#outputOpen = false
      this.owner?.outputEnded()
    }
    this.#output.on('end', outputEnded).on('error', outputEnded)
    // EPIPE: the program closed its input, or is gone.
    this.#input.on('error', () => {
      if (!this.#inputOpen) return
      this.#closeInput()
      this.owner?.inputEnded()
    })
  }

  /** Throws SystemError where no descriptor is left. */
  static open(): { stream: ProgramPipes; ends: PipeEnds } {
    const [stdin, input] = pipe()
    try {
      const [output, stdout] = pipe()
      return { stream: new ProgramPipes(input, output), ends: { stdin, stdout } }
    } catch (error) {
      for (const fd of [stdin, input]) closeSync(fd)
      throw error
    }
  }

  get queued(): number {
    return this.#queued
  }

  get unread(): number {
    if (!this.#pipeOpen) return 0
    const count = Buffer.alloc(4)
    ioctl(this.#pipe, FIONREAD, count)
    return count.readInt32LE()
  }

  write(chunk: Uint8Array): void {
    if (!this.#inputOpen) return
    this.#waiting.push(chunk)
    this.#queued += chunk.length
    this.#pump()
  }

  pause(): void {
    this.#output.pause()
  }

  resume(): void {
    if (this.#outputOpen) this.#output.resume()
  }

  endInput(): void {
    if (this.#inputOpen) this.#closeInput()
    // As long as any writer is left, the program sees no end, and this is one. So what it has not read by now can be asked
    // until here, and no longer.
    if (!this.#pipeOpen) return
    this.#pipeOpen = false
    closeSync(this.#pipe)
  }

  stop(): void {
    this.owner = undefined
    this.endInput()
    this.#outputOpen = false
    this.#output.destroy()
  }

  /** Gives the program as much as it takes, and sees to it that we come back for the rest. */
  #pump(): void {
    for (let head = this.#waiting[0]; head && !this.#busy; head = this.#waiting[0]) {
      const taken = writeNow(this.#pipe, head)
      // An error comes again, and is told as the end of the input.
      if (typeof taken === 'number' && taken > 0) this.#drop(taken)
      else this.#wait(head.subarray(0, PIECE_BYTES))
    }
  }

  #wait(piece: Uint8Array): void {
    this.#busy = true
    this.#input.write(piece, (error) => {
      this.#busy = false
      if (error || !this.#inputOpen) return
      this.#drop(piece.length)
      this.#pump()
      this.owner?.written()
    })
  }

  /** Takes bytes off the head of what waits. */
  #drop(bytes: number): void {
    const head = this.#waiting[0]
    if (!head) return
    if (bytes === head.length) this.#waiting.shift()
    else this.#waiting[0] = head.subarray(bytes)
    this.#queued -= bytes
  }

  #closeInput(): void {
    this.#inputOpen = false
    this.#waiting = []
    this.#input.destroy()
  }
}
