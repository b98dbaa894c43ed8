import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { encode } from '@msgpack/msgpack'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { CloseReason } from '../../src-main/contract/close.ts'
import { MAX_QUEUED_BYTES } from '../../src-main/rpc/limits.ts'
import { portChannel, type EventPort } from '../../src-main/rpc/port-channel.ts'
import { eventually } from '../eventually.ts'

/** A server at one end, of whose other end the test says everything itself. */
function served(): {
  port: MessagePort
  channel: ReturnType<typeof portChannel>
  ends: CloseReason[]
  got: unknown[]
} {
  const { port1: port, port2 } = new MessageChannel()
  onTestFinished(() => port.close())
  const channel = portChannel(port2 as unknown as EventPort, 'server')
  const [ends, got]: [CloseReason[], unknown[]] = [[], []]
  channel.onClose((reason) => ends.push(reason))
  channel.onMessage((message) => got.push(message))
  return { port, channel, ends, got }
}

const bytes = (message: unknown): ArrayBuffer => encode(message).slice().buffer

describe('a server at a message port', () => {
  it.each([{}, [1], new Date(0), new Map(), encode(1), true, null])(
    'is closed by %j, which is no message',
    async (what) => {
      const { port, ends } = served()
      port.postMessage(what)
      await eventually(() => expect(ends).toMatchObject([{ code: 'error' }]))
    }
  )

  it('tells what it took, and takes no lies about what was taken of it', async () => {
    const { port, channel, got, ends } = served()
    const told: unknown[] = []
    port.on('message', (each) => told.push(each))
    for (const lie of [NaN, -1e9, Infinity, 1e12]) port.postMessage(lie)
    port.postMessage(bytes('hello'))
    await eventually(() => expect(got).toEqual(['hello']))
    expect(told).toEqual([bytes('hello').byteLength])
    // The lies gave no credit beyond nothing: one that takes nothing is still closed.
    port.removeAllListeners('message')
    const large = new Uint8Array(1_000_000)
    let sent = 0
    while (ends.length === 0 && sent < 3 * MAX_QUEUED_BYTES) {
      channel.post(large)
      sent += large.length
      await Promise.resolve()
    }
    expect(ends).toMatchObject([{ code: 'too-slow' }])
    expect(sent).toBeLessThan(MAX_QUEUED_BYTES + 3 * large.length)
  })

  it('goes on as long as the other side says what it took', async () => {
    const { port, channel, ends } = served()
    port.on('message', (each) => {
      if (each instanceof ArrayBuffer) port.postMessage(each.byteLength)
    })
    for (let count = 0; count < 20; count++) {
      channel.post(new Uint8Array(1_000_000))
      await new Promise((resolve) => setImmediate(resolve))
      await eventually(() => expect(ends).toEqual([]))
    }
  })

  it('is told why the other side closes, and that it vanished', async () => {
    const [closed, vanished] = [served(), served()]
    closed.port.postMessage('had enough')
    vanished.port.close()
    await eventually(() => expect(closed.ends).toEqual([{ code: 'done', message: 'had enough' }]))
    await eventually(() =>
      expect(vanished.ends).toEqual([{ code: 'done', message: 'the other side has left' }])
    )
  })
})
