/**
 * How soon a TCP connection notices that its peer is gone. Called by net. On Linux all of it is set on the descriptor; on other
 * systems Node's own keepalive is all there is. See tcp(7) and RFC 5482.
 */
import type { Socket } from 'node:net'
import { SystemError, setsockopt } from './libc.ts'
import { socketFd } from './socket-state.ts'

const IPPROTO_TCP = 6
const TCP_KEEPIDLE = 4
const TCP_KEEPINTVL = 5
const TCP_KEEPCNT = 6
const TCP_USER_TIMEOUT = 18

interface Vigilance {
  /** Silence before the first keepalive probe, and from probe to probe, in s. */
  readonly idleS: number
  readonly intervalS: number
  /** Unanswered probes until the connection ends with ETIMEDOUT. */
  readonly probes: number
}

/** An idle peer that vanished is noticed after 10 + 4 × 4 = 26 s. */
const NORMAL: Vigilance = { idleS: 10, intervalS: 4, probes: 4 }

/** … and while probed, after at most 1 + 3 × 1 = 4 s. Three, as one lost packet must not end a live connection. */
const PROBING: Vigilance = { idleS: 1, intervalS: 1, probes: 3 }

/** How long sent data may stay unacknowledged: keepalive is silent while data is under way. */
export const USER_TIMEOUT_MS = 25_000

/**
 * The options of every connection: no delay, keepalive, user timeout. Safe to repeat; it also ends a probe.
 *
 * `userTimeoutMs`: 0 is off. The kernel counts a peer that answers but does not read as one that is gone, so whoever means to
 * wait for such a peer must switch it off.
 */
export function setTcpOptions(socket: Socket, userTimeoutMs: number): void {
  // An answer that comes in pieces waits 40 ms for the peer's delayed acknowledgement otherwise.
  socket.setNoDelay(true)
  setVigilance(socket, NORMAL, userTimeoutMs)
}

/**
 * Asks an idle peer for a sign of life: the connection ends with ETIMEDOUT within 4 s when there is none. Where data is under
 * way, keepalive waits; ask `unansweredMs` then.
 */
export function setProbeOptions(socket: Socket): void {
  // Without the user timeout the probes are counted; with it the silence before them counts too, and one lost probe would
  // end a live connection.
  setVigilance(socket, PROBING, 0)
}

function setVigilance(socket: Socket, vigilance: Vigilance, userTimeoutMs: number): void {
  socket.setKeepAlive(true, vigilance.idleS * 1000)
  const fd = process.platform === 'linux' ? socketFd(socket) : undefined
  if (fd === undefined) return
  try {
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, vigilance.probes)
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, vigilance.intervalS)
    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, userTimeoutMs)
    // Last: setting this one starts the keepalive timer anew, with all the others in force.
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, vigilance.idleS)
  } catch (error) {
    // A socket that was reset a moment ago refuses options on some systems, and reports its end by itself.
    if (!(error instanceof SystemError)) throw error
  }
}
