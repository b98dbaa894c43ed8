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
