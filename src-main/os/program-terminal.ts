/**
 * A pseudo-terminal as a program's standard input, output and error; we hold the master. Made by program.ts. Raw when the program
 * starts; what it makes of that is its own affair (os/pty.ts, for ports that programs open, keeps the modes to itself instead).
 *
 * Linux. Packet mode is on because os/pty-stream.ts expects it; only its data is used.
 */
import { closeSync, constants, readSync } from 'node:fs'
import { Fault } from '../contract/faults.ts'
import { POLLIN, grantpt, ioctl, isSystemError, pollNow, posixOpenpt, ptsname, unlockpt } from './libc.ts'
import type { ProgramStream, ProgramStreamOwner } from './program-stream.ts'
import type { PtyStreamOwner } from './pty-stream.ts'
import { PtyStream } from './pty-stream.ts'
import { Slab } from './slab.ts'
import { encodeTermios2, readTermios2, writeTermios2 } from './termios-linux.ts'

const O_CLOEXEC = 0o2000000
const OPEN_FLAGS = constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK | O_CLOEXEC

const TIOCPKT = 0x5420
const TIOCGPTPEER = 0x5441
const TIOCSWINSZ = 0x5414
const FIONREAD = 0x541b

/** What a VT100 shows. */
const ROWS = 24
const COLUMNS = 80

/** The first byte of a packet with data behind it. */
const TIOCPKT_DATA = 0

export class ProgramTerminal implements ProgramStream, PtyStreamOwner {
  owner: ProgramStreamOwner | undefined
  /** `/dev/pts/7`, for the program to open. */
  readonly path: string
  readonly #fd: number
  readonly #slab = new Slab()
  readonly #stream: PtyStream
  #paused = true
  /** The stream ended; what is left is read here. */
  #left = false
  #open = true
  #outputOpen = true

  private constructor(fd: number) {
    this.#fd = fd
    this.path = ptsname(fd)
    this.#stream = new PtyStream(fd, this)
  }

  /** Throws `unsupported` where there is no such kernel, SystemError where it has no PTY left. */
  static open(): ProgramTerminal {
    if (process.platform !== 'linux')
      throw new Fault(
        'unsupported',
        'A program on a terminal needs Linux so far. Use exec: instead of exec+pty:.'
      )
    const fd = posixOpenpt(OPEN_FLAGS)
    try {
      grantpt(fd)
      unlockpt(fd)
      const on = Buffer.alloc(4)
      on.writeInt32LE(1)
      ioctl(fd, TIOCPKT, on)
      const size = Buffer.alloc(8)
      size.writeUInt16LE(ROWS, 0)
      size.writeUInt16LE(COLUMNS, 2)
      ioctl(fd, TIOCSWINSZ, size)
      writeTermios2(fd, encodeTermios2(readTermios2(fd), { baudRate: 115_200, ignoreCarrier: true }))
      return new ProgramTerminal(fd)
    } catch (error) {
      closeSync(fd)
      throw error
    }
  }

  get queued(): number {
    return this.#stream.queued
  }

  get unread(): number {
    if (!this.#open) return 0
    let slave: number
    try {
      slave = ioctl(this.#fd, TIOCGPTPEER, OPEN_FLAGS)
    } catch (error) {
      if (isSystemError(error, 'EBUSY', 'EIO', 'EMFILE', 'ENFILE')) return 0 // it has the terminal for itself
      throw error
    }
    try {
      // What was just written may still be on its way to the input buffer, in a kernel thread; poll() waits for that.
      pollNow(slave, POLLIN)
      const count = Buffer.alloc(4)
      ioctl(slave, FIONREAD, count)
      return count.readInt32LE()
    } finally {
      closeSync(slave)
    }
  }

  write(chunk: Uint8Array): void {
    this.#stream.write(chunk)
  }

  pause(): void {
    this.#paused = true
    this.#stream.pause()
  }

  resume(): void {
    this.#paused = false
    if (this.#left) this.#readRest()
    else this.#stream.resume()
  }

  /** A terminal has no end of input but its own: the program gets SIGHUP, and what it has not read is gone. */
  endInput(): void {
    if (!this.#open) return
    this.#open = false
    this.#stream.stop()
    closeSync(this.#fd)
    this.#finish()
  }

  stop(): void {
    this.owner = undefined
    this.endInput()
  }

  packet(flags: number, data: Buffer): void {
    if (flags === TIOCPKT_DATA && data.length > 0) this.owner?.received(data)
  }

  written(): void {
    this.owner?.written()
  }

  ended(): void {
    this.#left = true
    // A write that waits while nobody has the slave open would make epoll spin.
    this.#stream.stop()
    this.owner?.inputEnded()
    this.#readRest()
  }

  /** After the program left, in pieces so that the owner can pause in between. */
  #readRest(): void {
    while (this.#open && !this.#paused) {
      const piece = this.#slab.next()
      let length: number
      try {
        length = readSync(this.#fd, piece)
      } catch {
        this.#finish() // EIO: all of it
        return
      }
      const packet = this.#slab.take(length)
      this.packet(packet[0] ?? TIOCPKT_DATA, packet.subarray(1))
    }
  }

  #finish(): void {
    if (!this.#outputOpen) return
    this.#outputOpen = false
    this.owner?.outputEnded()
  }
}
