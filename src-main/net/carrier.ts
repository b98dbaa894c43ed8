/** What every carrier (tcp, unix, udp, tls, certauth) is asked with. Called by dial.ts; its callers know no carrier. */
import type { Clock } from '../base/clock.ts'
import type { CloseReason } from '../contract/close.ts'
import type { AllowList } from './allow-list.ts'
import type { Connection, Listener } from './connection.ts'
import type { Endpoint } from './endpoint.ts'
import type { DialTrust, ListenTrust } from './tls-trust.ts'

export const DIAL_TIMEOUT_MS = 10_000

/** A client that takes nothing for this long is closed with `stalled`. */
export const DEFAULT_STALL_TIMEOUT_MS = 25_000

export const NOBODY_LISTENS: CloseReason = { code: 'refused', message: 'nobody takes connections here now' }

interface CarrierOptions {
  readonly signal?: AbortSignal
  readonly clock?: Clock
  /**
   * A peer that takes nothing for this long is closed with `stalled`; 0 is never. A listener's default is 25 s; a dialled server's
   * is 0, as its device may be stopped by flow control for as long as that takes.
   */
  readonly stallTimeoutMs?: number
  /** What people should know and what ends nothing, in one line each; only carriers that lose bytes have such things to say. */
  readonly warn?: (text: string) => void
}

export interface DialOptions extends CarrierOptions {
  /** For name lookup and connecting together; 10 s where absent. */
  readonly timeoutMs?: number
  /** TLS: who we are and whom we trust; asked when a TLS endpoint is dialled, which cannot be without it. */
  readonly tls?: (() => Promise<DialTrust>) | undefined
}

/** A client that was turned away, for people. */
export interface Refusal {
  readonly remote: string
  readonly why: string
}

/** As whom a program of this computer runs. */
export interface LocalUser {
  readonly uid: number
  /** Every group it is in. */
  readonly gids: readonly number[]
}

export interface ListenOptions extends CarrierOptions {
  /** Who may connect; this computer alone where absent. */
  readonly allowList?: AllowList
  /** Drops clients that begin with an HTTP request, where browsers can reach it; on where absent. */
  readonly httpGuard?: boolean
  /** Unix sockets: why this user may not connect; undefined: it may. Asked where the system tells who comes (Linux). */
  readonly admitUser?: (user: LocalUser) => string | undefined
  /** TLS: who we are and who may come; asked when a TLS endpoint listens, which cannot be without it. */
  readonly tls?: (() => Promise<ListenTrust>) | undefined
  /** Each client that was turned away, after it was closed. */
  readonly onRefused?: (refusal: Refusal) => void
}

export interface Carrier {
  /** A web page can make a browser send to it: only there is an HTTP guard of use. */
  readonly browsersReach: boolean
  dial(endpoint: Endpoint, options: DialOptions): Promise<Connection>
  /** Applies the allow list; the HTTP guard is laid over it by dial.ts. */
  listen(endpoint: Endpoint, options: ListenOptions): Promise<Listener>
}
