import type { CloseReason } from '../contract/close.ts'
import type { Event } from './event.ts'

/**
 * What a Connection, a Port and a Session have in common: bytes both ways with backpressure, and one end.
 *
 * A chunk is immutable once handed on, in both directions: nobody copies, and anybody may keep it.
 */
export interface Duplex {
  /** Takes the whole chunk; false means: hold on until `onDrain`. After the end it takes nothing and answers true. */
  write(chunk: Uint8Array): boolean
  /** Bytes taken by `write` that the system has not taken yet; from `onClose` on, those that were lost. */
  readonly queued: number
  /** Fires when `queued` came down to the low mark after a `write` that answered false. */
  readonly onDrain: Event<void>
  readonly onData: Event<Uint8Array>
  /** Stops `onData`; what the system buffers goes on waiting there. A new Duplex is paused until `resume`. */
  pause(): void
  resume(): void
  /**
   * Sends what is queued, gives up when `timeoutMs` are over, then closes. Resolves with the number of bytes that were not
   * delivered. Idempotent; where another call comes with less time, it may shorten it.
   */
  close(reason: CloseReason, timeoutMs: number): Promise<number>
  /** Closes at once; what is queued is lost. Never throws; idempotent. */
  abort(reason: CloseReason): void
  /** Fires exactly once, whoever closed it. */
  readonly onClose: Event<CloseReason>
}

/** Above this many queued bytes `write` answers false … */
export const HIGH_WATER = 256 * 1024
/** … and at this many `onDrain` fires. */
export const LOW_WATER = 64 * 1024
