/**
 * A terminal window that is closed takes standard input and output with it. Node sets them back at its exit, finds that it
 * cannot, and aborts with a core dump (ResetStdio, up to Node 24). A descriptor that is closed by then is left alone.
 * Called by run.ts.
 */
import { closeSync } from 'node:fs'
import { isatty } from 'node:tty'

const STANDARD = [0, 1, 2] as const

/** From now on: ends without a crash where the terminal went away meanwhile. Answers how to ask whether it did. */
export function surviveHangUp(): () => boolean {
  const terminals = STANDARD.filter((fd) => isatty(fd))
  process.on('exit', () => {
    // A hung-up terminal answers no question any more, not even this one.
    for (const fd of terminals) if (!isatty(fd)) closeSync(fd)
  })
  // A terminal that hung up answers no question any more.
  return () => terminals.some((fd) => !isatty(fd))
}
