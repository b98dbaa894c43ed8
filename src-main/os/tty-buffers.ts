/**
 * What the kernel keeps for a terminal device: how much waits for the line, and how to drop it. Called by ports. None of these
 * calls waits. A PTY keeps nothing for the line: what was written lies in the far end's input at once, and flushing the
 * output there discards what the far end has not read.
 */
import type { Stats } from 'node:fs'
import { ioctl, isSystemError } from './libc.ts'

const DARWIN = process.platform === 'darwin'
const TIOCOUTQ = DARWIN ? 0x40047473 : 0x5411

/** TCFLSH takes the queue by value on Linux; TIOCFLUSH takes FREAD or FWRITE by pointer on macOS. */
const TCFLSH = 0x540b
const TIOCFLUSH = 0x80047410
const RECEIVED = DARWIN ? 1 : 0
const UNSENT = DARWIN ? 2 : 1

const word = Buffer.alloc(4)

/** Bytes that the driver took and has not sent. 0 where it cannot tell. Throws SystemError once the device is gone. */
export function unsentBytes(fd: number): number {
  try {
    ioctl(fd, TIOCOUTQ, word)
    return word.readInt32LE()
  } catch (error) {
    if (isSystemError(error, 'ENOTTY', 'EINVAL')) return 0
    throw error
  }
}

export function dropUnsent(fd: number): void {
  drop(fd, UNSENT)
}

export function dropReceived(fd: number): void {
  drop(fd, RECEIVED)
}

function drop(fd: number, queue: number): void {
  if (!DARWIN) {
    ioctl(fd, TCFLSH, queue)
    return
  }
  word.writeInt32LE(queue)
  ioctl(fd, TIOCFLUSH, word)
}

/** Whether a node is the slave side of a pseudo-terminal. `path`: its real path. */
export function isPseudoTerminal(path: string, node: Pick<Stats, 'rdev'>): boolean {
  if (DARWIN) return /^\/dev\/ttys\d+$/.test(path)
  const major = (node.rdev >>> 8) & 0xfff
  return major >= 136 && major <= 143
}
