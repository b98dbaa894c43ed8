/** How a session comes into a hub, and what whoever brings it gets. */
import type { Disposable } from '../base/event.ts'
import type { CloseReason } from '../contract/close.ts'
import type { LineWish } from '../contract/line.ts'
import type { Coming } from './arbiter.ts'

export interface Entry extends Coming {
  /** The configured settings from now on. Absent: as they are. */
  readonly settings?: LineWish
  /** What the device said before, and this one is still to have. */
  readonly early?: readonly Uint8Array[]
  /** Takes the place of a session that is here, which is closed. */
  readonly replaces?: Replaced
}

/** How a session is closed: what it still has to read is delivered if it takes that within `timeoutMs`. */
export interface Farewell {
  readonly reason: CloseReason
  readonly timeoutMs: number
}

/** A session whose place another one takes: see `Hub.attach`. */
export interface Replaced extends Farewell {
  readonly id: number
}

/** A session in its hub. Disposing takes it off without closing it; repeated calls are safe. */
export interface Attachment extends Disposable {
  /** From 1, never used twice. */
  readonly id: number
}
