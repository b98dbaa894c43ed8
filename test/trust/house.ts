import { createPublicKey } from 'node:crypto'
import { onTestFinished } from 'vitest'
import { DONE } from '../../src-main/contract/close.ts'
import type { TlsIdentity } from '../../src-main/net/tls-identity.ts'
import { idOfKey } from '../../src-main/net/tls-identity.ts'
import type { TlsConnection, TlsPlace } from '../../src-main/net/tls.ts'
import { listenTls } from '../../src-main/net/tls.ts'
import { dialFarport } from '../../src-main/peers/farport-dial.ts'
import { FarportListener } from '../../src-main/peers/farport-listener.ts'
import { PairingDesk, type PairingNews } from '../../src-main/peers/pairing-desk.ts'
import type { TrustStore } from '../../src-main/peers/trust.ts'
import { FakeClock } from '../fake-clock.ts'
import { newTlsIdentity } from '../net/tls-identities.ts'
import type { Wish } from '../../src-main/protocol/farport-hello.ts'
import { memoryTrust } from './memory-trust.ts'

/** One installation: its key, whom it trusts, its door and its desk. */
export interface House {
  readonly id: string
  readonly place: TlsPlace
  readonly clock: FakeClock
  readonly trust: TrustStore
  readonly desk: PairingDesk
  readonly news: PairingNews[]
  readonly came: { want: string; connection: TlsConnection }[]
  readonly refused: string[]
  /** What it calls itself from now on. */
  rename(name: string): void
  /** Connections of a peer that it has here; and of all who are not paired. */
  connections(peerId: string): number
  strangers(): number
  dial(to: TlsPlace, wish: Wish, peerId?: string): Promise<TlsConnection>
}

export async function house(label: string, identity?: TlsIdentity): Promise<House> {
  const own = identity ?? (await newTlsIdentity())
  const id = idOfKey(createPublicKey(own.key))
  let name = label
  const clock = new FakeClock()
  const trust = memoryTrust()
  const desk = new PairingDesk({ ownId: id, name: () => name, trust, clock, wallMs: () => 0 })
  const [news, came, refused]: [PairingNews[], House['came'], string[]] = [[], [], []]
  desk.onNews((each) => void news.push(each))
  const listener = await listenTls({ host: '127.0.0.1', port: 0 }, own, { clock })
  const door = new FarportListener(
    trust,
    {
      rpc: (connection) => void came.push({ want: 'rpc', connection }),
      share:
        ({ share }) =>
        (connection) =>
          void came.push({ want: share, connection }),
      pair: (peerId, remoteAddress) => desk.admit(peerId, remoteAddress),
      refused: ({ why }) => void refused.push(why)
    },
    clock
  )
  door.add(listener)
  const dialled: TlsConnection[] = []
  onTestFinished(async () => {
    desk.dispose()
    door.dispose()
    for (const each of dialled) each.abort(DONE)
    await listener.close(DONE)
  })
  return {
    ...{ id, clock, trust, desk, news, came, refused },
    rename: (other) => void (name = other),
    connections: (peerId) => door.connections(peerId),
    strangers: () => door.strangers,
    place: { host: '127.0.0.1', port: Number(new URL(listener.url).port) },
    dial: async (to, wish, peerId) => {
      const base = { to, identity: own, trust, wish }
      const connection = await dialFarport(peerId === undefined ? base : { ...base, peerId }, { clock })
      dialled.push(connection)
      return connection
    }
  }
}
