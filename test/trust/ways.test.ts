import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { DONE } from '../../src-main/contract/close.ts'
import { FARPORT_PORT, type PeerEntry } from '../../src-main/contract/settings.ts'
import { Fault } from '../../src-main/contract/faults.ts'
import { findPeer } from '../../src-main/peers/find-peer.ts'
import type { HeardFarport } from '../../src-main/peers/nearby.ts'
import type { TlsConnection, TlsPlace } from '../../src-main/net/tls.ts'
import { formatPlace, readPlace } from '../../src-main/peers/places.ts'
import { MAX_ADDRESSES, TrustStore } from '../../src-main/peers/trust.ts'
import { PeerWays } from '../../src-main/peers/ways.ts'
import { serve } from '../../src-main/rpc/server.ts'
import { streamChannel } from '../../src-main/rpc/stream-channel.ts'
import { eventually } from '../eventually.ts'
import { newTlsIdentity } from '../net/tls-identities.ts'
import { FakeService } from '../rpc/fake-service.ts'
import { house, type House } from './house.ts'

const permissions = { default: { level: 'none', history: false }, shares: {} } as const
const peer = (id: string, name: string, more: Partial<PeerEntry> = {}): PeerEntry => ({
  ...{ id: id.padEnd(64, '0'), name, trust: 'trusted', since: 0, permissions, addresses: [] },
  ...more
})
const trusting = (peers: readonly PeerEntry[]): TrustStore =>
  new TrustStore({ peers, save: () => Promise.resolve() })

describe('where a peer is', () => {
  it.each([
    ['192.0.2.7', { host: '192.0.2.7', port: FARPORT_PORT }],
    ['lab.example:22300', { host: 'lab.example', port: 22300 }],
    ['2001:db8::7', { host: '2001:db8::7', port: FARPORT_PORT }],
    ['[2001:db8::7]:1', { host: '2001:db8::7', port: 1 }]
  ])('%s is read, and written the same', (text, place) => {
    expect(readPlace(text)).toEqual(place)
    expect(formatPlace(place)).toBe(text)
  })

  it.each(['', "Bob's laptop", '10.1', 'lab:0', 'lab:65536', '[lab]', 'a:b:c'])('%j is no place', (text) => {
    expect(readPlace(text)).toBeUndefined()
  })
})

describe('what people write for a peer', () => {
  const ids = {
    lab: '1f2e3d4c5b6a',
    lap: '1f2e3d4cffff',
    twin: 'aaaaaaaaaaaa',
    twin2: 'bbbbbbbbbbbb',
    bad: 'cccccccc'
  }
  const lab = peer(ids.lab, 'Lab', { addresses: ['192.0.2.7', '192.0.2.8:22300'] })
  const trust = trusting([
    lab,
    peer(ids.lap, "Bob's laptop"),
    peer(ids.twin, 'pi'),
    peer(ids.twin2, 'PI '),
    peer(ids.bad, 'bad', { trust: 'blocked' }),
    peer('dddddddd', 'lab', { trust: 'blocked' }),
    // By hand: none that pairs gets such a name.
    peer('ffffffff', ids.lab)
  ])
  const [near, far] = [
    { host: '192.0.2.7', port: FARPORT_PORT },
    { host: '192.0.2.8', port: 22300 }
  ]

  it.each([
    ['lab', { peer: lab, places: [near, far], guess: { host: 'lab', port: FARPORT_PORT } }],
    ['\uff2cAB', { peer: lab, places: [near, far] }],
    ['1f2e3d4c5', { peer: lab, places: [near, far] }],
    [ids.lab.padEnd(64, '0'), { peer: lab }],
    ['1F2E 3D4C 5B6A', { peer: lab, places: [near, far] }],
    [
      'lab:99',
      {
        peer: lab,
        places: [
          { ...near, port: 99 },
          { ...far, port: 99 }
        ]
      }
    ],
    ['192.0.2.7', { place: near }],
    ['lab.example:5', { place: { host: 'lab.example', port: 5 } }],
    ['[2001:db8::7]:5', { place: { host: '2001:db8::7', port: 5 } }]
  ])('%s', (text, found) => {
    expect(findPeer(text, trust)).toMatchObject(found)
  })

  it.each([
    ['pi', 'usage', /2 computers.*aaaa aaaa aaaa 0000, bbbb bbbb bbbb 0000/],
    ['1f2e3d4c', 'usage', /1f2e 3d4c 5b6a 0000, 1f2e 3d4c ffff 0000/],
    [ids.lab, 'usage', /2 computers.*ffff ffff 0000 0000, 1f2e 3d4c 5b6a 0000/],
    ['bad', 'peer-not-paired', /blocked.*farport pair remove cccccccc/],
    ['eeeeeeee', 'peer-not-paired', /No paired computer.*eeeeeeee:22217/],
    ["Eve's laptop", 'usage', /No paired computer is called/]
  ])('%s is nobody: %s', (text, code, message) => {
    let told: unknown
    try {
      findPeer(text, trust)
    } catch (error) {
      told = error
    }
    expect(told).toBeInstanceOf(Fault)
    expect(told).toMatchObject({ code, message: expect.stringMatching(message) as string })
  })
})

interface Pair {
  readonly a: House
  readonly b: House
  readonly ways: PeerWays
  readonly learned: (readonly string[])[]
  /** `127.0.0.1:PORT` of b. */
  readonly at: string
  /** What a knows of b. */
  readonly know: (addresses: readonly string[]) => void
}

/** `farports`: those that are heard. */
async function pair(farports: HeardFarport[] = []): Promise<Pair> {
  const identity = await newTlsIdentity()
  const [a, b] = [await house('A', identity), await house('B')]
  await b.trust.trust(a.id, 'A', 0)
  let peers: readonly PeerEntry[] = []
  const know = (addresses: readonly string[]): void => {
    peers = [peer(b.id, 'Bob', { addresses: [...addresses] })]
  }
  const trust = new TrustStore({
    get peers() {
      return peers
    },
    save: () => Promise.resolve()
  })
  const learned: (readonly string[])[] = []
  const ways = new PeerWays({
    ...{ identity, trust, clock: a.clock, nearby: { farports } },
    learned: (id, addresses) => {
      expect(id).toBe(b.id)
      learned.push(addresses)
    }
  })
  return { a, b, ways, learned, know, at: formatPlace(b.place) }
}

interface Trap extends TlsPlace {
  readonly open: ReadonlySet<Socket>
}

/** Takes connections and says nothing. */
const silentServer = (): Promise<Trap> => trap(() => undefined)

/** Lets a handshake through to the real one, and nothing after that. */
const stallingRelay = (to: TlsPlace): Promise<Trap> =>
  trap((socket) => {
    const far = connect(to.port, to.host)
    let bytes = 0
    socket.on('data', (chunk) => {
      bytes += chunk.length
      if (bytes < 2000) far.write(chunk)
    })
    far.on('data', (chunk) => socket.write(chunk)).on('error', () => socket.destroy())
    socket.on('close', () => far.destroy())
  })

async function trap(take: (socket: Socket) => void): Promise<Trap> {
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    open.add(socket)
    socket.on('error', () => undefined).on('close', () => open.delete(socket))
    socket.resume()
    take(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    for (const each of open) each.destroy()
    server.close()
  })
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port, open }
}

describe('the ways to a peer', () => {
  it('are tried one after the other; what is new is told once, the newest first', async () => {
    const { b, ways, learned, know, at } = await pair()
    const others = Array.from({ length: MAX_ADDRESSES }, (_, index) => `127.0.0.1:${index + 1}`)
    know([...others.slice(1), at])
    const wish = { peer: 'bob', share: 'gps', use: 'u' }
    expect((await ways.dialShare(wish)).peerId).toBe(b.id)
    expect(learned).toEqual([])
    know(others)
    await expect(ways.dialShare(wish)).rejects.toMatchObject({ code: 'peer-refused' })
    expect((await ways.dialShare({ ...wish, peer: at })).peerId).toBe(b.id)
    expect(learned).toEqual([[at, ...others.slice(0, -1)]])
  })

  it('lead past places that are silent, whoever says that it is there', async () => {
    const farports: HeardFarport[] = []
    const { a, b, ways, learned, know } = await pair(farports)
    know([])
    const silent = await Promise.all(Array.from({ length: 12 }, () => silentServer()))
    const claims = b.id
    for (const at of [0, 4, 8])
      farports.push({ name: `no ${at}`, claims, present: true, places: silent.slice(at, at + 4) })
    farports.push({ name: 'Bob', claims, present: true, places: [b.place] })
    const startMs = a.clock.nowMs()
    const dialled = ways.dialShare({ peer: 'Bob', share: 'gps', use: 'u' })
    let connection: TlsConnection | undefined
    void dialled.then((each) => (connection = each))
    await eventually(async () => {
      await a.clock.advance(50)
      expect(connection?.peerId).toBe(b.id)
    })
    // Three were before it, and others may be tried while it answers.
    expect(a.clock.nowMs() - startMs).toBeLessThan(5000)
    expect(b.came.map(({ want }) => want)).toEqual(['gps'])
    expect(learned).toEqual([[formatPlace(b.place)]])
    await eventually(() => expect(silent.map(({ open }) => open.size)).toEqual(silent.map(() => 0)))
    connection?.abort(DONE)
  })

  it('lead past one that has the right key and then says nothing, and are called off everywhere', async () => {
    const farports: HeardFarport[] = []
    const { a, b, ways, know } = await pair(farports)
    know([])
    const [relay, silent] = [await stallingRelay(b.place), await silentServer()]
    farports.push({ name: 'no', claims: b.id, present: true, places: [relay, silent] })
    const stop = new AbortController()
    const first = ways.dialShare({ peer: 'Bob', share: 'gps', use: 'u' }, { signal: stop.signal })
    first.catch(() => undefined)
    await eventually(async () => {
      await a.clock.advance(250)
      expect(silent.open.size).toBe(1)
    })
    stop.abort(new Error('enough'))
    await expect(first).rejects.toThrow('enough')
    await eventually(() => expect([relay.open.size, silent.open.size]).toEqual([0, 0]))
    expect(b.came).toEqual([])
    farports[0] = { name: 'no', claims: b.id, present: true, places: [relay, b.place] }
    let isThere = false
    void ways.dialShare({ peer: 'Bob', share: 'gps', use: 'u' }).then((each) => {
      isThere = true
      each.abort(DONE)
    })
    await eventually(async () => {
      await a.clock.advance(250)
      expect(isThere).toBe(true)
    })
  })

  it('lead to nobody who is not trusted, and to no other key', async () => {
    const { ways, know, at } = await pair()
    const wish = { peer: at, share: 'gps', use: 'u' }
    await expect(ways.dialShare(wish)).rejects.toMatchObject({
      code: 'peer-not-paired',
      message: expect.stringContaining(`farport pair ${at}`) as string
    })
    const other = await house('Other')
    know([formatPlace(other.place)])
    await expect(ways.dialShare({ ...wish, peer: 'Bob' })).rejects.toMatchObject({ code: 'peer-key-changed' })
    // Another one at its address does no harm where it is reached elsewhere.
    know([formatPlace(other.place), at])
    await ways.dialShare({ ...wish, peer: 'Bob' })
  })

  it('end where the peer itself says no, and where they are called off', async () => {
    const { a, b, ways, know, at } = await pair()
    know([at, '127.0.0.1:1'])
    const stop = new AbortController()
    stop.abort(new Error('called off'))
    await expect(ways.dialRpc('bob', stop.signal)).rejects.toThrow('called off')
    await b.trust.remove(a.id)
    await expect(ways.dialRpc('bob')).rejects.toMatchObject({ code: 'peer-not-paired' })
  })

  it('carry commands, and end with the client', async () => {
    const { b, ways, know, at } = await pair()
    know([at])
    const { client, peerId, connection } = await ways.dialRpc('bob')
    expect(peerId).toBe(b.id)
    await eventually(() => expect(b.came).toHaveLength(1))
    const service = new FakeService()
    const served = serve(streamChannel(b.came[0]!.connection, 'server'), service, b.clock)
    onTestFinished(() => served.dispose())
    const answer = client.call('doctor', {})
    await eventually(() => expect(service.calls).toHaveLength(1))
    service.calls[0]!.answer([])
    expect(await answer).toEqual([])
    const over = new Promise((resolve) => connection.onClose(resolve))
    client.dispose()
    await over
  })

  it('lead to a stranger for pairing', async () => {
    const { b, ways, know } = await pair()
    know([])
    const { host, port } = b.place
    const request = ways.dialPair(host, port)
    await expect(request).resolves.toMatchObject({ peerId: b.id })
  })
})
