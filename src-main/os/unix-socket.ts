/** What the system knows of Unix sockets and Node does not say. Called by net. */
import { closeSync, readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { connectToPath, getsockopt, isSystemError, localDatagramSocket } from './libc.ts'
import { socketFd } from './socket-state.ts'

/**
 * Whose socket stands at a path: `served` (bound by a program that lives), `dead` (its program is gone), or `unknown`, where we
 * may not ask. Disturbs nobody: a socket of the wrong type is turned away by the kernel, while a connection could open
 * somebody's device.
 */
export function socketFileState(path: string): 'served' | 'dead' | 'unknown' {
  const fd = localDatagramSocket()
  try {
    connectToPath(fd, path)
    return 'served' // by a program that takes datagrams
  } catch (error) {
    if (isSystemError(error, 'ECONNREFUSED')) return 'dead'
    return isSystemError(error, 'EPROTOTYPE') ? 'served' : 'unknown'
  } finally {
    closeSync(fd)
  }
}

// asm-generic/socket.h; struct ucred begins with the pid.
const SOL_SOCKET = 1
const SO_PEERCRED = 17
const UCRED_SIZE = 12
const SO_PEERGROUPS = 59
/** NGROUPS_MAX groups of four bytes. */
const MAX_GROUPS_BYTES = 65_536 * 4

export interface PeerCredentials {
  /** 0 where it lives in another PID namespace. */
  readonly pid: number
  readonly uid: number
  /** Its group, and those it is in besides. */
  readonly gids: readonly number[]
}

/** As whom the program at the other end connected. Undefined where the system does not tell: only Linux does. */
export function peerCredentials(socket: Socket): PeerCredentials | undefined {
  const fd = process.platform === 'linux' ? socketFd(socket) : undefined
  if (fd === undefined) return undefined
  try {
    const ucred = getsockopt(fd, SOL_SOCKET, SO_PEERCRED, UCRED_SIZE)
    const groups = getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, MAX_GROUPS_BYTES)
    const gids = Array.from({ length: groups.length / 4 }, (_, at) => groups.readUInt32LE(4 * at))
    return { pid: ucred.readInt32LE(), uid: ucred.readUInt32LE(4), gids: [ucred.readUInt32LE(8), ...gids] }
  } catch {
    return undefined // it is gone already
  }
}

/**
 * The program at the other end, for people: `socat, process 4711`. Undefined where the system does not tell: only Linux does, and
 * not across PID namespaces.
 */
export function peerProcess(socket: Socket): string | undefined {
  const fd = process.platform === 'linux' ? socketFd(socket) : undefined
  if (fd === undefined) return undefined
  try {
    const pid = getsockopt(fd, SOL_SOCKET, SO_PEERCRED, UCRED_SIZE).readInt32LE()
    if (pid <= 0) return undefined
    // A program chooses its own name: nothing of it may reach a terminal as a command.
    const name = readFileSync(`/proc/${pid}/comm`, 'latin1').replace(/[^\x20-\x7e]/g, '')
    return `${name}, process ${pid}`
  } catch {
    return undefined // gone already, or /proc is closed to us
  }
}
