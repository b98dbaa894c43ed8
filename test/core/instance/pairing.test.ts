import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { dirname } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { describe, expect, it, onTestFinished } from 'vitest'
import { once } from '../../../src-main/base/event.ts'
import { DONE } from '../../../src-main/contract/close.ts'
import { loadIdentity } from '../../../src-main/peers/identity.ts'
import { PAIRING_TIMEOUT_MS } from '../../../src-main/peers/pairing-desk.ts'
import { TrustStore } from '../../../src-main/peers/trust.ts'
import { PeerWays } from '../../../src-main/peers/ways.ts'
import type { RpcClient } from '../../../src-main/rpc/client.ts'
import { StateMirror } from '../../../src-main/rpc/state-mirror.ts'
import { dialTls } from '../../../src-main/net/tls.ts'
import type { TlsIdentity } from '../../../src-main/net/tls-identity.ts'
import { eventually } from '../../eventually.ts'
import { FakeClock } from '../../fake-clock.ts'
import { newTlsIdentity } from '../../net/tls-identities.ts'
import { freePort } from '../../peers/free-port.ts'
import { ended } from '../../suites/connection.ts'
import { installation, pairUp, type Installation } from './installation.ts'

const share = (id: string) => ({ id, name: id, port: { target: 'sim:echo' }, listen: [] })

const texts = ({ log }: Installation): string[] => log.map(({ text }) => text)

/** The contract of `b`, as `a`'s key may have it. */
async function rpc(a: Installation, b: Installation): Promise<RpcClient> {
  const identity = await loadIdentity(dirname(a.instance.state.self!.settingsPath!))
  const peers = Object.values(a.instance.state.peers!)
  const ways = new PeerWays({ identity, trust: new TrustStore({ peers, save: () => Promise.resolve() }) })
  const { client } = await ways.dialRpc(`127.0.0.1:${b.port}`)
  onTestFinished(() => client.dispose())
  return client
}

describe('two running installations', () => {
  it('see who has accepted here, and accept for this time, which no file knows', async () => {
    const [a, b] = [await installation('alice'), await installation('bob', { shares: [share('echo')] })]
    const { digits } = await a.owner.call('pair.request', { host: '127.0.0.1', port: b.port })
    await eventually(() => expect(b.instance.state.pairings).toHaveProperty(a.id))
    expect(b.instance.state.pairings?.[a.id]).not.toHaveProperty('accepted')
    await b.owner.call('pair.accept', { peer: 'alice', digits, once: true })
    expect(b.instance.state.pairings?.[a.id]).toMatchObject({ accepted: true, once: true })
    expect(texts(b)).toContain('accepted here: waiting for alice')
    const outcome = b.owner.call('pair.outcome', { peer: a.id })
    await a.owner.call('pair.accept', { peer: 'bob', digits })
    expect(await outcome).toMatchObject({ peer: a.id, name: 'alice' })
    expect(b.instance.state.peers?.[a.id]).toMatchObject({ name: 'alice', once: true })
    await eventually(() => expect(a.instance.settings.peers).toHaveLength(1))
    expect(a.instance.state.peers?.[b.id]).not.toHaveProperty('once')
    expect(b.instance.settings.peers).toEqual([])

    await b.owner.call('peer.permit', { peer: 'alice', share: 'echo', level: 'observe' })
    expect(await a.owner.call('peer.offers', { peer: 'bob' })).toMatchObject({
      bridges: [{ name: 'echo', may: { level: 'observe' } }]
    })
    await b.owner.call('peer.permit', { peer: 'alice', share: 'echo', level: 'none' })
    expect(await a.owner.call('peer.offers', { peer: 'bob' })).toMatchObject({ bridges: [] })
    await b.owner.call('peer.rename', { peer: 'alice', name: 'guest' })
    expect(b.instance.state.peers?.[a.id]).toMatchObject({ name: 'guest', called: 'alice' })
    await b.owner.call('peer.remove', { peer: 'guest' })
    await expect(a.owner.call('peer.offers', { peer: 'bob' })).rejects.toMatchObject({
      code: 'peer-not-paired'
    })
    await a.owner.call('peer.rename', { peer: 'bob', name: 'bench' })
    expect(a.instance.settings.peers).toMatchObject([{ name: 'bench', called: 'bob' }])
    await expect(a.owner.call('peer.rename', { peer: 'bench', name: '192.0.2.1' })).rejects.toThrow(
      'could be an id or an address'
    )
  })

  it('are paired by their digits, and tell so in state and log', async () => {
    const [a, b] = [await installation('alice'), await installation('bob', { shares: [share('echo')] })]
    const asked = await a.owner.call('pair.request', { host: '127.0.0.1', port: b.port })
    expect(asked).toMatchObject({
      peer: b.id,
      name: 'bob',
      digits: expect.stringMatching(/^\d{6}$/) as string
    })
    const { digits } = asked
    await eventually(() =>
      expect(b.instance.state.pairings).toMatchObject({
        [a.id]: { name: 'alice', direction: 'incoming', code: digits }
      })
    )
    const shown = `${digits.slice(0, 3)} ${digits.slice(3)}`
    expect(texts(b).join('\n')).toContain(
      `asks to pair. It must show the same digits: ${shown}. Accept with those that you read there: farport pair accept alice DIGITS;`
    )
    const wrong = digits === '000000' ? '000001' : '000000'
    await expect(b.owner.call('pair.accept', { peer: 'alice', digits: wrong })).rejects.toMatchObject({
      code: 'usage'
    })
    const both = [a.owner.call('pair.outcome', { peer: b.id }), b.owner.call('pair.outcome', { peer: a.id })]
    await b.owner.call('pair.accept', { peer: a.id.slice(0, 8), digits })
    expect(b.instance.state.peers).toEqual({})
    await a.owner.call('pair.accept', { peer: 'bob', digits })
    expect(await Promise.all(both)).toEqual([
      { peer: b.id, name: 'bob', mayUse: false },
      { peer: a.id, name: 'alice', mayUse: false }
    ])
    expect(b.instance.state.peers?.[a.id]).toMatchObject({
      name: 'alice',
      trust: 'trusted',
      permissions: { default: { level: 'none' } }
    })
    // Nothing is offered until somebody says so.
    expect(await a.owner.call('peer.offers', { peer: 'bob' })).toMatchObject({
      self: { name: 'bob' },
      bridges: []
    })
    await b.owner.call('peer.permit', { peer: 'ALICE', level: 'observe' })
    expect(await a.owner.call('peer.offers', { peer: 'bob' })).toMatchObject({
      bridges: [{ name: 'echo', may: { level: 'observe', history: false } }]
    })
  })

  it('tell who waits how a request ended, also when that was a moment ago', async () => {
    const [a, b] = [await installation('alice'), await installation('bob')]
    const request = () => a.owner.call('pair.request', { host: '127.0.0.1', port: b.port })
    await request()
    const outcome = a.owner.call('pair.outcome', { peer: 'bob' })
    await eventually(() => expect(b.instance.state.pairings).toHaveProperty(a.id))
    await b.owner.call('pair.reject', { peer: 'alice' })
    const rejected = { code: 'peer-refused', message: expect.stringContaining('rejected there') as string }
    await expect(outcome).rejects.toMatchObject(rejected)
    await expect(a.owner.call('pair.outcome', { peer: b.id })).rejects.toMatchObject(rejected)
    await expect(a.owner.call('pair.outcome', { peer: 'f'.repeat(64) })).rejects.toMatchObject({
      code: 'usage'
    })
    // Who asks and is blocked meanwhile has asked for the last time.
    await request()
    await eventually(() => expect(b.instance.state.pairings?.[a.id]?.code).toBeDefined())
    // By its id, and it keeps the name that it asked under.
    await b.owner.call('peer.block', { peer: a.id })
    await eventually(() => expect(a.instance.state.pairings).toEqual({}))
    expect(b.instance.state.pairings).toEqual({})
    await expect(request()).rejects.toMatchObject({ code: 'peer-closed' })
    await b.owner.call('peer.remove', { peer: 'alice' })
    await request()
  })

  it('have two minutes, after which both say so', async () => {
    const [clockA, clockB] = [new FakeClock(), new FakeClock()]
    const a = await installation('alice', { clock: clockA })
    const b = await installation('bob', { clock: clockB })
    await a.owner.call('pair.request', { host: '127.0.0.1', port: b.port })
    const [one, other] = [
      a.owner.call('pair.outcome', { peer: b.id }),
      b.owner.call('pair.outcome', { peer: a.id })
    ]
    one.catch(() => undefined)
    other.catch(() => undefined)
    // A reply to each call: both wait.
    await Promise.all([a.owner.call('settings.read', {}), b.owner.call('settings.read', {})])
    await clockA.advance(PAIRING_TIMEOUT_MS - 100)
    expect(a.instance.state.pairings).toHaveProperty(b.id)
    await clockB.advance(PAIRING_TIMEOUT_MS)
    for (const each of [other, one]) await expect(each).rejects.toMatchObject({ code: 'peer-timeout' })
  })

  it('end each other’s rpc the moment that one forgets or blocks the other', async () => {
    for (const word of ['peer.remove', 'peer.block'] as const) {
      const [a, b] = [await installation('alice'), await installation('bob')]
      await pairUp(a, b)
      const client = await rpc(a, b)
      const mirror = new StateMirror(client)
      onTestFinished(() => mirror.dispose())
      await once(mirror.onChange)
      expect(b.instance.state.peers?.[a.id]?.connections).toBe(1)
      const over = new Promise((resolve) => client.onClose(resolve))
      await b.owner.call(word, { peer: 'alice' })
      await over
      await expect(rpc(a, b)).rejects.toMatchObject({
        code: word === 'peer.block' ? 'peer-closed' : 'peer-not-paired'
      })
    }
  })

  it('may be paired again, and may then do what they might before', async () => {
    const [a, b] = [await installation('alice'), await installation('bob')]
    await pairUp(a, b)
    await b.owner.call('peer.permit', { peer: 'alice', level: 'control' })
    await a.owner.call('peer.remove', { peer: 'bob' })
    await pairUp(a, b)
    expect(b.instance.state.peers?.[a.id]?.permissions.default.level).toBe('control')
    expect(await b.owner.call('pair.outcome', { peer: 'alice' })).toMatchObject({ mayUse: true })
  })

  it('are reached elsewhere from one moment to the next, and who is there stays', async () => {
    const [a, b] = [await installation('alice'), await installation('bob')]
    await pairUp(a, b)
    const client = await rpc(a, b)
    const mirror = new StateMirror(client)
    onTestFinished(() => mirror.dispose())
    await once(mirror.onChange)
    const [port, other] = [await freePort(), createServer().listen(0, '127.0.0.1')]
    onTestFinished(() => void other.close())
    await b.owner.call('preferences.change', { listen: { port, addresses: ['127.0.0.1'] } })
    expect(b.instance.state.self).toMatchObject({ listening: [`farport://127.0.0.1:${port}`], faults: [] })
    const { port: taken } = other.address() as AddressInfo
    await b.owner.call('preferences.change', { listen: { port: taken, addresses: ['127.0.0.1'] } })
    expect(b.instance.state.self).toMatchObject({ listening: [], faults: [{ code: 'address-in-use' }] })
    expect(client.closed).toBeUndefined()
    const renamed = once(mirror.onChange)
    await b.owner.call('preferences.change', { name: 'bobby' })
    expect((await renamed).self?.name).toBe('bobby')
  })

  it('both keep what was changed about peers at the same time', async () => {
    const shares = ['one', 'two', 'three', 'four'].map(share)
    const [a, b] = [await installation('alice'), await installation('bob', { shares })]
    await pairUp(a, b)
    await Promise.all(
      shares.map(({ name }) => b.owner.call('peer.permit', { peer: 'alice', share: name, level: 'control' }))
    )
    expect(Object.keys(b.instance.state.peers![a.id]!.permissions.shares)).toHaveLength(4)
    await b.owner.call('peer.permit', { peer: 'alice', share: 'two', level: 'inherit' })
    expect(b.instance.state.peers![a.id]!.permissions.shares).not.toHaveProperty('two')
    await expect(
      b.owner.call('peer.permit', { peer: 'alice', level: 'none', history: true })
    ).rejects.toMatchObject({ code: 'usage' })
  })
})

it('lets nobody in by an older TLS, without a key, or without a word', async () => {
  const clock = new FakeClock()
  const b = await installation('bob', { clock })
  const at = { port: b.port, host: '127.0.0.1', ALPNProtocols: ['farport/1'], rejectUnauthorized: false }
  const { key, certificate: cert } = await newTlsIdentity()
  const gone = (socket: Socket): Promise<unknown> =>
    new Promise((resolve) =>
      socket
        .on('error', () => undefined)
        .on('close', resolve)
        .resume()
    )
  await gone(connectTls({ ...at, key, cert, maxVersion: 'TLSv1.2' }))
  await gone(connectTls(at))
  await gone(connectTls({ ...at, key, cert, ALPNProtocols: ['h2'] }))
  const refused = (): string[] => texts(b).filter((each) => each.startsWith('refused'))
  await eventually(() => expect(refused()).toHaveLength(3))
  const before = clock.pending
  const silent = connect(b.port, '127.0.0.1')
  const over = gone(silent)
  await eventually(() => expect(clock.pending).toBe(before + 1))
  await clock.advance(4999)
  expect(silent.destroyed).toBe(false)
  await clock.advance(1)
  await over
  await eventually(() => expect(refused()).toHaveLength(4))
  expect(refused()).toEqual([
    expect.stringMatching(/TLS handshake failed/),
    expect.stringMatching(/no certificate|handshake failed/),
    expect.stringMatching(/handshake failed|does not speak/),
    expect.stringMatching(/did not finish the TLS handshake within 5 s/)
  ])
  expect(b.instance.state).toMatchObject({ peers: {}, pairings: {} })
})

it('a crowd of strangers takes nothing from a paired computer, and does not fill the log', async () => {
  const shares = ['one', 'two'].map(share)
  const [a, b] = [await installation('alice'), await installation('bob', { shares })]
  await pairUp(a, b)
  await b.owner.call('peer.permit', { peer: 'alice', level: 'control' })
  const client = await rpc(a, b)
  const mirror = new StateMirror(client)
  onTestFinished(() => mirror.dispose())
  let seen = 0
  let last: boolean | undefined
  mirror.onChange(({ bridges }) => {
    const enabled = bridges.one?.enabled
    if (last !== undefined && enabled !== last) seen++
    last = enabled
  })
  await eventually(() => expect(last).toBe(true))
  const stranger = await newTlsIdentity()
  let changes = 0
  for (let round = 0; round < 10; round++) {
    const crowd = Array.from({ length: 20 }, (_, n) => knock(b.port, stranger, n))
    const enabled = round % 2 === 1
    await b.owner.call('entry.enable', { id: 'one', enabled })
    changes++
    // Each change is seen while they come.
    await eventually(() => expect(last).toBe(enabled))
    await Promise.all(crowd)
  }
  expect(seen).toBe(changes)
  expect(client.closed).toBeUndefined()
  const refused = texts(b).filter((each) => each.startsWith('refused'))
  expect(refused.length).toBeGreaterThan(0)
  expect(refused.length).toBeLessThanOrEqual(10)
})

/** One of a crowd: a handshake and then garbage, garbage at once, or nothing but a connection. */
async function knock(port: number, identity: TlsIdentity, n: number): Promise<void> {
  if (n % 4 !== 0) {
    // Beyond eight at their handshakes it is turned away.
    const connection = await dialTls({ host: '127.0.0.1', port }, identity).catch(() => undefined)
    if (!connection) return
    const over = ended(connection)
    connection.resume()
    if (n % 4 === 1) connection.abort(DONE)
    else connection.write(Buffer.from('ffffffff', 'hex'))
    await over
    return
  }
  await new Promise<void>((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.end('GET / HTTP/1.1\r\n\r\n'))
    socket.on('error', () => undefined).on('close', () => resolve())
    socket.resume()
  })
}
