/** States of the core as the tests of the page need them: what is not said is that of a share that nobody uses. */
import type { BridgeState, LocalPortState, SessionState, StateTree } from '../../src-main/contract/state.ts'

export function portOf(path: string, more: Partial<LocalPortState> = {}): LocalPortState {
  const id = path.slice(path.lastIndexOf('/') + 1)
  return { id, path, byId: [], byPath: [], users: [], findings: [], ...more }
}

export function bridgeOf(id: string, more: Partial<BridgeState> = {}): BridgeState {
  return {
    id,
    kind: 'share',
    name: id,
    enabled: true,
    port: '/dev/ttyS0',
    addresses: [],
    dials: [],
    state: { type: 'idle' },
    sessions: [],
    bytesToDevice: 0,
    bytesFromDevice: 0,
    lostToDevice: 0,
    lostFromDevice: 0,
    ...more
  }
}

export function sessionOf(id: number, label: string, more: Partial<SessionState> = {}): SessionState {
  return {
    id,
    label,
    writer: false,
    observes: false,
    since: 0,
    bytesToDevice: 0,
    bytesFromDevice: 0,
    lostToDevice: 0,
    lostFromDevice: 0,
    ...more
  }
}

export function treeOf(ports: readonly LocalPortState[], bridges: readonly BridgeState[]): StateTree {
  return {
    bridges: Object.fromEntries(bridges.map((each) => [each.id, each])),
    rotators: {},
    ports: Object.fromEntries(ports.map((each) => [each.id, each]))
  }
}
