/**
 * What goes on in a running Farport, as subscriptions: name → arguments and items. The neighbour of the command table; whoever
 * carries it gives credit for each item, so that a slow reader costs no memory.
 */
import * as v from 'valibot'
import { count, type Caller } from './command.ts'
import {
  captureTopicSchema,
  replaySchema,
  trafficSchema,
  type CaptureItem,
  type ReplayItem,
  type TrafficItem
} from './recording.ts'
import type { StateTree } from './state.ts'
import { terminalSchema, type TerminalItem } from './terminal.ts'

/**
 * The whole tree at first, and after that only what changed, as a patch of rpc/tree-patch. `seq` counts from 1, one more each time:
 * who misses one subscribes again.
 */
export type StateItem =
  { readonly seq: number; readonly snapshot: StateTree } | { readonly seq: number; readonly patch: unknown }

/** Stands where items were: so many did not fit while there was no credit. */
export interface LeftOut {
  readonly leftOut: number
}

/** Byte counts change with every chunk; who watches is told so often, in ms … */
export const COUNTS_MS = 1000
/** … and no more often than this, whatever was asked for. */
export const MIN_COUNTS_MS = 50

/** The last lines that a running Farport remembers; of one share, link or rotator fewer, so that a busy one leaves room. */
export const MAX_PAST_NOTICES = 500

/**
 * One line for people; `id` is the share's, link's or rotator's, absent where it is about none. `debug`: what happens often (settings
 * and control lines as their users change them), for whoever looks at that one thing.
 */
export interface NoticeLine {
  /** Wall clock, ms since 1970. */
  readonly timeMs: number
  readonly level: 'debug' | 'info' | 'warning'
  readonly subject: string
  readonly id?: string
  readonly text: string
}

export type NoticeItem = NoticeLine | LeftOut

interface Topic<Arguments extends v.GenericSchema, Item> {
  readonly caller: Caller
  readonly args: Arguments
  /** Never set: carries the type. */
  readonly item?: Item
}

const topic =
  <Item>() =>
  <Arguments extends v.GenericSchema>(caller: Caller, args: Arguments): Topic<Arguments, Item> => ({
    caller,
    args
  })

export const TOPICS = {
  /**
   * Changes that come while there is no credit are told as one. A peer sees what it may observe. `countsMs`: how often byte counts alone
   * are told, where bytes move; else, and to a peer, each second. An older Farport refuses it (`usage`).
   */
  state: topic<StateItem>()(
    'peer',
    v.strictObject({
      countsMs: v.exactOptional(
        v.pipe(v.number(), v.integer(), v.minValue(MIN_COUNTS_MS), v.maxValue(COUNTS_MS))
      )
    })
  ),
  /**
   * A user of a share, a link or any port, shown among its sessions as `this computer (terminal)`; it leaves with the subscription. What the
   * device says waits while there is no credit, as for any other user. Ends when it is closed.
   */
  terminal: topic<TerminalItem>()('owner', terminalSchema),
  /** What passes at a share, link or port, as pages of records. What is not sent for want of credit waits in the recording itself. */
  traffic: topic<TrafficItem>()('observe', trafficSchema),
  /** A file of the captures folder, as pages. */
  capture: topic<CaptureItem>()('owner', captureTopicSchema),
  /** Replays one; see its schema. */
  replay: topic<ReplayItem>()('owner', replaySchema),
  /** What does not fit while there is no credit is told as a number of lines left out. `past`: so many lines of before come first. */
  notices: topic<NoticeItem>()(
    'owner',
    v.strictObject({ past: v.optional(v.pipe(count(0), v.maxValue(MAX_PAST_NOTICES)), 0) })
  )
} as const

export type TopicName = keyof typeof TOPICS
export type TopicInput<Name extends TopicName> = v.InferInput<(typeof TOPICS)[Name]['args']>
export type TopicArguments<Name extends TopicName> = v.InferOutput<(typeof TOPICS)[Name]['args']>
export type TopicItem<Name extends TopicName> = NonNullable<(typeof TOPICS)[Name]['item']>
