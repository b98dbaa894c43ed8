import { describe, expect, it } from 'vitest'
import { Emitter } from '../../../src-main/base/event.ts'
import type { StateTree } from '../../../src-main/contract/state.ts'
import { InstanceBackend } from '../../../src-main/core/instance/backend.ts'
import type { Handlers } from '../../../src-main/core/instance/house.ts'
import type { Identity } from '../../../src-main/rpc/permitted.ts'
import { Subscription } from '../../../src-main/rpc/subscription.ts'
import { FakeClock } from '../../fake-clock.ts'

const OWNER: Identity = { type: 'owner' }
const PEER: Identity = { type: 'peer', id: 'a'.repeat(64) }

function made() {
  const clock = new FakeClock()
  const changes = new Emitter<void>()
  let tree: StateTree = { bridges: {}, rotators: {} }
  let reads = 0
  const backend = new InstanceBackend({
    handlers: {
      doctor: () => Promise.resolve([]),
      'settings.read': (args: unknown, who: Identity) => Promise.resolve([args, who])
    } as unknown as Handlers,
    terminals: { subscribe: () => ({ dispose: () => undefined }) },
    traffic: { subscribe: () => ({ dispose: () => undefined }) },
    captures: {
      subscribe: () => ({ dispose: () => undefined }),
      replay: () => ({ dispose: () => undefined })
    },
    state: () => {
      reads++
      return tree
    },
    changes: changes.event,
    viewOf: (who) => (each) => (who.type === 'owner' ? each : { ...each, bridges: {} }),
    clock
  })
  const set = (bytesToDevice: number): void => {
    tree = { ...tree, bridges: { desk: { id: 'desk', bytesToDevice } as StateTree['bridges'][string] } }
  }
  const watch = (who = OWNER, topic: 'state' | 'notices' = 'state', past = 0, counts = {}) => {
    const items: unknown[] = []
    const ends: unknown[] = []
    const subscription = new Subscription(
      100,
      (item) => items.push(item),
      (fault) => ends.push(fault)
    )
    const served = backend.subscribe(topic, topic === 'state' ? counts : { past }, who, subscription)
    subscription.serve(served)
    return { items, ends, subscription, served }
  }
  return { clock, changes, backend, set, watch, reads: () => reads }
}

describe('what clients of a running instance get', () => {
  it('is counted only while somebody watches', async () => {
    const { clock, set, watch, reads } = made()
    set(1)
    await clock.advance(10_000)
    expect([clock.pending, reads()]).toEqual([0, 0])
    const [one, other] = [watch(), watch()]
    expect(one.items).toMatchObject([{ seq: 1, snapshot: { bridges: { desk: { bytesToDevice: 1 } } } }])
    set(2)
    await clock.advance(1000)
    expect(one.items[1]).toMatchObject({ seq: 2, patch: expect.anything() as unknown })
    expect(JSON.stringify(one.items[1])).toContain('"bytesToDevice":2')
    expect(one.items).toHaveLength(2)
    one.subscription.dispose()
    set(3)
    await clock.advance(1000)
    expect([one.items.length, other.items.length]).toEqual([2, 3])
    // Repeated ends count once: a third watcher keeps his pace.
    const third = watch()
    other.served.dispose()
    other.served.dispose()
    set(4)
    await clock.advance(1000)
    expect(third.items).toHaveLength(2)
    third.subscription.dispose()
    await clock.advance(1000)
    expect(clock.pending).toBe(0)
  })

  it('is counted as often as its owner asks for, and each second for a peer', async () => {
    const { clock, watch, reads } = made()
    watch(PEER, 'state', 0, { countsMs: 50 })
    const before = reads()
    await clock.advance(1000)
    expect(reads() - before).toBe(1)
  })

  it('is told of a change at once, and of nothing where nothing changed', async () => {
    const { clock, changes, set, watch } = made()
    const { items } = watch()
    set(1)
    changes.fire()
    expect(items).toHaveLength(2)
    changes.fire()
    await clock.advance(5000)
    expect(items).toHaveLength(2)
  })

  it('is as much as each may see', () => {
    const { changes, set, watch } = made()
    const { items } = watch(PEER)
    set(1)
    changes.fire()
    expect(items).toEqual([{ seq: 1, snapshot: { bridges: {}, rotators: {} } }])
  })

  it('is each notice, and the end with the instance', () => {
    const { clock, backend, watch } = made()
    const [state, notices] = [watch(), watch(OWNER, 'notices')]
    const line = { timeMs: 1, level: 'info', subject: 'desk', text: 'ready' } as const
    backend.tell(line)
    expect(notices.items).toEqual([line])
    backend.dispose()
    expect([state.ends.length, notices.ends.length]).toEqual([1, 1])
    expect(clock.pending).toBe(0)
  })

  it('is the notices of before, for whoever wants them, in front of those from now on', () => {
    const { backend, watch } = made()
    const line = (n: number) => ({ timeMs: n, level: 'info', subject: '', text: `${n}` }) as const
    for (const n of [1, 2, 3]) backend.tell(line(n))
    const [late, deaf] = [watch(OWNER, 'notices', 2), watch(OWNER, 'notices')]
    backend.tell(line(4))
    expect(late.items).toEqual([line(2), line(3), line(4)])
    expect(deaf.items).toEqual([line(4)])
    backend.dispose()
  })

  it('is the command that was called, and who calls it', async () => {
    const { backend } = made()
    const { signal } = new AbortController()
    expect(await backend.call('settings.read', { a: 1 }, PEER, signal)).toEqual([{ a: 1 }, PEER])
  })
})
