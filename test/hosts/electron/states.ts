/** States of the core as the tests of the app need them: what is not said is that of a share that nobody uses. */
import type { BridgeState, NearbyState, SessionState, StateTree } from '../../../src-main/contract/state.ts'

const COUNTS = { bytesToDevice: 0, bytesFromDevice: 0, lostToDevice: 0, lostFromDevice: 0 }

export function bridge(id: string, more: Partial<BridgeState> = {}): BridgeState {
  return {
    ...{ id, kind: 'share', name: id, enabled: true, port: 'sim:gps', addresses: [], dials: [] },
    ...{ state: { type: 'idle' }, sessions: [] },
    ...COUNTS,
    ...more
  }
}

export function session(id: number, label: string, more: Partial<SessionState> = {}): SessionState {
  return { id, label, writer: false, observes: false, since: 0, ...COUNTS, ...more }
}

export function near(name: string, more: Partial<NearbyState> = {}): NearbyState {
  return {
    ...{ id: name, kind: 'port', name, host: 'box.local', addresses: ['192.0.2.7'], port: 7000 },
    ...{ confidence: 'high', origin: 'mdns', present: true, since: 0, seen: 0 },
    ...more
  }
}

export function tree(bridges: readonly BridgeState[], more: Partial<StateTree> = {}): StateTree {
  return { bridges: Object.fromEntries(bridges.map((each) => [each.id, each])), rotators: {}, ...more }
}

export const OPEN: BridgeState['state'] = {
  type: 'open',
  settings: { baudRate: 9600, dataBits: 8, parity: 'none', stopBits: 1, flowControl: 'none' },
  lines: { dtr: true, rts: true, break: false },
  modem: { cts: 'unknown', dsr: 'unknown', dcd: 'unknown', ri: 'unknown' }
}

export const LOST: BridgeState['state'] = {
  type: 'waiting',
  fault: { code: 'peer-closed', kind: 'peer', message: 'gone' }
}

export const UNPLUGGED: BridgeState['state'] = {
  type: 'waiting',
  fault: { code: 'device-unplugged', kind: 'device', message: 'unplugged' }
}
