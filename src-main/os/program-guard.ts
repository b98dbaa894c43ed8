/**
 * Ends a program and its children after this process was killed, which nothing else would: a program that neither reads nor
 * writes notices no pipe that broke. A shell waits for our end at a pipe that only we hold open, in a session of its own, so
 * that what is meant for us does not reach it. Called by program.ts.
 *
 * Rejected: PR_SET_PDEATHSIG (`setpriv --pdeathsig`) reaches the program alone, without its children, is lost at a set-user-ID
 * program (sudo), and asks nobody to end in good order.
 */
import { spawn } from 'node:child_process'
import { closeSync } from 'node:fs'
import type { Disposable } from '../base/event.ts'
import { pipe } from './libc.ts'
import { writeNow } from './write-now.ts'

/** `$1` is the group. A line means that there is nothing to guard any more; the end of the input, that we were killed. */
const SCRIPT = `read -r over && exit
sleep 3
for signal in HUP TERM KILL; do
  kill -s $signal -- "-$1" || exit
  sleep 1
done 2>/dev/null`

const OVER = Buffer.from('\n')

/**
 * Guards a process group until it is disposed: do that when nothing of it is left. Never throws: without a guard (no descriptor,
 * no process, no shell) the program is as it would be without this file.
 */
export function guardGroup(group: number): Disposable {
  try {
    return guarded(group)
  } catch {
    return { dispose: () => undefined }
  }
}

function guarded(group: number): Disposable {
  const [stdin, leash] = pipe()
  const guard = spawn('/bin/sh', ['-c', SCRIPT, 'farport-guard', String(group)], {
    detached: true,
    stdio: [stdin, 'ignore', 'ignore']
  })
  closeSync(stdin)
  guard.on('error', () => undefined)
  guard.unref()
  let guarding = true
  return {
    dispose: () => {
      if (!guarding) return
      guarding = false
      writeNow(leash, OVER) // EPIPE: somebody ended the guard
      closeSync(leash)
    }
  }
}
