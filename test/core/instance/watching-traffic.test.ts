/** Watching a recording: from here, and from another computer over farport/1, between real instances. */
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Fault } from '../../../src-main/contract/faults.ts'
import { TRAFFIC_CREDIT, type TrafficItem, type TrafficSpec } from '../../../src-main/contract/recording.ts'
import type { Permission } from '../../../src-main/contract/settings.ts'
import { TrustStore } from '../../../src-main/peers/trust.ts'
import { PeerWays } from '../../../src-main/peers/ways.ts'
import type { RpcClient } from '../../../src-main/rpc/client.ts'
import { Page } from '../../../src-main/traffic/page.ts'
import { eventually } from '../../eventually.ts'
import { farDevice } from './far-device.ts'
import { home, house, peerAt, type Home, type House } from './houses.ts'

/** Alice shares a device as `Desk`; another computer may do with it what `may` says. */
async function alices(may: Permission) {
  const { source, url, unplug } = await farDevice()
  const [at, other] = [await home(), await home()]
  const peer = peerAt(other, 'bench')
  const permissions = { ...peer.permissions, shares: { desk: may } }
  const alice = await house(at, {
    name: 'alice-pc',
    shares: [{ id: 'desk', name: 'Desk', port: { target: url } }],
    peers: [{ ...peer, permissions }]
  })
  return { alice, source, unplug, bench: await connected(other, alice), benchId: other.key.id }
}

/** Over TLS, by its own key. */
async function connected({ key }: Home, alice: House): Promise<RpcClient> {
  const trust = new TrustStore({ peers: [peerAt(alice, 'alice')], save: () => Promise.resolve() })
  const { client } = await new PeerWays({ identity: key, trust }).dialRpc('alice')
  onTestFinished(() => client.dispose())
  return client
}

function watch(client: RpcClient, spec: TrafficSpec) {
  const items: TrafficItem[] = []
  const ends: (Fault | undefined)[] = []
  const subscription = client.subscribe('traffic', spec, (item) => void items.push(item), {
    credit: TRAFFIC_CREDIT,
    ended: (fault) => void ends.push(fault)
  })
  const records = (): string[] =>
    items.flatMap((item) => {
      if (item.type !== 'page') return []
      const page = Page.from(item.page)
      return Array.from({ length: page.count }, (_, n) =>
        page.isEvent(n)
          ? (page.event(n)?.type ?? '?')
          : `${page.direction(n) === 'to-device' ? '>' : '<'}${Buffer.from(page.bytes(n)).toString('latin1')}`
      )
    })
  return {
    ...{ items, ends, records },
    text: () => records().join(' '),
    dispose: () => subscription.dispose()
  }
}

let terminals = 0

/** A user of the share; what it says goes to the device. */
async function user(alice: House) {
  const client = alice.client()
  const terminal = `terminal-${++terminals}`
  const got: string[] = []
  const subscription = client.subscribe('terminal', { terminal, on: { id: 'desk' } }, (item) => {
    got.push(item.type === 'bytes' ? Buffer.from(item.bytes).toString('latin1') : `(${item.type})`)
  })
  await eventually(() => expect(got).toContain('(open)'))
  return {
    got,
    say: (text: string) => client.call('terminal.write', { terminal, bytes: Buffer.from(text) }),
    leave: () => subscription.dispose()
  }
}

describe('a peer that may observe a share', () => {
  it('sees what passes, and nobody else and no device notices', async () => {
    const { alice, source, bench } = await alices({ level: 'observe', history: false })
    const ann = await user(alice)
    const told = [source.port.applies.length, source.port.controls.length]
    const one = watch(bench, { id: 'Desk' })
    await eventually(() => expect(one.items).toHaveLength(1))
    expect(one.items[0]).toMatchObject({
      type: 'begin',
      id: 'desk',
      name: 'Desk',
      computer: 'alice-pc',
      noHistory: true
    })
    await ann.say('ping')
    await eventually(() => expect(Buffer.from(source.port.received).toString()).toBe('ping'))
    source.port.send(Buffer.from('pong'))
    await eventually(() => expect(one.text()).toContain('>ping <pong'))
    expect(ann.got.join('')).toContain('pong')
    expect(alice.bridge('desk').sessions).toHaveLength(1)
    one.dispose()
    await ann.say('more')
    await eventually(() => expect(Buffer.from(source.port.received).toString()).toBe('pingmore'))
    expect([source.port.applies.length, source.port.controls.length]).toEqual(told)
    expect([source.port.breaks, source.port.purges]).toEqual([[], []])
    expect(one.text()).not.toContain('more')
  })

  it('does not open what is closed, and goes on over users and devices that come and go', async () => {
    const { alice, source, unplug, bench } = await alices({ level: 'observe', history: true })
    const one = watch(bench, { id: 'desk' })
    await eventually(() => expect(one.items).toHaveLength(1))
    expect(alice.bridge('desk').state.type).toBe('idle')
    expect(source.ports).toEqual([])
    const ann = await user(alice)
    unplug()
    await eventually(() => expect(alice.bridge('desk').state.type).not.toBe('open'))
    await alice.client().call('retry.now', {})
    await eventually(() => expect(alice.bridge('desk').state.type).toBe('open'))
    source.port.send(Buffer.from('again'))
    await eventually(() => expect(one.records()).toContain('<again'))
    ann.leave()
    await eventually(() => expect(alice.bridge('desk').state.type).toBe('idle'))
    const bob = await user(alice)
    source.port.send(Buffer.from('later'))
    await eventually(() => expect(one.records()).toContain('<later'))
    await alice.client().call('entry.enable', { id: 'desk', enabled: false })
    await alice.client().call('entry.enable', { id: 'desk', enabled: true })
    bob.leave()
    await user(alice)
    source.port.send(Buffer.from('switched'))
    await eventually(() => expect(one.records()).toContain('<switched'))
    expect(one.ends).toEqual([])
    expect(one.items.filter(({ type }) => type === 'begin')).toHaveLength(1)

    const own = watch(alice.client(), { id: 'Desk' })
    await eventually(() => expect(own.records()).toContain('<switched'))
    await alice.client().call('entry.remove', { id: 'desk' })
    await eventually(() => expect(own.ends).toMatchObject([{ code: 'peer-closed' }]))
    // Which shares there are, and were, is no business of a peer's.
    await eventually(() => expect(one.ends).toMatchObject([{ code: 'peer-permission' }]))
  }, 20_000)

  it('has what passed before only with the history, and sees no addresses', async () => {
    const { alice, source, bench, benchId } = await alices({ level: 'observe', history: false })
    await user(alice)
    source.port.send(Buffer.from('before'))
    await eventually(() => expect(alice.bridge('desk').bytesFromDevice).toBe(6))
    const one = watch(bench, { id: 'desk', from: 'start' })
    await eventually(() => expect(one.items).toHaveLength(1))
    await alice
      .client()
      .call('peer.permit', { peer: benchId, share: 'desk', level: 'observe', history: true })
    const two = watch(bench, { id: 'desk', from: { lastMs: 60_000 } })
    await eventually(() => expect(two.records()).toContain('<before'))
    source.port.send(Buffer.from('after'))
    await eventually(() => expect(two.records()).toContain('<after'))
    await eventually(() => expect(one.records()).toContain('<after'))
    expect(one.records()).not.toContain('<before')
    const text = Buffer.concat(
      two.items.map((item) => (item.type === 'page' ? item.page : Buffer.of()))
    ).toString('latin1')
    expect(text).toContain('another client')
    expect(text).not.toMatch(/127\.0\.0\.1|this computer/)
  })
})

describe('a peer that may not', () => {
  it('is refused, and ended when the permission is', async () => {
    const { alice, bench, benchId } = await alices({ level: 'none', history: false })
    const no = watch(bench, { id: 'desk' })
    await eventually(() => expect(no.ends).toMatchObject([{ code: 'peer-permission' }]))
    const { client } = { client: alice.client() }
    await client.call('peer.permit', { peer: benchId, share: 'desk', level: 'observe' })
    const one = watch(bench, { id: 'desk' })
    await eventually(() => expect(one.items).toHaveLength(1))
    await client.call('peer.permit', { peer: benchId, share: 'desk', level: 'none' })
    await eventually(() => expect(one.ends).toMatchObject([{ code: 'peer-permission' }]))
  })

  it('has no port of this computer opened, and no link', async () => {
    const { bench } = await alices({ level: 'control', history: true })
    for (const spec of [{ port: { target: 'sim:echo' } }, { id: 'link' }, { id: 'terminal.1' }]) {
      const no = watch(bench, spec)
      await eventually(() => expect(no.ends).toMatchObject([{ code: 'peer-permission' }]))
    }
  })
})

describe('the owner', () => {
  it('watches any port, opened for that alone, and nothing is asked of it', async () => {
    const { alice } = await alices({ level: 'none', history: false })
    const { source, url } = await farDevice()
    const client = alice.client()
    const one = watch(client, { port: { target: url } })
    await eventually(() => expect(one.items[0]).toMatchObject({ type: 'begin', computer: 'alice-pc' }))
    const id = one.items[0]?.type === 'begin' ? one.items[0].id : ''
    await eventually(() => expect(alice.bridge(id).state.type).toBe('open'))
    expect(alice.bridge(id)).toMatchObject({
      passing: true,
      sessions: [{ label: 'this computer (monitor)', writer: false, observes: true }]
    })
    source.port.send(Buffer.from('heard'))
    await eventually(() => expect(one.records()).toContain('<heard'))
    expect([source.port.controls, source.port.breaks]).toEqual([[], []])
    expect(source.port.applies.filter((wish) => Object.keys(wish).length > 0)).toEqual([])
    one.dispose()
    await eventually(() => expect(alice.instance.state.bridges).not.toHaveProperty([id]))
  })

  it('is told why a port cannot be watched', async () => {
    const alice = await house(await home(), { name: 'alice-pc' })
    const absent = watch(alice.client(), { port: { target: '/dev/farport-not-there' }, from: 'now' })
    await eventually(() => expect(absent.ends).toMatchObject([{ code: 'device-missing' }]))
  })

  it('sets markers, and forgets', async () => {
    const { alice, source } = await alices({ level: 'none', history: false })
    await user(alice)
    const client = alice.client()
    source.port.send(Buffer.from('before'))
    await eventually(() => expect(alice.bridge('desk').bytesFromDevice).toBe(6))
    await client.call('recording.clear', { id: 'desk' })
    expect(await client.call('recording.mark', { id: 'Desk', text: 'pressed start' })).toEqual({ number: 1 })
    const one = watch(client, { id: 'desk' })
    await eventually(() => expect(one.records()).toEqual(['marker']))
    await expect(client.call('recording.mark', { id: 'nothing', text: '' })).rejects.toMatchObject({
      code: 'usage'
    })
  })
})
