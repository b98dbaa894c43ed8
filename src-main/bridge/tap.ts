import type { ControlLines, LineSettings, LineState, ModemState } from '../contract/line.ts'
import type { BlockageEvent } from './blockage.ts'

export type Direction = 'to-device' | 'from-device'

/**
 * How control (who may write) moves on. `asked`, `declined`: a wish came or was turned down; `granted`, `taken`: the session holds
 * it now; `next`: it does, because the one before left; `restricted`, `permitted`: it may only watch from now on, or no longer only.
 */
export type ControlStep = 'asked' | 'declined' | 'granted' | 'taken' | 'next' | 'restricted' | 'permitted'

/**
 * What happens beside the bytes. `session` is the session's number in its Hub, 0 where none caused it. `label`: who did, where somebody
 * did: a session's, or the owner of this computer.
 */
export type TapEvent =
  | {
      readonly type: 'settings'
      readonly session: number
      readonly label?: string
      readonly settings: LineSettings
    }
  | {
      readonly type: 'lines'
      readonly session: number
      readonly label?: string
      readonly lines: ControlLines
    }
  | { readonly type: 'modem'; readonly modem: ModemState }
  | { readonly type: 'line'; readonly line: LineState }
  | {
      readonly type: 'break'
      readonly session: number
      readonly label?: string
      readonly durationMs: number
    }
  | {
      readonly type: 'attached' | 'detached'
      readonly session: number
      readonly label: string
      readonly why?: string
    }
  | BlockageEvent
  | {
      readonly type: 'control'
      readonly step: ControlStep
      readonly session: number
      readonly label: string
      /** The label of the one that held it until now, and stays. */
      readonly from?: string
    }
  | { readonly type: 'port'; readonly state: 'open' | 'closed'; readonly why?: string }
  | {
      readonly type: 'lost'
      readonly direction: Direction
      readonly session: number
      readonly bytes: number
      readonly why: string
    }

/** A recorder's way in: no object per chunk. `timeMs` is the hub's monotonic clock. */
export interface Tap {
  bytes(timeMs: number, direction: Direction, session: number, chunk: Uint8Array): void
  event(timeMs: number, event: TapEvent): void
}

/** A Tap that has something to bring to its end: a file. */
export interface Recorder extends Tap {
  /** Nothing is recorded any more; resolves when all that was is safe, or at the latest after `timeoutMs`. Never rejects. */
  close(timeoutMs: number): Promise<void>
}
