/**
 * What differs between the stream sockets of one kind and another. Called by StreamSocket and SocketConnection, which are else
 * the same for all of them.
 */
import type { Socket } from 'node:net'
import { unacknowledgedBytes, unansweredMs } from '../os/socket-state.ts'
import { setProbeOptions, setTcpOptions } from '../os/tcp-options.ts'

export interface StreamManners {
  /** An end can be told to the far side as a reset; else it is an end like any other. */
  readonly resets: boolean
  /** Sets what a connection has from its beginning, and again after a probe. `userTimeoutMs`: 0 is off. */
  watch(socket: Socket, userTimeoutMs: number): void
  /** Asks the far side for a sign of life. */
  probe(socket: Socket): void
  /** For how long the far side has left what we sent unanswered, in ms; 0 while it answers. */
  unansweredMs(socket: Socket): number
  /** Bytes that the kernel took and a reset takes away from the far side. */
  unacknowledgedBytes(socket: Socket): number
}

export const TCP_MANNERS: StreamManners = {
  resets: true,
  watch: setTcpOptions,
  probe: setProbeOptions,
  unansweredMs,
  unacknowledgedBytes
}

/**
 * Unix sockets: both ends have one kernel, so nobody vanishes unnoticed, and what it took stands in the reader's own queue,
 * where no end of ours reaches it.
 */
export const LOCAL_MANNERS: StreamManners = {
  resets: false,
  watch: () => undefined,
  probe: () => undefined,
  unansweredMs: () => 0,
  unacknowledgedBytes: () => 0
}
