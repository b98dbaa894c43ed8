/** What differs between two states of a running Farport, for who follows it: whole things for programs, lines for people. Pure. */
import { formatSettings } from '../../../contract/line.ts'
import type {
  BridgeState,
  PairingState,
  PauseState,
  PeerState,
  RotatorState,
  SelfState,
  StateTree
} from '../../../contract/state.ts'
import type { Entry } from './named.ts'
import { levelWord, linesInFull, linesOf } from './words.ts'

/** One thing as it is now, or that it is there no more. */
export type Change =
  | { readonly bridge: BridgeState }
  | { readonly rotator: RotatorState }
  | { readonly peer: PeerState }
  | { readonly pairing: PairingState }
  | { readonly self: SelfState }
  /** Null: sharing goes on. */
  | { readonly paused: PauseState | null }
  | {
      readonly gone: {
        readonly kind: 'share' | 'link' | 'rotator' | 'peer' | 'pairing'
        readonly id: string
        readonly name: string
      }
    }

/** Trees as a mirror gives them: what did not change is the same object. */
export function changesBetween(before: StateTree, after: StateTree): Change[] {
  return [
    ...(after.self && after.self !== before.self ? [{ self: after.self }] : []),
    ...(after.paused === before.paused ? [] : [{ paused: after.paused ?? null }]),
    ...gone(before.bridges, after.bridges, ({ kind, id, name }) => ({ kind, id, name })),
    ...gone(before.rotators, after.rotators, ({ kind, id, name }) => ({ kind, id, name })),
    ...gone(before.peers, after.peers, ({ id, name }) => ({ kind: 'peer', id, name })),
    ...gone(before.pairings, after.pairings, ({ peerId, name }) => ({ kind: 'pairing', id: peerId, name })),
    ...fresh(before.bridges, after.bridges).map((bridge) => ({ bridge })),
    ...fresh(before.rotators, after.rotators).map((rotator) => ({ rotator })),
    ...fresh(before.peers, after.peers).map((peer) => ({ peer })),
    ...fresh(before.pairings, after.pairings).map((pairing) => ({ pairing }))
  ]
}

type Table<Item> = Readonly<Record<string, Item>> | undefined
type Gone = Extract<Change, { gone: unknown }>['gone']

function gone<Item>(before: Table<Item> = {}, after: Table<Item> = {}, tell: (item: Item) => Gone): Change[] {
  return Object.entries(before).flatMap(([id, item]) =>
    after[id] === undefined ? [{ gone: tell(item) }] : []
  )
}

function fresh<Item>(before: Table<Item> = {}, after: Table<Item> = {}): Item[] {
  return Object.entries(after).flatMap(([id, item]) => (before[id] === item ? [] : [item]))
}

/**
 * What no notice tells: settings, and control and modem lines. Who came and left, what opened and what failed is told as it happens.
 * Byte counts alone say nothing here.
 */
export function linesFor(bridge: BridgeState, before: Entry | undefined): string[] {
  const { state } = bridge
  const had = before && before.kind !== 'rotator' ? before.state : undefined
  const now = linesOf(state)
  if (state.type !== 'open' || !now) return []
  const then = had && linesOf(had)
  if (had?.type !== 'open' || !then) return [`${formatSettings(state.settings)}, ${linesInFull(now)}`]
  const [from, to] = [formatSettings(had.settings), formatSettings(state.settings)]
  const changed = Object.entries(now).filter(([name, level]) => then[name] !== level)
  return [
    ...(from === to ? [] : [`settings ${from} → ${to}`]),
    ...(changed.length === 0
      ? []
      : [changed.map(([name, level]) => `${name} ${levelWord(level)}`).join(', ')])
  ]
}
