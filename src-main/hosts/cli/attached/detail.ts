/** One share, link or rotator in full: what `list NAME` prints. */
import type { BridgeState, RotatorState, StateTree } from '../../../contract/state.ts'
import { table } from '../table.ts'
import type { Entry } from './named.ts'
import { controlRows } from './control-rows.ts'
import { clientTable } from './tables.ts'
import {
  bridgeWords,
  grouped,
  linesInFull,
  linesOf,
  lockWord,
  momentText,
  rotatorWords,
  shortText
} from './words.ts'

const MAX_TEXT = 300

export function detailOf(entry: Entry, tree: StateTree, now: Date, width: number | undefined): string[] {
  return entry.kind === 'rotator' ? rotatorDetail(entry, tree) : bridgeDetail(entry, now, width)
}

function bridgeDetail(bridge: BridgeState, now: Date, width: number | undefined): string[] {
  const { kind, id, state, blocked, addresses, awaited = [], dials } = bridge
  const lines = linesOf(state)
  const clients = clientTable(bridge, now, width)
  return [
    ...table([
      [kind, long(bridge.name)],
      ['id', id],
      ['port', long(bridge.port)],
      ['state', bridgeWords(bridge)],
      ...(state.type === 'waiting' && state.retryAt !== undefined
        ? [['next try', momentText(state.retryAt)]]
        : []),
      ...(blocked ? [['held back since', momentText(blocked.since)]] : []),
      ...(lines ? [['lines', linesInFull(lines)]] : []),
      ...addresses.map((url) => [
        'address',
        long(url) + (awaited.includes(url) ? ' (nobody can come there yet)' : lockWord(url))
      ]),
      ...dials.map((url) => ['connects to', long(url)]),
      ...controlRows(bridge.far, now),
      ['to the device', bytes(bridge.bytesToDevice, bridge.lostToDevice)],
      ['from the device', bytes(bridge.bytesFromDevice, bridge.lostFromDevice)],
      ...(clients.length === 0 ? [['clients', 'none']] : [])
    ]),
    ...(clients.length > 0 ? ['', ...clients] : [])
  ]
}

function rotatorDetail(rotator: RotatorState, { bridges }: StateTree): string[] {
  const { id, name, addresses, shares } = rotator
  return table([
    ['rotator', long(name)],
    ['id', id],
    ['state', rotatorWords(rotator)],
    ...addresses.map((url) => ['address', long(url)]),
    ...shares.map((share) => {
      const bridge = bridges[share]
      return [
        'share',
        bridge ? `${long(bridge.name)} (${bridge.sessions.length > 0 ? 'in use' : 'free'})` : share
      ]
    })
  ])
}

function bytes(passed: number, lost: number): string {
  return `${grouped(passed)} bytes, ${grouped(lost)} lost`
}

function long(text: string): string {
  return shortText(text, MAX_TEXT)
}
