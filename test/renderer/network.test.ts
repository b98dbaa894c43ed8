import { describe, expect, it } from 'vitest'
import type { BridgeState, NearbyState, PeerState } from '../../src-main/contract/state.ts'
import { filtered, NetworkList } from '../../src-renderer/model/network-list.ts'
import {
  linksByTarget,
  networkGroups,
  userOf,
  type NetworkFacts,
  type NetworkGroup
} from '../../src-renderer/model/network.ts'

const BOB = 'b0'.repeat(32)
const EVE = 'ee'.repeat(32)

function near(id: string, wish: Partial<NearbyState> = {}): NearbyState {
  return {
    id,
    kind: 'farport',
    name: id,
    host: `${id}.local`,
    addresses: ['192.0.2.7'],
    port: 22_217,
    confidence: 'high',
    origin: 'mdns',
    present: true,
    since: 1,
    seen: 1,
    ...wish
  }
}

function peer(id: string, name: string, wish: Partial<PeerState> = {}): PeerState {
  return {
    ...{ id, name, trust: 'trusted', since: 0, addresses: [], connections: 0 },
    permissions: { default: { level: 'none', history: false }, shares: {} },
    ...wish
  }
}

const offer = (name: string, wish: Partial<BridgeState> = {}): BridgeState =>
  ({
    id: name,
    kind: 'share',
    name,
    enabled: true,
    state: { type: 'idle' },
    sessions: [],
    ...wish
  }) as unknown as BridgeState

function groups({
  nearby = [],
  peers = [],
  ...rest
}: Partial<Omit<NetworkFacts, 'nearby' | 'peers'>> & {
  readonly nearby?: readonly NearbyState[]
  readonly peers?: readonly PeerState[]
}): NetworkGroup[] {
  return networkGroups({
    nearby: Object.fromEntries(nearby.map((each) => [each.id, each])),
    peers: Object.fromEntries(peers.map((each) => [each.id, each])),
    told: {},
    links: {},
    ...rest
  })
}

describe('the groups of the network page', () => {
  it('have one computer once, however it was heard', () => {
    const all = groups({
      nearby: [
        near('bob', { claims: BOB, present: false }),
        near('manual 192.0.2.7', { claims: BOB, origin: 'manual', host: '192.0.2.7', name: 'Bob' }),
        near('gps', { kind: 'port', host: 'BOB.local', url: 'raw://192.0.2.7:7000', provider: 'ser2net' })
      ],
      peers: [peer(BOB, 'Bob')]
    })
    expect(all).toMatchObject([
      {
        standing: 'paired',
        name: 'Bob',
        present: true,
        manual: '192.0.2.7',
        ports: [{ name: 'gps', encrypted: false }]
      }
    ])
  })

  it('have a port once, though two Farports are on its computer', () => {
    const all = groups({
      nearby: [
        near('user', { claims: BOB, host: 'box.local' }),
        near('system', { claims: EVE, host: 'box.local' }),
        near('gps', { kind: 'port', host: 'box.local', url: 'raw://192.0.2.7:7000' })
      ]
    })
    expect(all.flatMap(({ ports }) => ports.map(({ name }) => name))).toEqual(['gps'])
  })

  it('tell what a paired computer offers once, though it announces the same port', () => {
    const [group] = groups({
      nearby: [
        near('bob', { claims: BOB }),
        near('gps', { kind: 'port', host: 'bob.local', url: 'raw://192.0.2.7:7000' })
      ],
      peers: [peer(BOB, 'Bob’s laptop')],
      told: { [BOB]: { bridges: [offer('gps'), offer('a/b')] } }
    })
    // The mark in the name would be read as part of it, so its id stands there.
    const place = BOB.slice(0, 16)
    expect(group?.ports.map(({ target }) => target)).toEqual([
      `farport://${place}/a%2Fb`,
      `farport://${place}/gps`
    ])
  })

  it.each([
    ['by its name', ['bob'], 'bob'],
    ['by its id where two have the name', ['bob', 'Bob'], BOB.slice(0, 16)],
    ['by its id where the name could be one', ['deadbeef'], BOB.slice(0, 16)],
    ['by its id where the name could be an address', ['192.0.2.1'], BOB.slice(0, 16)]
  ])('name a share %s', (_what, names, word) => {
    const [first = '', second] = names
    const all = groups({
      peers: [peer(BOB, first), ...(second === undefined ? [] : [peer(EVE, second)])],
      told: { [BOB]: { bridges: [offer('gps')] } }
    })
    expect(all.find(({ id }) => id === BOB)?.ports[0]?.target).toBe(`farport://${word}/gps`)
  })

  it('show the link that is there to it', () => {
    const [group] = groups({
      peers: [peer(BOB, 'bob')],
      told: { [BOB]: { bridges: [offer('gps')] } },
      links: linksByTarget({ l1: offer('mine', { id: 'l1', kind: 'link', port: 'farport://bob/gps' }) })
    })
    expect(group?.ports).toMatchObject([{ link: 'l1' }])
  })

  it('put what is paired first, and what is gone last', () => {
    const all = groups({
      nearby: [
        near('zoe', { claims: EVE }),
        near('old', { present: false }),
        near('box', { kind: 'port', host: 'box.local', name: 'console', url: 'telnet://192.0.2.9:3001' })
      ],
      peers: [peer(BOB, 'bob')]
    })
    expect(all.map(({ name, standing }) => `${standing} ${name}`)).toEqual([
      'paired bob',
      'farport zoe',
      'farport old',
      'plain box'
    ])
  })

  it('tell why a place that a person gave does not answer', () => {
    const fault = { code: 'peer-refused', kind: 'peer', message: 'Nobody answers.' } as const
    expect(
      groups({
        nearby: [near('manual lab:300', { origin: 'manual', host: 'lab', port: 300, present: false, fault })]
      })
    ).toMatchObject([{ manual: 'lab:300', present: false, fault }])
  })

  it('are found by words of the computer and of its ports', () => {
    const all = groups({
      nearby: [
        near('zoe', { claims: EVE }),
        near('p1', { kind: 'port', host: 'box.local', name: 'console 1' }),
        near('p2', { kind: 'port', host: 'box.local', name: 'meter' })
      ]
    })
    expect(filtered(all, 'box METER').map(({ ports }) => ports.map(({ name }) => name))).toEqual([['meter']])
    expect(filtered(all, 'box').map(({ ports }) => ports.length)).toEqual([2])
    expect(filtered(all, ' ')).toBe(all)
    expect(filtered(all, 'nobody')).toEqual([])
  })

  it('are the same objects as before where nothing changed', () => {
    const list = new NetworkList()
    const gps = near('gps', { kind: 'port', host: 'bob.local', url: 'raw://192.0.2.7:7000' })
    const meter = near('meter', { kind: 'port', host: 'bob.local', url: 'raw://192.0.2.7:7001' })
    const zoe = near('zoe', { claims: EVE })
    const facts = { peers: {}, told: {}, links: {} }
    const [bob, other] = list.next({ ...facts, nearby: { gps, meter, zoe } }).toReversed()
    const after = list
      .next({ ...facts, nearby: { gps: { ...gps, present: false }, meter, zoe } })
      .toReversed()
    expect(after[1]).toBe(other)
    expect(after[0]).not.toBe(bob)
    expect(after[0]?.ports.find(({ name }) => name === 'meter')).toBe(
      bob?.ports.find(({ name }) => name === 'meter')
    )
  })
})

describe('who uses an offered port', () => {
  const held = (sessionPeer?: string): BridgeState =>
    offer('gps', {
      sessions: [
        { label: 'workshop-pc', holdsSince: 5, ...(sessionPeer !== undefined && { peer: sessionPeer }) }
      ] as never
    })

  it('is whoever has the control, but not this computer', () => {
    expect(userOf(held(), BOB)).toEqual({ label: 'workshop-pc', since: 5 })
    expect(userOf(held(BOB), BOB)).toBeUndefined()
    expect(userOf(undefined, BOB)).toBeUndefined()
  })
})
