/** The commands about computers that are known: block, forget, permit, and what they offer. */
import { plainText } from '../../base/plain-text.ts'
import { Fault } from '../../contract/faults.ts'
import type { PeerEntry, Permission } from '../../contract/settings.ts'
import { standsForAnother } from '../../peers/find-peer.ts'
import type { Identity as Key } from '../../peers/identity.ts'
import { shareId } from './entry-commands.ts'
import type { Handlers } from './house.ts'
import { namedPeer, wholeId } from './named-peer.ts'
import { askOffer } from './offer.ts'
import { oneEach } from './pairing-commands.ts'
import type { PeerHouse } from './peers.ts'

/** As a peer's own name. */
const MAX_NAME = 64

export type PeerCommands = Pick<
  Handlers,
  | 'peer.block'
  | 'peer.rename'
  | 'peer.remove'
  | 'peer.trust'
  | 'self.certificate'
  | 'peer.permit'
  | 'peer.offers'
>

export function peerCommands(house: PeerHouse & { readonly key: Key }): PeerCommands {
  const { key, peers, trust, clock } = house
  const known = (text: string): PeerEntry => namedPeer(text, trust.all, 'paired or blocked computer')
  return {
    'peer.block': async ({ peer }) => {
      const asking = peers.desk.requests.map(({ peerId: id, name }) => ({ id, name }))
      // Whom nobody asked about can only be meant by all of the id; of the others the name is known.
      const candidates = oneEach([...wholeId(peer), ...asking, ...trust.all])
      const { id, name } = namedPeer(peer, candidates, 'computer')
      // What it has open ends with that, its request to pair too.
      await trust.block(id, name === '' ? id.slice(0, 8) : name, Date.now())
      return {}
    },
    'peer.rename': async ({ peer, name }) => {
      const called = plainText(name, MAX_NAME).trim()
      if (called === '') throw new Fault('usage', 'What shall it be called? Give it a name that can be seen.')
      if (standsForAnother(called))
        throw new Fault('usage', `"${called}" could be an id or an address: choose a name.`)
      await trust.rename(known(peer).id, called)
      return {}
    },
    'peer.remove': async ({ peer }) => {
      await trust.remove(known(peer).id)
      return {}
    },
    'peer.trust': async ({ id, name, address }) => {
      const called = plainText(name, MAX_NAME)
      if (called === '') throw new Fault('usage', 'What shall it be called? Give it a name: --name NAME.')
      await trust.trust(id, called, Date.now(), address)
      return {}
    },
    'self.certificate': () => Promise.resolve({ id: key.id, certificate: key.certificate }),
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
