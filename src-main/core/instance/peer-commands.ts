/** The commands about computers that are known: block, forget, permit, and what they offer. */
import { once } from '../../base/event.ts'
import { Fault } from '../../contract/faults.ts'
import { type PeerEntry, type Permission } from '../../contract/settings.ts'
import type { Offer } from '../../contract/state.ts'
import type { RpcClient } from '../../rpc/client.ts'
import { StateMirror } from '../../rpc/state-mirror.ts'
import { shareId } from './entry-commands.ts'
import type { Handlers } from './house.ts'
import { namedPeer, wholeId } from './named-peer.ts'
import { oneEach } from './pairing-commands.ts'
import type { PeerHouse } from './peers.ts'

export type PeerCommands = Pick<Handlers, 'peer.block' | 'peer.remove' | 'peer.permit' | 'peer.offers'>

/** For the state of a peer, once it is connected, in ms. */
const OFFER_MS = 10_000

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
    'peer.offers': async ({ peer }, _who, signal) => {
      const { client } = await peers.ways.dialRpc(peer, signal)
      const late = new AbortController()
      const timer = clock.after(OFFER_MS, () =>
        late.abort(
          new Fault('peer-timeout', `${peer} does not tell what it offers. Is that computer busy? Try again.`)
        )
      )
      try {
        return await offerOf(client, AbortSignal.any([signal, late.signal]))
      } finally {
        timer.dispose()
        client.dispose()
      }
    }
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

/** What a peer shows of itself and its shares, as it is now. */
async function offerOf(client: RpcClient, signal: AbortSignal): Promise<Offer> {
  const mirror = new StateMirror(client)
  try {
    const ended = once(mirror.onEnd, signal).then((fault) => {
      throw (
        fault ?? client.closed ?? new Fault('peer-closed', 'That computer ended the connection: try again.')
      )
    })
    const { self, bridges } = await Promise.race([once(mirror.onChange, signal), ended])
    if (self) return { self, bridges: Object.values(bridges) }
    throw new Fault('peer-protocol', 'That computer does not say who it is: update the older side.')
  } finally {
    mirror.dispose()
  }
}
