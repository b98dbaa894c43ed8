/**
 * A Channel carries messages between a running Farport and whoever watches and commands it: a window, a browser, the command
 * line, another installation. Called by server.ts and client.ts, which know no carrier; a carrier (memory, a local socket,
 * TLS, later a message port and a WebSocket) is one file that makes Channels. Opens nothing and trusts nobody.
 */
import type { Event } from '../base/event.ts'
import type { CloseReason } from '../contract/close.ts'

export interface Channel {
  /**
   * Plain data (plain.ts). In order, none twice; what was posted when it closes may be lost. Throws a Fault `bug`, and sends
   * nothing, for what is no plain data or larger than the other side takes. Takes all else, but closes itself (`too-slow`) where
   * the other side does not read and more waits than the carrier's limit. After the end it does nothing.
   */
  post(message: unknown): void
  /** Each message once, in order; what comes before the first subscription waits for it. The listener must not throw. */
  readonly onMessage: Event<unknown>
  /** Exactly once, whoever closed it; at once for whoever asks afterwards. */
  readonly onClose: Event<CloseReason>
  /** What was posted before is still sent; no message comes any more, and `onClose` when all is over. Repeated calls are safe. */
  close(reason: CloseReason): void
}
