import { describe, expect, it } from 'vitest'
import { SERVICE_COMMANDS, type ServiceCommand } from '../../../src-main/contract/service-commands.ts'
import { LEVELS, type PermissionLevel } from '../../../src-main/contract/settings.ts'
import type { StateTree } from '../../../src-main/contract/state.ts'
import { TOPICS, type TopicName } from '../../../src-main/contract/topics.ts'
import { Fault } from '../../../src-main/contract/faults.ts'
import type { RpcClient } from '../../../src-main/rpc/client.ts'
import { eventually } from '../../eventually.ts'
import { home, house, peerAt, type House } from './houses.ts'

type Outcome = 'refused' | 'permitted'
interface Case {
  readonly args: unknown
  /** What a peer gets that may do nothing, observe, control with the share that the arguments name. */
  readonly peers: Readonly<Record<PermissionLevel, Outcome>>
}

const NOBODY = { none: 'refused', observe: 'refused', control: 'refused' } as const
const ALL = { none: 'permitted', observe: 'permitted', control: 'permitted' } as const
const OBSERVE = { none: 'refused', observe: 'permitted', control: 'permitted' } as const
const CONTROL = { none: 'refused', observe: 'refused', control: 'permitted' } as const

const owners = (args: unknown = {}): Case => ({ args, peers: NOBODY })
const ID = 'a'.repeat(64)
const share = { port: { target: 'sim:echo' } }
const link = { port: { target: 'sim:echo' }, to: 'pty:/tmp/never' }

/** Permission by permission what each command answers: whoever adds one decides here who may call it. */
const CASES: Record<ServiceCommand, Case> = {
  'ports.list': owners(),
  send: owners({ port: { target: 'sim:echo' }, bytes: Uint8Array.of(1) }),
  reset: owners({ port: { target: 'sim:echo' }, sequence: 'dtr' }),
  doctor: owners(),
  'link.ways': owners(),
  'share.add': owners(share),
  'link.add': owners(link),
  'rotator.add': owners({ listen: ['raw://127.0.0.1:0'], shares: ['desk'] }),
  'share.change': owners({ ...share, id: 'desk', name: 'Other' }),
  'link.change': owners({ ...link, id: 'l1', name: 'Other' }),
  'rotator.change': owners({ id: 'r1', name: 'pool', listen: ['raw://127.0.0.1:0'], shares: ['desk'] }),
  'entry.remove': owners({ id: 'desk' }),
  'entry.enable': owners({ id: 'desk', enabled: false }),
  'sharing.pause': owners(),
  'sharing.resume': owners(),
  'retry.now': owners(),
  'settings.read': owners(),
  'settings.reload': owners(),
  'preferences.change': owners({ pairing: false }),
  'line.apply': owners({ id: 'desk', wish: { baudRate: 9600 } }),
  'line.control': owners({ id: 'desk', dtr: true }),
  'line.break': owners({ id: 'desk', ms: 1 }),
  'terminal.discard': owners({ terminal: 'terminal-1' }),
  'terminal.write': owners({ terminal: 'terminal-1', bytes: Uint8Array.of(1) }),
  'recording.mark': owners({ id: 'desk', text: 'here' }),
  'recording.clear': owners({ id: 'desk' }),
  'recording.save': owners({ id: 'desk', format: 'pcapng' }),
  'capture.start': owners({ id: 'desk', format: 'csv' }),
  'capture.stop': owners({ capture: 'c1' }),
  'capture.rename': owners({ name: 'a.csv', to: 'b.csv' }),
  'capture.remove': owners({ name: 'a.csv' }),
  'capture.export': owners({ name: 'a.pcapng', format: 'csv' }),
  'capture.examine': owners({ name: 'a.pcapng' }),
  'capture.upload': owners({ name: 'a.csv', at: 0, bytes: Uint8Array.of(1) }),
  'host.read': owners(),
  'host.change': owners({ keepAwake: true }),
  'page.link': owners(),
  'page.browsers': owners(),
  'page.sign-out': owners(),
  'session.disconnect': owners({ id: 'desk' }),
  'session.grant': owners({ id: 'desk', session: 1 }),
  'session.decline': owners({ id: 'desk', session: 1 }),
  'pair.request': owners({ host: '127.0.0.1', port: 1 }),
  'pair.accept': owners({ peer: ID, digits: '000000' }),
  'pair.reject': owners({ peer: ID }),
  'pair.outcome': owners({ peer: ID }),
  'peer.block': owners({ peer: ID }),
  'peer.rename': owners({ peer: 'viewer', name: 'reader' }),
  'peer.remove': owners({ peer: 'viewer' }),
  'peer.trust': owners({ id: 'ab'.repeat(32), name: 'box' }),
  'self.certificate': owners(),
  'peer.permit': owners({ peer: 'viewer', level: 'control' }),
  'peer.offers': owners({ peer: 'viewer' }),
  'peer.reach': owners({ peer: 'viewer' }),
  'nearby.refresh': owners(),
  'nearby.add': owners({ place: '192.0.2.7' }),
  'nearby.remove': owners({ place: '192.0.2.7' }),
  'link.ask': owners({ id: 'l1' }),
  'link.take-over': owners({ id: 'l1' }),
  'link.grant': owners({ id: 'l1', session: 1 }),
  'link.decline': owners({ id: 'l1', session: 1 }),
  'control.ask': { args: { share: 'Desk' }, peers: CONTROL },
  'control.take-over': { args: { share: 'desk' }, peers: CONTROL },
  'control.grant': { args: { share: 'Desk', session: 1 }, peers: CONTROL },
  'control.decline': { args: { share: 'desk', session: 1 }, peers: CONTROL },
  'reach.me': { args: { port: 1 }, peers: ALL }
}
const TOPIC_CASES: Record<TopicName, Case['peers']> = {
  state: ALL,
  terminal: NOBODY,
  notices: NOBODY,
  traffic: OBSERVE,
  capture: NOBODY,
  replay: NOBODY
}

// What fits each name stands beside it.
const TOPIC_ARGS: Record<TopicName, never> = {
  state: {} as never,
  notices: {} as never,
  terminal: { terminal: 'terminal-1', on: { id: 'desk' } } as never,
  traffic: { id: 'Desk' } as never,
  capture: { name: 'a.csv' } as never,
  replay: { source: 'a.csv', to: { id: 'desk' } } as never
}

const COMMANDS = Object.keys(SERVICE_COMMANDS) as ServiceCommand[]
const TOPIC_NAMES = Object.keys(TOPICS) as TopicName[]

/** One share that the viewer may use so far, and one that it may control. */
async function viewed(level: PermissionLevel): Promise<{ alice: House; client: RpcClient; id: string }> {
  const [at, viewer] = [await home(), await home()]
  const peer = peerAt(viewer, 'viewer')
  const shares = { desk: { level, history: false }, other: { level: 'control' as const, history: false } }
  const alice = await house(at, {
    shares: ['desk', 'other'].map((id) => ({ ...share, id, name: id === 'desk' ? 'Desk' : 'Other' })),
    peers: [{ ...peer, permissions: { ...peer.permissions, shares } }]
  })
  return { alice, client: alice.client({ type: 'peer', id: viewer.key.id }), id: viewer.key.id }
}

/** Whoever may call it is still told what is wrong with it. */
const outcome = (answer: Promise<unknown>): Promise<Outcome> =>
  answer.then(
    () => 'permitted',
    (error: unknown) => outcomeOf(error)
  )

const outcomeOf = (error: unknown): Outcome =>
  error instanceof Fault && error.message.includes('is not permitted here') ? 'refused' : 'permitted'

describe.each(LEVELS)('a peer that may do with a share: %s', (level) => {
  it('has the commands of the table, and the others change nothing', { timeout: 20_000 }, async () => {
    const { alice, client } = await viewed(level)
    const before = [alice.instance.settings, alice.instance.state.bridges]
    const tell = async (name: ServiceCommand): Promise<readonly [ServiceCommand, Outcome]> => {
      // What fits each name stands in the table beside it.
      const answer = client.call(name, CASES[name].args as never)
      return [name, await outcome(answer)]
    }
    // One client has no more than MAX_CALLS under way at once.
    const half = Math.ceil(COMMANDS.length / 2)
    const first = await Promise.all(COMMANDS.slice(0, half).map(tell))
    const told = [...first, ...(await Promise.all(COMMANDS.slice(half).map(tell)))]
    expect(Object.fromEntries(told)).toEqual(
      Object.fromEntries(COMMANDS.map((name) => [name, CASES[name].peers[level]]))
    )
    expect([alice.instance.settings, alice.instance.state.bridges]).toEqual(before)
    expect(client.closed).toBeUndefined()
  })

  it('has the subscriptions of the table', async () => {
    const { client } = await viewed(level)
    const told = TOPIC_NAMES.map(async (name) => {
      const got = await new Promise<Outcome>((resolve) => {
        client.subscribe(name, TOPIC_ARGS[name], () => resolve('permitted'), {
          ended: (fault) => resolve(outcomeOf(fault))
        })
      })
      return [name, got] as const
    })
    expect(Object.fromEntries(await Promise.all(told))).toEqual(
      Object.fromEntries(TOPIC_NAMES.map((name) => [name, TOPIC_CASES[name][level]]))
    )
  })

  it('sees the share where it may observe it, and what it may do', async () => {
    const { client } = await viewed(level)
    const tree = await new Promise<StateTree>((resolve) => {
      client.subscribe('state', {}, (item) => {
        if ('snapshot' in item) resolve(item.snapshot)
      })
    })
    expect(Object.keys(tree.bridges)).toEqual(level === 'none' ? ['other'] : ['desk', 'other'])
    if (level !== 'none') expect(tree.bridges.desk).toMatchObject({ may: { level } })
  })

  it('is told the same of a share that it may not have, and of one that is not there', async () => {
    const { client } = await viewed('none')
    const told = async (share: string): Promise<unknown> =>
      client.call('control.ask', { share }).catch((fault: unknown) => (fault as Fault).toJSON())
    expect(await told('Desk')).toEqual(await told('nothing'))
  })
})

describe('a permission that changes', () => {
  it('holds for the next call, and for what it sees', async () => {
    const { alice, client, id } = await viewed('none')
    const owner = alice.client()
    const trees: StateTree[] = []
    const { StateMirror } = await import('../../../src-main/rpc/state-mirror.ts')
    const mirror = new StateMirror(client)
    mirror.onChange((tree) => void trees.push(tree))
    for (const level of ['control', 'observe', 'none'] as const) {
      await owner.call('peer.permit', { peer: id, share: 'desk', level })
      expect(await outcome(client.call('control.ask', { share: 'desk' }))).toBe(
        level === 'control' ? 'permitted' : 'refused'
      )
      await eventually(() =>
        expect(trees.at(-1)?.bridges.desk?.may?.level).toBe(level === 'none' ? undefined : level)
      )
    }
    mirror.dispose()
  })

  it('is nobody’s who is blocked, or not paired any more', async () => {
    for (const how of ['peer.block', 'peer.remove'] as const) {
      const { alice, client, id } = await viewed('control')
      await alice.client().call(how, { peer: id })
      for (const name of ['control.ask', 'reach.me'] as const)
        expect(await outcome(client.call(name, CASES[name].args as never))).toBe('refused')
    }
  })
})

it('is for the owner to call all of it', async () => {
  const { alice } = await viewed('none')
  const owner = alice.client()
  // Those that a peer may call, and some of each group, by what they say where there is nothing to do.
  for (const [name, args] of [
    ['session.grant', { id: 'desk', session: 7 }],
    ['link.ask', { id: 'nothing' }],
    ['link.grant', { id: 'nothing', session: 1 }],
    ['control.ask', { share: 'desk' }]
  ] as const)
    await expect(owner.call(name, args as never), name).rejects.toMatchObject({ code: 'usage' })
})
