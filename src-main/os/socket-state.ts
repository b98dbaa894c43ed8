/**
 * What the kernel knows of a socket and Node does not say. Called by net. Every function answers "nothing known" (undefined,
 * 0 or false) where the system cannot tell: they refine what is reported and when, nothing depends on them.
 */
import type { Socket } from 'node:net'
import { POLLERR, POLLHUP, SystemError, getsockopt, ioctl, pollNow } from './libc.ts'

/** The descriptor under a connected socket; undefined on Windows, and once the socket is closed. */
export function socketFd(socket: Socket): number | undefined {
  // Node has no public way to it. A handle without a descriptor says -1.
  const fd = (socket as { _handle?: { fd?: number } | null })._handle?.fd
  return fd !== undefined && fd >= 0 && process.platform !== 'win32' ? fd : undefined
}

/** A socket that was reset a moment ago may refuse any question; then nothing is known of it. */
function orNothing<T>(question: () => T, nothing: T): T {
  try {
    return question()
  } catch (error) {
    if (error instanceof SystemError) return nothing
    throw error
  }
}

// asm-generic/ioctls.h
const FIONREAD = 0x541b
const SIOCOUTQ = 0x5411

const count = Buffer.alloc(4)

function ask(socket: Socket, request: number): number {
  const fd = process.platform === 'linux' ? socketFd(socket) : undefined
  if (fd === undefined) return 0
  return orNothing(() => {
    ioctl(fd, request, count)
    return count.readInt32LE()
  }, 0)
}

/** Bytes that the kernel took and the far kernel has not acknowledged (tcp(7), SIOCOUTQ). Before our FIN only: it counts as one. */
export function unacknowledgedBytes(socket: Socket): number {
  return ask(socket, SIOCOUTQ)
}

/** Bytes that arrived and wait in the kernel (tcp(7), SIOCINQ). */
export function unreadBytes(socket: Socket): number {
  return ask(socket, FIONREAD)
}

/** True once the connection is over both ways: reset, timed out, or ended by both. Seen without reading. */
export function hungUp(socket: Socket): boolean {
  const fd = socketFd(socket)
  return fd !== undefined && (orNothing(() => pollNow(fd, 0), 0) & (POLLERR | POLLHUP)) !== 0
}

const SOL_SOCKET = 1
const SO_ERROR = 4

/**
 * Why it is over, where nobody was told: libuv reports an end, not the reset, when the last data and a reset are found
 * together. Asked once: the kernel forgets it then (socket(7), SO_ERROR).
 */
export function pendingError(socket: Socket): SystemError | undefined {
  const fd = process.platform === 'linux' ? socketFd(socket) : undefined
  if (fd === undefined) return undefined
  const errno = orNothing(() => getsockopt(fd, SOL_SOCKET, SO_ERROR, 4).readInt32LE(), 0)
  return errno > 0 ? new SystemError(errno, 'read') : undefined
}

// linux/tcp.h: struct tcp_info, whose layout only ever grows at its end.
const IPPROTO_TCP = 6
const TCP_INFO = 11
const TCP_INFO_SIZE = 104
const RETRANSMITS = 2
const PROBES = 3
const UNACKED = 24
const LAST_ACK_RECEIVED_MS = 56

/**
 * For how long the far kernel has left our data or our window probes unanswered, in ms; 0 while it answers. A program that
 * does not read leaves its kernel answering, so this tells a vanished peer from a slow one, which TCP_USER_TIMEOUT does not.
 */
export function unansweredMs(socket: Socket): number {
  const fd = process.platform === 'linux' ? socketFd(socket) : undefined
  if (fd === undefined) return 0
  const info = orNothing(() => getsockopt(fd, IPPROTO_TCP, TCP_INFO, TCP_INFO_SIZE), undefined)
  if (info === undefined || info.length < TCP_INFO_SIZE) return 0
  const retransmitting = info.readUInt32LE(UNACKED) > 0 && info.readUInt8(RETRANSMITS) > 0
  // One probe may just be under way; a second one goes out only when the first was not answered.
  const probing = info.readUInt8(PROBES) > 1
  return retransmitting || probing ? info.readUInt32LE(LAST_ACK_RECEIVED_MS) : 0
}
