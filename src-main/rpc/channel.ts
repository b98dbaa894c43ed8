/**
 * A Channel carries messages between a running Farport and whoever watches and commands it: a window, a browser, the command
 * line, another installation. Called by server.ts and client.ts, which know no carrier; a carrier (memory, a local socket,
 * TLS, later a message port and a WebSocket) is one file that makes Channels. Opens nothing and trusts nobody.
 */
import type { Event } from '../base/event.ts'
import type { CloseReason } from '../contract/close.ts'

export interface Channel {
  /**
   * Plain data: null, booleans, numbers, strings, Uint8Array, arrays and plain objects of these. In order, none twice; what was
   * posted when it closes may be lost. Never throws; after the end it does nothing.
   */
  post(message: unknown): void
  /** Each message once, in order, from the first subscription on: what came before that is kept for it. */
  readonly onMessage: Event<unknown>
  /** Exactly once, whoever closed it; at once for whoever asks afterwards. */
  readonly onClose: Event<CloseReason>
  /** What was posted before is still sent. Repeated calls are safe. */
  close(reason: CloseReason): void
}
