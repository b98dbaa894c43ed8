/** Paired computers, and those that are about to be, as a table. Pure. Called by `pair`. */
import type { PeerEntry, Permission } from '../../contract/settings.ts'
import type { PairingState, StateTree } from '../../contract/state.ts'
import { spaced } from '../../core/instance/pairing-words.ts'
import { shortText } from './attached/words.ts'

/** `connections`: absent where nothing runs that could have one. */
export type ListedPeer = PeerEntry & { readonly connections?: number; readonly once?: true }

const ID_DIGITS = 16

/** Nothing where there is nobody. */
export function peersTable(
  peers: readonly ListedPeer[],
  pairings: readonly PairingState[],
  bridges: StateTree['bridges']
): string[][] {
  if (peers.length + pairings.length === 0) return []
  return [
    ['COMPUTER', 'ID', 'STATE', 'MAY HERE', 'CONNECTIONS', 'AT'],
    ...pairings.map(({ name, peerId, direction, code, accepted, remote }) => [
      shortText(name) || '-',
      peerId.slice(0, ID_DIGITS),
      `${accepted ? 'accepted here' : direction === 'incoming' ? 'asks to pair' : 'is asked'}${code === undefined ? '' : `: ${spaced(code)}`}`,
      '-',
      '-',
      remote
    ]),
    ...peers.map((peer) => [
      shortText(peer.name),
      peer.id.slice(0, ID_DIGITS),
      peer.trust === 'trusted' ? (peer.once ? 'paired for now' : 'paired') : 'blocked',
      peer.trust === 'trusted' ? permissionWords(peer, bridges) : '-',
      peer.connections === undefined ? '-' : String(peer.connections),
      shortText(peer.addresses.join(', ')) || '-'
    ])
  ]
}

/** `none`; `observe; gps: control`. */
export function permissionWords({ permissions }: PeerEntry, bridges: StateTree['bridges']): string {
  const own = Object.entries(permissions.shares).map(
    ([id, each]) => `${shortText(bridges[id]?.name ?? id)}: ${levelWords(each)}`
  )
  return [levelWords(permissions.default), ...own].join('; ')
}

function levelWords({ level, history }: Permission): string {
  return history ? `${level} and history` : level
}
