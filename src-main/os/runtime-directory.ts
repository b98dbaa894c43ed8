/** Where this user's running programs keep what need not outlive them. Called by who makes links or sockets there. */
import { lstatSync, mkdirSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Fault } from '../contract/faults.ts'
import { isSystemError } from './libc.ts'

/**
 * `$XDG_RUNTIME_DIR/farport`, else `farport-UID` in the directory for temporary files; made with mode 0700 when absent.
 * Throws `usage` where something else stands there or others may write to it.
 */
export function runtimeDirectory(environment: NodeJS.ProcessEnv = process.env): string {
  const base = environment.XDG_RUNTIME_DIR
  if (base && isOurs(base)) return privateDirectory(join(base, 'farport'))
  return privateDirectory(fallback())
}

/**
 * Where this user's running Farport is reached: `$XDG_RUNTIME_DIR/farport.sock`, else in the directory of `runtimeDirectory`. Makes
 * nothing; `directory` says what has to be made, or checked, before anybody trusts what stands there.
 */
export function userSocket(environment: NodeJS.ProcessEnv = process.env): {
  readonly path: string
  readonly directory: string | undefined
} {
  const base = environment.XDG_RUNTIME_DIR
  if (base && isOurs(base)) return { path: join(base, 'farport.sock'), directory: undefined }
  const directory = fallback()
  return { path: join(directory, 'farport.sock'), directory }
}

function fallback(): string {
  return join(tmpdir(), `farport-${process.getuid?.() ?? 0}`)
}

/** sudo may keep the caller's XDG_RUNTIME_DIR: root's things there would lock that user out. */
function isOurs(path: string): boolean {
  try {
    return statSync(path).uid === process.getuid?.()
  } catch {
    return false // not there, as in many containers
  }
}

/** Makes the directory with mode 0700, or checks that it is ours alone: in /tmp anybody could have put it there. */
export function privateDirectory(path: string): string {
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    if (!isSystemError(error, 'EEXIST')) {
      throw new Fault('usage', `Cannot make ${path}. Set XDG_RUNTIME_DIR to a directory of yours.`, error)
    }
  }
  checkPrivate(path)
  return path
}

/** Throws `usage` unless the directory, which is there, is ours alone. */
export function checkPrivate(path: string): void {
  const stats = lstatSync(path)
  const ours = stats.isDirectory() && stats.uid === (process.getuid?.() ?? stats.uid)
  if (!ours)
    throw new Fault('usage', `${path} belongs to somebody else. Set XDG_RUNTIME_DIR to a directory of yours.`)
  if (stats.mode & 0o077)
    throw new Fault('usage', `${path} is open to other users. Mend it with: chmod 700 ${path}`)
}
