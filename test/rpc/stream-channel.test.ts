import { encode, ExtData } from '@msgpack/msgpack'
import * as fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { MemoryDuplex } from '../../src-main/base/memory-duplex.ts'
import type { CloseReason } from '../../src-main/contract/close.ts'
import { DONE } from '../../src-main/contract/close.ts'
import { encodeFrame, FrameReader } from '../../src-main/protocol/frames.ts'
import { RpcClient } from '../../src-main/rpc/client.ts'
import { packed, unpacked } from '../../src-main/rpc/packed.ts'
import { MAX_DEPTH } from '../../src-main/rpc/plain.ts'
import { serve } from '../../src-main/rpc/server.ts'
import { MAX_ANSWER_BYTES, MAX_QUEUED_BYTES, MAX_REQUEST_BYTES } from '../../src-main/rpc/limits.ts'
import { streamChannel } from '../../src-main/rpc/stream-channel.ts'
import { eventually } from '../eventually.ts'
import { hex } from '../hex.ts'
import { tcpPair } from '../net/tcp-pair.ts'
import { anyBytes, cut, cuts, joined, TEN_THOUSAND } from '../properties.ts'
import { turns } from '../suites/connection.ts'
import { joinedDuplexes } from './carriers.ts'
import { FakeService } from './fake-service.ts'

const frame = (message: unknown): Uint8Array => encodeFrame(encode(message))
const HELLO = frame({ type: 'hello', versions: [1] })

interface ServedStream {
  readonly duplex: MemoryDuplex
  readonly service: FakeService
  readonly ends: CloseReason[]
  /** What the server said, as far as it came. */
  readonly told: () => unknown[]
}

/** A server at a stream of which the test sends each byte itself. */
function servedStream(): ServedStream {
  const duplex = new MemoryDuplex()
  const service = new FakeService()
  const ends: CloseReason[] = []
  duplex.onClose((reason) => ends.push(reason))
  const served = serve(streamChannel(duplex, 'server'), service)
  onTestFinished(() => served.dispose())
  const told = (): unknown[] =>
    new FrameReader(MAX_ANSWER_BYTES)
      .receive(duplex.received)
      .map((event) => (event.type === 'frame' ? unpacked(event.payload, 1e6) : event))
  return { duplex, service, ends, told }
}

/** Everything is as it was: what came closed it, or a call is still answered; and nothing stays behind. */
async function expectSound({ duplex, service, ends, told }: ServedStream): Promise<void> {
  const id = Number.MAX_SAFE_INTEGER
  duplex.send(frame({ type: 'call', id, name: 'echo', args: 'sound' }))
  await turns(1)
  if (ends.length === 0) expect(told().at(-1)).toEqual({ type: 'result', id, value: 'sound' })
  duplex.end()
  expect(ends).toHaveLength(1)
  expect(service.calls.every(({ signal }) => signal.aborted)).toBe(true)
  expect(service.subscriptions.every(({ disposed }) => disposed === 1)).toBe(true)
}

describe('a server at a stream', () => {
  it('takes 10,000 messages that do not fit for what they are', async () => {
    const anything = fc.oneof(
      fc.integer(),
      fc.string(),
      fc.constant(null),
      fc.array(fc.integer()),
      fc.boolean()
    )
    const type = fc.constantFrom('hello', 'call', 'cancel', 'subscribe', 'credit', 'unsubscribe', 'x')
    const near = fc.record(
      {
        type: fc.oneof({ weight: 9, arbitrary: type }, { weight: 1, arbitrary: anything }),
        id: fc.oneof(fc.integer({ min: -1, max: 5 }), anything),
        name: fc.oneof(fc.constantFrom('wait', 'echo', '__proto__'), anything),
        topic: fc.oneof(fc.constantFrom('a', 'none'), anything),
        versions: fc.oneof(fc.constant([1]), anything),
        credit: fc.oneof(fc.integer({ min: 1, max: 2 ** 31 }), anything),
        count: fc.oneof(fc.integer({ min: 1, max: 2 ** 31 }), anything),
        args: anything
      },
      { requiredKeys: ['type'] }
    )
    const messages = fc.array(fc.oneof({ weight: 9, arbitrary: near }, { weight: 1, arbitrary: anything }), {
      minLength: 5,
      maxLength: 8
    })
    await fc.assert(
      fc.asyncProperty(messages, fc.boolean(), async (each, greets) => {
        const served = servedStream()
        if (greets) served.duplex.send(HELLO)
        for (const message of each) served.duplex.send(frame(message))
        await expectSound(served)
      }),
      { numRuns: 2000 }
    )
  })

  it('takes bytes that were damaged, and bytes that never were a message', async () => {
    const session = joined([
      HELLO,
      frame({ type: 'subscribe', id: 1, topic: 'a', args: {}, credit: 5 }),
      frame({ type: 'call', id: 2, name: 'wait', args: { bytes: new Uint8Array(40), list: [1, 2.5, 'x'] } })
    ])
    const damage = fc.array(fc.tuple(fc.nat(session.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 })
    await fc.assert(
      fc.asyncProperty(damage, anyBytes(), cuts, async (places, behind, sizes) => {
        const served = servedStream()
        const bytes = session.slice()
        for (const [at, value] of places) bytes[at] = value
        for (const chunk of cut(joined([bytes, behind]), sizes)) served.duplex.send(chunk)
        // Where a frame is still open, what comes next is part of it.
        served.duplex.end()
        await turns(1)
        expect(served.ends).toHaveLength(1)
        expect(served.service.subscriptions.every(({ disposed }) => disposed === 1)).toBe(true)
      }),
      { numRuns: 1000 }
    )
  })

  it('answers the same however the bytes are cut', async () => {
    const session = joined([
      HELLO,
      ...[1, 2, 3].map((id) => frame({ type: 'call', id, name: 'echo', args: 'x'.repeat(id * 50) }))
    ])
    await fc.assert(
      fc.asyncProperty(cuts, async (sizes) => {
        const { duplex, told } = servedStream()
        for (const chunk of cut(session, sizes)) duplex.send(chunk)
        await turns(1)
        expect(told()).toMatchObject([{ type: 'hello' }, ...[1, 2, 3].map((id) => ({ id, type: 'result' }))])
      }),
      { numRuns: 200 }
    )
  })

  it('goes on where another reader stopped', async () => {
    const reader = new FrameReader(64)
    reader.push(joined([frame('rpc'), HELLO, frame({ type: 'call', id: 1, name: 'echo' }).subarray(0, 9)]))
    expect(reader.next()).toMatchObject({ type: 'frame' })
    const duplex = new MemoryDuplex()
    serve(streamChannel(duplex, 'server', { reader }), new FakeService())
    duplex.send(frame({ type: 'call', id: 1, name: 'echo' }).subarray(9))
    duplex.send(frame({ type: 'call', id: 2, name: 'echo', args: 'x'.repeat(1000) }))
    await turns(1)
    expect(duplex.received.length).toBeGreaterThan(1000)
    expect(duplex.ended).toBe(false)
    duplex.abort(DONE)
  })

  it('closes at a frame that is larger than any request', () => {
    const { duplex, ends } = servedStream()
    duplex.send(hex('00 10 00 01'))
    expect(MAX_REQUEST_BYTES).toBe(0x100000)
    expect(ends).toMatchObject([{ code: 'error' }])
  })
})

describe('what is packed', () => {
  const bombs: [string, Uint8Array][] = [
    ['an array of 4,294,967,295 elements', hex('DD FFFFFFFF')],
    ['arrays of 65,535 elements in each other', joined(Array.from({ length: 60 }, () => hex('DC FFFF')))],
    [
      'arrays of 30 million elements beside each other',
      joined([hex('9F'), ...Array.from({ length: 15 }, () => hex('DD 01C9C380'))])
    ],
    ['a map of 4,294,967,295 fields', hex('DF FFFFFFFF')],
    ['a string of 4 GiB', hex('DB FFFFFFFF 61')],
    ['bytes of 4 GiB', hex('C6 FFFFFFFF 00')],
    [
      'too many values',
      new Uint8Array(200_000).fill(0x80).with(0, 0xdd).with(1, 0).with(2, 3).with(3, 13).with(4, 59)
    ],
    ['100,000 arrays in each other', new Uint8Array(100_000).fill(0x91)],
    ['an extension', encode(new ExtData(5, new Uint8Array(3)))],
    ['a time', encode(new Date(0))],
    ['a field whose name is a number', hex('81 01 02')],
    ['a field of the name __proto__', hex('81 A9 5F5F70726F746F5F5F 80')],
    ['the byte that is never used', hex('C1')],
    ['nothing', hex('')],
    ['one and a half', hex('01 92 01')],
    ['two', hex('01 01')],
    ['half a number', hex('CB 00 00')]
  ]

  it.each(bombs)('is refused where it is %s, and takes no memory', (_what, bytes) => {
    const before = process.memoryUsage().heapUsed
    expect(() => unpacked(bytes, 100_000)).toThrow(expect.objectContaining({ code: 'peer-protocol' }))
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(16 * 1024 * 1024)
  })

  it('comes back as it was, and holds nothing of what it came in', () => {
    const slab = new Uint8Array(65536)
    const message = {
      bytes: Uint8Array.of(1, 2),
      text: 'ä€😀',
      list: [1.5, -7, 2 ** 40, -(2 ** 40), null, true]
    }
    const bytes = packed(message, 1000)
    slab.set(bytes, 100)
    const back = unpacked(slab.subarray(100, 100 + bytes.length), 100) as typeof message
    expect(back).toEqual(message)
    expect(back.bytes.buffer.byteLength).toBeLessThan(200)
  })

  it('never throws anything but its own Fault, whatever the bytes', () => {
    fc.assert(
      fc.property(anyBytes(0, 100), (bytes) => {
        try {
          unpacked(bytes, 50)
        } catch (error) {
          expect(error).toMatchObject({ code: 'peer-protocol' })
        }
      }),
      TEN_THOUSAND
    )
  })

  it('is as deep as plain data may be, and no deeper', () => {
    const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)])
    expect(unpacked(packed(nested(MAX_DEPTH), 1000), 1000)).toEqual(nested(MAX_DEPTH))
    expect(() => packed(nested(MAX_DEPTH + 1), 1000)).toThrow(expect.objectContaining({ code: 'bug' }))
    expect(() => unpacked(encode(nested(MAX_DEPTH + 1)), 1000)).toThrow(/nested too deep/)
  })
})

describe('a reader that does not read', () => {
  it('is closed when more waits than the limit, which is never passed by more than a message', () => {
    const duplex = new MemoryDuplex()
    const channel = streamChannel(duplex, 'server')
    const ends: CloseReason[] = []
    channel.onClose((reason) => ends.push(reason))
    duplex.stall()
    const message = new Uint8Array(100_000)
    let most = 0
    for (let count = 0; count < 1000; count++) {
      channel.post(message)
      most = Math.max(most, duplex.queued)
    }
    expect(most).toBeGreaterThan(MAX_QUEUED_BYTES)
    expect(most).toBeLessThan(MAX_QUEUED_BYTES + message.length + 20)
    expect(ends).toMatchObject([{ code: 'too-slow' }])
  })

  it('is closed on a real connection too, and costs no more there', async () => {
    const { near, far } = await tcpPair()
    const channel = streamChannel(near, 'server')
    const ends: CloseReason[] = []
    channel.onClose((reason) => ends.push(reason))
    const message = new Uint8Array(1_000_000)
    let most = 0
    await eventually(
      () => {
        // Ended above the limit, a Connection tells what it lost, in the kernel's buffers too.
        const isOpen = near.queued <= MAX_QUEUED_BYTES
        channel.post(message)
        if (isOpen) most = Math.max(most, near.queued)
        expect(ends).toMatchObject([{ code: 'too-slow' }])
      },
      10_000,
      1
    )
    expect(most).toBeLessThan(MAX_QUEUED_BYTES + message.length + 20)
    far.abort(DONE)
  })

  it('that asks and asks, and reads no answer, costs the server no more', async () => {
    const { duplex, ends } = servedStream()
    duplex.stall()
    duplex.send(HELLO)
    const args = 'x'.repeat(10_000)
    let most = 0
    for (let id = 1; id <= 2000 && ends.length === 0; id++) {
      duplex.send(frame({ type: 'call', id, name: 'echo', args }))
      if (id % 50 === 0) await turns(1)
      most = Math.max(most, duplex.queued)
    }
    expect(ends).toMatchObject([{ code: 'too-slow' }])
    expect(most).toBeLessThan(MAX_QUEUED_BYTES + 100 * args.length)
  })
})

it('refuses a message that is too large, and the call with it, and goes on', async () => {
  const { near, far } = joinedDuplexes()
  const service = new FakeService()
  serve(streamChannel(far, 'server'), service)
  const client = new RpcClient(streamChannel(near, 'client'))
  const ask = (args: unknown): Promise<unknown> => client.call('echo' as never, args as never)
  await expect(ask('x'.repeat(MAX_REQUEST_BYTES))).rejects.toMatchObject({ code: 'bug' })
  const large = 'x'.repeat(MAX_REQUEST_BYTES - 200)
  expect(await ask(large)).toBe(large)
  const answer = client.call('wait' as never, {} as never)
  await turns(1)
  service.calls[0]!.answer('x'.repeat(MAX_ANSWER_BYTES))
  await expect(answer).rejects.toMatchObject({ code: 'bug' })
  expect(await ask(1)).toBe(1)
  client.dispose()
})
