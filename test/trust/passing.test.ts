/** Who is trusted for a while, and what a computer is called here. */
import { describe, expect, it, vi } from 'vitest'
import { Emitter } from '../../src-main/base/event.ts'
import type { PeerEntry } from '../../src-main/contract/settings.ts'
import { ONCE_MS, PassingPeers } from '../../src-main/core/instance/passing-peers.ts'
import { findPeer } from '../../src-main/peers/find-peer.ts'
import { TrustStore } from '../../src-main/peers/trust.ts'
import { FakeClock } from '../fake-clock.ts'

const [ADA, BOB] = ['a'.repeat(64), 'b'.repeat(64)]

function store() {
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
  const revoked: string[] = []
  trust.onRevoked((id) => revoked.push(id))
  return { trust, file: () => peers, revoked }
}

describe('who is trusted for a while', () => {
  it('is known like others, and written nowhere', async () => {
    const { trust, file } = store()
    trust.trustPassing(ADA, 'ada', 1, '192.0.2.1')
    await trust.change(ADA, (entry) => ({
      ...entry,
      permissions: { default: { level: 'control', history: false }, shares: {} }
    }))
    expect(trust.standing(ADA)).toBe('trusted')
    expect(trust.isPassing(ADA)).toBe(true)
    expect(trust.isKnownAddress('192.0.2.1')).toBe(true)
    expect(trust.get(ADA)?.permissions.default.level).toBe('control')
    expect(findPeer('ada', trust).peer?.id).toBe(ADA)
    expect(() => trust.checkKey(BOB, 'Ada')).toThrow('another key')
    expect(file()).toEqual([])
  })

  it('ends, and its connections with it', async () => {
    const { trust, revoked } = store()
    trust.trustPassing(ADA, 'ada', 1)
    expect(await trust.remove(ADA)).toBe(true)
    expect(trust.standing(ADA)).toBe('unknown')
    expect(revoked).toEqual([ADA])
  })

  it('is trusted for good with what it was granted, once somebody says so; and stays so', async () => {
    const { trust, file } = store()
    trust.trustPassing(ADA, 'ada', 1)
    const permissions = { default: { level: 'observe', history: true }, shares: {} } as const
    await trust.change(ADA, (entry) => ({ ...entry, permissions }))
    await trust.trust(ADA, 'ada', 2)
    expect(file()).toMatchObject([{ id: ADA, permissions }])
    trust.trustPassing(ADA, 'other', 3)
    expect(trust.isPassing(ADA)).toBe(false)
    expect(trust.get(ADA)?.name).toBe('ada')
  })

  it('may be blocked, which is written; who is blocked is not accepted', async () => {
    const { trust, file, revoked } = store()
    trust.trustPassing(ADA, 'ada', 1)
    await trust.block(ADA, 'ada', 2)
    expect(file()).toMatchObject([{ id: ADA, trust: 'blocked' }])
    expect(revoked).toEqual([ADA])
    expect(() => trust.trustPassing(ADA, 'ada', 3)).toThrow('was blocked here')
  })

  it('ends ten minutes after its last connection, and not before', async () => {
    const clock = new FakeClock()
    const { trust } = store()
    const changes = new Emitter<void>()
    const tell = vi.fn()
    let connections = 0
    const passing = new PassingPeers({
      ...{ trust, clock, tell },
      connections: () => connections,
      onChange: changes.event
    })
    trust.trustPassing(ADA, 'ada', 1)
    await clock.advance(ONCE_MS - 1)
    connections = 1
    changes.fire()
    await clock.advance(10 * ONCE_MS)
    expect(trust.standing(ADA)).toBe('trusted')
    connections = 0
    changes.fire()
    await clock.advance(ONCE_MS - 1)
    expect(trust.standing(ADA)).toBe('trusted')
    await clock.advance(1)
    expect(trust.standing(ADA)).toBe('unknown')
    expect(tell).toHaveBeenCalledWith('info', expect.stringContaining('ada was accepted once'))
    expect(clock.pending).toBe(0)
    passing.dispose()
  })
})

describe('what a computer is called here', () => {
  it('is its own affair, also when it is paired again, and old addresses still mean it', async () => {
    const { trust } = store()
    await trust.trust(ADA, 'workshop-pc', 1)
    await trust.rename(ADA, 'bench')
    expect(trust.get(ADA)).toMatchObject({ name: 'bench', called: 'workshop-pc' })
    expect(trust.get(ADA)).not.toHaveProperty('formerly')
    await trust.rename(ADA, 'lab')
    await trust.trust(ADA, 'workshop-pc-2', 2)
    expect(trust.get(ADA)).toMatchObject({ name: 'lab', called: 'workshop-pc-2', formerly: ['bench'] })
    for (const text of ['lab', 'Bench', 'workshop-pc-2']) expect(findPeer(text, trust).peer?.id).toBe(ADA)
  })

  it('is not what another one is called, or calls itself', async () => {
    const { trust } = store()
    await trust.trust(ADA, 'workshop-pc', 1)
    await trust.trust(BOB, 'shelf', 1)
    await trust.rename(ADA, 'bench')
    await expect(trust.rename(BOB, 'Bench')).rejects.toThrow('is called bench already')
    await expect(trust.rename(BOB, 'workshop-pc')).rejects.toThrow('choose another name')
    // Somebody else with its name is still a key that changed.
    expect(() => trust.checkKey('c'.repeat(64), 'workshop-pc')).toThrow('another key')
  })

  it('is its own name again, and then nothing else is kept', async () => {
    const { trust } = store()
    await trust.trust(ADA, 'workshop-pc', 1)
    await trust.rename(ADA, 'bench')
    await trust.rename(ADA, 'workshop-pc')
    expect(trust.get(ADA)).not.toHaveProperty('called')
    await trust.rename(ADA, 'bench')
    expect(trust.get(ADA)).toMatchObject({ name: 'bench', called: 'workshop-pc' })
  })

  it('goes before what another one was called once', async () => {
    const { trust } = store()
    await trust.trust(ADA, 'workshop-pc', 1)
    await trust.rename(ADA, 'bench')
    await trust.rename(ADA, 'lab')
    await trust.trust(BOB, 'bench', 1)
    expect(findPeer('bench', trust).peer?.id).toBe(BOB)
  })
})
