import { describe, expect, it } from 'vitest'
import { DONE } from '../../src-main/contract/close.ts'
import type { Refusal } from '../../src-main/net/carrier.ts'
import type { Connection } from '../../src-main/net/connection.ts'
import { GuardedConnection, HTTP_GUARD_MS, guarded } from '../../src-main/net/guarded.ts'
import { MemoryListener, memoryPair } from '../../src-main/net/memory.ts'
import { FakeClock, settle } from '../fake-clock.ts'
import { connectionSuite, ended, ends } from '../suites/connection.ts'
import { tcpPair } from './tcp-pair.ts'

connectionSuite('memory, guarded', () => {
  const [near, far] = memoryPair()
  return Promise.resolve({ near, far: new GuardedConnection(far) })
})

connectionSuite('TCP, guarded', async () => {
  const { near, far } = await tcpPair()
  return { near, far: new GuardedConnection(far) }
})

interface Setting {
  readonly near: Connection
  readonly far: Connection
  readonly clock: FakeClock
  readonly refusals: Refusal[]
  readonly got: string[]
  readonly send: (text: string) => Promise<void>
}

function guardedPair(): Setting {
  const clock = new FakeClock()
  const [near, inner] = memoryPair(clock)
  const refusals: Refusal[] = []
  const far = new GuardedConnection(inner, { clock, onRefused: (refusal) => refusals.push(refusal) })
  const got: string[] = []
  far.onData((chunk) => got.push(Buffer.from(chunk).toString()))
  far.resume()
  const send = async (text: string): Promise<void> => {
    near.write(Buffer.from(text))
    await settle()
    await settle()
  }
  return { near, far, clock, refusals, got, send }
}

describe('a guarded connection', () => {
  it('hands on at once what no browser sends, and starts no timer', async () => {
    const { got, send, clock } = guardedPair()
    await send('AT\r')
    await send('GET / HTTP/1.1\r\n')
    expect(got).toEqual(['AT\r', 'GET / HTTP/1.1\r\n'])
    expect(clock.pending).toBe(0)
  })

  it('drops a browser, and says so', async () => {
    const { near, far, got, send, refusals, clock } = guardedPair()
    const farEnds = ends(far)
    near.resume()
    const nearEnd = ended(near)
    await send('POST /x HTTP/1.1\r\n\r\nATZ\r')
    expect(farEnds).toMatchObject([{ code: 'refused' }])
    expect(refusals).toMatchObject([{ remote: far.remote }])
    expect(got).toEqual([])
    expect(clock.pending).toBe(0)
    await nearEnd
  })

  it('holds a possible request for 50 ms, and no longer', async () => {
    const { got, send, clock } = guardedPair()
    await send('GET /')
    await clock.advance(HTTP_GUARD_MS - 1)
    await send(' HTTP')
    expect(got).toEqual([])
    await clock.advance(1)
    expect(got).toEqual(['GET / HTTP'])
    await send('/1.1\r\n')
    expect(got).toEqual(['GET / HTTP', '/1.1\r\n'])
  })

  it('lets go at the first byte that does not fit', async () => {
    const { got, send, clock } = guardedPair()
    await send('G')
    await send('1 X10\n')
    expect(got).toEqual(['G1 X10\n'])
    expect(clock.pending).toBe(0)
  })

  it('keeps what it holds for a reader that pauses meanwhile', async () => {
    const { far, got, send, clock } = guardedPair()
    await send('GET')
    far.pause()
    await clock.advance(HTTP_GUARD_MS)
    expect(got).toEqual([])
    far.resume()
    expect(got).toEqual(['GET'])
  })

  it('hands on what it holds before the end', async () => {
    const { near, far, got, send } = guardedPair()
    const farEnd = ended(far).then(() => [...got])
    await send('GET')
    await near.close(DONE, 1000)
    expect(await farEnd).toEqual(['GET'])
  })

  it('hands on nothing once its owner ends it', async () => {
    const { far, got, send, clock } = guardedPair()
    await send('GET')
    far.abort(DONE)
    await clock.advance(HTTP_GUARD_MS)
    expect(got).toEqual([])
    expect(clock.pending).toBe(0)
  })
})

it('guards every connection of a listener', async () => {
  const inner = new MemoryListener()
  const listener = guarded(inner)
  const orphan = await inner.connect()
  orphan.resume()
  expect((await ended(orphan)).code).toBe('error')
  const got: Connection[] = []
  listener.onConnection((connection) => got.push(connection))
  const near = await inner.connect()
  near.write(Buffer.from('GET / HTTP/1.1\r\n'))
  got[0]!.resume()
  expect((await ended(got[0]!)).code).toBe('refused')
  await listener.close(DONE)
})
