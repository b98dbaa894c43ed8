/**
 * What passes on a line, in words: the bytes' two directions, and everything that happens beside them. Hubs tell it, recordings keep it,
 * decoders and windows show it. Plain values.
 */
import type { ControlLines, LineSettings, LineState, ModemState } from './line.ts'
import type { BlockedState } from './state.ts'

export const DIRECTIONS = ['to-device', 'from-device'] as const
export type Direction = (typeof DIRECTIONS)[number]

/**
 * How control (who may write) moves on. `asked`, `declined`: a wish came or was turned down; `granted`, `taken`: the session holds
 * it now; `next`: it does, because the one before left; `restricted`, `permitted`: it may only watch from now on, or no longer only.
 */
export type ControlStep = 'asked' | 'declined' | 'granted' | 'taken' | 'next' | 'restricted' | 'permitted'

/** `moved`: the device took something; else it is not known that it did. */
export type BlockageEvent =
  | { readonly type: 'blocked'; readonly by: BlockedState['by']; readonly bytes: number }
  | { readonly type: 'unblocked'; readonly moved: boolean; readonly durationMs: number }

/**
 * What a hub tells. `session` is the session's number in its hub, 0 where none caused it. `label`: who did, where somebody did: a
 * session's, or the owner of this computer.
 */
export type HubEvent =
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
  | {
      readonly type: 'port'
      readonly state: 'open'
      readonly settings: LineSettings
      readonly lines: ControlLines
      readonly modem: ModemState
    }
  | { readonly type: 'port'; readonly state: 'closed'; readonly why?: string }
  | {
      readonly type: 'lost'
      readonly direction: Direction
      readonly session: number
      readonly bytes: number
      readonly why: string
    }

/** What a recording holds beside the bytes. */
export type TrafficEvent =
  | HubEvent
  /** Set by a person; numbered from 1 in each recording. */
  | { readonly type: 'marker'; readonly number: number; readonly text: string }
  /** So much passed here and is in no record: the recording was off, or whoever reads it came too late. */
  | { readonly type: 'missed'; readonly records: number; readonly bytes: number; readonly why: string }
