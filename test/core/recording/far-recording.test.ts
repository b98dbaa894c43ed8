/** What another Farport sends of a recording, with a far side that may say anything. */
import { describe, expect, it } from 'vitest'
import { Fault } from '../../../src-main/contract/faults.ts'
import type { TrafficItem } from '../../../src-main/contract/recording.ts'
import { farRecording, type FarBegin } from '../../../src-main/core/recording/far-recording.ts'
import type { Subscriber } from '../../../src-main/rpc/subscription.ts'
import { RpcClient } from '../../../src-main/rpc/client.ts'
import { memoryChannels } from '../../../src-main/rpc/memory-channel.ts'
import { serve } from '../../../src-main/rpc/server.ts'
import { copyRecords } from '../../../src-main/traffic/page-writer.ts'
import { FakeClock, settle } from '../../fake-clock.ts'
import { makeLog } from '../../traffic/stores.ts'

const BEGIN: FarBegin = {
  type: 'begin',
  ...{ id: 'desk', name: 'desk', port: 'ttyUSB0', computer: 'alice-pc', recording: 'r' },
  ...{ first: 0, next: 3, from: 0 }
}

/** Three records of four bytes. */
function page(): Uint8Array {
  const log = makeLog()
  for (let record = 0; record < 3; record++) log.bytes(record, 'to-device', 1, Uint8Array.of(1, 2, 3, record))
  return copyRecords(log.pages[0]!, 0, 3)
}

function fetching(subscribe: (subscriber: Subscriber) => void) {
  const [near, far] = memoryChannels()
  const clock = new FakeClock()
  serve(
    far,
    {
      call: () => Promise.reject(new Fault('unsupported', 'no')),
      subscribe: (_topic: string, _args: unknown, subscriber: Subscriber) => {
        subscribe(subscriber)
        return { dispose: () => undefined }
      }
    },
    clock
  )
  const end = new AbortController()
  const client = new RpcClient(near, { clock, foreign: true })
  const got = farRecording({ client, share: 'desk', from: 'start', peer: 'alice', clock }, end.signal)
  got.catch(() => undefined)
  return { got, clock, end }
}

const sends =
  (...items: readonly (TrafficItem | Fault)[]) =>
  (subscriber: Subscriber): void => {
    for (const item of items) {
      if (item instanceof Fault) subscriber.end(item)
      else subscriber.send(item)
    }
  }

describe('a recording of another Farport', () => {
  it('is all that it holds as the answer begins', async () => {
    const { log, begin } = await fetching(sends(BEGIN, { type: 'page', page: page() })).got
    expect([begin.computer, log.first, log.end, log.lineBytes]).toEqual(['alice-pc', 0, 3, 12])
    const empty = await fetching(sends({ ...BEGIN, from: 3 })).got
    expect(empty.log.pages).toEqual([])
  })

  it.each<[string, readonly (TrafficItem | Fault)[], string, RegExp]>([
    ['an older one', [new Fault('unsupported', 'no traffic here')], 'unsupported', /too old/],
    ['no history', [{ ...BEGIN, noHistory: true }], 'peer-permission', /--history/],
    ['nonsense', [BEGIN, { type: 'page', page: new Uint8Array(64) }], 'peer-protocol', /no sense/],
    ['a page of nothing', [{ type: 'page', page: page() }], 'peer-protocol', /no sense/],
    ['another recording', [BEGIN, BEGIN], 'peer-closed', /began anew/],
    ['an early end', [BEGIN, new Fault('peer-closed', 'removed')], 'peer-closed', /removed/]
  ])('is none where the far one has %s', async (_what, items, code, words) => {
    const { got } = fetching(sends(...items))
    await expect(got).rejects.toMatchObject({ code })
    await expect(got).rejects.toThrow(words)
  })

  it('is waited for no longer than it makes sense', async () => {
    const silent = fetching(sends(BEGIN))
    await settle()
    await silent.clock.advance(10_001)
    await expect(silent.got).rejects.toMatchObject({ code: 'peer-timeout' })
    const ended = fetching(sends(BEGIN))
    ended.end.abort(new Error('enough'))
    await expect(ended.got).rejects.toThrow('enough')
  })
})
