/** Who may open a file: its mode, owner and group by name or number. Called by who makes device nodes for others. */
import { chmodSync, chownSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Fault } from '../contract/faults.ts'
import { isSystemError } from './libc.ts'

export interface FileOwner {
  /** Permission bits, such as 0o660. */
  readonly mode?: number | undefined
  /** A name of /etc/passwd, or a number. */
  readonly user?: string | undefined
  /** A name of /etc/group, or a number. */
  readonly group?: string | undefined
}

/** chown(2): leave this one as it is. */
const UNCHANGED = -1

/**
 * Gives a file its owner, group and mode. `usage`: a name that does not exist; `device-permission`: not ours to give away.
 * `etcRoot`: where `passwd` and `group` are, for tests.
 */
export function setFileOwner(path: string, owner: FileOwner, etcRoot = '/etc'): void {
  const uid = owner.user === undefined ? UNCHANGED : numberOf('user', owner.user, join(etcRoot, 'passwd'))
  const gid = owner.group === undefined ? UNCHANGED : numberOf('group', owner.group, join(etcRoot, 'group'))
  try {
    // The owner first: the mode must never open it to the group that it has by now.
    if (uid !== UNCHANGED || gid !== UNCHANGED) chownSync(path, uid, gid)
    if (owner.mode !== undefined) chmodSync(path, owner.mode)
  } catch (error) {
    if (!isSystemError(error, 'EPERM')) throw error
    const whom = [owner.user, owner.group].filter((each) => each !== undefined).join(':')
    throw new Fault(
      'device-permission',
      `You may not give the virtual port to ${whom}. Run as root, or name a group that you are in.`,
      error
    )
  }
}

/** `passwd` and `group` lines alike: `name:password:number:…`. */
function numberOf(what: 'user' | 'group', name: string, database: string): number {
  const line = readFileSync(database, 'utf8')
    .split('\n')
    .map((each) => each.split(':'))
    .find((fields) => fields[0] === name)
  if (line?.[2] !== undefined) return Number(line[2])
  if (/^\d{1,10}$/.test(name)) return Number(name)
  const list = what === 'user' ? 'passwd' : 'group'
  throw new Fault('usage', `There is no ${what} "${name}". "getent ${list}" lists them; a number works too.`)
}
