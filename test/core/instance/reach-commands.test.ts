import { createConnection, createServer, type AddressInfo, type Socket } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { systemClock, type Clock } from '../../../src-main/base/clock.ts'
import { DONE } from '../../../src-main/contract/close.ts'
import type { Fault } from '../../../src-main/contract/faults.ts'
import { FRESH_SETTINGS } from '../../../src-main/contract/settings.ts'
import type { Reached } from '../../../src-main/contract/service-commands.ts'
import { permits } from '../../../src-main/core/instance/permits.ts'
import {
  MAX_TRIES,
  REACH_MS,
  TRIES_PERIOD_MS,
  reachCommands
} from '../../../src-main/core/instance/reach-commands.ts'
import { formatAddress } from '../../../src-main/net/endpoint.ts'
import type { TlsIdentity } from '../../../src-main/net/tls-identity.ts'
import { listenTls } from '../../../src-main/net/tls.ts'
import { FarportListener } from '../../../src-main/peers/farport-listener.ts'
import type { TrustStore } from '../../../src-main/peers/trust.ts'
import { PeerWays } from '../../../src-main/peers/ways.ts'
import { PermittedService, type Identity } from '../../../src-main/rpc/permitted.ts'
import { serve } from '../../../src-main/rpc/server.ts'
import { streamChannel } from '../../../src-main/rpc/stream-channel.ts'
import { FakeClock } from '../../fake-clock.ts'
import { eventually } from '../../eventually.ts'
import { newTlsIdentity } from '../../net/tls-identities.ts'
import { idOf } from './peer-rig.ts'
import { memoryTrust } from '../../trust/memory-trust.ts'

interface Farport {
  readonly id: string
  readonly identity: TlsIdentity
  readonly port: number
  readonly trust: TrustStore
  /** Where it says that it listens; undefined: nowhere. */
  told: number | undefined
  readonly who: Identity[]
  meet(other: Farport): Promise<void>
  reach(signal?: AbortSignal): Promise<Reached>
  call(name: string, args: unknown): Promise<unknown>
}

const forever = new AbortController().signal

/** What serves rpc at the farport/1 door, with the commands of reaching and no others. */
async function farport(clock: Clock = systemClock): Promise<Farport> {
  const identity = await newTlsIdentity()
  const id = idOf(identity)
  const trust = memoryTrust()
  const ways = new PeerWays({ identity, trust })
  const listener = await listenTls({ host: '127.0.0.1', port: 0 }, identity)
  const port = Number(new URL(listener.url).port)
  const commands = reachCommands({
    key: { id, ...identity },
    trust,
    clock,
    peers: {
      ways,
      get listening() {
        return self.told === undefined ? [] : [`farport://${formatAddress('::', self.told)}`]
      }
    }
  })
  const who: Identity[] = []
  const door = new FarportListener(trust, {
    rpc: (connection, peer) => {
      const { remoteAddress: address = '' } = connection
      const caller: Identity = { type: 'peer', id: peer.id, address }
      const backend = {
        call: (name: string, args: unknown, from: Identity, signal: AbortSignal) => {
          who.push(from)
          return commands[name as 'reach.me'](args as { port: number }, from, signal)
        },
        subscribe: () => ({ dispose: () => undefined })
      }
      const service = new PermittedService(
        caller,
        backend,
        permits(trust, () => FRESH_SETTINGS)
      )
      serve(streamChannel(connection, 'server'), service, systemClock)
    },
    share: () => () => undefined,
    pair: () => () => undefined
  })
  door.add(listener)
  onTestFinished(async () => {
    door.dispose()
    await listener.close(DONE)
  })
  const self: Farport = {
    ...{ id, identity, port, trust, who, told: port },
    meet: (other) => trust.trust(other.id, 'other', 0, `127.0.0.1:${other.port}`),
    reach: (signal = forever) => commands['peer.reach']({ peer: 'other' }, { type: 'owner' }, signal),
    call: async (name, args) => {
      const { client } = await ways.dialRpc('other')
      try {
        return await client.call(name as 'reach.me', args as { port: number })
      } finally {
        client.dispose()
      }
    }
  }
  return self
}

async function pair(clock?: Clock): Promise<[Farport, Farport]> {
  const [a, b] = [await farport(), await farport(clock)]
  await Promise.all([a.meet(b), b.meet(a)])
  return [a, b]
}

async function program(answer: string | undefined): Promise<{ port: number; connections: () => number }> {
  let connections = 0
  const server = createServer((socket) => {
    connections++
    onTestFinished(() => void socket.destroy())
    socket.on('error', () => undefined)
    if (answer !== undefined) socket.end(answer)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return { port: (server.address() as AddressInfo).port, connections: () => connections }
}

/** One that nobody listens on. */
async function closedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

describe('a paired computer that is asked to connect back', () => {
  it('reaches the one that asked, at the address where that came from', async () => {
    const [a, b] = await pair()
    expect(await a.reach()).toEqual({ reached: true, at: `127.0.0.1:${a.port}` })
    expect(b.who).toEqual([{ type: 'peer', id: a.id, address: '127.0.0.1' }])
  })

  it('says why where the port is closed', async () => {
    const [a] = await pair()
    a.told = await closedPort()
    const at = `127.0.0.1:${a.told}`
    const why = `${at}: nothing takes connections there, or a firewall refuses them`
    expect(await a.reach()).toEqual({ reached: false, at, code: 'peer-refused', why })
  })

  it('says no more than that where something else, or another computer, answers', async () => {
    const [a] = await pair()
    const web = await program('SSH-2.0-OpenSSH_9.2p1\r\n')
    a.told = web.port
    const told = await a.reach()
    expect(told).toMatchObject({ reached: false, code: 'peer-protocol' })
    expect(JSON.stringify(told)).not.toContain('SSH')
    const other = await farport()
    await other.meet(a)
    a.told = other.port
    expect(await a.reach()).toMatchObject({ reached: false, code: 'peer-key-changed' })
    expect(other.who).toEqual([])
  })

  it('gives up after its time, and where nobody waits any more', async () => {
    const clock = new FakeClock()
    const [a, b] = await pair(clock)
    const silent = await program(undefined)
    a.told = silent.port
    const asked = a.reach()
    await eventually(() => expect(silent.connections()).toBe(1))
    const early = new AbortController()
    const again = a.reach(early.signal)
    await expect(again).rejects.toMatchObject({ code: 'peer-full' })
    // The handshake has a limit of its own, before ours.
    await clock.advance(REACH_MS)
    expect(await asked).toMatchObject({ reached: false, at: `127.0.0.1:${silent.port}` })
    const left = a.reach(early.signal)
    await eventually(() => expect(silent.connections()).toBe(2))
    early.abort(new Error('left'))
    await expect(left).rejects.toThrow('left')
    // What it had begun ended: it takes the next one.
    a.told = a.port
    await eventually(async () => expect(await a.reach()).toMatchObject({ reached: true }))
    expect(b.who.length).toBeGreaterThanOrEqual(4)
  })

  it('gives up after its time also where each step keeps to its own', async () => {
    const clock = new FakeClock()
    const [a] = await pair(clock)
    // Ours, by its key, and slow: TLS begins late, and then it says nothing.
    const slow = await listenTls({ host: '127.0.0.1', port: 0 }, a.identity)
    let secured = 0
    slow.onConnection(() => (secured += 1))
    const sockets: Socket[] = []
    const front = createServer((socket) => void sockets.push(socket.pause()))
    await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve))
    onTestFinished(async () => {
      for (const each of sockets) each.destroy()
      front.close()
      await slow.close(DONE)
    })
    a.told = (front.address() as AddressInfo).port
    const asked = a.reach()
    await eventually(() => expect(sockets).toHaveLength(1))
    await clock.advance(REACH_MS / 2)
    const back = createConnection(Number(new URL(slow.url).port), '127.0.0.1')
    sockets.push(back)
    for (const each of sockets) each.on('error', () => undefined)
    sockets[0]!.pipe(back).pipe(sockets[0]!)
    await eventually(() => expect(secured).toBe(1))
    await clock.advance(REACH_MS / 2)
    expect(await asked).toMatchObject({ reached: false, code: 'peer-timeout' })
  })

  it('does it so often in a minute, for each of them', async () => {
    const clock = new FakeClock()
    const [a, b] = await pair(clock)
    for (let n = 0; n < MAX_TRIES; n++) expect(await a.reach()).toMatchObject({ reached: true })
    await expect(a.reach()).rejects.toMatchObject({ code: 'peer-full' })
    const c = await farport()
    await Promise.all([c.meet(b), b.trust.trust(c.id, 'third', 0)])
    expect(await c.reach()).toMatchObject({ reached: true })
    await clock.advance(TRIES_PERIOD_MS)
    expect(await a.reach()).toMatchObject({ reached: true })
  })

  it.each([0, 65_536, -1, 1.5, '22', null])('takes no port %s', async (port) => {
    const [a, b] = await pair()
    await expect(a.call('reach.me', { port })).rejects.toMatchObject({ code: 'usage' })
    await expect(a.call('reach.me', { port: a.port, host: '192.0.2.1' })).rejects.toMatchObject({
      code: 'usage'
    })
    expect(b.who).toEqual([])
  })

  it('is asked by nobody but the owner', async () => {
    const [a] = await pair()
    await expect(a.call('peer.reach', { peer: 'other' })).rejects.toMatchObject({ code: 'peer-permission' })
  })
})

it('says so where this one takes no connections at all, and asks nobody', async () => {
  const [a, b] = await pair()
  a.told = undefined
  expect(await a.reach()).toEqual({ reached: false, why: 'This Farport takes no connections of others.' })
  expect(b.who).toEqual([])
})

it('dials nobody where who asks has no address', async () => {
  const a = await farport()
  const commands = reachCommands({
    trust: a.trust,
    clock: systemClock
  } as Parameters<typeof reachCommands>[0])
  for (const who of [{ type: 'owner' }, { type: 'peer', id: a.id }] as const)
    await expect(commands['reach.me']({ port: a.port }, who, forever)).rejects.toMatchObject({
      code: 'unsupported'
    } satisfies Partial<Fault>)
})
