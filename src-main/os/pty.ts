/**
 * A pseudo-terminal whose slave other programs use as a serial port; we hold the master. Called by sessions/pty-*.ts. It knows
 * the kernel's side only: who is there, what was set, bytes; never what a session or a far port is.
 *
 * Linux. The kernel's ways that this file relies on, each seen on 6.x:
 * - In packet mode each read of the master begins with a byte: 0 data, else the flags below. Flags come before all data that
 *   waits, whatever was first; a one-byte read takes flags only, never data.
 * - TCGETS2, TCSETS2 and TCSETSF2 on the master act on the slave's settings; TCFLSH acts on the master's own side.
 * - The slave's settings and unread input outlive its last close, and poll() says POLLHUP only after a first one.
 *
 * macOS (XNU's headers and source, never run, hence refused): packet mode and EXTPROC (TIOCEXT) exist, but the master's
 * ioctls fail until the slave was opened once, its settings are reset at each first open (a slave descriptor of ours would
 * have to stay open, which hides the hang-up), and a read returns 0 after the last close where Linux says EIO.
 */
import { closeSync, constants, readSync } from 'node:fs'
import { Fault } from '../contract/faults.ts'
import {
  POLLHUP,
  POLLIN,
  grantpt,
  ioctl,
  isSystemError,
  pollNow,
  posixOpenpt,
  ptsname,
  unlockpt
} from './libc.ts'
import type { PtySettings } from './pty-termios.ts'
import { decodePty, encodePty, encodeRawPty } from './pty-termios.ts'
import type { PtyStreamOwner } from './pty-stream.ts'
import { PtyStream } from './pty-stream.ts'
import { Slab } from './slab.ts'
import { readTermios2, writeTermios2 } from './termios-linux.ts'

/** The program discarded its unread input (tcflush TCIFLUSH, tcsetattr TCSAFLUSH). */
export const TIOCPKT_FLUSHREAD = 1
/** The program discarded output that we had not read (tcflush TCOFLUSH). */
export const TIOCPKT_FLUSHWRITE = 2
/** The program called tcsetattr, though it may have changed nothing. */
export const TIOCPKT_IOCTL = 64

const O_CLOEXEC = 0o2000000
const OPEN_FLAGS = constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK | O_CLOEXEC

const TIOCPKT = 0x5420
/** Opens the slave through the master: no path, so neither permissions nor another mount of devpts are in the way. */
const TIOCGPTPEER = 0x5441
const FIONREAD = 0x541b
const TCFLSH = 0x540b
const TCIFLUSH = 0
const TCOFLUSH = 1
const TIOCNXCL = 0x540d
/** Sets and discards unread input in one. It also waits for output, of which a PTY has none to wait for. */
const TCSETSF2 = 0x402c542d

export interface PtyPresence {
  /** A program has the slave open. */
  readonly open: boolean
  /** Data or flags wait to be read, also those of a program that already left. */
  readonly pending: boolean
}

export class Pty {
  /** `/dev/pts/7` */
  readonly slave: string
  readonly #fd: number
  readonly #slab = new Slab()
  readonly #one = Buffer.alloc(1)

  private constructor(fd: number) {
    this.#fd = fd
    this.slave = ptsname(fd)
  }

  /** Throws `unsupported` where there is no such kernel, SystemError where it has no PTY left. */
  static open(settings: PtySettings): Pty {
    if (process.platform !== 'linux') {
      throw new Fault(
        'unsupported',
        'Virtual ports need Linux so far. Use --stdio, or connect to raw://127.0.0.1:0.'
      )
    }
    const fd = posixOpenpt(OPEN_FLAGS)
    try {
      grantpt(fd)
      unlockpt(fd)
      const on = Buffer.alloc(4)
      on.writeInt32LE(1)
      ioctl(fd, TIOCPKT, on)
      const pty = new Pty(fd)
      // Opens the slave too: without a first open, poll() does not say that nobody has it open.
      pty.reset(settings)
      return pty
    } catch (error) {
      closeSync(fd)
      throw error
    }
  }

  presence(): PtyPresence {
    const events = pollNow(this.#fd, POLLIN)
    return { open: (events & POLLHUP) === 0, pending: (events & POLLIN) !== 0 }
  }

  settings(): PtySettings {
    return decodePty(readTermios2(this.#fd))
  }

  /** Flags that wait, 0 for none; takes them. */
  takeFlags(): number {
    try {
      return readSync(this.#fd, this.#one) === 1 ? (this.#one[0] ?? 0) : 0
    } catch (error) {
      if (isSystemError(error, 'EAGAIN', 'EIO')) return 0 // nothing waits
      throw error
    }
  }

  /**
   * Changes what the program sees, and makes sure that its next change is reported. Answers flags that the program raised
   * meanwhile, never our own: with TIOCPKT_IOCTL among them it was faster, and its settings have to be read first.
   */
  show(change: Partial<PtySettings>): number {
    const before = this.takeFlags()
    if (before & TIOCPKT_IOCTL) return before
    const now = readTermios2(this.#fd)
    const wanted = encodePty(now, change)
    if (wanted.equals(now)) return before
    writeTermios2(this.#fd, wanted)
    const flags = before | (this.takeFlags() & ~TIOCPKT_IOCTL)
    return readTermios2(this.#fd).equals(wanted) ? flags : flags | TIOCPKT_IOCTL
  }

  /**
   * Between two programs: raw mode again, these settings, and nothing left to read for the next one. False: a program left
   * its mark of exclusive use (TIOCEXCL) behind. It stays as long as the master lives, only root can take it off, and
   * nobody else can open the slave any more: this PTY is used up.
   */
  reset(settings: PtySettings): boolean {
    this.#flushMaster()
    ioctl(this.#fd, TCSETSF2, encodeRawPty(readTermios2(this.#fd), settings))
    const free = this.#withSlave((slave) => ioctl(slave, TIOCNXCL, 0))
    this.takeFlags()
    return free
  }

  /** Discards what was written to the program and it has not read. Answers the program's own flags, as `show`. */
  discardInput(): number {
    const before = this.takeFlags()
    // First what waits behind the full input buffer, or it would flow in after the flush.
    this.#flushMaster()
    this.#withSlave((slave) => ioctl(slave, TCFLSH, TCIFLUSH))
    return before | (this.takeFlags() & ~TIOCPKT_FLUSHREAD)
  }

  /** Bytes that wait for the program in the kernel: at least, where more than 4 KiB do; 0 where that cannot be asked. */
  unread(): number {
    const count = Buffer.alloc(4)
    this.#withSlave((slave) => {
      // What was just written may still be on its way to the input buffer, in a kernel thread; poll() waits for that.
      pollNow(slave, POLLIN)
      ioctl(slave, FIONREAD, count)
    })
    return count.readInt32LE()
  }

  /** Bytes both ways; any number one after the other, one at a time. */
  stream(owner: PtyStreamOwner): PtyStream {
    return new PtyStream(this.#fd, owner)
  }

  /**
   * One read beside the stream, for what it left: a packet with its flag byte, or `empty` where nothing waits and a program
   * is there, or `left` where nothing waits and none is.
   */
  read(): Buffer | 'empty' | 'left' {
    const piece = this.#slab.next()
    try {
      return this.#slab.take(readSync(this.#fd, piece))
    } catch (error) {
      if (isSystemError(error, 'EAGAIN')) return 'empty'
      if (isSystemError(error, 'EIO')) return 'left'
      throw error
    }
  }

  /** Hangs up whoever has it open; the slave is gone. Call once. */
  close(): void {
    closeSync(this.#fd)
  }

  #flushMaster(): void {
    ioctl(this.#fd, TCFLSH, TCOFLUSH)
  }

  /** False: it cannot be opened, because a program has it for itself (EBUSY, not for root) or no descriptor is left. */
  #withSlave(use: (fd: number) => void): boolean {
    let slave: number
    try {
      slave = ioctl(this.#fd, TIOCGPTPEER, OPEN_FLAGS)
    } catch (error) {
      if (isSystemError(error, 'EBUSY', 'EMFILE', 'ENFILE')) return false
      throw error
    }
    try {
      use(slave)
    } finally {
      closeSync(slave)
    }
    return true
  }
}
