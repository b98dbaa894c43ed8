/**
 * The line settings of a terminal device, read and changed in place: never by reopening, never waiting for output.
 * Called by ports and sessions that own a file descriptor. Which bits a system uses stands in termios-linux.ts and
 * termios-darwin.ts.
 */
import { termiosDarwin } from './termios-darwin.ts'
import type { TermiosFormat, TtySettings, TtyWish } from './termios-format.ts'
import { termiosLinux } from './termios-linux.ts'

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
