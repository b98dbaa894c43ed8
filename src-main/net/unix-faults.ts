/** What can be wrong with a socket's file, as Faults that name a next step. Called by unix.ts. */
import { dirname } from 'node:path'
import { Fault } from '../contract/faults.ts'
import { codeOf, describe } from './network-faults.ts'

/** How a dial failed. */
export function unixDialFault(error: unknown, path: string): Fault {
  switch (codeOf(error)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new Fault(
        'peer-refused',
        `There is no socket ${path}: check the path, and that the program which makes it is running.`,
        error
      )
    case 'ECONNREFUSED':
      return new Fault(
        'peer-refused',
        `Nobody listens on ${path}: its program is gone, or it is no socket. Start that program again.`,
        error
      )
    case 'EACCES':
    case 'EPERM':
      return new Fault(
        'peer-refused',
        `You may not connect to ${path}: its file belongs to others (ls -l ${path}). Have it listen with ?mode=660 and a group of yours.`,
        error
      )
    case 'EPROTOTYPE':
      return new Fault('peer-refused', `${path} takes datagrams, no connections: check the path.`, error)
    case 'EAGAIN':
      return new Fault(
        'peer-refused',
        `${path} has too many waiting: its program takes no connections. Look at that program.`,
        error
      )
    default:
      return new Fault(
        'peer-unreachable',
        `Connecting to ${path} failed (${describe(error)}): check the path.`,
        error
      )
  }
}

/** How a listener failed to start. */
export function unixListenFault(error: unknown, path: string): Fault {
  const directory = dirname(path)
  switch (codeOf(error)) {
    case 'EADDRINUSE':
      return unixInUse(path)
    case 'ENOENT':
      return new Fault(
        'address-not-permitted',
        `There is no directory ${directory} for the socket: make it, or choose another path.`,
        error
      )
    case 'ENOTDIR':
      return new Fault(
        'address-not-permitted',
        `${directory} is no directory, so no socket can be in it: choose another path.`,
        error
      )
    case 'EACCES':
    case 'EPERM':
      return new Fault(
        'address-not-permitted',
        `You may not make or replace ${path}: choose a directory of yours, such as $XDG_RUNTIME_DIR, or remove the file yourself.`,
        error
      )
    case 'EROFS':
      return new Fault(
        'address-not-permitted',
        `${directory} is read-only: choose another directory for the socket, such as /run.`,
        error
      )
    default:
      return new Fault('address-not-permitted', `Listening on ${path} failed (${describe(error)}).`, error)
  }
}

export function unixInUse(path: string): Fault {
  return new Fault(
    'address-in-use',
    `${path} is already in use by another program: end that one, or choose another path.`
  )
}

export function notASocket(path: string): Fault {
  return new Fault(
    'path-taken',
    `${path} is there already and is no socket: choose another path, or remove it yourself.`
  )
}

/** Its mode or group could not be set. */
export function unixRightsFault(error: unknown, path: string, group: string | undefined): Fault {
  const whom = group === undefined ? 'its mode' : `the group ${group}`
  return new Fault(
    'address-not-permitted',
    `You may not give ${path} ${whom}: run as root, or name a group that you are in.`,
    error
  )
}
