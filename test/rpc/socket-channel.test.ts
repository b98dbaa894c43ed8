import { encode } from '@msgpack/msgpack'
import { expect, it, onTestFinished } from 'vitest'
import { DONE } from '../../src-main/contract/close.ts'
import { MAX_QUEUED_BYTES, MAX_REQUEST_BYTES } from '../../src-main/rpc/limits.ts'
import { socketChannel, type MessageSocket } from '../../src-main/rpc/socket-channel.ts'
import { socketChannels } from './carriers.ts'

type Listener = (event: { data: unknown; reason: string }) => void

/** A WebSocket whose far side is the test. */
class FakeSocket implements MessageSocket {
  binaryType = ''
  readyState = 1
  bufferedAmount = 0
  readonly sent: Uint8Array[] = []
  readonly closed: [number | undefined, string | undefined][] = []
  readonly #listeners = new Map<string, Listener>()

  send(bytes: Uint8Array<ArrayBuffer>): void {
    this.sent.push(bytes)
  }

  close(code?: number, reason?: string): void {
    this.closed.push([code, reason])
  }

  addEventListener(type: string, listener: Listener): void {
    this.#listeners.set(type, listener)
  }

  says(type: 'message' | 'close' | 'error', event: Partial<Parameters<Listener>[0]> = {}): void {
    this.#listeners.get(type)?.({ data: undefined, reason: '', ...event })
  }
}

const buffer = (bytes: Uint8Array): ArrayBuffer => new Uint8Array(bytes).buffer

it.each([
  ['a text', '{"x":1}', 'it sent text'],
  [
    'a message that is too large',
    new ArrayBuffer(MAX_REQUEST_BYTES + 1),
    'it sent a message that is too large'
  ],
  ['what is no MessagePack', buffer(Uint8Array.of(0xc1)), undefined],
  ['half a message', buffer(encode({ a: 'b' }).subarray(0, 3)), undefined]
])('%s ends it with the reason, and nothing of it arrives', (_what, data, reason) => {
  const socket = new FakeSocket()
  const channel = socketChannel(socket, 'server')
  const got: unknown[] = []
  channel.onMessage((message) => got.push(message))
  socket.says('message', { data })
  socket.says('message', { data: buffer(encode('later')) })
  expect(socket.closed).toHaveLength(1)
  if (reason !== undefined) expect(socket.closed[0]).toEqual([4000, reason])
  expect(got).toEqual([])
})

it('one that takes nothing is closed as too slow, and nothing more is queued', () => {
  const socket = new FakeSocket()
  const channel = socketChannel(socket, 'server')
  channel.post('one')
  socket.bufferedAmount = MAX_QUEUED_BYTES + 1
  channel.post('two')
  channel.post('three')
  expect(socket.sent).toHaveLength(1)
  expect(socket.closed).toEqual([[4000, 'the other side takes no messages']])
  const reasons: unknown[] = []
  channel.onClose((reason) => reasons.push(reason))
  socket.says('error')
  socket.says('close', { reason: 'the other side takes no messages' })
  expect(reasons).toEqual([{ code: 'too-slow', message: 'the other side takes no messages' }])
})

it('a reason that is too long for a close frame is cut between two characters', async () => {
  const { client, server } = await socketChannels()
  const told = new Promise((resolve) => client.onClose(resolve))
  server.close({ code: 'done', message: `${'é'.repeat(61)}€ and more` })
  expect(await told).toEqual({ code: 'done', message: 'é'.repeat(61) })
  onTestFinished(() => client.close(DONE))
})
