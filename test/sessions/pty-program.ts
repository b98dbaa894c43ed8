/** A local program on a virtual port, as the kernel sees one: a descriptor on the slave. Does not block. */
import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs'
import { POLLIN, ioctl, isSystemError, pollNow } from '../../src-main/os/libc.ts'
import { readTermios2, writeTermios2 } from '../../src-main/os/termios-linux.ts'

const { O_RDWR, O_NOCTTY, O_NONBLOCK } = constants

const LFLAG = 12
const CFLAG = 8
const OSPEED = 40
const BOTHER = 0o10000
const CBAUD = 0o10017
export const EXTPROC = 0o200000
const TCFLSH = 0x540b
const TIOCEXCL = 0x540c
const TIOCGEXCL = 0x80045440

export class PtyProgram {
  readonly fd: number
  #open = true

  constructor(path: string) {
    this.fd = openSync(path, O_RDWR | O_NOCTTY | O_NONBLOCK)
  }

  /** What the kernel takes of it. */
  write(bytes: Uint8Array | string): number {
    try {
      return writeSync(this.fd, Buffer.from(bytes))
    } catch (error) {
      if (isSystemError(error, 'EAGAIN')) return 0
      throw error
    }
  }

  /** What waits, as one piece; empty where nothing does. */
  read(): Buffer {
    const pieces: Buffer[] = []
    for (;;) {
      const piece = Buffer.alloc(65_536)
      try {
        const length = readSync(this.fd, piece)
        if (length === 0) break
        pieces.push(piece.subarray(0, length))
      } catch (error) {
        if (isSystemError(error, 'EAGAIN')) break
        throw error
      }
    }
    return Buffer.concat(pieces)
  }

  /** Asked so that what was just written counts: poll() waits for the kernel thread that brings it. */
  get hasInput(): boolean {
    return (pollNow(this.fd, POLLIN) & POLLIN) !== 0
  }

  get baudRate(): number {
    return readTermios2(this.fd).readUInt32LE(OSPEED)
  }

  get localFlags(): number {
    return readTermios2(this.fd).readUInt32LE(LFLAG)
  }

  /** Any rate, and nothing else; 0 hangs up. */
  setBaudRate(baudRate: number): void {
    const termios = readTermios2(this.fd)
    const cflag = termios.readUInt32LE(CFLAG) & ~CBAUD
    termios.writeUInt32LE((baudRate === 0 ? cflag : cflag | BOTHER) >>> 0, CFLAG)
    termios.writeUInt32LE(baudRate, OSPEED - 4)
    termios.writeUInt32LE(baudRate, OSPEED)
    writeTermios2(this.fd, termios)
  }

  /** As a program does that builds its termios from nothing. */
  clearExtproc(): void {
    const termios = readTermios2(this.fd)
    termios.writeUInt32LE(termios.readUInt32LE(LFLAG) & ~EXTPROC, LFLAG)
    writeTermios2(this.fd, termios)
  }

  /** tcflush: 0 input, 1 output, 2 both. */
  flush(queue: 0 | 1 | 2): void {
    ioctl(this.fd, TCFLSH, queue)
  }

  keepForItself(): void {
    ioctl(this.fd, TIOCEXCL, 0)
  }

  get exclusive(): boolean {
    const value = Buffer.alloc(4)
    ioctl(this.fd, TIOCGEXCL, value)
    return value.readInt32LE() !== 0
  }

  close(): void {
    if (!this.#open) return
    this.#open = false
    closeSync(this.fd)
  }
}
