import { expect, it } from 'vitest'
import type { CloseReason } from '../../src-main/contract/close.ts'
import { HELLO_ANSWER_MS, RpcClient } from '../../src-main/rpc/client.ts'
import { MAX_WAITING, memoryChannels } from '../../src-main/rpc/memory-channel.ts'
import { HELLO_MS, MAX_FOREIGN_MESSAGES, serve, type Service } from '../../src-main/rpc/server.ts'
import { FakeClock } from '../fake-clock.ts'
import { turns } from '../suites/connection.ts'
import { FakeService } from './fake-service.ts'

it('closes a client that says nothing for too long, and not one that said hello', async () => {
  const clock = new FakeClock()
  const [silent, polite] = [memoryChannels(), memoryChannels()]
  const ends: CloseReason[] = []
  silent[0].onClose((reason) => ends.push(reason))
  polite[0].onClose((reason) => ends.push(reason))
  serve(silent[1], new FakeService(), clock)
  const served = serve(polite[1], new FakeService(), clock)
  polite[0].post({ type: 'hello', versions: [1], features: ['of tomorrow'] })
  await clock.advance(HELLO_MS - 1)
  expect(ends).toEqual([])
  await clock.advance(HELLO_MS)
  expect(ends).toMatchObject([{ message: 'the client did not say hello first' }])
  expect(served.features).toEqual(['of tomorrow'])
  served.dispose()
  expect(clock.pending).toBe(0)
})

it('gives up a server that does not answer', async () => {
  const clock = new FakeClock()
  const [near, far] = memoryChannels()
  const ends: CloseReason[] = []
  far.onClose((reason) => ends.push(reason))
  const client = new RpcClient(near, { clock })
  const call = client.call('doctor', {})
  call.catch(() => undefined)
  await clock.advance(HELLO_ANSWER_MS)
  await expect(call).rejects.toMatchObject({ code: 'peer-timeout' })
  expect(client.closed).toMatchObject({ code: 'peer-timeout' })
  expect(ends).toHaveLength(1)
})

it('gives up a server of this computer sooner, where that was said', async () => {
  const clock = new FakeClock()
  const [near] = memoryChannels()
  const client = new RpcClient(near, { clock, answerMs: 5000 })
  await clock.advance(4999)
  expect(client.closed).toBeUndefined()
  await clock.advance(1)
  expect(client.closed).toMatchObject({ code: 'peer-timeout' })
})

it('makes fit to be shown what another installation says, and leaves its bytes alone', async () => {
  const [near, far] = memoryChannels()
  const service = new FakeService()
  serve(far, service)
  const client = new RpcClient(near, { foreign: true })
  const hostile = {
    'na\u0007me': ['a\u001b[2Jb', 'x'.repeat(5000)],
    bytes: Uint8Array.of(27),
    count: 7,
    none: null
  }
  const told = (await client.call('echo' as never, hostile as never)) as unknown as Record<string, unknown>
  expect(told).toEqual({
    'na me': ['a [2Jb', expect.stringMatching(/^x{999}…$/)],
    bytes: Uint8Array.of(27),
    count: 7,
    none: null
  })
  const items: unknown[] = []
  client.subscribe('state', {}, (item) => void items.push(item))
  await turns(2)
  service.subscriptions[0]!.subscriber.send({ text: '\u202eevil' })
  await turns(2)
  expect(items).toEqual([{ text: 'evil' }])
  client.dispose()
})

it('has a memory Channel keep no more than so many messages that nobody takes', async () => {
  const [near, far] = memoryChannels()
  const ends: CloseReason[] = []
  far.onClose((reason) => ends.push(reason))
  for (let count = 1; count <= MAX_WAITING; count++) {
    near.post(count)
    if (count === MAX_WAITING / 2) await turns(1)
  }
  expect(ends).toEqual([])
  near.post('one more')
  await turns(1)
  expect(ends).toMatchObject([{ code: 'too-slow' }])
})

it('gives each side of a memory Channel a copy of its own, later', async () => {
  const [near, far] = memoryChannels()
  const messages: unknown[] = []
  const sent = { list: [1], bytes: Uint8Array.of(1) }
  near.post(sent)
  sent.list.push(2)
  sent.bytes[0] = 9
  far.onMessage((message) => messages.push(message))
  expect(messages).toEqual([])
  await turns(1)
  expect(messages).toEqual([{ list: [1], bytes: Uint8Array.of(1) }])
})

it('closes another installation that sends more than it could need, and nobody of this one', async () => {
  const clock = new FakeClock()
  const [theirs, ours] = [memoryChannels(), memoryChannels()]
  const asked = { theirs: 0, ours: 0 }
  const counting = (whose: keyof typeof asked): Service => ({
    call: () => Promise.resolve((asked[whose] += 1)),
    subscribe: () => expect.unreachable()
  })
  const ends: CloseReason[] = []
  theirs[0].onClose((reason) => ends.push(reason))
  ours[0].onClose((reason) => ends.push(reason))
  serve(theirs[1], counting('theirs'), clock, { foreign: true })
  const served = serve(ours[1], counting('ours'), clock)
  for (const [client] of [theirs, ours]) client.post({ type: 'hello', versions: [1] })
  let id = 0
  const send = async (count: number): Promise<void> => {
    for (let n = 0; n < count; n++) {
      id += 1
      for (const [client] of [theirs, ours]) client.post({ type: 'call', id, name: 'echo', args: id })
    }
    await turns(2)
  }
  await send(MAX_FOREIGN_MESSAGES - 1)
  await clock.advance(1000)
  await send(MAX_FOREIGN_MESSAGES)
  expect(ends).toEqual([])
  await send(10)
  expect(ends).toMatchObject([{ code: 'refused' }])
  expect(asked.ours - asked.theirs).toBe(10)
  served.dispose()
  expect(clock.pending).toBe(0)
})
