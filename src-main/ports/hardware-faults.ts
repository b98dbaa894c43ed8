/** What the system says when a device cannot be opened, as Faults that tell what to do. Called by hardware.ts. */
import { Fault } from '../contract/faults.ts'
import { accessFix, deviceAccess, formatOwner } from '../os/device-access.ts'
import { isSystemError } from '../os/libc.ts'
import { portUsers } from '../os/proc-users.ts'

/** A Fault as it is; a system's error as the Fault for it; anything else as it is. */
export async function openFault(path: string, error: unknown): Promise<unknown> {
  if (isSystemError(error, 'ENOENT', 'ENOTDIR', 'ENXIO', 'ENODEV')) {
    return new Fault(
      'device-missing',
      `${path} is not there: plug it in, or pick a port from \`farport list\``,
      error
    )
  }
  if (isSystemError(error, 'EACCES', 'EPERM')) return await permissionFault(path, error)
  // Linux has nodes /dev/ttyS0 to ttyS3 on machines without such a port.
  if (isSystemError(error, 'EIO')) {
    return new Fault(
      'device-io',
      `${path} does not answer; perhaps there is no hardware behind it: pick a port from \`farport list\``,
      error
    )
  }
  if (error instanceof Fault || !(error instanceof Error) || !('code' in error)) return error
  return new Fault('device-io', `${path} cannot be opened (${error.message}): see \`farport doctor\``, error)
}

/** `who`: names the programs that have it open. */
export async function busyFault(
  path: string,
  who: (path: string) => Promise<string | undefined>,
  error: unknown
): Promise<Fault> {
  const holder = (await who(path)) ?? 'another program'
  return new Fault('device-busy', `${path} is in use by ${holder}: end that first`, error)
}

/** `minicom (process 4711)`, as /proc tells; other users' programs are only visible to root. */
export async function usersOf(path: string): Promise<string | undefined> {
  const users = (await portUsers([path])).get(path) ?? []
  const others = users.map(({ pid, command }) =>
    pid === process.pid ? 'this program itself' : `${command} (process ${pid})`
  )
  return others.length > 0 ? others.join(', ') : undefined
}

async function permissionFault(path: string, error: unknown): Promise<Fault> {
  try {
    const access = await deviceAccess(path)
    const owner = formatOwner(access)
    return new Fault(
      'device-permission',
      `You may not open ${path} (${owner}): ${accessFix(path, access)}`,
      error
    )
  } catch {
    // Not even to be looked at, or gone meanwhile: what opening said is all there is to say.
    return new Fault(
      'device-permission',
      `You may not open ${path}: give your user access to it, see \`farport doctor\``,
      error
    )
  }
}
