import { describe, expect, it, onTestFinished } from 'vitest'
import { once } from '../../src-main/base/event.ts'
import { systemClock } from '../../src-main/base/clock.ts'
import type { CloseReason } from '../../src-main/contract/close.ts'
import { DONE } from '../../src-main/contract/close.ts'
import type { Connection } from '../../src-main/net/connection.ts'
import { memoryPair } from '../../src-main/net/memory.ts'
import { MuxConnection } from '../../src-main/net/mux-connection.ts'
import { Mux } from '../../src-main/protocol/mux.ts'
import { FakeClock } from '../fake-clock.ts'
import { hex, toHex } from '../hex.ts'
import { connectionSuite, ended, randomBytes, received, turns } from '../suites/connection.ts'
import { tlsPair } from './tls-pair.ts'

/** Both ends of channel 0 over two joined connections. */
function muxed(
  [lowerNear, lowerFar]: readonly [Connection, Connection],
  { clock = systemClock, stallTimeoutMs = 0 } = {}
): { near: MuxConnection; far: MuxConnection } {
  const [near, far] = [new Mux(), new Mux()]
  near.receive(far.start())
  far.receive(near.start())
  far.receive(near.open().bytes)
  near.receive(far.accept(0))
  const options = { clock, stallTimeoutMs }
  return {
    near: new MuxConnection(lowerNear, near, 0, [], options),
    far: new MuxConnection(lowerFar, far, 0, [], options)
  }
}

connectionSuite('gensio mux in memory', () => Promise.resolve(muxed(memoryPair())))
connectionSuite('gensio mux over TLS', async () => {
  const { near, far } = await tlsPair()
  return muxed([near, far])
})

/** A channel of ours, called 7 by a far side that is the hand of the test. */
function held(window = '00 00 40 00', options: { clock?: FakeClock; stallTimeoutMs?: number } = {}) {
  const [lower, wire] = memoryPair()
  const mux = new Mux()
  mux.receive(hex(`11 00 01 00 | 22 00 00 07 | ${window} | 00 00`))
  mux.accept(0)
  const connection = new MuxConnection(lower, mux, 0, [], {
    clock: options.clock ?? systemClock,
    stallTimeoutMs: options.stallTimeoutMs ?? 0
  })
  const sent: Uint8Array[] = []
  wire.onData((bytes) => sent.push(bytes))
  wire.resume()
  onTestFinished(() => connection.abort(DONE))
  return { connection, wire, sent: () => toHex(Buffer.concat(sent)) }
}

describe('a connection over gensio mux', () => {
  it('refuses further channels, and lives on', async () => {
    const { connection, wire, sent } = held()
    const all = received(connection, 2)
    connection.resume()
    wire.write(hex('22 00 00 08 | 00 00 40 00 | 00 03 74 63 70 | 52 01 00 00 | 00 00 00 00 | 00 02 4F 4B'))
    expect((await all).toString()).toBe('OK')
    await turns()
    expect(sent()).toBe('33 00 00 08 00 01 00 00 00 00 00 02')
  })

  it('answers a close once its reader has everything', async () => {
    const { connection, wire, sent } = held()
    wire.write(hex('52 01 00 00 | 00 00 00 00 | 00 02 4F 4B | 42 00 00 00 | 00 00 00 00'))
    await turns()
    expect(sent()).toBe('')
    const [all, end] = [received(connection, 2), once(connection.onClose)]
    connection.resume()
    expect((await all).toString()).toBe('OK')
    expect(await end).toEqual(DONE)
    await turns()
    expect(sent()).toBe('42 00 00 07 00 00 00 00')
  })

  it('counts what the far side had no room for when it closed', async () => {
    const { connection, wire } = held('00 00 04 00')
    connection.resume()
    connection.write(randomBytes(5000, 1))
    const end = once(connection.onClose)
    wire.write(hex('42 00 00 00 | 00 00 00 00'))
    expect(await end).toEqual(DONE)
    // Two messages of half a window were out.
    expect(connection.queued).toBe(5000 - 2 * 509)
  })

  it('takes acknowledgements while its reader is paused', async () => {
    const { connection, wire, sent } = held('00 00 04 00')
    connection.write(randomBytes(1300, 1))
    await turns()
    expect(sent()).toHaveLength(2 * 519 * 3 - 1)
    wire.write(hex('52 00 00 00 | 00 00 02 00 | 00 00'))
    await turns()
    expect(connection.queued).toBe(0)
  })

  it('ends with a peer that speaks something else', async () => {
    const { connection, wire } = held()
    const end = once(connection.onClose)
    wire.write(Buffer.from('GET / HTTP/1.1'))
    expect((await end).message).toContain("does not speak gensio's mux")
  })

  it('ends one that takes nothing', async () => {
    const clock = new FakeClock()
    const { connection, wire } = held('00 00 04 00', { clock, stallTimeoutMs: 25_000 })
    const ends: CloseReason[] = []
    connection.onClose((reason) => ends.push(reason))
    connection.write(randomBytes(2000, 1))
    await clock.advance(24_000)
    wire.write(hex('52 00 00 00 | 00 00 02 00 | 00 00'))
    await turns()
    await clock.advance(24_000)
    expect(ends).toEqual([])
    await clock.advance(2000)
    expect(ends).toEqual([{ code: 'stalled', message: 'the far side took nothing for 25 s' }])
    expect(connection.queued).toBe(2000 - 3 * 509)
  })

  it('keeps little of a far side that never closes its end', async () => {
    const { connection, wire } = held()
    const end = ended(wire)
    expect(await connection.close(DONE, 5000)).toBe(0)
    expect(await end).toEqual(DONE)
  })

  it('reads no further while its answers are not taken', async () => {
    const { connection, wire } = held()
    wire.pause()
    connection.resume()
    const ends: CloseReason[] = []
    connection.onClose((reason) => ends.push(reason))
    const refused = Buffer.concat(
      Array.from({ length: 10_000 }, (_, n) =>
        hex(`22 00 ${(n | 0x4000).toString(16)} | 00 00 40 00 | 00 00`)
      )
    )
    let room = true
    for (let n = 0; n < 40 && room; n++) {
      room = wire.write(refused)
      await turns()
    }
    expect([room, ends]).toEqual([false, []])
    expect(connection.queued).toBeLessThan(700_000)
  })
})
