/** What another Farport shows of a share, as it is understood, told and kept up: with a far side that may say anything. */
import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { Emitter } from '../../../src-main/base/event.ts'
import { Fault } from '../../../src-main/contract/faults.ts'
import type { FarState, PortState, StateTree } from '../../../src-main/contract/state.ts'
import type { LinkEntry } from '../../../src-main/contract/settings.ts'
import { farLinkOf } from '../../../src-main/core/instance/far-link.ts'
import { FarPeer } from '../../../src-main/core/instance/far-peer.ts'
import {
  ANSWER_MS,
  FarShares,
  MAX_LOOKS,
  TELL_PERIOD_MS
} from '../../../src-main/core/instance/far-shares.ts'
import { farView } from '../../../src-main/core/instance/far-view.ts'
import { farLines } from '../../../src-main/core/instance/far-words.ts'
import { CallPace, MAX_CALLS_PER_PERIOD, PERIOD_MS } from '../../../src-main/core/instance/call-pace.ts'
import { useOfEntry, useOfFarEnd } from '../../../src-main/core/use.ts'
import { RpcClient } from '../../../src-main/rpc/client.ts'
import { memoryChannels } from '../../../src-main/rpc/memory-channel.ts'
import { serve, type Service } from '../../../src-main/rpc/server.ts'
import { StateTopic } from '../../../src-main/rpc/state-topic.ts'
import { FakeClock, settle } from '../../fake-clock.ts'

const OWN = 'a'.repeat(64)
const USE = useOfEntry('l1')
const FAR = { own: OWN, peer: 'alice', share: 'desk', use: USE }
const AT = new Date(2026, 10, 21, 14, 2).getTime()
const NOW = new Date(2026, 10, 21, 15, 0)

const session = (id: number, given: object = {}): object => ({
  ...{ id, label: 'another client', writer: false, observes: false, since: 1 },
  ...given
})
const ours = (given: object = {}): object => session(2, { peer: OWN, use: USE, label: 'us', ...given })
const desk = (...sessions: object[]): object => ({
  ...{ id: 'e1', name: 'desk', may: { level: 'control', history: false }, sessions }
})
const tree = (...bridges: object[]): StateTree =>
  ({ bridges: Object.fromEntries(bridges.map((each, n) => [n, each])), rotators: {} }) as unknown as StateTree

describe('what is understood of a far share', () => {
  it('is our session, who has the control, and who asks, the first one first', () => {
    const others = [
      session(1, { label: 'bench', writer: true, holdsSince: AT }),
      session(4, { label: 'shelf', asksSince: AT + 20 }),
      session(3, { peer: OWN, use: 'another', asksSince: AT + 10 })
    ]
    expect(farView(tree(desk(...others, ours({ asksSince: AT + 5 }))), FAR)).toEqual({
      shareId: 'e1',
      state: {
        ...{ type: 'known', peer: 'alice', share: 'desk', session: 2, writer: false, observes: false },
        ...{ asksSince: AT + 5, may: { level: 'control', history: false } },
        holder: { session: 1, label: 'bench', since: AT },
        asks: [
          { session: 3, label: 'this computer', since: AT + 10 },
          { session: 4, label: 'shelf', since: AT + 20 }
        ]
      }
    })
  })

  it('is the share that we use, also where it is called something else by now', () => {
    const other = { ...desk(), id: 'e2' }
    const renamed = { ...desk(ours()), name: 'table' }
    expect(farView(tree(other, renamed), FAR)).toMatchObject({ shareId: 'e1', state: { share: 'table' } })
    expect(farView(tree(desk()), FAR)).toEqual({
      shareId: 'e1',
      state: { type: 'unknown', peer: 'alice' }
    })
    expect(farView(tree(), FAR)).toEqual({ state: { type: 'unknown', peer: 'alice' } })
  })

  it('is of many who ask a few', () => {
    const many = Array.from({ length: 500 }, (_, n) => session(n + 10, { asksSince: AT + n }))
    const { state } = farView(tree(desk(ours({ holdsSince: AT, writer: true }), ...many)), FAR)
    expect(state).toMatchObject({ type: 'known', asks: { length: 8 } })
  })

  it.each([
    ['no sessions', { ...desk(), sessions: 'x' }],
    ['a time that no clock has', desk(ours({ holdsSince: Infinity }))],
    ['a label that is none', desk(ours(), session(1, { label: 7 }))],
    ['a session without a number', desk(ours(), session(NaN))]
  ])('is a fault of the peer’s where it sends %s', (_what, bridge) => {
    expect(() => farView(tree(bridge), FAR)).toThrow(expect.objectContaining({ code: 'peer-protocol' }))
  })

  it('is a state, or that fault, whatever it sends', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.anything({ maxDepth: 4 })), (bridges) => {
        try {
          expect(farView({ bridges, rotators: {} } as unknown as StateTree, FAR).state.type).toBe('unknown')
        } catch (error) {
          expect(error).toMatchObject({ code: 'peer-protocol' })
        }
      })
    )
  })
})

describe('what people are told', () => {
  const known = (given: Partial<Extract<FarState, { type: 'known' }>> = {}) =>
    ({
      ...{
        type: 'known',
        peer: 'alice',
        share: 'desk',
        session: 2,
        writer: false,
        observes: false,
        asks: []
      },
      ...given
    }) as Extract<FarState, { type: 'known' }>
  const holder = { session: 1, label: 'bench', since: AT }
  const asks = [{ session: 3, label: 'shelf', since: AT }]
  const mine = known({ writer: true, holdsSince: AT })
  const texts = (before: FarState | undefined, after: Extract<FarState, { type: 'known' }>, link = 'GPS') =>
    farLines(before, after, link, NOW).map(({ text }) => text)

  it.each([
    ['it writes from the start', undefined, mine, []],
    [
      'it watches',
      undefined,
      known({ holder }),
      ['you only watch: bench has the control since 14:02. Ask for it: farport ask GPS']
    ],
    ['nobody writes', undefined, known(), ['you only watch. Ask for it: farport ask GPS']],
    [
      'it may not write',
      undefined,
      known({ observes: true }),
      ['you may only watch: alice lets this computer do no more']
    ],
    ['nothing is new', known({ holder }), known({ holder: { ...holder, label: 'shelf' } }), []],
    ['it gets the control', known({ holder }), mine, ['you have the control now']],
    [
      'it loses it',
      mine,
      known({ holder }),
      ['bench has the control now; you watch from now on. Ask for it: farport ask GPS']
    ],
    [
      'it may write no more',
      mine,
      known({ observes: true, holder }),
      ['you may only watch: bench has the control since 14:02, and alice lets this computer do no more']
    ],
    [
      'it may write again',
      known({ observes: true, holder }),
      known({ holder }),
      ['you only watch: bench has the control since 14:02. Ask for it: farport ask GPS']
    ],
    ['it asked', known({ holder }), known({ holder, asksSince: AT }), []],
    [
      'it asked in vain',
      known({ holder, asksSince: AT }),
      known({ holder }),
      ['you were not given the control: bench has it since 14:02']
    ],
    ['it asked and got it', known({ holder, asksSince: AT }), mine, ['you have the control now']],
    [
      'one asks',
      mine,
      { ...mine, asks },
      ['shelf asks for the control of desk: farport grant GPS, or farport decline GPS']
    ],
    ['one still asks', { ...mine, asks }, { ...mine, asks }, []],
    ['one asks another', known({ holder }), known({ holder, asks }), []],
    [
      'one asked who had it before',
      known({ holder, asks }),
      { ...mine, asks },
      [
        'you have the control now',
        'shelf asks for the control of desk: farport grant GPS, or farport decline GPS'
      ]
    ],
    ['all write', undefined, known({ writer: true, asks }), []]
  ] as const)('when %s', (_when, before, after, told) => {
    expect(texts(before, after)).toEqual(told)
  })

  it('can be pasted, whatever the link is called', () => {
    expect(texts(undefined, known(), "Uma's $(gps)")[0]).toContain(`farport ask 'Uma'\\''s $(gps)'`)
    const two = [...asks, { session: 4, label: 'bench', since: AT }]
    expect(texts(mine, { ...mine, asks: two })[1]).toContain('farport grant GPS 4, or farport decline GPS 4')
    const long = farLines(undefined, known({ holder }), 'x', new Date(2026, 10, 23))
    expect(long[0]?.text).toContain('since 2026-11-21 14:02')
  })
})

describe('the share that a link leads to', () => {
  const link = (target: string, to = 'pty:'): LinkEntry =>
    ({ id: 'l1', name: 'GPS', enabled: true, port: { target }, to }) as unknown as LinkEntry
  it.each([
    ['farport://alice/desk', 'pty:', { peer: 'alice', share: 'desk', use: USE, end: 0 }],
    ['farport://[2001:db8::7]:22300/a%20b', 'pty:', { peer: '[2001:db8::7]:22300', share: 'a b', end: 0 }],
    ['sim:echo', 'farport://alice/desk?take-over', { peer: 'alice', use: useOfFarEnd(USE), end: 1 }],
    ['sim:echo', 'pty:', undefined],
    ['farport://alice', 'pty:', undefined]
  ])('%s and %s', (target, to, found) => {
    if (found) expect(farLinkOf(link(target, to))).toMatchObject(found)
    else expect(farLinkOf(link(target, to))).toBeUndefined()
  })
})

/** A peer's end: how often it was dialled, and what it shows. */
function far(clock: FakeClock) {
  const changes = new Emitter<void>()
  let shown = tree(desk(ours()))
  let dials = 0
  let fails = false
  let silent = false
  const calls: [string, unknown][] = []
  const ends: (() => void)[] = []
  const dial = async (signal: AbortSignal): Promise<{ client: RpcClient }> => {
    dials++
    await settle()
    signal.throwIfAborted()
    if (fails) throw new Fault('peer-refused', 'Nobody answers there.')
    const [near, end] = memoryChannels()
    const topic = new StateTopic(() => shown, changes.event, clock)
    const service: Service = {
      call: (name, args) => {
        calls.push([name, args])
        return silent ? new Promise(() => undefined) : Promise.resolve({})
      },
      subscribe: (_topic, _args, subscriber) => topic.subscribe(subscriber)
    }
    const served = serve(end, service, clock)
    ends.push(() => served.dispose())
    end.onClose(() => topic.dispose())
    return { client: new RpcClient(near, { clock }) }
  }
  return {
    dial,
    calls,
    silence: () => void (silent = true),
    dials: () => dials,
    fail: (now: boolean) => void (fails = now),
    end: () => ends.splice(0).forEach((each) => each()),
    show: (next: StateTree) => {
      shown = next
      changes.fire()
    }
  }
}

describe('the connection to a peer', () => {
  it('is made again where it breaks, later each time, and at once for whoever needs it', async () => {
    const clock = new FakeClock()
    const there = far(clock)
    const peer = new FarPeer({ dial: there.dial, clock, changed: () => undefined })
    await settle()
    await settle()
    expect([there.dials(), peer.tree, peer.fault]).toEqual([1, tree(desk(ours())), undefined])
    there.fail(true)
    there.end()
    await settle()
    expect([peer.tree, peer.fault?.code]).toEqual([undefined, 'peer-closed'])
    await clock.advance(500)
    expect([there.dials(), peer.fault?.code]).toEqual([2, 'peer-refused'])
    await clock.advance(999)
    expect(there.dials()).toBe(2)
    await clock.advance(1)
    expect(there.dials()).toBe(3)
    await expect(peer.client()).rejects.toMatchObject({ code: 'peer-refused' })
    expect(there.dials()).toBe(4)
    there.fail(false)
    await clock.advance(60_000)
    expect([peer.tree, peer.fault]).toEqual([tree(desk(ours())), undefined])
    // It was well again: the next try is as soon as the first one was.
    const before = there.dials()
    there.end()
    await clock.advance(500)
    expect(there.dials()).toBe(before + 1)
    peer.dispose()
    await settle()
    expect(clock.pending).toBe(0)
  })

  it('that is not wanted any more while it is dialled is no connection', async () => {
    const clock = new FakeClock()
    const there = far(clock)
    const peer = new FarPeer({ dial: there.dial, clock, changed: () => undefined })
    peer.dispose()
    await clock.advance(60_000)
    expect([there.dials(), clock.pending, peer.tree]).toEqual([1, 0, undefined])
    // Also where it came about all the same.
    const { client } = await there.dial(new AbortController().signal)
    const late = new FarPeer({ dial: () => Promise.resolve({ client }), clock, changed: () => undefined })
    late.dispose()
    await settle()
    expect([client.closed?.code, late.tree]).toEqual(['peer-closed', undefined])
  })
})

describe('the links of the settings', () => {
  const OPEN = { type: 'open' } as unknown as PortState
  const link = (id: string, target = 'farport://alice/desk'): LinkEntry =>
    ({ id, name: id, enabled: true, port: { target }, to: 'pty:' }) as unknown as LinkEntry

  function shares(links: LinkEntry[]) {
    const clock = new FakeClock()
    const there = far(clock)
    const open = new Set<string>()
    const told: string[] = []
    const settings = { links }
    const all = new FarShares({
      own: OWN,
      clock,
      settings: () => settings as never,
      linkPorts: (id) => (open.has(id) ? [OPEN] : []),
      peerOf: (peer) => ({ key: peer, name: peer }),
      dial: (_peer, signal) => there.dial(signal),
      tell: (_link, { text }) => void told.push(text)
    })
    return { clock, there, open, told, all, settings }
  }

  it('share a connection to their peer, and have none while none of them is open', async () => {
    const { all, clock, there, open, settings } = shares([link('l1'), link('l2'), link('l3', 'sim:echo')])
    all.sync()
    await clock.advance(1000)
    expect(there.dials()).toBe(0)
    open.add('l1').add('l2').add('l3')
    all.sync()
    all.sync()
    await clock.advance(1000)
    expect(there.dials()).toBe(1)
    const bridges = { l1: { id: 'l1' }, l3: { id: 'l3' } } as never
    expect(all.complete(bridges)).toMatchObject({ l1: { far: { type: 'known', session: 2 } } })
    expect(all.complete(bridges).l3).not.toHaveProperty('far')
    open.delete('l1')
    settings.links = settings.links.filter(({ id }) => id !== 'l2')
    all.sync()
    await settle()
    expect(clock.pending).toBeLessThanOrEqual(1)
    expect(all.complete(bridges).l1).not.toHaveProperty('far')
    open.add('l1')
    all.sync()
    expect(all.complete(bridges)).toMatchObject({ l1: { far: { type: 'unknown', peer: 'alice' } } })
    all.dispose()
    await settle()
    expect(clock.pending).toBe(0)
  })

  it('are as they were where only counts of bytes are new', async () => {
    const { all, clock, there, open, told, settings } = shares([link('l1'), link('l2')])
    let changes = 0
    all.onChange(() => void (changes += 1))
    open.add('l1')
    all.sync()
    await clock.advance(1000)
    const before = changes
    for (let n = 0; n < 5; n += 1) {
      there.show(tree(desk(ours({ bytesToDevice: n }))))
      await clock.advance(1000)
    }
    expect(changes).toBe(before)
    // One that joins is as its peer is, at once.
    open.add('l2')
    all.sync()
    expect(all.complete({ l2: { id: 'l2' } } as never)).toMatchObject({ l2: { far: { type: 'unknown' } } })
    // Nor is anything told again where it only has another name.
    settings.links = settings.links.map((each) => ({ ...each, name: 'GPS' }))
    all.sync()
    await clock.advance(1000)
    expect(told).toEqual(['you only watch. Ask for it: farport ask l1'])
    there.show(tree(desk(ours(), session(9, { peer: OWN, use: useOfEntry('l2') }))))
    await clock.advance(1000)
    expect(all.complete({ l2: { id: 'l2' } } as never)).toMatchObject({ l2: { far: { session: 9 } } })
    open.delete('l2')
    all.sync()
    open.add('l2')
    all.sync()
    expect(all.complete({ l2: { id: 'l2' } } as never)).toMatchObject({ l2: { far: { session: 9 } } })
    all.dispose()
  })

  it('have the far side act, and say why it does not', async () => {
    const { all, clock, there, open } = shares([link('l1'), link('l2', 'sim:echo')])
    const signal = new AbortController().signal
    const outcome = (id: string, name: 'control.ask' | 'control.grant' = 'control.ask'): Promise<unknown> =>
      all.call(id, name, name === 'control.ask' ? undefined : 7, signal).then(
        () => 'done',
        (fault: unknown) => (fault as Fault).message
      )
    expect(await outcome('l1')).toMatch(/^l1 is not connected/)
    expect(await outcome('l2')).toMatch(/^l2 leads to no share of a paired computer/)
    expect(await outcome('l3')).toMatch(/^There is no link/)
    open.add('l1')
    all.sync()
    await clock.advance(1000)
    expect([await outcome('l1'), await outcome('l1', 'control.grant')]).toEqual(['done', 'done'])
    // The share by its id there, which is the same whatever it is called.
    expect(there.calls).toEqual([
      ['control.ask', { share: 'e1', use: USE }],
      ['control.grant', { share: 'e1', session: 7 }]
    ])
    there.silence()
    const late = outcome('l1')
    await clock.advance(ANSWER_MS)
    expect(await late).toMatch(/^alice does not answer/)
    there.fail(true)
    there.end()
    await settle()
    expect(await outcome('l1')).toBe('Nobody answers there.')
    const bridges = { l1: { id: 'l1' } } as never
    expect(all.complete(bridges)).toMatchObject({
      l1: { far: { type: 'unknown', peer: 'alice', fault: { code: 'peer-refused' } } }
    })
    all.dispose()
  })

  it('tell people no more than they can read, and the last of it in any case', async () => {
    const { all, clock, there, open, told } = shares([link('l1')])
    open.add('l1')
    all.sync()
    await clock.advance(5000)
    told.length = 0
    for (let n = 0; n < 200; n += 1) {
      there.show(tree(desk(ours(n % 2 === 0 ? { writer: true, holdsSince: AT } : {}))))
      await clock.advance(TELL_PERIOD_MS / 20)
    }
    // 200 changes in ten seconds.
    expect(told.length).toBeGreaterThan(0)
    expect(told.length).toBeLessThanOrEqual(11 * (MAX_LOOKS + 1))
    await clock.advance(2 * TELL_PERIOD_MS)
    expect(told.at(-1)).toMatch(/watch/)
    for (let n = 0; n <= MAX_LOOKS; n += 1) {
      there.show(tree(desk(ours(n % 2 === 0 ? { writer: true, holdsSince: AT } : {}))))
      await clock.advance(TELL_PERIOD_MS / 20)
    }
    expect(told.at(-1)).toMatch(/watch/)
    await clock.advance(TELL_PERIOD_MS)
    expect(told.at(-1)).toBe('you have the control now')
    all.dispose()
  })
})

it('takes no more calls of one peer than a person makes, and others’ all the same', async () => {
  const clock = new FakeClock()
  const pace = new CallPace(clock)
  for (let n = 0; n < MAX_CALLS_PER_PERIOD; n += 1) pace.count('a')
  expect(() => pace.count('a')).toThrow(expect.objectContaining({ code: 'usage' }))
  pace.count('b')
  await clock.advance(PERIOD_MS)
  pace.count('a')
})
