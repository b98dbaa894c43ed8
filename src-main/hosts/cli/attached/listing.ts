/** What `list --json` prints: the same fields with and without a running Farport, so that scripts need not know which it was. */
import type {
  BridgeState,
  PairingState,
  PauseState,
  PeerState,
  PortInfo,
  RotatorState,
  SelfState,
  StateTree
} from '../../../contract/state.ts'

/** The state tree with lists in the place of its tables. */
export interface ListedState {
  /** Shares and links. */
  readonly bridges: readonly BridgeState[]
  readonly rotators: readonly RotatorState[]
  /** Null: no Farport runs here. */
  readonly self: SelfState | null
  readonly peers: readonly PeerState[]
  readonly pairings: readonly PairingState[]
  /** Null: sharing is not paused. */
  readonly paused: PauseState | null
}

export interface Listing extends ListedState {
  readonly ports: readonly PortInfo[]
}

export function listed(tree: StateTree | undefined): ListedState {
  const { bridges = {}, rotators = {}, self = null, peers = {}, pairings = {}, paused = null } = tree ?? {}
  return {
    bridges: Object.values(bridges),
    rotators: Object.values(rotators),
    self,
    peers: Object.values(peers),
    pairings: Object.values(pairings),
    paused
  }
}
