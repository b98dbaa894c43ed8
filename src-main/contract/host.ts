/** What a running Farport runs in, and what only that can do. Each host fills in what it has; the page shows what is there. */
import * as v from 'valibot'
import type { FaultRecord } from './faults.ts'

export interface HostState {
  /** `service`: without a window; `app`: the desktop app. */
  readonly kind: 'service' | 'app'
  /** As Node names it: `linux`, `win32`, `darwin`. */
  readonly platform: string
  /** Where its log is: a file, or `journal`. Absent: standard error, wherever that leads. */
  readonly log?: string
  /** Absent: this host cannot do that. */
  readonly startAtLogin?: boolean
  /** The computer does not fall asleep while a port is in use. Absent: this host cannot do that. */
  readonly keepAwake?: boolean
  /** This very page, for browsers. Absent: it is served to none. `url`: where, without a way in; `fault`: why nowhere, for now. */
  readonly page?: { readonly url: string } | { readonly fault: FaultRecord }
}

/** The way in for one browser. */
export interface PageLink {
  /** With a token that is good once. */
  readonly url: string
  /** How long it is good, in ms. */
  readonly validMs: number
  /** SHA-256 of a certificate that nobody vouches for, as browsers show it in their warning: `AB:CD:…`. */
  readonly fingerprint?: string
}

/** A browser that is signed in to the page. Times: wall clock, ms since 1970. */
export interface BrowserState {
  /** It stands in its cookie, and in the answer to `/session`. No secret. */
  readonly id: string
  /** `Firefox on Windows`. */
  readonly browser: string
  /** From where it was here last. */
  readonly address: string
  readonly since: number
  readonly seen: number
  /** That are open now. */
  readonly pages: number
}

/** `browser`: that one alone; `others`: all but that one; none of them: all. */
export const signOutSchema = v.strictObject({
  browser: v.exactOptional(v.string()),
  others: v.exactOptional(v.string())
})
export type SignOutWish = v.InferOutput<typeof signOutSchema>

/** Those that are given; one that the host does not have is refused. */
export const hostWishSchema = v.strictObject({
  startAtLogin: v.exactOptional(v.boolean()),
  keepAwake: v.exactOptional(v.boolean())
})
export type HostWish = v.InferOutput<typeof hostWishSchema>
