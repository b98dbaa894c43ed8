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

const FIONREAD = process.platform === 'darwin' ? 0x4004667f : 0x541b
const F_DUPFD_CLOEXEC = process.platform === 'darwin' ? 67 : 1030

/** What every net.Socket's handle can tell; not in the types. */
interface Handle {
  /** Bytes that it was given since the start. */
  readonly bytesWritten: number
  /** Bytes of these that the kernel has not taken. */
  readonly writeQueueSize: number
}

/** The program's ends of the pipes: to be given to it, and closed here once it has them. */
export interface PipeEnds {
  readonly stdin: number
  readonly stdout: number
}

export class ProgramPipes implements ProgramStream {
  owner: ProgramStreamOwner | undefined
  readonly #input: Socket
  readonly #output: Socket
  /** The same pipe as `#input`, to ask what is in it also when that is closed. */
  readonly #meter: number
  #accepted = 0
  #inputOpen = true
  #outputOpen = true
  #meterOpen = true
  /** What stayed behind when the input was closed. */
  #left = 0

  private constructor(input: number, output: number) {
    this.#meter = fcntl(input, F_DUPFD_CLOEXEC, 3)
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
    if (!this.#inputOpen) return this.#left
    const { _handle: handle } = this.#input as { _handle?: Handle | null }
    return handle ? this.#accepted - handle.bytesWritten + handle.writeQueueSize : 0
  }

  get unread(): number {
    if (!this.#meterOpen) return 0
    const count = Buffer.alloc(4)
    ioctl(this.#meter, FIONREAD, count)
    return count.readInt32LE()
  }

  write(chunk: Uint8Array): void {
    if (!this.#inputOpen) return
    this.#accepted += chunk.length
    this.#input.write(chunk, (error) => {
      if (!error) this.owner?.written()
    })
  }

  pause(): void {
    this.#output.pause()
  }

  resume(): void {
    if (this.#outputOpen) this.#output.resume()
  }

  endInput(): void {
    if (this.#inputOpen) this.#closeInput()
    // As long as any writer is left, the program sees no end, and the meter is one. So what it has not read by now can be asked
    // until here, and no longer.
    if (!this.#meterOpen) return
    this.#meterOpen = false
    closeSync(this.#meter)
  }

  stop(): void {
    this.owner = undefined
    this.endInput()
    this.#outputOpen = false
    this.#output.destroy()
  }

  #closeInput(): void {
    this.#left = this.queued
    this.#inputOpen = false
    this.#input.destroy()
  }
}
