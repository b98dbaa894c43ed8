import { describe, expect, it } from 'vitest'
import { Fault } from '../../../src-main/contract/faults.ts'
import type { StateTree } from '../../../src-main/contract/state.ts'
import { eventually } from '../../eventually.ts'
import { heardFarport, heardPort } from '../../fake-discovery.ts'
import { freePort } from '../../peers/free-port.ts'
import { home, house, peerAt, type House } from './houses.ts'
import { lacks } from '../../peers/need.ts'

const SHARE = { id: 'g', name: 'gps', port: { target: 'sim:gps' }, allow: ['192.0.2.0/24'] }

async function alone(settings: Parameters<typeof house>[1] = {}): Promise<House> {
  const it = await house(await home(), settings)
  await eventually(() => expect(it.discovery()).toBeDefined())
  return it
}

const nearby = ({ instance }: House): StateTree['nearby'] => instance.state.nearby

describe('what is announced', () => {
  it('follows shares as they start, are renamed, and stop', async () => {
    const port = await freePort()
    const a = await alone()
    const owner = a.client()
    const names = (): string[] => a.discovery().announced.map(({ name }) => name)
    const listen = [`rfc2217://0.0.0.0:${port}`, 'raw://127.0.0.1:0']
    const added = await owner.call('share.add', { name: 'gps', port: SHARE.port, allow: SHARE.allow, listen })
    await eventually(() => expect(names()).toEqual(['gps']))
    expect(a.discovery().announced[0]).toMatchObject({ port, txt: { gensiostack: 'telnet(rfc2217),tcp' } })
    const entry = { ...SHARE, id: added.id, listen }
    await owner.call('share.change', { ...entry, name: 'clock' })
    await eventually(() => expect(names()).toEqual(['clock']))
    await owner.call('share.change', { ...entry, announce: false })
    await eventually(() => expect(names()).toEqual([]))
    await owner.call('share.change', entry)
    await eventually(() => expect(names()).toEqual(['gps']))
    await owner.call('entry.enable', { id: added.id, enabled: false })
    await eventually(() => expect(names()).toEqual([]))
  })

  it('is nothing where nobody wants it, and what is heard nothing where nobody listens', async () => {
    const port = await freePort()
    const shares = [{ ...SHARE, listen: [`raw://0.0.0.0:${port}`] }]
    const a = await alone({ shares })
    await eventually(() => expect(a.discovery().announced).toHaveLength(1))
    const first = a.discovery()
    await a.client().call('preferences.change', { discovery: { announce: false } })
    await eventually(() => expect(first.announced).toEqual([]))
    expect(a.discovery()).toBe(first)
    await a.client().call('preferences.change', { discovery: { browse: false, interfaces: ['eth0'] } })
    await eventually(() => expect(a.discovery()).not.toBe(first))
    expect(first.closed).toBe(true)
    expect(a.discovery().options).toMatchObject({ browse: false, interfaces: ['eth0'] })
    await eventually(() => expect(a.discovery().announced).toHaveLength(1))
  })

  it('ends with the instance', async () => {
    const a = await alone()
    await a.instance.close(0)
    expect(a.discovery().closed).toBe(true)
  })
})

describe('what is heard', () => {
  it('is in the state for the owner, with what paired computers are called here', async () => {
    const [there, elsewhere] = [await home(), 'ef'.repeat(32)]
    const a = await alone({ peers: [peerAt(there, 'bench')] })
    a.discovery().hear(
      heardFarport('workshop', there.key.id, 22_217),
      heardFarport('stranger', elsewhere, 22_217),
      heardPort('gps', 7000, 'telnet(rfc2217),tcp')
    )
    expect(Object.values(nearby(a)!)).toMatchObject([
      { name: 'gps', kind: 'port', url: 'rfc2217://127.0.0.1:7000' },
      { name: 'stranger', kind: 'farport', claims: elsewhere },
      { name: 'workshop', kind: 'farport', peer: 'bench' }
    ])
    expect(Object.values(nearby(a)!)[1]).not.toHaveProperty('peer')
  })

  it('leaves out ourselves', async () => {
    const a = await alone()
    a.discovery().hear(heardFarport('a', a.key.id, 1))
    expect(nearby(a)).toEqual({})
  })

  it('is asked for anew by nearby.refresh', async () => {
    const a = await alone()
    await a.client().call('nearby.refresh', {})
    expect(a.discovery().refreshes).toBe(1)
  })
})

describe('places that mDNS does not reach', () => {
  it('are looked at, shown with whose key answers, and kept', async () => {
    const b = await house(await home(), { name: 'b' })
    const a = await alone({ peers: [peerAt(b, 'bench')] })
    const place = `127.0.0.1:${b.port}`
    expect(await a.client().call('nearby.add', { place })).toEqual({ place })
    await eventually(() =>
      expect(Object.values(nearby(a)!)).toMatchObject([
        { origin: 'manual', present: true, claims: b.key.id, peer: 'bench', url: `farport://${place}` }
      ])
    )
    expect(a.instance.settings.preferences.discovery.places).toEqual([place])
    // It only looked whether a Farport is there: nobody was turned away, nobody is told.
    expect(b.notices.filter(({ level }) => level === 'warning')).toEqual([])
    await a.client().call('nearby.remove', { place })
    expect(nearby(a)).toEqual({})
    await expect(a.client().call('nearby.remove', { place })).rejects.toThrow('No place was added')
  })

  it('say why nobody answers there', async () => {
    const a = await alone()
    await a.client().call('nearby.add', { place: `127.0.0.1:${await freePort()}` })
    await eventually(() =>
      expect(Object.values(nearby(a)!)).toMatchObject([{ present: false, fault: { code: 'peer-refused' } }])
    )
  })
})

describe('a paired computer', () => {
  const link = { id: 'l', name: 'gps', port: { target: 'farport://bench/gps' }, to: 'pty:', hold: true }

  it.skipIf(lacks.linux('pseudo-terminals'))(
    'whose address changed is connected as soon as it is heard, not at the next try',
    async () => {
      const b = await house(await home(), {
        name: 'b',
        shares: [{ id: 'g', name: 'gps', port: { target: 'sim:gps' } }]
      })
      const a = await alone({ peers: [peerAt(b, 'bench', 'control', await freePort())], links: [link] })
      await eventually(() => expect(a.bridge('l').state.type).toBe('waiting'))
      a.discovery().hear(heardFarport('b', b.key.id, b.port))
      // b does not know a: that it says so shows that the right one was reached.
      await eventually(() => expect(JSON.stringify(a.bridge('l').state)).toMatch(/not paired/))
    }
  )

  it('is not confused with whoever claims to be it', async () => {
    const [b, liar] = [await house(await home(), { name: 'b' }), await house(await home(), { name: 'liar' })]
    const a = await alone({ peers: [peerAt(b, 'bench', 'control', await freePort())] })
    a.discovery().hear(heardFarport('b', b.key.id, liar.port))
    await expect(a.client().call('peer.offers', { peer: 'bench' })).rejects.toMatchObject({
      code: 'peer-refused'
    })
    a.discovery().hear(
      heardFarport('liar', b.key.id, liar.port),
      heardFarport('b', b.key.id, b.port, { key: 'other' })
    )
    await expect(a.client().call('peer.offers', { peer: 'bench' })).rejects.toThrow(/not paired/)
  })
})

describe('a name that is heard', () => {
  it('is enough to pair', async () => {
    const b = await house(await home(), { name: "Bob's laptop" })
    const a = await alone({ name: 'a' })
    a.discovery().hear(heardFarport("Bob's laptop", b.key.id, b.port))
    const asked = await a.client().call('pair.request', { host: "bob's laptop" })
    expect(asked).toMatchObject({ peer: b.key.id, name: "Bob's laptop" })
  })

  it('of several is nobody’s', async () => {
    const a = await alone()
    a.discovery().hear(
      heardFarport('twin', 'aa'.repeat(32), 1),
      heardFarport('twin', 'bb'.repeat(32), 2, { key: 'other' })
    )
    await expect(a.client().call('pair.request', { host: 'twin' })).rejects.toThrow(
      '2 computers call themselves "twin" in the network. Give the address of one: 127.0.0.1:1, 127.0.0.1:2.'
    )
  })

  it('that nobody has is told so', async () => {
    const a = await alone()
    await expect(a.client().call('pair.request', { host: 'no one' })).rejects.toMatchObject({
      code: 'peer-unknown-host'
    })
  })
})

describe('mdns://NAME', () => {
  const send = (a: House, target: string): Promise<unknown> =>
    a.client().call('send', { port: { target }, bytes: Buffer.from('x') })

  it('is dialled where it is now, as it says that it speaks', async () => {
    const [port, other] = [await freePort(), await freePort()]
    const echo = {
      id: 'e',
      name: 'echo',
      port: { target: 'sim:echo' },
      listen: [`rfc2217://127.0.0.1:${port}`]
    }
    const raw = { id: 'r', name: 'raw', port: { target: 'sim:echo' }, listen: [`raw://127.0.0.1:${other}`] }
    const b = await house(await home(), { shares: [echo, raw] })
    const a = await alone()
    a.discovery().hear(heardPort('Bench meter', port, 'telnet(rfc2217),tcp'))
    await send(a, 'mdns://Bench%20meter')
    expect(b.bridge('e').bytesToDevice).toBe(1)
    a.discovery().hear(heardPort('Bench meter', other, 'tcp'))
    await send(a, 'mdns://bench%20METER')
    expect(b.bridge('r').bytesToDevice).toBe(1)
  })

  it('that several have lists them; what nobody speaks is told', async () => {
    const a = await alone()
    a.discovery().hear(
      heardPort('x', 1, 'tcp'),
      heardPort('x', 2, 'telnet,tcp', { key: 'other' }),
      heardPort('y', 3, 'msgdelim,tcp')
    )
    await expect(send(a, 'mdns://x')).rejects.toThrow(/address of one: .*raw:\/\/127\.0\.0\.1:1/)
    await expect(send(a, 'mdns://y')).rejects.toThrow(/msgdelim,tcp/)
    await expect(send(a, 'mdns://')).rejects.toBeInstanceOf(Fault)
  })
})
