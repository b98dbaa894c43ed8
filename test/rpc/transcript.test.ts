/**
 * Sessions of earlier versions, byte by byte: a newer server must give an old client the answers that it knows, and a newer client
 * must understand an old server. What a newer one says beyond that is its own. transcript-1.json is never changed; where this test
 * fails, other people's Farports stop working with ours.
 */
import { readFileSync } from 'node:fs'
import { expect, it, onTestFinished } from 'vitest'
import { MemoryDuplex } from '../../src-main/base/memory-duplex.ts'
import { DONE } from '../../src-main/contract/close.ts'
import { Fault } from '../../src-main/contract/faults.ts'
import { FrameReader } from '../../src-main/protocol/frames.ts'
import { RpcClient } from '../../src-main/rpc/client.ts'
import { packed, unpacked } from '../../src-main/rpc/packed.ts'
import { serve } from '../../src-main/rpc/server.ts'
import { streamChannel } from '../../src-main/rpc/stream-channel.ts'
import { hex, toHex } from '../hex.ts'
import { turns } from '../suites/connection.ts'
import { FakeService } from './fake-service.ts'

interface Line {
  readonly from: 'client' | 'server'
  readonly about: string
  readonly hex: string
}

const LINES = JSON.parse(readFileSync(new URL('./transcript-1.json', import.meta.url), 'utf8')) as Line[]

const messageOf = (line: Line): Record<string, unknown> =>
  unpacked(hex(line.hex).subarray(4), 1000) as Record<string, unknown>

/** Each message once, as it comes out of the Duplex. */
function messagesOf(duplex: MemoryDuplex): unknown[] {
  const reader = new FrameReader(1 << 20)
  const messages: unknown[] = []
  duplex.onReceived((chunk) => {
    for (const event of reader.receive(chunk))
      messages.push(event.type === 'frame' ? unpacked(event.payload, 1000) : event)
  })
  return messages
}

it('answers a client of version 1 as ever', async () => {
  const duplex = new MemoryDuplex()
  const service = new FakeService()
  const told = messagesOf(duplex)
  const served = serve(streamChannel(duplex, 'server'), service)
  onTestFinished(() => served.dispose())
  service.onSubscribe = ({ subscriber }) => {
    for (const seq of [1, 2]) subscriber.send({ seq })
  }
  for (const line of LINES) {
    if (line.from === 'client') {
      duplex.send(hex(line.hex))
      await turns(1)
      const call = service.calls.at(-1)
      if (call && !call.settled && !call.signal.aborted && call.name === 'fail')
        call.fail(new Fault('device-busy', 'It is in use. Wait.', new Error('EBUSY')))
      if (call?.signal.aborted) call.fail(call.signal.reason)
      await turns(1)
    } else {
      if (line.about === 'goodbye') served.close({ code: 'shutdown', message: 'Farport is shutting down' })
      expect(told.shift(), line.about).toMatchObject(messageOf(line))
    }
  }
  expect(told).toEqual([])
})

it('understands a server of version 1, and asks it as ever', async () => {
  const duplex = new MemoryDuplex()
  const asked = messagesOf(duplex)
  const client = new RpcClient(streamChannel(duplex, 'client'))
  onTestFinished(() => client.dispose())
  const outcomes: unknown[] = []
  const settle = (call: Promise<unknown>): void =>
    void call.then(
      (value) => outcomes.push(value),
      (fault: unknown) => outcomes.push(fault)
    )
  const abort = new AbortController()
  let watch = { dispose: (): void => undefined }
  const actions: Record<string, () => void> = {
    hello: () => undefined,
    'call with bytes': () =>
      settle(client.call('echo' as never, { bytes: Uint8Array.of(0, 255), text: 'ä' } as never)),
    'call that fails': () => settle(client.call('fail' as never, {} as never)),
    'call to cancel': () => settle(client.call('wait' as never, {} as never, abort.signal)),
    cancel: () => abort.abort('cancelled here'),
    subscribe: () => {
      watch = client.subscribe('state', {}, (item) => void outcomes.push(item), { credit: 2 })
    },
    credit: () => undefined,
    unsubscribe: () => watch.dispose()
  }
  for (const line of LINES) {
    if (line.from === 'server') duplex.send(hex(line.hex))
    else {
      actions[line.about]!()
      expect(asked.shift(), line.about).toMatchObject(messageOf(line))
    }
    await turns(1)
  }
  expect(outcomes).toMatchObject([
    { bytes: Uint8Array.of(0, 255), text: 'ä' },
    { code: 'device-busy', message: 'It is in use. Wait.' },
    'cancelled here',
    { seq: 1 },
    { seq: 2 }
  ])
  duplex.end(DONE)
  await turns(1)
  expect(client.closed?.message).toContain('Farport is shutting down')
})

it('is written in the bytes that are still ours', () => {
  for (const line of LINES) {
    const bytes = hex(line.hex)
    expect(toHex(packed(messageOf(line), 1000)), line.about).toBe(toHex(bytes.subarray(4)))
  }
})
