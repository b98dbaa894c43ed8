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

/** Those that are given; one that the host does not have is refused. */
export const hostWishSchema = v.strictObject({
  startAtLogin: v.exactOptional(v.boolean()),
  keepAwake: v.exactOptional(v.boolean())
})
export type HostWish = v.InferOutput<typeof hostWishSchema>
