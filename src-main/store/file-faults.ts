/** The faults of files, in words: the cause, and what mends it. */
import { Fault } from '../contract/faults.ts'
import { isSystemError } from '../os/libc.ts'

/** What stands in the file is no good, unlike its mode or its owner. */
export function broken(path: string, reason: string, cause?: unknown): Fault {
  return new Fault('settings-broken', `${path}: ${reason}.`, cause)
}

/** One command on the file mends it. */
export function mended(what: string, command: string, path: string): Fault {
  return new Fault('settings-access', `${what}. Mend it with: ${command} ${shell(path)}`)
}

export function foreign(path: string, uid: number): Fault {
  return new Fault(
    'settings-access',
    `${path} belongs to another user (uid ${uid}). Run as that user${uid === 0 ? ' (root)' : ''}, or set FARPORT_CONFIG to a file of yours.`
  )
}

export function unreadable(path: string, error: unknown): Fault {
  if (isSystemError(error, 'EACCES', 'EPERM'))
    return new Fault(
      'settings-access',
      `You may not read ${path}. Run as its owner, or set FARPORT_CONFIG.`,
      error
    )
  return broken(path, `it cannot be read (${reasonOf(error)})`, error)
}

export function unwritable(path: string, error: unknown): Fault {
  if (error instanceof Fault) return error
  return new Fault('settings-unwritable', `Cannot write ${path}: ${adviceFor(error)}`, error)
}

function adviceFor(error: unknown): string {
  if (isSystemError(error, 'ENOSPC')) return 'the disk is full. Make room there; nothing was changed.'
  if (isSystemError(error, 'EDQUOT'))
    return 'your share of the disk is used up. Make room there; nothing was changed.'
  if (isSystemError(error, 'EROFS'))
    return 'it is on a read-only file system. Make that writable, or set FARPORT_CONFIG; nothing was changed.'
  if (isSystemError(error, 'EACCES', 'EPERM'))
    return 'you may not. Run as the owner of its folder, or set FARPORT_CONFIG; nothing was changed.'
  return `${reasonOf(error)}. Mend that, or set FARPORT_CONFIG.`
}

/** `EIO: i/o error`, without the call and the path that Node puts behind it. */
function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message.replace(/, .*/s, '') : String(error)
}

/** As a shell takes it for one word. */
function shell(path: string): string {
  return /^[\w/.,:@%+=-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`
}
