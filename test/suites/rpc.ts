/** What client and server do over every Channel. */
import * as fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Emitter, type Disposable } from '../../src-main/base/event.ts'
import type { CloseReason } from '../../src-main/contract/close.ts'
import { DONE, SHUTDOWN } from '../../src-main/contract/close.ts'
import { Fault } from '../../src-main/contract/faults.ts'
import type { StateTree } from '../../src-main/contract/state.ts'
import type { Channel } from '../../src-main/rpc/channel.ts'
import { CREDIT, RpcClient } from '../../src-main/rpc/client.ts'
import { PermittedService } from '../../src-main/rpc/permitted.ts'
import { RingTopic } from '../../src-main/rpc/ring-topic.ts'
import { MAX_CALLS, MAX_SUBSCRIPTIONS, serve, type Served, type Service } from '../../src-main/rpc/server.ts'
import { StateMirror } from '../../src-main/rpc/state-mirror.ts'
import { StateTopic } from '../../src-main/rpc/state-topic.ts'
import { eventually } from '../eventually.ts'
import { FakeService } from '../rpc/fake-service.ts'
import { turns } from './connection.ts'

export interface RpcPair {
  readonly client: Channel
  readonly server: Channel
}

/** Nothing here takes long but where the machine is busy. */
const soon = <T>(look: () => T): Promise<T> => eventually(look, 10_000, 2)

type Ask = (name: string, args?: unknown, signal?: AbortSignal) => Promise<unknown>
type Listen = (
  topic: string,
  item: (item: unknown) => void | Promise<void>,
  options?: { credit?: number; ended?: (fault: Fault | undefined) => void }
) => Disposable

interface Bench {
  readonly pair: RpcPair
  readonly client: RpcClient
  readonly served: Served
  /** `client.call` and `client.subscribe` for names that the tables do not have. */
  readonly ask: Ask
  readonly listen: Listen
}

export function rpcSuite(name: string, open: () => RpcPair | Promise<RpcPair>, runs: number): void {
  const start = async (service: Service): Promise<Bench> => {
    const pair = await open()
    const served = serve(pair.server, service)
    const client = new RpcClient(pair.client)
    onTestFinished(() => {
      client.dispose()
      served.dispose()
    })
    const ask: Ask = (command, args, signal) => client.call(command as never, args as never, signal)
    const listen: Listen = (topic, item, options) => client.subscribe(topic as 'state', {}, item, options)
    return { pair, client, served, ask, listen }
  }

  /** A server and a Channel of which the test says each message itself. */
  const byHand = async (
    service: Service = new FakeService()
  ): Promise<{
    channel: Channel
    told: Record<string, unknown>[]
    ends: CloseReason[]
    ended: CloseReason[]
  }> => {
    const pair = await open()
    serve(pair.server, service)
    const [told, ends, ended]: [Record<string, unknown>[], CloseReason[], CloseReason[]] = [[], [], []]
    pair.client.onMessage((message) => told.push(message as Record<string, unknown>))
    pair.client.onClose((reason) => ends.push(reason))
    pair.server.onClose((reason) => ended.push(reason))
    return { channel: pair.client, told, ends, ended }
  }
  const HELLO = { type: 'hello', versions: [1] }

  describe(`rpc over ${name}`, () => {
    it('carries typed calls, their arguments and results, bytes among them', async () => {
      const asked: unknown[] = []
      const backend = {
        call: (...[command, args]: unknown[]) => {
          asked.push([command, args])
          return Promise.resolve(command === 'send' ? { sent: 300 } : [{ path: '/dev/ttyUSB0' }])
        },
        subscribe: () => ({ dispose: () => undefined })
      }
      const { client } = await start(new PermittedService({ type: 'owner' }, backend, () => false))
      const bytes = Uint8Array.from({ length: 300 }, (_, index) => index % 256)
      expect(await client.call('ports.list', {})).toEqual([{ path: '/dev/ttyUSB0' }])
      expect(await client.call('send', { port: { target: 'sim:echo' }, bytes })).toEqual({ sent: 300 })
      expect(asked[1]).toEqual(['send', { port: { target: 'sim:echo', settings: {} }, bytes }])
      await expect(client.call('entry.remove', { id: 1 as never })).rejects.toMatchObject({ code: 'usage' })
      await expect(client.call('no.such' as never, {} as never)).rejects.toMatchObject({
        code: 'unsupported'
      })
      await expect(client.call('toString' as never, {} as never)).rejects.toMatchObject({
        code: 'unsupported'
      })
    })

    it('gives back any plain data as it was', async () => {
      const { ask } = await start(new FakeService())
      const leaf = fc.oneof(
        fc.string(),
        fc.double(),
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
        fc.uint8Array()
      )
      const { tree } = fc.letrec((tie) => ({
        tree: fc.oneof(
          { maxDepth: 4 },
          leaf,
          fc.array(tie('tree')),
          fc.dictionary(
            fc.string().filter((key) => key !== '__proto__'),
            tie('tree'),
            { noNullPrototype: true }
          )
        )
      }))
      await fc.assert(
        fc.asyncProperty(tree, async (value) => {
          expect(await ask('echo', value)).toEqual(unsigned(value))
        }),
        { numRuns: runs }
      )
      // Zero has one sign, whatever carries it.
      expect(await ask('echo', [-0, { zero: -0 }])).toEqual([0, { zero: 0 }])
      expect(await ask('echo')).toBeUndefined()
      expect(await ask('echo', { here: 1, not: undefined })).toStrictEqual({ here: 1 })
    })

    it('tells faults as they are, and mistakes as bugs', async () => {
      const service = new FakeService()
      const { ask } = await start(service)
      const [busy, broken, newer] = [ask('a'), ask('b'), ask('c')]
      await soon(() => expect(service.calls).toHaveLength(3))
      service.calls[0]!.fail(new Fault('device-busy', 'minicom has it. Close it.', new Error('EBUSY')))
      service.calls[1]!.fail(new TypeError('oops'))
      service.calls[2]!.fail(Object.assign(new Fault('bug', 'x\u001b[2J\ny'), { code: 'of-tomorrow' }))
      await expect(busy).rejects.toMatchObject({ code: 'device-busy', message: 'minicom has it. Close it.' })
      await expect(busy).rejects.toMatchObject({ cause: { message: 'EBUSY' } })
      await expect(broken).rejects.toMatchObject({
        code: 'bug',
        message: expect.stringContaining('oops') as string
      })
      await expect(newer).rejects.toMatchObject({ code: 'peer-protocol', message: 'x [2J y' })
    })

    it('refuses what no message can carry, and goes on', async () => {
      const service = new FakeService()
      const { ask } = await start(service)
      const circle: Record<string, unknown> = {}
      circle.again = circle
      const odd = [
        () => 1,
        new Date(),
        new Map(),
        1n,
        Symbol('x'),
        circle,
        [undefined],
        JSON.parse('{"__proto__":1}') as unknown
      ]
      for (const each of odd) await expect(ask('echo', { each })).rejects.toMatchObject({ code: 'bug' })
      const answer = ask('odd')
      await soon(() => expect(service.calls).toHaveLength(1))
      service.calls[0]!.answer({ socket: new Map() })
      await expect(answer).rejects.toMatchObject({
        code: 'bug',
        message: expect.stringContaining('a Map') as string
      })
      expect(await ask('echo', 1)).toBe(1)
    })

    it('cancels a call at both ends, and the late answer is nobody’s', async () => {
      const service = new FakeService()
      const { ask } = await start(service)
      const abort = new AbortController()
      const call = ask('wait', {}, abort.signal)
      await soon(() => expect(service.calls).toHaveLength(1))
      abort.abort(new Error('no longer'))
      await expect(call).rejects.toThrow('no longer')
      await soon(() => expect(service.calls[0]!.signal.aborted).toBe(true))
      service.calls[0]!.answer('late')
      expect(await ask('echo', 2)).toBe(2)
      await expect(ask('wait', {}, abort.signal)).rejects.toThrow('no longer')
      expect(service.calls).toHaveLength(1)
    })

    it('cancels while the answer is on its way', async () => {
      const service = new FakeService()
      const { ask } = await start(service)
      const abort = new AbortController()
      const call = ask('wait', {}, abort.signal)
      await soon(() => expect(service.calls).toHaveLength(1))
      service.calls[0]!.answer('crossed')
      abort.abort(new Error('no longer'))
      await expect(call).rejects.toThrow('no longer')
      expect(await ask('echo', 3)).toBe(3)
    })

    it('keeps many calls apart, whatever the order of the answers, and refuses too many', async () => {
      const service = new FakeService()
      const { ask } = await start(service)
      const calls = Array.from({ length: MAX_CALLS }, (_, index) => ask('wait', index))
      await expect(ask('wait', 'one more')).rejects.toMatchObject({ code: 'usage' })
      for (const { args, answer } of [...service.calls].reverse()) answer(args)
      expect(await Promise.all(calls)).toEqual(calls.map((_, index) => index))
      expect(await ask('echo', 'again')).toBe('again')
    })

    it('hands items on in order, and never more than there is credit for', async () => {
      const service = new FakeService()
      const { listen } = await start(service)
      const items: unknown[] = []
      let release: () => void = () => undefined
      const held = new Promise<void>((resolve) => (release = resolve))
      listen('count', (item) => {
        items.push(item)
        return items.length <= CREDIT ? held : undefined
      })
      await soon(() => expect(service.subscriptions).toHaveLength(1))
      const { subscriber } = service.subscriptions[0]!
      let sent = 0
      const send = (): void => {
        while (sent < 1000 && subscriber.send(sent)) sent += 1
      }
      subscriber.onCredit = send
      send()
      await soon(() => expect(items).toHaveLength(CREDIT))
      await turns()
      expect(sent).toBe(CREDIT)
      expect(subscriber.send('too much')).toBe(false)
      release()
      await soon(() => expect(items).toHaveLength(1000))
      expect(items).toEqual(Array.from({ length: 1000 }, (_, index) => index))
    })

    it('ends a subscription from either side, once, and frees it there', async () => {
      const service = new FakeService()
      const { listen, ask } = await start(service)
      const ends: (Fault | undefined)[] = []
      const ended = (fault: Fault | undefined): void => void ends.push(fault)
      const left = listen('a', () => undefined, { ended })
      listen('b', () => undefined, { ended })
      listen('c', () => undefined, { ended })
      listen('none', () => undefined, { ended })
      await soon(() => expect(ends).toMatchObject([{ code: 'unsupported' }]))
      left.dispose()
      left.dispose()
      await ask('echo')
      expect(service.subscriptions[0]!.disposed).toBe(1)
      service.subscriptions[0]!.subscriber.send('late')
      service.subscriptions[1]!.subscriber.end(new Fault('device-unplugged', 'Gone. Plug it in.'))
      service.subscriptions[1]!.subscriber.end()
      service.subscriptions[2]!.subscriber.end()
      await soon(() => expect(ends).toHaveLength(3))
      expect(ends.slice(1)).toMatchObject([{ code: 'device-unplugged' }, undefined])
      expect(service.subscriptions.map(({ disposed }) => disposed)).toEqual([1, 1, 1])
      expect(service.subscriptions[1]!.subscriber.credit).toBe(0)
    })

    it('ends a subscription whose taker throws, or whose item or arguments cannot be carried', async () => {
      const service = new FakeService()
      const { client, listen, ask } = await start(service)
      const ends: (Fault | undefined)[] = []
      const ended = (fault: Fault | undefined): void => void ends.push(fault)
      const thrower = (): void => {
        throw new Error('oops')
      }
      listen('a', thrower, { ended })
      listen('b', () => Promise.reject(new Error('oops')), { ended })
      listen('c', () => undefined, { ended })
      await soon(() => expect(service.subscriptions).toHaveLength(3))
      client.subscribe('state', { odd: new Map() } as object, () => undefined, { ended })
      client.subscribe('state', { odd: new Map() } as object, () => undefined, { ended }).dispose()
      await soon(() => expect(ends.splice(0)).toMatchObject([{ code: 'bug' }]))
      for (const { subscriber, topic } of service.subscriptions)
        subscriber.send(topic === 'c' ? new Map() : 1)
      await soon(() => expect(ends).toMatchObject([{ code: 'bug' }, { code: 'bug' }, { code: 'bug' }]))
      await ask('echo')
      expect(service.subscriptions.map(({ disposed }) => disposed)).toEqual([1, 1, 1])
    })

    it('keeps no more for a reader that does not take than its ring, and counts the rest', async () => {
      const ring = new RingTopic<{ n: number }>({ maxItems: 100 })
      const { listen, ask } = await start({
        call: () => Promise.resolve(),
        subscribe: (_topic, _args, subscriber) => ring.subscribe(subscriber)
      })
      const items: unknown[] = []
      let release: () => void = () => undefined
      const held = new Promise<void>((resolve) => (release = resolve))
      listen('traffic', (item) => {
        items.push(item)
        return held
      })
      await ask('nothing')
      for (let n = 0; n < 20_000; n++) ring.publish({ n })
      await ask('nothing')
      expect(items).toHaveLength(CREDIT)
      release()
      await soon(() => expect(items).toHaveLength(CREDIT + 1 + 100))
      expect(items[CREDIT]).toEqual({ leftOut: 20_000 - CREDIT - 100 })
      expect(items.slice(CREDIT + 1)).toEqual(
        Array.from({ length: 100 }, (_, index) => ({ n: 19_900 + index }))
      )
    })

    it('says why it closes, ends everything that is under way, and does nothing afterwards', async () => {
      const service = new FakeService()
      const { client, served, ask, listen, pair } = await start(service)
      const faults: Fault[] = []
      client.onClose((fault) => faults.push(fault))
      const ends: (Fault | undefined)[] = []
      const call = ask('wait')
      listen('a', () => undefined, { ended: (fault) => void ends.push(fault) })
      await soon(() => expect(service.subscriptions).toHaveLength(1))
      served.close(SHUTDOWN)
      served.close(DONE)
      await expect(call).rejects.toMatchObject({
        code: 'peer-closed',
        message: expect.stringContaining(SHUTDOWN.message) as string
      })
      expect(ends).toMatchObject([{ code: 'peer-closed' }])
      expect(faults).toHaveLength(1)
      expect(service.calls[0]!.signal.aborted).toBe(true)
      expect(service.subscriptions[0]!.disposed).toBe(1)
      await expect(ask('echo')).rejects.toMatchObject({ code: 'peer-closed' })
      listen('b', () => undefined, { ended: (fault) => void ends.push(fault) })
      await soon(() => expect(ends).toHaveLength(2))
      service.calls[0]!.answer(1)
      expect(service.subscriptions[0]!.subscriber.send(1)).toBe(false)
      pair.server.post('anything')
      const ended = new Promise((resolve) => pair.server.onClose(resolve))
      expect(await ended).toEqual(SHUTDOWN)
      const late: CloseReason[] = []
      pair.server.onClose((reason) => late.push(reason))
      expect(late).toEqual([SHUTDOWN])
    })

    it('ends at the server when the client leaves', async () => {
      const service = new FakeService()
      const { client, ask, listen } = await start(service)
      const call = ask('wait')
      listen('a', () => undefined, { ended: () => expect.unreachable() }).dispose()
      listen('b', () => undefined)
      await soon(() => expect(service.subscriptions).toHaveLength(2))
      client.dispose()
      client.dispose()
      await expect(call).rejects.toMatchObject({ code: 'peer-closed' })
      await soon(() => expect(service.calls[0]!.signal.aborted).toBe(true))
      expect(service.subscriptions.map(({ disposed }) => disposed)).toEqual([1, 1])
    })

    it('may be closed from inside everything that it calls', async () => {
      const places = ['call', 'subscribe', 'abort', 'onCredit', 'item', 'ended', 'answer'] as const
      for (const place of places) {
        const service = new FakeService()
        const { client, served, ask, listen } = await start(service)
        const closeAt = (here: string): void => {
          if (here === place) served.close(DONE)
        }
        const call = service.call.bind(service)
        service.call = (command, args, signal) => {
          closeAt(command)
          signal.addEventListener('abort', () => closeAt('abort'))
          return call(command, args, signal)
        }
        service.onSubscribe = ({ subscriber }) => {
          subscriber.onCredit = () => closeAt('onCredit')
          while (subscriber.send(1));
          closeAt('subscribe')
        }
        const abort = new AbortController()
        const calls = [ask('call'), ask('wait', {}, abort.signal)]
        const settled = Promise.allSettled(calls)
        listen('a', () => closeAt('item'), { ended: () => closeAt('ended') })
        listen('none', () => undefined, { ended: () => closeAt('ended') })
        await ask('echo').then(
          () => closeAt('answer'),
          () => undefined
        )
        abort.abort()
        await soon(() => expect(client.closed).toBeDefined())
        await settled
        await soon(() => {
          expect(service.calls.every(({ signal }) => signal.aborted)).toBe(true)
          expect(service.subscriptions.every(({ disposed }) => disposed === 1)).toBe(true)
        })
      }
    })

    it('wants a hello first, of a version that it speaks', async () => {
      const early = await byHand()
      early.channel.post({ type: 'call', id: 1, name: 'echo', args: 1 })
      await soon(() => expect([early.ends, early.ended]).toMatchObject([{ length: 1 }, { length: 1 }]))
      expect(early.told).toMatchObject([
        { type: 'bye', reason: { message: 'the client did not say hello first' } }
      ])

      const stranger = await byHand()
      stranger.channel.post({ type: 'hello', versions: [7, 9], features: [] })
      await soon(() => expect(stranger.ends).toHaveLength(1))
      expect(stranger.told).toMatchObject([
        {
          type: 'bye',
          reason: { code: 'refused', message: expect.stringContaining('version 7, 9') as string }
        }
      ])

      const newer = await byHand()
      newer.channel.post({ type: 'hello', versions: [2, 1], features: ['x'], tomorrow: true })
      await soon(() => expect(newer.told).toEqual([{ type: 'hello', version: 1, features: [] }]))
      newer.channel.post(HELLO)
      await soon(() => expect(newer.ended).toHaveLength(1))
    })

    it('ignores fields and messages of tomorrow, and what comes late', async () => {
      const { channel, told } = await byHand()
      channel.post(HELLO)
      channel.post({ type: 'of tomorrow', id: 'x' })
      for (const type of ['cancel', 'unsubscribe']) channel.post({ type, id: 99 })
      channel.post({ type: 'credit', id: 99, count: 5 })
      channel.post({ type: 'call', id: 1, name: 'echo', args: 'here', urgent: true })
      await soon(() => expect(told).toHaveLength(2))
      expect(told[1]).toEqual({ type: 'result', id: 1, value: 'here' })
    })

    it('closes on a message that does not fit, and on an id that was there before', async () => {
      const call = { type: 'call', id: 1, name: 'wait' }
      const subscribe = { type: 'subscribe', id: 1, topic: 'a', credit: 1 }
      const wrong: unknown[][] = [
        [{ type: 'call', id: 0, name: 'a' }],
        [{ type: 'call', id: '1', name: 'a' }],
        [{ type: 'subscribe', id: 1, topic: 'a', credit: -1 }],
        [{ type: 'subscribe', id: 1, topic: 'a', credit: 0.5 }],
        [{ id: 1 }],
        ['hello'],
        [null],
        [[]],
        [call, call],
        [call, subscribe],
        [subscribe, subscribe],
        [{ ...call, id: 2 }, call]
      ]
      for (const messages of wrong) {
        const service = new FakeService()
        const { channel, told, ends, ended } = await byHand(service)
        channel.post(HELLO)
        for (const each of messages) channel.post(each)
        // Each side by itself: over a port the server has ended before the client has heard of it.
        await soon(() => expect([ends, ended]).toMatchObject([{ length: 1 }, { length: 1 }]))
        expect(told.map(({ type }) => type)).toEqual(['hello', 'bye'])
        expect(service.calls.every(({ signal }) => signal.aborted)).toBe(true)
        expect(service.subscriptions.every(({ disposed }) => disposed === 1)).toBe(true)
      }
    })

    it('has no more subscriptions of one client than it says', async () => {
      const service = new FakeService()
      const { listen } = await start(service)
      const ends: (Fault | undefined)[] = []
      for (let count = 0; count <= MAX_SUBSCRIPTIONS; count++)
        listen('a', () => undefined, { ended: (fault) => void ends.push(fault) })
      await soon(() => expect(ends).toMatchObject([{ code: 'usage' }]))
      expect(service.subscriptions).toHaveLength(MAX_SUBSCRIPTIONS)
    })

    it('closes on a server that answers what does not fit, or more than it has credit for', async () => {
      const hello = { type: 'hello', version: 1, features: ['of tomorrow'], more: 1 }
      const item = { type: 'item', id: 1, item: 1 }
      const wrong: unknown[][] = [
        [{ type: 'result', id: 1 }],
        [{ type: 'hello', version: 2 }],
        [hello, hello],
        [hello, { type: 'result' }],
        [hello, 7],
        [hello, item, item, item]
      ]
      for (const messages of wrong) {
        const { client: near, server } = await open()
        const client = new RpcClient(near)
        client.subscribe('state', {}, () => new Promise(() => undefined), { credit: 2 })
        server.onMessage(() => undefined)
        for (const each of [...messages]) server.post(each)
        await soon(() => expect(client.closed).toMatchObject({ code: 'peer-protocol' }))
      }
      const { client: near, server } = await open()
      const client = new RpcClient(near)
      for (const each of [
        hello,
        { type: 'of tomorrow' },
        { type: 'result', id: 77 },
        { type: 'ended', id: 78 }
      ])
        server.post(each)
      await soon(() => expect(client.features).toEqual(['of tomorrow']))
      await turns()
      expect(client.closed).toBeUndefined()
      client.dispose()
    })

    it('mirrors the state: a snapshot, then what changed', async () => {
      const changes = new Emitter<void>()
      let tree = treeOf({})
      const topic = new StateTopic(() => tree, changes.event)
      const { client } = await start({
        call: () => Promise.resolve(),
        subscribe: (_topic, _args, subscriber) => topic.subscribe(subscriber)
      })
      const mirror = new StateMirror(client)
      const seen: StateTree[] = []
      mirror.onChange((each) => seen.push(each))
      await soon(() => expect(mirror.tree).toEqual(tree))
      for (let round = 1; round <= 200; round++) {
        tree = treeOf({ steady: { name: 'steady' }, busy: { name: `busy ${round}` } })
        changes.fire()
      }
      await soon(() => expect(mirror.tree).toEqual(tree))
      // The pace makes few of many.
      expect(seen.length).toBeLessThan(20)
      const before = mirror.tree!.bridges.steady
      tree = treeOf({ steady: { name: 'steady' } })
      changes.fire()
      await soon(() => expect(mirror.tree).toEqual(tree))
      expect(mirror.tree!.bridges.steady).toBe(before)
      topic.dispose()
      mirror.dispose()
    })

    it('settles every call and ends every subscription, whatever happens in which order', async () => {
      const step = fc.oneof(
        {
          weight: 4,
          arbitrary: fc.constantFrom('call', 'echo', 'subscribe', 'answer', 'fail', 'send', 'turn')
        },
        { weight: 2, arbitrary: fc.constantFrom('cancel', 'unsubscribe', 'end') },
        { weight: 1, arbitrary: fc.constantFrom('close client', 'close server') }
      )
      await fc.assert(
        fc.asyncProperty(
          fc.array(step, { maxLength: 60 }),
          fc.infiniteStream(fc.nat()),
          async (steps, random) => {
            await interleave(steps, () => random.next().value as number)
          }
        ),
        { numRuns: runs }
      )
    })
  })

  async function interleave(steps: readonly string[], random: () => number): Promise<void> {
    const service = new FakeService()
    const pair = await open()
    const served = serve(pair.server, service)
    const client = new RpcClient(pair.client)
    const pick = <T>(from: readonly T[]): T | undefined => from[random() % Math.max(1, from.length)]
    const calls: Promise<unknown>[] = []
    const aborts: AbortController[] = []
    const watches: Disposable[] = []
    let [begun, over, left] = [0, 0, 0]
    const actions: Record<string, () => unknown> = {
      call: () => {
        const abort = new AbortController()
        aborts.push(abort)
        calls.push(client.call('wait' as never, {} as never, abort.signal))
      },
      echo: () => calls.push(client.call('echo' as never, calls.length as never)),
      subscribe: () => {
        begun += 1
        let open = true
        const close = (): void => {
          if (open) over += 1
          else expect.unreachable('ended twice, or after it was left')
          open = false
        }
        const watch = client.subscribe('state', {}, () => undefined, { credit: 3, ended: close })
        watches.push({
          dispose: () => {
            if (open) left += 1
            open = false
            watch.dispose()
          }
        })
      },
      answer: () => pick(service.calls)?.answer('x'),
      fail: () => pick(service.calls)?.fail(new Fault('usage', 'no')),
      send: () => pick(service.subscriptions)?.subscriber.send('item'),
      turn: () => turns(2),
      cancel: () => pick(aborts)?.abort(),
      unsubscribe: () => pick(watches)?.dispose(),
      end: () => pick(service.subscriptions)?.subscriber.end(),
      'close client': () => client.dispose(),
      'close server': () => served.close(SHUTDOWN)
    }
    const settled: unknown[] = []
    for (const each of steps) {
      await actions[each]!()
      for (const call of calls.splice(0)) settled.push(call.catch(() => undefined))
    }
    served.close(DONE)
    await Promise.all(settled)
    await soon(() => expect(over + left).toBe(begun))
    expect(service.calls.every(({ signal, settled }) => signal.aborted || settled)).toBe(true)
    expect(service.subscriptions.every(({ disposed }) => disposed === 1)).toBe(true)
    client.dispose()
  }
}

function treeOf(bridges: Record<string, { name: string }>): StateTree {
  return { bridges, rotators: {} } as unknown as StateTree
}

function unsigned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unsigned)
  if (typeof value === 'object' && value !== null && !(value instanceof Uint8Array))
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, unsigned(each)]))
  return Object.is(value, -0) ? 0 : value
}
