/**
 * What of a terminal's settings a Linux PTY can carry, and how to change that without touching the modes that the program
 * on it chose. Called by pty.ts; pure. The structure's layout stands in termios-linux.ts.
 *
 * The kernel forces 8 data bits and no parity on every PTY (pty_set_termios), so those are not here.
 */
import type { LineSettings } from '../contract/line.ts'
import { decodeTermios2, encodeTermios2 } from './termios-linux.ts'

/** `baudRate` 0: the program hung up (B0). `stopBits` 1.5 is shown as 2. */
export type PtySettings = Pick<LineSettings, 'baudRate' | 'stopBits' | 'flowControl'>

const IFLAG = 0
const OFLAG = 4
const LFLAG = 12
const CONTROL_CHARACTERS = 16
const SPEEDS = 36
const IXON_IXOFF = 0o12000

/**
 * The discipline is left to whoever holds the master: with packet mode, the kernel then reports every tcsetattr, and it
 * neither echoes nor edits what we write, whatever modes the program sets.
 */
const EXTPROC = 0o200000

export function decodePty(termios: Buffer): PtySettings {
  const { baudRate, stopBits, flowControl } = decodeTermios2(termios)
  return { baudRate, stopBits, flowControl }
}

/** A copy with these settings and EXTPROC; the program's own modes (cooked or raw, VMIN, …) stay. */
export function encodePty(termios: Buffer, change: Partial<PtySettings>): Buffer {
  const changed = encodeTermios2(termios, change)
  const flow = (change.flowControl === undefined ? termios : changed).readUInt32LE(IFLAG) & IXON_IXOFF
  changed.writeUInt32LE((termios.readUInt32LE(IFLAG) & ~IXON_IXOFF) | flow, IFLAG)
  termios.copy(changed, OFLAG, OFLAG, OFLAG + 4)
  changed.writeUInt32LE(termios.readUInt32LE(LFLAG) | EXTPROC, LFLAG)
  termios.copy(changed, CONTROL_CHARACTERS, CONTROL_CHARACTERS, SPEEDS)
  return changed
}

/** Raw mode with these settings and EXTPROC: what the next program finds. */
export function encodeRawPty(termios: Buffer, settings: PtySettings): Buffer {
  const raw = encodeTermios2(termios, { ...settings, ignoreCarrier: true, hangUpOnClose: false })
  raw.writeUInt32LE(EXTPROC, LFLAG)
  return raw
}
