/**
 * May we open this device, and if not, what helps? Called by ports/hardware-source before it opens and by the doctor.
 * Asks the file system only; never opens the device.
 */
import { constants, type Stats } from 'node:fs'
import { access, readFile, readlink, stat } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { basename, join } from 'node:path'

export interface DeviceAccess {
  /** What the system says, access lists (uaccess) included. */
  readonly allowed: boolean
  readonly owner: string
  readonly group: string
  /** Permission bits, such as 0o660. */
  readonly mode: number
  /** The owning group is one that a person may join for this: it may read and write, and is no system group. */
  readonly groupHelps: boolean
  /** The group database already lists the user, but this login session began before. */
  readonly joinedSince: boolean
}

/** Groups that own devices for other reasons: being in them grants more than a serial port, or nothing. */
const NOT_TO_JOIN: readonly string[] = ['root', 'wheel', 'tty', 'sys', 'nogroup', 'nobody']

export interface AccountPlaces {
  /** Where `passwd` and `group` are; `/etc` when absent. */
  readonly etcRoot?: string
}

/** Slaves of pseudo-terminals, which sysfs does not have (Linux, devices.txt). */
const FIRST_PTS_MAJOR = 136
const LAST_PTS_MAJOR = 143

/** Rejects with the system's error where there is nothing at the path. */
export async function deviceAccess(path: string, places: AccountPlaces = {}): Promise<DeviceAccess> {
  const stats = await stat(path)
  const allowed = await mayUse(path)
  return describeAccess(stats, allowed, await readAccounts(places.etcRoot ?? '/etc'))
}

/**
 * Whether opening could succeed: both ways, or for a device that is no terminal also the one way that there is, such as a
 * printer's node with mode 0220.
 */
export async function mayUse(path: string): Promise<boolean> {
  if (await may(path, constants.R_OK | constants.W_OK)) return true
  const oneWay = (await may(path, constants.W_OK)) || (await may(path, constants.R_OK))
  return oneWay && !(await isTerminalNode(path))
}

async function may(path: string, mode: number): Promise<boolean> {
  try {
    await access(path, mode)
    return true
  } catch {
    return false // EACCES, or gone: either way not now
  }
}

/** As sysfs tells by the device number: asking the device itself would open it. */
async function isTerminalNode(path: string): Promise<boolean> {
  try {
    // The kernel's dev_t as glibc packs it: 12 bits of major above 8 of minor; the rest of the minor is further up.
    const { rdev } = await stat(path)
    const major = (rdev >>> 8) & 0xfff
    const minor = (rdev & 0xff) | ((rdev >>> 12) & 0xf_ff00)
    if (major >= FIRST_PTS_MAJOR && major <= LAST_PTS_MAJOR) return true
    return basename(await readlink(`/sys/dev/char/${major}:${minor}/subsystem`)) === 'tty'
  } catch {
    return false // no sysfs, or a device without a place in it
  }
}

export interface Accounts {
  readonly userName: string
  /** The groups of this process, as numbers. */
  readonly memberships: readonly number[]
  readonly users: ReadonlyMap<number, string>
  readonly groups: ReadonlyMap<number, { readonly name: string; readonly members: readonly string[] }>
}

export function describeAccess(
  stats: Pick<Stats, 'uid' | 'gid' | 'mode'>,
  allowed: boolean,
  accounts: Accounts
): DeviceAccess {
  const entry = accounts.groups.get(stats.gid)
  const group = entry?.name ?? String(stats.gid)
  return {
    allowed,
    owner: accounts.users.get(stats.uid) ?? String(stats.uid),
    group,
    mode: stats.mode & 0o777,
    groupHelps: (stats.mode & 0o060) === 0o060 && stats.gid !== 0 && !NOT_TO_JOIN.includes(group),
    joinedSince:
      entry?.members.includes(accounts.userName) === true && !accounts.memberships.includes(stats.gid)
  }
}

/** `root:dialout, mode 0660`. */
export function formatOwner(device: DeviceAccess): string {
  return `${device.owner}:${device.group}, mode 0${device.mode.toString(8).padStart(3, '0')}`
}

/** The next step for somebody who may not open the device, as the second half of a sentence. */
export function accessFix(
  path: string,
  device: DeviceAccess,
  platform: NodeJS.Platform = process.platform
): string {
  if (device.groupHelps && device.joinedSince) {
    return `you joined group ${device.group} after this session began: sign out and in`
  }
  if (device.groupHelps && platform === 'darwin') {
    return `run \`sudo dseditgroup -o edit -a $USER -t user ${device.group}\`, then sign out and in`
  }
  if (device.groupHelps) {
    return `run \`sudo usermod -aG ${device.group} $USER\`, then sign out and in`
  }
  if (platform === 'darwin') return `run \`sudo chmod 0666 ${path}\`, until it is plugged out`
  return `run \`sudo chgrp dialout ${path} && sudo chmod 0660 ${path}\` as a member of group dialout, or \`farport doctor\` for a lasting rule`
}

/** Reads the local databases; accounts from elsewhere (LDAP) appear by their numbers. */
export async function readAccounts(etcRoot: string): Promise<Accounts> {
  const [users, groups] = await Promise.all([
    readTable(join(etcRoot, 'passwd')),
    readTable(join(etcRoot, 'group'))
  ])
  return {
    userName: currentUser(),
    memberships: [...(process.getgroups?.() ?? []), process.getgid?.() ?? -1],
    users: new Map(users.map(([name = '', , id]) => [Number(id), name])),
    groups: new Map(
      groups.map(([name = '', , id, members]) => [
        Number(id),
        { name, members: (members ?? '').split(',').filter((each) => each !== '') }
      ])
    )
  }
}

function currentUser(): string {
  try {
    return userInfo().username
  } catch {
    return '' // a number without an account, as in some containers: then no group lists it either
  }
}

async function readTable(path: string): Promise<string[][]> {
  try {
    const lines = (await readFile(path, 'utf8')).split('\n')
    return lines.filter((line) => line !== '' && !line.startsWith('#')).map((line) => line.split(':'))
  } catch {
    return [] // no such database: numbers are shown instead of names
  }
}
