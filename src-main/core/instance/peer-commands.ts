/** The commands about computers that are known: block, forget, permit, and what they offer. */
import { Fault } from '../../contract/faults.ts'
import { type PeerEntry, type Permission } from '../../contract/settings.ts'
import { shareId } from './entry-commands.ts'
import type { Handlers } from './house.ts'
import { namedPeer, wholeId } from './named-peer.ts'
import { askOffer } from './offer.ts'
import { oneEach } from './pairing-commands.ts'
import type { PeerHouse } from './peers.ts'

export type PeerCommands = Pick<Handlers, 'peer.block' | 'peer.remove' | 'peer.permit' | 'peer.offers'>

export function peerCommands(house: PeerHouse): PeerCommands {
  const { peers, trust, clock } = house
  const known = (text: string): PeerEntry => namedPeer(text, trust.all, 'paired or blocked computer')
  return {
    'peer.block': async ({ peer }) => {
      const asking = peers.desk.requests.map(({ peerId: id, name }) => ({ id, name }))
      // Whom nobody asked about can only be meant by all of the id.
      const candidates = oneEach([...asking, ...trust.all, ...wholeId(peer)])
      const { id, name } = namedPeer(peer, candidates, 'computer')
      // What it has open ends with that, its request to pair too.
      await trust.block(id, name === '' ? id.slice(0, 8) : name, Date.now())
      return {}
    },
    'peer.remove': async ({ peer }) => {
      await trust.remove(known(peer).id)
      return {}
    },
    'peer.permit': async ({ peer, share, level, history = false }) => {
      const { id } = known(peer)
      if (level === 'inherit' && share === undefined)
        throw new Fault('usage', 'What holds for all shares has nothing to inherit from: say none instead.')
      if (history && (level === 'none' || level === 'inherit'))
        throw new Fault('usage', 'Who may not watch a share cannot have its history: say observe or control.')
      const place = share === undefined ? undefined : shareId(house.settings, share)
      await trust.change(id, (entry) =>
        permitted(entry, place, level === 'inherit' ? undefined : { level, history })
      )
      return {}
    },
    'peer.offers': ({ peer }, _who, signal) => askOffer(peers.ways, peer, clock, signal)
  }
}

/** `permission`: undefined takes the share's own one away. */
function permitted(
  entry: PeerEntry,
  share: string | undefined,
  permission: Permission | undefined
): PeerEntry {
  if (entry.trust === 'blocked')
    throw new Fault(
      'peer-not-paired',
      `${entry.name} is blocked here: farport pair remove ${entry.id.slice(0, 16)}, and pair again.`
    )
  const { permissions } = entry
  if (share === undefined)
    return { ...entry, permissions: { ...permissions, default: permission ?? permissions.default } }
  const others = Object.entries(permissions.shares).filter(([id]) => id !== share)
  const shares = Object.fromEntries(permission ? [...others, [share, permission]] : others)
  return { ...entry, permissions: { ...permissions, shares } }
}
