/** The commands that pair this computer with others: ask, accept, reject, and wait for how it ended. */
import { Fault } from '../../contract/faults.ts'
import type { PairingRequest } from '../../peers/pairing-desk.ts'
import type { Handlers } from './house.ts'
import { namedPeer, wholeId, type NamedPeer } from './named-peer.ts'
import { mayUseAnything, type PeerHouse } from './peers.ts'

export type PairingCommands = Pick<Handlers, 'pair.request' | 'pair.accept' | 'pair.reject' | 'pair.outcome'>

export function pairingCommands({ peers, trust }: PeerHouse): PairingCommands {
  const { desk, ways } = peers
  const asking = (text: string): Named => namedPeer(text, desk.requests.map(named), 'request to pair of')
  return {
    'pair.request': async ({ host, port }, _who, signal) => {
      const connection = await ways.dialPair(host, port, signal)
      const { peerId: peer } = connection
      desk.request(connection)
      const giveUp = (): void => {
        if (desk.requests.some(({ peerId }) => peerId === peer)) desk.reject(peer)
      }
      signal.addEventListener('abort', giveUp, { once: true })
      try {
        const { name, code = '' } = await peers.digits(peer)
        return { peer, name, digits: code }
      } catch (error) {
        signal.throwIfAborted()
        throw error
      } finally {
        signal.removeEventListener('abort', giveUp)
      }
    },
    'pair.accept': ({ peer, digits, once }) =>
      done(() => {
        const { id, code } = asking(peer)
        if (code !== undefined && code !== digits)
          throw new Fault(
            'usage',
            `${digits} are not the digits of this request. Mistyped? Try again. If the other computer does show them, ` +
              `somebody is in between: farport pair reject ${id.slice(0, 16)}`
          )
        desk.accept(id, once)
        return {}
      }),
    'pair.reject': ({ peer }) =>
      done(() => {
        desk.reject(asking(peer).id)
        return {}
      }),
    'pair.outcome': async ({ peer }, _who, signal) => {
      // By all of its id also while it is neither asking any more nor known yet.
      const candidates = [...wholeId(peer), ...desk.requests.map(named), ...peers.ended, ...trust.all]
      const { id } = namedPeer(peer, oneEach(candidates), 'request to pair of')
      await peers.outcome(id, signal)
      const entry = trust.get(id)
      return { peer: id, name: entry?.name ?? '', mayUse: entry !== undefined && mayUseAnything(entry) }
    }
  }
}

interface Named extends NamedPeer {
  readonly code?: string
}

const named = ({ peerId, name, code }: PairingRequest): Named => ({
  id: peerId,
  name,
  ...(code !== undefined && { code })
})

/** The same peer may ask, and be known. */
export function oneEach(all: readonly NamedPeer[]): NamedPeer[] {
  return [...new Map(all.map((each) => [each.id, each])).values()]
}

/** What throws is its rejection. */
export function done<T>(act: () => T): Promise<T> {
  return new Promise((resolve) => {
    resolve(act())
  })
}
