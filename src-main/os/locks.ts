/**
 * Keeping a serial device for ourselves, in the three ways that other programs look at: flock (ser2net, pyserial, picocom),
 * TIOCEXCL (the kernel refuses further opens, except root's) and the UUCP lock file (minicom, ser2net, mgetty; FHS 3.0 §5.9).
 * Called by ports when they open and close a device. Never waits for a lock.
 */
import { linkSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Fault } from '../contract/faults.ts'
import type { Disposable } from '../base/event.ts'
import { flock, ioctl, isSystemError } from './libc.ts'

export const LOCK_DIRECTORY = '/var/lock'

const LOCK_EX = 2
const LOCK_NB = 4
const LOCK_UN = 8

const DARWIN = process.platform === 'darwin'
const TIOCEXCL = DARWIN ? 0x2000740d : 0x540c
const TIOCNXCL = DARWIN ? 0x2000740e : 0x540d
const TIOCGEXCL = 0x80045440

/** Whoever finds a lock of ours that we do not hold (a crash, then the same pid again in a container) may remove it. */
const heldByUs = new Set<string>()

/** How often a stale lock file is removed before we call it busy: others may do the same at the same moment. */
const TRIES = 5

/** Locks the open file, not the device: a second open of the same path is another one. False: somebody else has it. */
export function tryFlock(fd: number): boolean {
  try {
    flock(fd, LOCK_EX | LOCK_NB)
    return true
  } catch (error) {
    if (isSystemError(error, 'EAGAIN', 'EWOULDBLOCK')) return false
    throw error
  }
}

export function unlockFlock(fd: number): void {
  flock(fd, LOCK_UN)
}

/** From now on only root can open the device again. It holds for the device, also after our close: see `allowOpens`. */
export function refuseOpens(fd: number): void {
  ioctl(fd, TIOCEXCL, 0)
}

/** Before the close: a PTY keeps the mark as long as its master lives. */
export function allowOpens(fd: number): void {
  ioctl(fd, TIOCNXCL, 0)
}

/** Whether somebody refuses opens: what root, whom the kernel lets in, has to ask. */
export function opensAreRefused(fd: number): boolean {
  if (DARWIN) return false
  const value = Buffer.alloc(4)
  ioctl(fd, TIOCGEXCL, value)
  return value.readInt32LE() !== 0
}

/**
 * Takes the UUCP lock files of a device: `LCK..ttyUSB0`, and where the path given is another name of it, that name's too.
 * Nothing where the directory is missing or not ours to write: then nobody else locks there either, or may.
 * Throws `device-busy` with the holder's pid. Disposing removes them.
 */
export function takeLockFiles(path: string, directory = LOCK_DIRECTORY): Disposable {
  const taken: string[] = []
  const release = (): void => {
    for (const file of taken.splice(0)) {
      heldByUs.delete(file)
      rmSync(file, { force: true })
    }
  }
  try {
    for (const name of new Set([lockName(realpathSync(path)), lockName(path)])) {
      const file = join(directory, name)
      if (take(file, path)) taken.push(file)
    }
  } catch (error) {
    release()
    throw error
  }
  return { dispose: release }
}

/** `/dev/ttyUSB0` gives `LCK..ttyUSB0`, `/dev/pts/3` gives `LCK..pts_3`, as ser2net names them. */
export function lockName(path: string): string {
  return `LCK..${path.replace(/^\/dev\//, '').replaceAll('/', '_')}`
}

/** True: the file is ours. False: we may not write there. */
function take(file: string, path: string): boolean {
  // Written beside and linked: nobody can see a lock file without its pid.
  const unfinished = `${file}.${process.pid}`
  try {
    writeFileSync(unfinished, `${String(process.pid).padStart(10)}\n`, { mode: 0o644, flag: 'w' })
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'EROFS')) {
      refuseIfHeld(file, path)
      return false
    }
    throw error
  }
  try {
    for (let tries = 0; tries < TRIES; tries++) {
      try {
        linkSync(unfinished, file)
        heldByUs.add(file)
        return true
      } catch (error) {
        if (!isSystemError(error, 'EEXIST')) throw error
      }
      refuseIfHeld(file, path)
      if (!removeStale(file)) return false
    }
  } finally {
    rmSync(unfinished, { force: true })
  }
  throw new Fault('device-busy', `${path} is being locked by another program. Try again.`)
}

/** False: it is another user's, who left it behind; whoever looks at it finds its process dead, as we did. */
function removeStale(file: string): boolean {
  try {
    rmSync(file, { force: true })
    return true
  } catch (error) {
    if (isSystemError(error, 'EACCES', 'EPERM')) return false
    throw error
  }
}

function refuseIfHeld(file: string, path: string): void {
  const pid = holder(file)
  if (pid === undefined) return
  const who = pid === process.pid ? 'this program' : `process ${pid}${nameOf(pid)}`
  throw new Fault('device-busy', `${path} is in use by ${who} (lock file ${file}). End that first.`)
}

/** The live process that holds a lock file; undefined: none. */
function holder(file: string): number | undefined {
  let bytes: Buffer
  try {
    bytes = readFileSync(file)
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return undefined
    throw error
  }
  // Digits, ten of them as a rule; very old programs wrote the number's four bytes.
  const text = /^\s*(\d{1,10})\s/.exec(bytes.toString('latin1'))?.[1]
  const pid = text === undefined && bytes.length === 4 ? bytes.readInt32LE() : Number(text)
  if (!(pid > 0)) return undefined
  if (pid === process.pid) return heldByUs.has(file) ? pid : undefined
  try {
    process.kill(pid, 0)
    return pid
  } catch (error) {
    // EPERM: it lives, as another user.
    return isSystemError(error, 'ESRCH') ? undefined : pid
  }
}

/** ` (minicom)`, where the system tells. */
function nameOf(pid: number): string {
  try {
    return ` (${readFileSync(`/proc/${pid}/comm`, 'utf8').trim()})`
  } catch {
    // No /proc, or the process just left: its number alone has to do.
    return ''
  }
}
