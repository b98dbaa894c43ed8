import { describe, expect, it } from 'vitest'
import { Emitter } from '../../src-main/base/event.ts'
import { Fault } from '../../src-main/contract/faults.ts'
import type { StateTree } from '../../src-main/contract/state.ts'
import { RingTopic } from '../../src-main/rpc/ring-topic.ts'
import { RpcClient } from '../../src-main/rpc/client.ts'
import { memoryChannels } from '../../src-main/rpc/memory-channel.ts'
import { serve } from '../../src-main/rpc/server.ts'
import { FOREIGN_PAUSE_MS, MAX_FOREIGN_WEIGHT, StateMirror } from '../../src-main/rpc/state-mirror.ts'
import { STATE_PACE_MS, StateTopic } from '../../src-main/rpc/state-topic.ts'
import { Subscription } from '../../src-main/rpc/subscription.ts'
import { FakeClock } from '../fake-clock.ts'
import { turns } from '../suites/connection.ts'
import { FakeService } from './fake-service.ts'

interface Reader {
  readonly subscription: Subscription
  readonly items: unknown[]
  readonly ends: (Fault | undefined)[]
}

function reader(credit: number): Reader {
  const [items, ends]: [unknown[], (Fault | undefined)[]] = [[], []]
  const subscription = new Subscription(
    credit,
    (item) => items.push(item),
    (fault) => ends.push(fault)
  )
  return { subscription, items, ends }
}

const tree = (names: readonly string[]): StateTree =>
  ({
    bridges: Object.fromEntries(names.map((name) => [name, { name }])),
    rotators: {}
  }) as unknown as StateTree

describe('a topic with rings', () => {
  it('sends while there is credit, keeps the newest, and tells where some are missing', () => {
    const topic = new RingTopic<number>({ maxItems: 3 })
    const { subscription, items } = reader(2)
    subscription.serve(topic.subscribe(subscription))
    for (let n = 1; n <= 8; n++) topic.publish(n)
    expect(items).toEqual([1, 2])
    subscription.add(1)
    expect(items).toEqual([1, 2, { leftOut: 3 }])
    topic.publish(9)
    subscription.add(1)
    subscription.add(10)
    expect(items).toEqual([1, 2, { leftOut: 3 }, { leftOut: 1 }, 7, 8, 9])
    topic.publish(10)
    expect(items.at(-1)).toBe(10)
  })

  it('counts bytes where it is told to, also of one item that is too large', () => {
    const topic = new RingTopic<string>({ maxItems: 100, maxBytes: 10, sizeOf: ({ length }) => length })
    const { subscription, items } = reader(1)
    topic.subscribe(subscription)
    for (const each of ['sent', 'aaaa', 'bbbb', 'cccc', 'd'.repeat(11), 'ee']) topic.publish(each)
    subscription.add(5)
    expect(items).toEqual(['sent', { leftOut: 4 }, 'ee'])
  })

  it('gives each reader what it wants, at its own pace, until it leaves', () => {
    const topic = new RingTopic<number>({ maxItems: 2 })
    const [slow, quick] = [reader(1), reader(100)]
    const even = topic.subscribe(slow.subscription, { wants: (n) => n % 2 === 0 })
    topic.subscribe(quick.subscription)
    for (let n = 1; n <= 10; n++) topic.publish(n)
    slow.subscription.add(9)
    expect(slow.items).toEqual([2, { leftOut: 2 }, 8, 10])
    expect(quick.items).toHaveLength(10)
    even.dispose()
    topic.publish(12)
    expect(slow.items).toHaveLength(4)
    topic.dispose()
    expect(topic.idle).toBe(true)
    expect(quick.ends).toMatchObject([{ code: 'peer-closed' }])
  })

  it('accounts for every item, whatever the credit', () => {
    const topic = new RingTopic<number>({ maxItems: 7 })
    const { subscription, items } = reader(3)
    topic.subscribe(subscription)
    for (let n = 0; n < 10_000; n++) {
      topic.publish(n)
      if (n % 13 === 0) subscription.add((n % 7) + 1)
    }
    subscription.add(20)
    let next = 0
    for (const item of items as (number | { leftOut: number })[]) {
      if (typeof item === 'number') expect(item).toBe(next)
      next = typeof item === 'number' ? item + 1 : next + item.leftOut
    }
    expect(next).toBe(10_000)
  })
})

describe('the state topic', () => {
  it('sends a snapshot, then one patch for all that changed while there was no credit', async () => {
    const clock = new FakeClock()
    const changes = new Emitter<void>()
    let now = tree(['a'])
    const topic = new StateTopic(() => now, changes.event, clock)
    const { subscription, items, ends } = reader(1)
    subscription.serve(topic.subscribe(subscription))
    expect(items).toEqual([{ seq: 1, snapshot: now }])
    for (const names of [['a', 'b'], ['b'], ['b', 'c']]) {
      now = tree(names)
      changes.fire()
      await clock.advance(STATE_PACE_MS)
    }
    expect(items).toHaveLength(1)
    subscription.add(1)
    expect(items[1]).toEqual({
      seq: 2,
      patch: { into: { bridges: { set: { b: { name: 'b' }, c: { name: 'c' } }, gone: ['a'] } } }
    })
    subscription.add(5)
    changes.fire()
    await clock.advance(STATE_PACE_MS)
    expect(items).toHaveLength(2)
    topic.dispose()
    expect(ends).toEqual([undefined])
    expect(clock.pending).toBe(0)
  })

  it('tells the first change at once, and those of a storm together', async () => {
    const clock = new FakeClock()
    const changes = new Emitter<void>()
    let now = tree([])
    const topic = new StateTopic(() => now, changes.event, clock)
    const { subscription, items } = reader(100)
    topic.subscribe(subscription)
    for (let n = 0; n < 100; n++) {
      now = tree([String(n)])
      changes.fire()
    }
    expect(items).toHaveLength(2)
    await clock.advance(STATE_PACE_MS)
    expect(items).toHaveLength(3)
    await clock.advance(10 * STATE_PACE_MS)
    expect(items).toHaveLength(3)
    topic.dispose()
    expect(clock.pending).toBe(0)
  })

  it('looks no more when the last one leaves because of what it was sent', async () => {
    const clock = new FakeClock()
    let bytes = 0
    const read = (): StateTree => ({
      ...tree([]),
      bridges: { a: { bytesToDevice: bytes++ } as StateTree['bridges'][string] }
    })
    const topic = new StateTopic(read, new Emitter<void>().event, clock)
    let sent = 0
    const subscription = new Subscription(
      10,
      () => {
        if (++sent > 1) throw new Fault('bug', 'It is larger than a message may be.')
      },
      () => undefined
    )
    subscription.serve(topic.subscribe(subscription, { countsMs: 100 }))
    await clock.advance(100)
    expect([sent, clock.pending]).toEqual([2, 0])
  })

  it('looks at byte counts as often as each asked for, and seldom where nothing moves or nobody takes it', async () => {
    const clock = new FakeClock()
    let [reads, bytes] = [0, 0]
    const read = (): StateTree => {
      reads++
      return { ...tree([]), bridges: { a: { bytesToDevice: bytes } as StateTree['bridges'][string] } }
    }
    const topic = new StateTopic(read, new Emitter<void>().event, clock)
    const [often, seldom, full] = [reader(100), reader(100), reader(1)]
    const oftens = topic.subscribe(often.subscription, { countsMs: 100 })
    topic.subscribe(seldom.subscription)
    topic.subscribe(full.subscription, { countsMs: 100 })
    while (++bytes <= 20) await clock.advance(100)
    expect([often.items.length, seldom.items.length, full.items.length]).toEqual([21, 3, 1])
    // Those who look at the same time share one look.
    expect(reads).toBeLessThanOrEqual(3 + 20 + 2)
    await clock.advance(2000)
    reads = 0
    await clock.advance(10_000)
    expect(reads).toBe(20)
    bytes++
    await clock.advance(1000)
    const { length } = often.items
    for (let n = 0; n < 5; n++) {
      bytes++
      await clock.advance(100)
    }
    expect(often.items).toHaveLength(length + 5)
    oftens.dispose()
    oftens.dispose()
    topic.dispose()
    expect(clock.pending).toBe(0)
  })

  it('shows each reader its own view, which may change', async () => {
    const clock = new FakeClock()
    const changes = new Emitter<void>()
    const topic = new StateTopic(() => tree(['mine', 'yours']), changes.event, clock)
    let allowed = ['yours']
    const { subscription, items } = reader(9)
    topic.subscribe(subscription, { view: () => tree(allowed) })
    expect(items).toEqual([{ seq: 1, snapshot: tree(['yours']) }])
    allowed = []
    changes.fire()
    await clock.advance(STATE_PACE_MS)
    expect(items[1]).toEqual({ seq: 2, patch: { into: { bridges: { gone: ['yours'] } } } })
  })
})

describe('a mirror', () => {
  const started = (): { service: FakeService; mirror: StateMirror } => {
    const [near, far] = memoryChannels()
    const service = new FakeService()
    serve(far, service)
    return { service, mirror: new StateMirror(new RpcClient(near)) }
  }
  const odd = [
    { seq: 3, patch: {} },
    { seq: 2, patch: { gone: [1] } },
    { seq: 2, patch: { into: { x: 5 } } },
    7,
    null
  ]
  odd.push({ seq: 2, patch: { gone: ['bridges'] } } as never)

  it.each(odd)('begins anew at a gap, and at what is no patch: %j', async (item) => {
    const { service, mirror } = started()
    await turns(2)
    service.subscriptions[0]!.subscriber.send({ seq: 1, snapshot: tree(['a']) })
    service.subscriptions[0]!.subscriber.send(item)
    await turns(2)
    expect(mirror.tree).toEqual(tree(['a']))
    expect(service.subscriptions.map(({ disposed }) => disposed)).toEqual([1, 0])
    service.subscriptions[1]!.subscriber.send({ seq: 1, snapshot: tree(['b']) })
    await turns(2)
    expect(mirror.tree).toEqual(tree(['b']))
    mirror.dispose()
  })

  it('has its byte counts each second where an older Farport knows no other pace', async () => {
    const [near, far] = memoryChannels()
    const service = new FakeService()
    serve(far, service)
    const mirror = new StateMirror(new RpcClient(near), { countsMs: 100 })
    await turns(2)
    expect(service.subscriptions[0]!.args).toEqual({ countsMs: 100 })
    service.subscriptions[0]!.subscriber.end(new Fault('usage', 'state: countsMs: not known'))
    await turns(3)
    expect(service.subscriptions[1]!.args).toEqual({})
    service.subscriptions[1]!.subscriber.send({ seq: 1, snapshot: tree(['a']) })
    await turns(2)
    expect(mirror.tree).toEqual(tree(['a']))
    mirror.dispose()
  })

  it('takes one at a time where it says when', async () => {
    const [near, far] = memoryChannels()
    const service = new FakeService()
    serve(far, service)
    let ready = (): void => undefined
    const mirror = new StateMirror(new RpcClient(near), { ready: () => new Promise((go) => (ready = go)) })
    await turns(2)
    const { subscriber } = service.subscriptions[0]!
    subscriber.send({ seq: 1, snapshot: tree(['a']) })
    await turns(2)
    expect([mirror.tree, subscriber.credit]).toEqual([tree(['a']), 0])
    ready()
    await turns(3)
    expect(subscriber.credit).toBe(1)
    mirror.dispose()
  })

  it('gives up where nothing ever fits', async () => {
    const { service, mirror } = started()
    const ends: (Fault | undefined)[] = []
    mirror.onEnd((fault) => ends.push(fault))
    service.onSubscribe = ({ subscriber }) => void subscriber.send({ seq: 2, patch: {} })
    await turns()
    expect(ends).toMatchObject([{ code: 'peer-protocol' }])
    expect(service.subscriptions.every(({ disposed }) => disposed === 1)).toBe(true)
  })

  it('tells when the server ends it', async () => {
    const { service, mirror } = started()
    const ends: (Fault | undefined)[] = []
    mirror.onEnd((fault) => ends.push(fault))
    await turns(2)
    service.subscriptions[0]!.subscriber.end(new Fault('peer-permission', 'No more.'))
    await turns(2)
    expect(ends).toMatchObject([{ code: 'peer-permission' }])
  })
})

describe('the mirror of another installation', () => {
  const started = (): {
    service: FakeService
    mirror: StateMirror
    client: RpcClient
    clock: FakeClock
    ends: (Fault | undefined)[]
  } => {
    const [near, far] = memoryChannels()
    const [service, clock] = [new FakeService(), new FakeClock()]
    serve(far, service, clock)
    const client = new RpcClient(near, { clock, foreign: true })
    const mirror = new StateMirror(client, { clock })
    const ends: (Fault | undefined)[] = []
    mirror.onEnd((fault) => ends.push(fault))
    return { service, mirror, client, clock, ends }
  }
  /** A twentieth of what there may be: fields of `name`. */
  const more = (n: number, name: string): unknown => {
    const text = 'x'.repeat(900)
    const each = Array.from({ length: MAX_FOREIGN_WEIGHT / 20 / 1000 }, () => text)
    return { seq: n + 2, patch: { into: { bridges: { set: { [name]: { each } } } } } }
  }

  it('ends where that adds to its state without end', async () => {
    const { service, mirror, clock, ends } = started()
    await turns(2)
    const { subscriber } = service.subscriptions[0]!
    subscriber.send({ seq: 1, snapshot: tree(['a']) })
    let sent = 0
    for (; ends.length === 0 && sent < 30; sent++) {
      subscriber.send(more(sent, `b${sent}`))
      await turns(2)
      await clock.advance(FOREIGN_PAUSE_MS)
    }
    expect(ends).toMatchObject([{ code: 'peer-protocol' }])
    expect(sent).toBeGreaterThan(15)
    expect(service.subscriptions).toMatchObject([{ disposed: 1 }])
    mirror.dispose()
    expect(clock.pending).toBe(0)
  })

  it('goes on where that changes forever, and no more than fits is there at a time', async () => {
    const { service, mirror, clock, ends } = started()
    await turns(2)
    const { subscriber } = service.subscriptions[0]!
    subscriber.send({ seq: 1, snapshot: tree(['a']) })
    for (let n = 0; n < 60; n++) {
      subscriber.send(more(n, `b${n % 10}`))
      await turns(2)
      await clock.advance(FOREIGN_PAUSE_MS)
    }
    expect(ends).toEqual([])
    expect(Object.keys(mirror.tree!.bridges)).toHaveLength(11)
    mirror.dispose()
  })

  it('takes no more at once than there was credit for', async () => {
    const { service, mirror, client, clock, ends } = started()
    await turns(2)
    const { subscriber } = service.subscriptions[0]!
    // The server is not ours: it does not count.
    Object.defineProperty(subscriber, 'credit', { get: () => 9 })
    subscriber.send({ seq: 1, snapshot: tree(['a']) })
    for (let n = 0; n < 4; n++) subscriber.send(more(n, 'b'))
    await turns(5)
    expect(client.closed).toMatchObject({ code: 'peer-protocol' })
    expect(ends).toHaveLength(1)
    mirror.dispose()
    expect(clock.pending).toBe(0)
  })
})
