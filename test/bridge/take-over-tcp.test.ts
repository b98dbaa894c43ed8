/** Control that is taken to and fro while two clients send over real sockets as fast as the device takes it. */
import { connect, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { Share } from '../../src-main/bridge/share.ts'
import { parseEndpoint } from '../../src-main/net/endpoint.ts'
import { listenTcp } from '../../src-main/net/tcp.ts'
import { RemoteSource } from '../../src-main/sessions/remote-source.ts'
import { slowDevice } from './slow-device.ts'

const CLIENT_BYTES = 2 * 1024 * 1024
/** So much reaches the device between two take-overs: not a divisor of any chunk. */
const TURN_BYTES = 99_991
/** What the device takes in a millisecond; each client sends a half more: of whoever has control there is always something waiting. */
const PACE_BYTES = 8 * 1024
const SENT_BYTES = 12 * 1024
const WHOSE = 0x80_00_00_00

const open: { close: () => unknown }[] = []
afterEach(async () => {
  for (const each of open.splice(0)) await each.close()
})

/** Words of four bytes that count up; the highest bit says whose they are. */
function words(whose: number): Uint8Array {
  const all = new Uint32Array(CLIENT_BYTES / 4)
  for (let n = 0; n < all.length; n += 1) all[n] = (whose * WHOSE + n) >>> 0
  return new Uint8Array(all.buffer)
}

function send(socket: Socket, all: Uint8Array): void {
  let at = 0
  const sending = setInterval(() => {
    socket.write(all.subarray(at, (at += SENT_BYTES)))
    if (at < all.length) return
    clearInterval(sending)
    socket.end()
  }, 1)
}

async function client(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  open.push({ close: () => socket.destroy() })
  await new Promise((resolve) => socket.once('connect', resolve))
  return socket
}

/** Each chunk stands in what was sent, behind the one before it. */
function inOrder(sent: Uint8Array, chunks: readonly Uint8Array[]): boolean {
  let at = 0
  return chunks.every((chunk) => {
    const found = Buffer.from(sent.buffer).indexOf(chunk, at)
    at = found + chunk.length
    return found >= 0
  })
}

describe('control that is taken to and fro while both send', () => {
  it('loses nothing uncounted and turns nothing round', async () => {
    const device = slowDevice(PACE_BYTES)
    const listener = await listenTcp(parseEndpoint('raw://127.0.0.1:0', 'listen'))
    const source = new RemoteSource(listener, 'raw')
    const share = new Share({ id: '1', name: 'n', port: device, sources: [source], settings: {} })
    open.push({ close: () => share.close(1000) })

    const chunks: { session: number; chunk: Uint8Array }[] = []
    const lost = [0, 0, 0]
    let ceded = 0
    let turns = 0
    let sinceTurn = 0
    share.tap({
      bytes: (_timeMs, direction, session, chunk) => {
        if (direction === 'from-device') return
        chunks.push({ session, chunk })
        sinceTurn += chunk.length
        if (sinceTurn < TURN_BYTES) return
        sinceTurn = 0
        // Between this chunk and the next one, wherever the loops of the bridge are just then.
        queueMicrotask(() => {
          const other = share.state.sessions.find(({ writer, observes }) => !writer && !observes)
          if (other) share.takeOver(other.id)
          if (other) turns += 1
        })
      },
      event: (_timeMs, event) => {
        if (event.type !== 'lost') return
        lost[event.session]! += event.bytes
        if (event.why === 'another one took over') ceded += event.bytes
      }
    })
    const vacant = new Promise<void>((resolve) => void share.onVacant(() => resolve()))
    const port = Number(new URL(listener.url).port)
    const first = await client(port)
    const second = await client(port)
    for (const [whose, socket] of [first, second].entries()) send(socket, words(whose))
    first.resume()
    second.resume()
    await until(() => share.state.sessions.filter(({ observes }) => observes).length === 2)
    first.destroy()
    second.destroy()
    await vacant
    await share.close(1000)

    const { bytesToDevice, lostToDevice } = share.state
    expect(turns).toBeGreaterThan(5)
    expect(ceded).toBeGreaterThan(0)
    expect(bytesToDevice + lostToDevice).toBe(2 * CLIENT_BYTES)
    expect(device.port.received.length).toBe(bytesToDevice)
    for (const [whose, session] of [1, 2].entries()) {
      const mine = chunks.flatMap((each) => (each.session === session ? [each.chunk] : []))
      const delivered = mine.reduce((sum, { length }) => sum + length, 0)
      expect(delivered + lost[session]!).toBe(CLIENT_BYTES)
      expect(delivered).toBeGreaterThan(TURN_BYTES)
      expect(inOrder(words(whose), mine)).toBe(true)
    }

    async function until(done: () => boolean): Promise<void> {
      if (done()) return
      await new Promise<void>((resolve) => {
        const subscription = share.onState(() => {
          if (!done()) return
          subscription.dispose()
          resolve()
        })
      })
    }
  })
})
