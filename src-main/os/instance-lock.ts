/**
 * One instance per configuration: a lock on a file, which the system takes back however its holder ends. Called by hosts before
 * they read their settings. The file holds who has it and stays behind empty: removing it could take it from a newcomer.
 */
import { closeSync, constants, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs'
import type { Disposable } from '../base/event.ts'
import { plainText } from '../base/plain-text.ts'
import { Fault } from '../contract/faults.ts'
import { isSystemError } from './libc.ts'
import { tryFlock } from './locks.ts'
import { isAlive, processIdentity } from './process-identity.ts'

/** Who holds a lock. */
export interface InstanceHolder {
  readonly pid: number
  /** What it is, for people: `farport serve`, `the Farport window`. */
  readonly what: string
  /** Since when, ISO 8601. */
  readonly since: string
}

interface Note extends InstanceHolder {
  /** As ProcessIdentity says. */
  readonly started: string
}

/** libuv, on Windows: nobody else may open the file meanwhile; there is no flock there. */
const WINDOWS_EXCLUSIVE = 0x10000000

/** More than a note can have: the file may hold anything by now. */
const MAX_NOTE_BYTES = 4096

/**
 * Takes the lock of `path`, whose directory has to be there; `what` tells others who has it. Disposing gives it back; so does the end
 * of the process, be it kill -9. Throws `already-running`, which says who has it, or `usage` where the file cannot be used.
 */
export function takeInstanceLock(path: string, what: string, now: () => Date = () => new Date()): Disposable {
  const fd = open(path)
  try {
    if (process.platform !== 'win32' && !lock(fd, path)) throw held(readInstanceHolder(path), path)
    const { pid } = process
    const started = processIdentity(pid)?.started ?? ''
    const note: Note = { pid, started, what, since: now().toISOString() }
    try {
      ftruncateSync(fd)
      writeSync(fd, `${JSON.stringify(note)}\n`, 0)
    } catch (error) {
      // The lock is what counts. A full disk must not keep what needs none from starting.
      if (!isSystemError(error, 'ENOSPC', 'EDQUOT')) throw error
    }
  } catch (error) {
    closeSync(fd)
    throw error instanceof Fault ? error : unusable(path, error)
  }
  let isHeld = true
  return {
    dispose: () => {
      if (!isHeld) return
      isHeld = false
      try {
        ftruncateSync(fd)
      } catch {
        // A disk that went away takes no note back; whoever finds it sees that its process is gone.
      }
      closeSync(fd)
    }
  }
}

/** Who holds the lock, as far as its file says; undefined: nobody that lives, or the file is not ours to read. */
export function readInstanceHolder(path: string): InstanceHolder | undefined {
  let note: Partial<Record<keyof Note, unknown>> | null
  try {
    note = JSON.parse(readFileSync(path, 'utf8').slice(0, MAX_NOTE_BYTES)) as typeof note
  } catch {
    return undefined // absent, unreadable, empty, or anything else than a note
  }
  const { pid, started, what, since } = note ?? {}
  if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid <= 0) return undefined
  if (typeof started !== 'string' || typeof what !== 'string' || typeof since !== 'string') return undefined
  return isAlive({ pid, started })
    ? { pid, what: plainText(what, 60), since: plainText(since, 30) }
    : undefined
}

function open(path: string): number {
  const { O_RDWR, O_CREAT, O_NOFOLLOW } = constants
  const exclusive = process.platform === 'win32' ? WINDOWS_EXCLUSIVE : 0
  try {
    return openSync(path, O_RDWR | O_CREAT | (exclusive || O_NOFOLLOW), 0o600)
  } catch (error) {
    if (exclusive !== 0 && isSystemError(error, 'EBUSY')) throw held(undefined, path)
    throw unusable(path, error)
  }
}

function lock(fd: number, path: string): boolean {
  try {
    return tryFlock(fd)
  } catch (error) {
    if (!isSystemError(error, 'ENOLCK', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EINVAL')) throw error
    throw new Fault(
      'usage',
      `${path} lies on a file system without locks. Keep the settings on one of this computer's own disks (XDG_CONFIG_HOME).`,
      error
    )
  }
}

function held(holder: InstanceHolder | undefined, path: string): Fault {
  // Between its lock and its note, or where /proc hides other users' processes.
  const who = holder
    ? `${holder.what}, process ${holder.pid}, since ${holder.since}`
    : `its lock is ${path}, and it does not say more`
  return new Fault(
    'already-running',
    `Another Farport runs with these settings: ${who}. Use that one, or end it first.`
  )
}

function unusable(path: string, error: unknown): Fault {
  const why = error instanceof Error ? error.message : String(error)
  return new Fault('usage', `Cannot lock ${path} (${why}). See who may write to its directory.`, error)
}
