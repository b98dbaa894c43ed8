/**
 * The line settings of a terminal device, read and changed in place: never by reopening, never waiting for output.
 * Called by ports and sessions that own a file descriptor. Which bits a system uses stands in termios-linux.ts and
 * termios-darwin.ts.
 */
import type { LineSettings, LineWish } from '../contract/line.ts'
import { termiosDarwin } from './termios-darwin.ts'
import { termiosLinux } from './termios-linux.ts'

/** Line settings, and the two flags of a port that are nobody's setting but its owner's. */
export interface TtySettings extends LineSettings {
  /** bit/s; 0 only where another program hung the port up (termios B0). */
  readonly baudRate: number
  /** CLOCAL: opening and reading do not depend on DCD. */
  readonly ignoreCarrier: boolean
  /** HUPCL: the last close drops DTR. */
  readonly hangUpOnClose: boolean
}

/** An absent field keeps what is in force. */
export type TtyWish = LineWish & Partial<Pick<TtySettings, 'ignoreCarrier' | 'hangUpOnClose'>>

/** A system's `struct termios`, as bytes. `encode` leaves its argument alone and answers raw mode with the wish. */
export interface TermiosFormat {
  read(fd: number): Buffer
  /** At once; output that waits is sent with the new settings. `baudRate`: what the structure could not carry. */
  write(fd: number, termios: Buffer, baudRate: number | undefined): void
  decode(termios: Buffer): TtySettings
  encode(termios: Buffer, wish: TtyWish): Buffer
}

const format: TermiosFormat = process.platform === 'darwin' ? termiosDarwin : termiosLinux

/** What the driver says is in force. Throws SystemError: ENOTTY for what is no terminal, EIO after a hang-up. */
export function readSettings(fd: number): TtySettings {
  return format.decode(format.read(fd))
}

/**
 * Makes the terminal raw (every byte passes as it is, also one received with an error; no echo, no signals) with the wished
 * settings, and answers what the driver really took. Safe to repeat. Throws as `readSettings`.
 */
export function applySettings(fd: number, wish: TtyWish): TtySettings {
  format.write(fd, format.encode(format.read(fd), wish), wish.baudRate)
  return readSettings(fd)
}
