import { describe, expect, it } from 'vitest'
import { SERVICE_COMMANDS, type ServiceCommand } from '../../src-main/contract/service-commands.ts'
import { Fault } from '../../src-main/contract/faults.ts'
import { TOPICS, type TopicName } from '../../src-main/contract/topics.ts'
import {
  MAX_PEER_SUBSCRIPTIONS,
  PermittedService,
  type Ask,
  type Backend,
  type Identity,
  type Permit
} from '../../src-main/rpc/permitted.ts'
import { Subscription } from '../../src-main/rpc/subscription.ts'

const OWNER: Identity = { type: 'owner' }
const PEER: Identity = { type: 'peer', id: 'ab12' }
const signal = new AbortController().signal

// Keys of a table are its names; `Object.keys` does not say so.
const COMMAND_NAMES = Object.keys(SERVICE_COMMANDS) as ServiceCommand[]
const TOPIC_NAMES = Object.keys(TOPICS) as TopicName[]

/** Arguments that fit; a command without a line here is a command without a test. */
const ARGUMENTS: Partial<Record<ServiceCommand, unknown>> = {
  'share.add': { port: { target: 'sim:echo' } },
  'link.add': { port: { target: 'sim:echo' }, to: 'pty:/tmp/x' },
  'rotator.add': { listen: ['raw://127.0.0.1:0'], shares: ['s1'] },
  'share.change': { id: 's1', name: 'echo', port: { target: 'sim:echo' } },
  'link.change': { id: 'l1', name: 'echo', port: { target: 'sim:echo' }, to: 'pty:/tmp/x' },
  'rotator.change': { id: 'r1', name: 'pool', listen: ['raw://127.0.0.1:0'], shares: ['s1'] },
  'entry.remove': { id: 's1' },
  'entry.enable': { id: 's1', enabled: true },
  'line.apply': { id: 's1', wish: { baudRate: 9600 } },
  'line.control': { id: 's1', dtr: true },
  'line.break': { id: 's1', ms: 250 },
  'terminal.discard': { terminal: 'terminal-1' },
  'terminal.write': { terminal: 'terminal-1', bytes: Uint8Array.of(1) },
  'peer.trust': { id: 'a'.repeat(64), name: 'viewer' },
  'nearby.add': { place: 'box.example' },
  'nearby.remove': { place: 'box.example' },
  'session.disconnect': { id: 's1' },
  'session.grant': { id: 's1', session: 1 },
  'session.decline': { id: 's1', session: 1 },
  'pair.request': { host: '127.0.0.1' },
  'pair.accept': { peer: 'ab12', digits: '123456' },
  'pair.outcome': { peer: 'ab12' },
  'pair.reject': { peer: 'ab12' },
  'peer.block': { peer: 'ab12' },
  'peer.rename': { peer: 'ab12', name: 'bench' },
  'peer.remove': { peer: 'ab12' },
  'peer.permit': { peer: 'ab12', level: 'observe' },
  'peer.offers': { peer: 'ab12' },
  'peer.reach': { peer: 'ab12' },
  'link.ask': { id: 'l1' },
  'link.take-over': { id: 'l1' },
  'link.grant': { id: 'l1', session: 1 },
  'link.decline': { id: 'l1', session: 1 },
  'control.ask': { share: 's1' },
  'control.take-over': { share: 's1' },
  'control.grant': { share: 's1', session: 1 },
  'control.decline': { share: 's1', session: 1 },
  'recording.mark': { id: 's1', text: 'pressed start' },
  'recording.clear': { id: 's1' },
  'recording.save': { id: 's1', format: 'pcapng' },
  'capture.start': { id: 's1', format: 'csv' },
  'capture.stop': { capture: 'c1' },
  'capture.rename': { name: 'a.csv', to: 'b.csv' },
  'capture.remove': { name: 'a.csv' },
  'capture.upload': { name: 'a.csv', at: 0, bytes: Uint8Array.of(1) },
  'capture.export': { name: 'a.pcapng', format: 'csv' },
  'capture.examine': { name: 'a.pcapng' },
  'reach.me': { port: 22217 },
  send: { port: { target: 'sim:echo' }, bytes: Uint8Array.of(1) },
  reset: { port: { target: 'sim:echo' }, sequence: 'dtr' }
}

const TOPIC_ARGUMENTS: Partial<Record<TopicName, unknown>> = {
  traffic: { id: 's1' },
  capture: { name: 'a.csv' },
  replay: { source: 'a.csv', to: { id: 's1' } }
}

class FakeBackend implements Backend {
  readonly reached: string[] = []
  answer: () => Promise<unknown> = () => Promise.resolve('answer')
  signal: AbortSignal | undefined
  disposed = 0

  call: Backend['call'] = (name, _args, _who, aborted) => {
    this.reached.push(name)
    this.signal = aborted
    return this.answer()
  }

  subscribe: Backend['subscribe'] = (topic) => {
    this.reached.push(topic)
    return { dispose: () => void (this.disposed += 1) }
  }
}

const listener = (): { subscription: Subscription; ends: (Fault | undefined)[] } => {
  const ends: (Fault | undefined)[] = []
  const post = (): void => undefined
  return { subscription: new Subscription(1, post, (fault) => void ends.push(fault)), ends }
}

describe('what the owner may call', () => {
  it.each(COMMAND_NAMES)('%s, without asking anybody', async (name) => {
    const backend = new FakeBackend()
    const service = new PermittedService(OWNER, backend, () => expect.unreachable())
    expect(await service.call(name, argumentsOf(name), signal)).toBe('answer')
    expect(backend.reached).toEqual([name])
  })
})

describe.each(['observe', 'control', 'nothing'] as const)('a peer that is allowed to %s', (allowed) => {
  const permit: Permit = (_who, { caller }) => {
    if (caller === 'peer') return true
    if (caller === 'observe') return allowed !== 'nothing'
    return caller === 'control' && allowed === 'control'
  }
  const mayHave = (caller: string): boolean =>
    caller === 'peer' ||
    (caller === 'observe' ? allowed !== 'nothing' : caller === 'control' && allowed === 'control')

  it.each(COMMAND_NAMES)('calls %s as the table says', async (name) => {
    const backend = new FakeBackend()
    const answer = new PermittedService(PEER, backend, permit).call(name, argumentsOf(name), signal)
    if (mayHave(SERVICE_COMMANDS[name].caller)) expect(await answer).toBe('answer')
    else await expect(answer).rejects.toMatchObject({ code: 'peer-permission' })
    expect(backend.reached).toEqual(mayHave(SERVICE_COMMANDS[name].caller) ? [name] : [])
  })

  it.each(TOPIC_NAMES)('watches %s as the table says', (name) => {
    const backend = new FakeBackend()
    const service = new PermittedService(PEER, backend, permit)
    const subscribe = (): unknown =>
      service.subscribe(name, TOPIC_ARGUMENTS[name] ?? {}, listener().subscription)
    if (mayHave(TOPICS[name].caller)) subscribe()
    else expect(subscribe).toThrow(expect.objectContaining({ code: 'peer-permission' }))
    expect(backend.reached).toEqual(mayHave(TOPICS[name].caller) ? [name] : [])
  })
})

describe('a command', () => {
  it('for owners alone is refused to peers whatever core says, and before its arguments are read', async () => {
    const service = new PermittedService(PEER, new FakeBackend(), () => true)
    await expect(service.call('share.add', 'nonsense', signal)).rejects.toMatchObject({
      code: 'peer-permission'
    })
  })

  it('that nobody knows is unsupported, also one that every object has', async () => {
    const service = new PermittedService(OWNER, new FakeBackend(), () => true)
    for (const name of ['of.tomorrow', 'constructor', '__proto__', ''])
      await expect(service.call(name, {}, signal)).rejects.toMatchObject({ code: 'unsupported' })
    expect(() => service.subscribe('hasOwnProperty', {}, listener().subscription)).toThrow(/does not know/)
  })

  it('with an argument that does not fit is told which', async () => {
    const service = new PermittedService(OWNER, new FakeBackend(), () => true)
    await expect(service.call('entry.remove', { id: '1', later: 1 }, signal)).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining('entry.remove: later') as string
    })
    const port = { target: 'x', settings: { baudRate: 0 } }
    await expect(service.call('share.add', { port }, signal)).rejects.toMatchObject({
      code: 'bad-settings'
    })
  })
})

describe('what goes wrong', () => {
  it('is told to the owner in full, and to a peer without the system’s own words', async () => {
    const backend = new FakeBackend()
    const [owner, peer] = [OWNER, PEER].map((who) => new PermittedService(who, backend, () => true))
    const subscribe = (): unknown => peer!.subscribe('state', {}, listener().subscription)
    backend.answer = () => Promise.reject(new Error('ENOENT /home/ann/key'))
    await expect(owner!.call('doctor', {}, signal)).rejects.toThrow('/home/ann')
    backend.subscribe = () => {
      throw new Error('ENOENT /home/ann/key')
    }
    expect(subscribe).toThrow(/^Something went wrong/)
    backend.subscribe = () => {
      throw new Fault('device-busy', 'It is in use. Wait.', new Error('EBUSY /dev/x'))
    }
    expect(subscribe).toThrow(expect.objectContaining({ code: 'device-busy', cause: undefined }))
  })
})

describe('a permission that is taken away', () => {
  it('ends what it allowed, and leaves the rest', () => {
    const backend = new FakeBackend()
    let allowed = true
    const asked: Ask[] = []
    const service = new PermittedService(PEER, backend, (who, ask) => {
      expect(who).toBe(PEER)
      asked.push(ask)
      return allowed
    })
    const { subscription, ends } = listener()
    subscription.serve(service.subscribe('state', {}, subscription))
    service.recheck()
    expect(ends).toEqual([])
    allowed = false
    service.recheck()
    expect(ends).toMatchObject([{ code: 'peer-permission' }])
    expect(backend.disposed).toBe(1)
    service.recheck()
    expect(asked).toHaveLength(3)
  })

  it('leaves what the owner has under way, whose cancelling reaches core', async () => {
    const backend = new FakeBackend()
    let done: (value: string) => void = () => undefined
    backend.answer = () => new Promise((resolve) => (done = resolve))
    const service = new PermittedService(OWNER, backend, () => false)
    const abort = new AbortController()
    const call = service.call('doctor', {}, abort.signal)
    service.recheck()
    expect(backend.signal!.aborted).toBe(false)
    abort.abort(new Error('no longer'))
    expect(backend.signal!.reason).toEqual(new Error('no longer'))
    done('too late')
    await expect(call).rejects.toThrow('no longer')
  })
})

function argumentsOf(name: ServiceCommand): unknown {
  return ARGUMENTS[name] ?? {}
}

it('a peer has no more subscriptions at once than it needs; the owner has', () => {
  const backend = new FakeBackend()
  const peer = new PermittedService(PEER, backend, () => true)
  const subscribe = (service: PermittedService): { dispose(): void } =>
    service.subscribe('state', {}, listener().subscription)
  const all = Array.from({ length: MAX_PEER_SUBSCRIPTIONS }, () => subscribe(peer))
  expect(() => subscribe(peer)).toThrow(expect.objectContaining({ code: 'usage' }))
  all[0]!.dispose()
  subscribe(peer)
  const owner = new PermittedService(OWNER, backend, () => false)
  for (let n = 0; n <= MAX_PEER_SUBSCRIPTIONS; n++) subscribe(owner)
})
