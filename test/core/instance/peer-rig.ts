/** A share behind the door of one installation, and the way there of another one, over real TLS on 127.0.0.1. */
import { createPublicKey } from 'node:crypto'
import { createConnection, createServer, type AddressInfo, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { systemClock } from '../../../src-main/base/clock.ts'
import { Share, type ShareOptions } from '../../../src-main/bridge/share.ts'
import { DONE } from '../../../src-main/contract/close.ts'
import type { PeerEntry, Permission } from '../../../src-main/contract/settings.ts'
import { PeerDoor } from '../../../src-main/core/instance/door.ts'
import { idOfKey, type TlsIdentity } from '../../../src-main/net/tls-identity.ts'
import { listenTls } from '../../../src-main/net/tls.ts'
import { FarportListener } from '../../../src-main/peers/farport-listener.ts'
import { PairingDesk } from '../../../src-main/peers/pairing-desk.ts'
import { TrustStore } from '../../../src-main/peers/trust.ts'
import { PeerWays } from '../../../src-main/peers/ways.ts'
import { MemoryPortSource } from '../../../src-main/ports/memory.ts'
import type { Port } from '../../../src-main/ports/port.ts'
import { openRemotePort } from '../../../src-main/ports/remote.ts'
import type { Channel } from '../../../src-main/rpc/channel.ts'
import type { ShareWish } from '../../../src-main/protocol/farport-hello.ts'
import { newTlsIdentity } from '../../net/tls-identities.ts'

const forever = new AbortController().signal

export interface PeerRig {
  readonly share: Share
  readonly device: MemoryPortSource
  /** Of the installation that shares, and of the one that uses. */
  readonly trust: TrustStore
  readonly trustThere: TrustStore
  readonly ways: PeerWays
  readonly identity: TlsIdentity
  readonly userId: string
  readonly ownerId: string
  readonly port: number
  readonly log: string[]
  readonly channels: { readonly channel: Channel; readonly peer: PeerEntry }[]
  /** What the installation that uses it may do, or another one, which is trusted then. */
  permit(level: Permission['level'], id?: string): void
  /** Nobody is trusted any more. */
  forget(): void
  /** The ways through something in between. */
  through(port: number): PeerWays
  open(wish?: Partial<ShareWish>, ways?: PeerWays): Promise<Port>
  enabled: boolean
  mayPair: boolean
}

export const idOf = ({ key }: TlsIdentity): string => idOfKey(createPublicKey(key))

/** The share is called `gps` and has the id `s1`; who uses it may control it. */
export async function peerRig(options: Partial<ShareOptions> = {}): Promise<PeerRig> {
  const [owner, user] = [await newTlsIdentity(), await newTlsIdentity()]
  const [ownerId, userId] = [idOf(owner), idOf(user)]
  let peers: readonly PeerEntry[] = []
  const trust = new TrustStore({
    get peers() {
      return peers
    },
    save: (change) => {
      peers = change(peers)
      return Promise.resolve()
    }
  })
  await trust.trust(userId, 'Uma', 0)
  const device = new MemoryPortSource()
  const share = new Share({ id: 's1', name: 'gps', port: device, sources: [], settings: {}, ...options })
  const desk = new PairingDesk({ ownId: ownerId, name: () => 'Owner', trust, clock: systemClock })
  const log: string[] = []
  const channels: PeerRig['channels'] = []
  const door = new PeerDoor({
    findShare: (text) =>
      text === 's1' || text === 'gps'
        ? { id: 's1', enabled: rig.enabled, admit: (session, terms) => share.admit(session, terms) }
        : undefined,
    rpc: (channel, peer) => void channels.push({ channel, peer }),
    desk,
    mayPair: () => rig.mayPair,
    nameOf: (id) => trust.get(id)?.name,
    log: (text) => void log.push(text),
    clock: systemClock
  })
  const listener = await listenTls({ host: '127.0.0.1', port: 0 }, owner)
  const farport = new FarportListener(trust, door)
  farport.add(listener)
  const port = Number(new URL(listener.url).port)
  const trustAt = (at: number): TrustStore => {
    const permissions = { default: { level: 'none', history: false }, shares: {} } as const
    const there = { id: ownerId, name: 'Owner', trust: 'trusted', since: 0, permissions } as const
    return new TrustStore({
      peers: [{ ...there, addresses: [`127.0.0.1:${at}`] }],
      save: () => Promise.resolve()
    })
  }
  const trustThere = trustAt(port)
  const ports: Port[] = []
  onTestFinished(async () => {
    for (const each of ports) each.abort(DONE)
    await share.close(0)
    farport.dispose()
    door.dispose()
    desk.dispose()
    await listener.close(DONE)
  })
  const rig: PeerRig = {
    ...{ share, device, trust, trustThere, identity: user, userId, ownerId, port, log, channels },
    ways: new PeerWays({ identity: user, trust: trustThere }),
    enabled: true,
    mayPair: true,
    through: (at) => new PeerWays({ identity: user, trust: trustAt(at) }),
    permit: (level, id = userId) => {
      const permissions = {
        default: { level: 'none', history: false },
        shares: { s1: { level, history: false } }
      } as const
      const entry = { id, name: 'Uma', trust: 'trusted', since: 0, permissions, addresses: [] } as const
      peers = [...peers.filter((each) => each.id !== id), { ...entry, addresses: [] }]
    },
    forget: () => {
      const before = peers
      peers = []
      trust.reloaded(before)
    },
    open: async (wish = {}, ways = rig.ways) => {
      const connection = await ways.dialShare({ peer: 'owner', share: 'gps', use: 'one', ...wish })
      const opened = await openRemotePort(connection, 'rfc2217', { requireRfc2217: true }, forever)
      ports.push(opened)
      return opened
    }
  }
  rig.permit('control')
  return rig
}

export interface Tunnel {
  readonly port: number
  /** From now on nothing gets through, and nobody is told. */
  silence(): void
}

/** A way to a port of this computer that can die without a word. */
export async function tunnel(to: number): Promise<Tunnel> {
  const sockets: Socket[] = []
  const server = createServer((near) => {
    const far = createConnection(to, '127.0.0.1')
    sockets.push(near, far)
    near.pipe(far)
    far.pipe(near)
    for (const each of [near, far]) each.on('error', () => undefined)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    for (const each of sockets) each.destroy()
    server.close()
  })
  return {
    port: (server.address() as AddressInfo).port,
    silence: () => {
      for (const each of sockets) {
        each.unpipe()
        each.pause()
      }
    }
  }
}
