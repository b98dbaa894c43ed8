/** What runs, as tables: shares, links, rotators, who uses them, and other Farports. Called by `list`. */
import type {
  BridgeState,
  PairingState,
  PeerState,
  RotatorState,
  StateTree
} from '../../../contract/state.ts'
import { table } from '../table.ts'
import {
  bridgeWords,
  grouped,
  linesThatAreOn,
  lockWord,
  lostText,
  namesText,
  portText,
  roleWords,
  rotatorWords,
  shortText,
  timeText
} from './words.ts'

const NOTHING = '-'
/** A state tells why it waits: `list NAME` tells all of it. */
const MAX_STATE = 60

/** Tables that have a row, an empty line between them. `width`: of the terminal. */
export function tablesOf(tree: StateTree, now: Date, width: number | undefined): string[] {
  const bridges = Object.values(tree.bridges)
  const peers = tree.peers ?? {}
  const tables = [
    bridgeRows('share', bridges, width),
    bridgeRows('link', bridges, width),
    [['ROTATOR', 'STATE', 'ADDRESSES', 'SHARES'], ...Object.values(tree.rotators).map(rotatorRow(tree))],
    [CLIENT_HEAD, ...bridges.flatMap((bridge) => clientRows(bridge, now))],
    [['OTHER FARPORT', 'ID', 'TRUST', 'CONNECTIONS'], ...Object.values(peers).map(peerRow)],
    [['PAIRING WITH', 'ID', 'DIGITS', 'ASKED BY'], ...Object.values(tree.pairings ?? {}).map(pairingRow)]
  ]
  return tables
    .filter((rows) => rows.length > 1)
    .flatMap((rows, index) => [...(index > 0 ? [''] : []), ...table(rows, width)])
}

const CLIENT_HEAD = ['CLIENT OF', 'NO.', 'WHO', 'SINCE', 'DOES', 'TO DEVICE', 'FROM DEVICE', 'LOST']

/** Narrower terminals do without the totals, which `list NAME` has. */
const TOTALS_WIDTH = 110

function bridgeRows(
  kind: BridgeState['kind'],
  bridges: readonly BridgeState[],
  width = Infinity
): string[][] {
  const hasTotals = width >= TOTALS_WIDTH
  const totals = hasTotals ? ['TO DEVICE', 'FROM DEVICE', 'LOST'] : []
  const head = [kind.toUpperCase(), 'PORT', 'STATE', 'LINES ON', 'CLIENTS', ...totals, 'ADDRESSES']
  const ours = bridges.filter((bridge) => bridge.kind === kind)
  return [head, ...ours.flatMap((bridge) => bridgeLines(bridge, hasTotals))]
}

/** One line, and one more for each further address. */
function bridgeLines(bridge: BridgeState, hasTotals: boolean): string[][] {
  const { name, port, state, sessions, bytesToDevice, bytesFromDevice } = bridge
  const [first = NOTHING, ...others] = addressesOf(bridge)
  const row = [
    shortText(name),
    portText(port),
    shortText(bridgeWords(bridge), MAX_STATE),
    linesThatAreOn(state),
    String(sessions.length),
    ...(hasTotals ? [grouped(bytesToDevice), grouped(bytesFromDevice), lostText(bridge)] : [])
  ]
  return [[...row, first], ...others.map((url) => [...row.map(() => ''), url])]
}

/** Where it is reached, and where it connects to by itself. */
function addressesOf({ addresses, awaited = [], dials }: BridgeState): string[] {
  return [
    ...addresses.map(
      (url) => shortText(url, 200) + (awaited.includes(url) ? ' (not there yet)' : lockWord(url))
    ),
    ...dials.map((url) => `to ${shortText(url, 200)}`)
  ]
}

function rotatorRow(tree: StateTree): (rotator: RotatorState) => string[] {
  return (rotator) => [
    shortText(rotator.name),
    shortText(rotatorWords(rotator), MAX_STATE),
    rotator.addresses.join(' ') || NOTHING,
    namesText(rotator.shares.map((id) => tree.bridges[id]?.name ?? id))
  ]
}

export function clientRows(bridge: BridgeState, now: Date): string[][] {
  return bridge.sessions.map((session) => [
    shortText(bridge.name),
    String(session.id),
    shortText(session.label),
    timeText(session.since, now),
    roleWords(session, now),
    grouped(session.bytesToDevice),
    grouped(session.bytesFromDevice),
    lostText(session)
  ])
}

/** Clients of one share or link; nothing where there are none. */
export function clientTable(bridge: BridgeState, now: Date, width: number | undefined): string[] {
  const rows = clientRows(bridge, now)
  if (rows.length === 0) return []
  return table(
    [CLIENT_HEAD, ...rows].map((row) => row.slice(1)),
    width
  )
}

function peerRow({ id, name, trust, connections }: PeerState): string[] {
  return [shortText(name), id.slice(0, 16), trust === 'trusted' ? 'paired' : 'blocked', String(connections)]
}

function pairingRow({ name, remote, peerId, code = NOTHING, direction }: PairingState): string[] {
  return [
    shortText(name || remote),
    peerId.slice(0, 16),
    code,
    direction === 'incoming' ? shortText(remote) : 'us'
  ]
}
