/** Tells a live process from another one that got the same number later. Called by who leaves notes about itself on disk. */
import { readFileSync } from 'node:fs'
import { isSystemError } from './libc.ts'

export interface ProcessIdentity {
  readonly pid: number
  /** When it started, in the kernel's clock ticks since boot; empty where the system does not tell. */
  readonly started: string
}

/** The process with this number; undefined: there is none. */
export function processIdentity(pid: number): ProcessIdentity | undefined {
  try {
    // proc(5): the name in parentheses may hold anything, so fields count from its end; starttime is the 22nd.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return { pid, started: fields[19] ?? '' }
  } catch (error) {
    if (!isSystemError(error, 'ENOENT', 'ESRCH', 'EACCES')) throw error
  }
  return answersSignals(pid) ? { pid, started: '' } : undefined
}

/** False once it ended, also where its number was given to another one. */
export function isAlive(process: ProcessIdentity): boolean {
  const now = processIdentity(process.pid)
  return (
    now !== undefined && (now.started === '' || process.started === '' || now.started === process.started)
  )
}

/** Without /proc (macOS), or with one that hides other users' processes. */
function answersSignals(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return !isSystemError(error, 'ESRCH')
  }
}
