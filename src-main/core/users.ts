import type { Event } from '../base/event.ts'
import type { CloseReason } from '../contract/close.ts'
import type { ControlLines, ControlWish, LineSettings, LineWish } from '../contract/line.ts'
import type { BridgeState } from '../contract/state.ts'
import type { Session, Terms } from '../sessions/session.ts'

/**
 * Those who use a share or link, by the numbers of their sessions; the words of Junction. Each throws the Fault `usage` where there is no
 * such session, or where that is not how it is shared.
 */
export interface Users {
  ask(session: number): void
  grant(session: number): void
  takeOver(session: number): void
  decline(session: number): void
  /** It only watches from now on, or no longer. */
  restrict(session: number, observe: boolean): void
  /** Absent: all of them. Answers how many. */
  disconnect(session: number | undefined, reason: CloseReason): number
}

/** The line of a share or link as the owner of this computer commands it; the words of Junction. */
export interface OwnersLine {
  applyForOwner(wish: LineWish): Promise<LineSettings>
  controlForOwner(wish: ControlWish): Promise<ControlLines>
  sendBreakForOwner(durationMs: number): Promise<void>
}

/** A share or link that a session of this process joins; the words of Junction. */
export interface Joined {
  readonly state: BridgeState
  readonly onState: Event<void>
  admit(session: Session, terms?: Terms): number | undefined
  discard(session: number, held: number): number
}
