import { describe, expect, it } from 'vitest'
import type { MemoryPort } from '../../src-main/ports/memory.ts'
import type { MemorySession } from '../../src-main/sessions/memory.ts'
import type { Bench } from './setup.ts'
import { bench } from './setup.ts'

const KIB = 1024
const block = (kib: number): Uint8Array => new Uint8Array(kib * KIB)

/** The device sends this much, in pieces of 4 KiB as a real one is read. */
function stream(port: MemoryPort, kib: number): void {
  for (let i = 0; i < kib / 4; i += 1) port.send(block(4))
}

interface Unhealthy extends Bench {
  readonly port: MemoryPort
  readonly slow: MemorySession
  readonly quick: MemorySession
}

/** A client that took nothing until it was found to be unhealthy, beside one that takes everything. */
async function unhealthy(): Promise<Unhealthy> {
  const all = bench()
  const port = await all.plug()
  const slow = all.session()
  const quick = all.session()
  slow.stall()
  stream(port, 300)
  expect(port.paused).toBe(true)
  await all.clock.advance(50)
  expect(port.paused).toBe(false)
  return { ...all, port, slow, quick }
}

describe('a lone session', () => {
  it('pauses the device above 256 KiB until 64 KiB are left, however long that takes', async () => {
    const { clock, plug, session, hub, end } = bench()
    const port = await plug()
    const client = session()
    client.stall()
    stream(port, 4 * KIB)
    expect(client.queued).toBe(260 * KIB)
    expect(port.paused).toBe(true)
    expect(clock.pending).toBe(0)
    await clock.advance(60_000)
    client.take(195 * KIB)
    expect(port.paused).toBe(true)
    client.take(1 * KIB)
    expect(client.queued).toBe(260 * KIB)
    client.flow()
    expect(client.received.length).toBe(4 * KIB * KIB)
    expect(hub.total.lostFromDevice).toBe(0)
    await end()
  })
})

describe('a slow session among others', () => {
  it('may pause the device as long as nobody starves', async () => {
    const { clock, plug, session, end } = bench()
    const port = await plug()
    const [slow, other] = [session(), session()]
    slow.stall()
    other.stall()
    stream(port, 300)
    await clock.advance(5000)
    expect(port.paused).toBe(true)
    // Now the other one has nothing left: 50 ms later the slow one holds nobody up any more.
    other.take(260 * KIB)
    await clock.advance(40)
    expect(port.paused).toBe(true)
    await clock.advance(20)
    expect(port.paused).toBe(false)
    await end()
  })

  it('is not unhealthy after a short stall', async () => {
    const { clock, plug, session, end } = bench()
    const port = await plug()
    const slow = session()
    session()
    slow.stall()
    stream(port, 260)
    await clock.advance(40)
    slow.take(260 * KIB)
    stream(port, 260)
    await clock.advance(40)
    expect(port.paused).toBe(true)
    await end()
  })

  it('holds nobody up once it is unhealthy', async () => {
    const { hub, port, end } = await unhealthy()
    const before = hub.sessions[1]!.bytesFromDevice
    stream(port, 400)
    expect(port.paused).toBe(false)
    expect(hub.sessions[1]!.bytesFromDevice - before).toBe(400 * KIB)
    await end()
  })

  it('is closed at 1 MiB, with the reason, and its loss is counted', async () => {
    const { hub, port, slow, events, lostInEvents, end } = await unhealthy()
    stream(port, 720)
    expect(slow.closeReason).toBeUndefined()
    stream(port, 4)
    expect(slow.closeReason).toEqual({ code: 'too-slow', message: 'too slow: 1 MiB waited for it' })
    expect(hub.sessions.map(({ id }) => id)).toEqual([2])
    expect(hub.total.lostFromDevice).toBe(KIB * KIB)
    expect(lostInEvents('from-device')).toBe(KIB * KIB)
    expect(events.find(({ type }) => type === 'detached')).toMatchObject({
      type: 'detached',
      session: 1,
      why: 'too slow: 1 MiB waited for it'
    })
    await end()
  })

  it('is closed when its oldest byte waited 10 s', async () => {
    const { clock, slow, end } = await unhealthy()
    await clock.advance(9900)
    expect(slow.closeReason).toBeUndefined()
    await clock.advance(300)
    expect(slow.closeReason?.code).toBe('too-slow')
    await end()
  })

  it('lives on while it takes what is 10 s old, however slowly', async () => {
    const { clock, port, slow, end } = await unhealthy()
    for (let second = 0; second < 30; second += 1) {
      slow.take(40 * KIB)
      stream(port, 40)
      await clock.advance(1000)
    }
    expect(slow.closeReason).toBeUndefined()
    await end()
  })

  it('is healthy again after 1 s below 64 KiB, and not before', async () => {
    const { clock, port, slow, end } = await unhealthy()
    slow.take(300 * KIB)
    await clock.advance(900)
    stream(port, 64)
    await clock.advance(100)
    slow.take(64 * KIB)
    await clock.advance(900)
    stream(port, 260)
    expect(port.paused).toBe(false)
    slow.take(260 * KIB)
    await clock.advance(1200)
    stream(port, 260)
    expect(port.paused).toBe(true)
    await end()
  })

  it('is healthy when the others have left', async () => {
    const { clock, port, slow, quick, end } = await unhealthy()
    quick.end()
    expect(port.paused).toBe(true)
    await clock.advance(60_000)
    expect(slow.closeReason).toBeUndefined()
    await end()
  })
})
