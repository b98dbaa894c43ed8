import type { Event } from '../base/event.ts'
import type { BridgeNotice } from '../bridge/notices.ts'
import type { CloseReason } from '../contract/close.ts'
import type { Fault } from '../contract/faults.ts'
import type { BridgeState, RotatorState } from '../contract/state.ts'

/** What core starts, keeps under a number and stops: a share, a link, a rotator. The words of Junction. */
export interface Kept {
  readonly state: BridgeState | RotatorState
  readonly onState: Event<void>
  readonly onNotice: Event<BridgeNotice>
  readonly onFault: Event<Fault>
  /** `reason`: what its clients are told; default that Farport ends. Resolves with the number of bytes that were not delivered; never rejects. */
  close(timeoutMs: number, reason?: CloseReason): Promise<number>
}
