import { describe, expect, it } from 'vitest'
import { Rotator } from '../../src-main/bridge/rotator.ts'
import type { ShareOptions } from '../../src-main/bridge/share.ts'
import { Fault } from '../../src-main/contract/faults.ts'
import { MemorySession, MemorySource } from '../../src-main/sessions/memory.ts'
import { settle } from '../fake-clock.ts'
import { closeAll, share } from './junction-bench.ts'

closeAll()

function pool(count: number, options: Partial<ShareOptions> = {}) {
  const benches = Array.from({ length: count }, (_, index) => share({ id: `s${index + 1}`, ...options }))
  const door = new MemorySource('memory:pool')
  const rotator = new Rotator({
    id: 'r1',
    name: 'pool',
    sources: [door],
    pool: () => benches.map(({ bridge }) => bridge)
  })
  const notices: string[] = []
  rotator.onNotice(({ text }) => notices.push(text))
  const connect = (label: string): MemorySession => door.connect(new MemorySession(label))
  const users = (): string[][] => benches.map(({ bridge }) => bridge.state.sessions.map(({ label }) => label))
  return { benches, rotator, door, notices, connect, users }
}

describe('a rotator', () => {
  it('gives each newcomer the next share that nobody uses', async () => {
    const { rotator, connect, users } = pool(3)
    const first = connect('a')
    connect('b')
    first.end()
    await settle()
    connect('c')
    connect('d')
    expect(users()).toEqual([['d'], ['b'], ['c']])
    expect(rotator.state).toEqual({
      id: 'r1',
      kind: 'rotator',
      enabled: true,
      name: 'pool',
      addresses: ['memory:pool'],
      shares: ['s1', 's2', 's3']
    })
  })

  it('passes over one that somebody reached by its own address', () => {
    const { benches, connect, users } = pool(2)
    benches[0]!.connect('direct')
    connect('a')
    expect(users()).toEqual([['direct'], ['a']])
  })

  it('prefers one whose device is there, and takes the other one rather than none', async () => {
    const { benches, connect, users } = pool(2, { hold: true })
    await settle()
    benches[0]!.device.fail(new Fault('device-missing', 'There is no device.'))
    benches[0]!.device.port.unplug()
    await settle()
    connect('a')
    connect('b')
    expect(users()).toEqual([['b'], ['a']])
  })

  it('refuses when all are in use, and says so', () => {
    const { connect, notices } = pool(2)
    connect('a')
    connect('b')
    expect(connect('c').closeReason).toMatchObject({ code: 'refused' })
    expect(notices).toEqual(['client refused: c (all 2 ports are in use; try again when somebody has left)'])
  })

  it('asks old connections from the same address for a sign of life when all are in use', () => {
    const { door, benches } = pool(2)
    const placed = ['192.0.2.1', '192.0.2.2', '192.0.2.1'].map((address) =>
      door.connect(new MemorySession('a client', { address }))
    )
    expect(benches.map(({ bridge }) => bridge.state.sessions.length)).toEqual([1, 1])
    expect(placed.map(({ probes }) => probes)).toEqual([1, 0, 0])
  })

  it('passes over one that is being switched off or stopped', async () => {
    const { benches, connect, users } = pool(2)
    const first = benches[0]!
    first.connect('old').stall()
    await settle()
    first.device.port.send(new Uint8Array(10))
    const closed = first.bridge.close(1000)
    const next = connect('next')
    expect(next.closeReason).toBeUndefined()
    expect(users()).toEqual([[], ['next']])
    await first.clock.advance(1000)
    await closed
  })

  it('says so where its last share is gone', () => {
    const { connect, notices } = pool(0)
    expect(connect('late').closeReason).toMatchObject({ code: 'refused' })
    expect(notices).toEqual(['client refused: late (there is no port here any more)'])
  })

  it('takes nobody any more when it is closed; those whom it placed stay', async () => {
    const { rotator, door, connect } = pool(1)
    const placed = connect('a')
    await rotator.close()
    expect(door.closed).toBe(true)
    expect(placed.closeReason).toBeUndefined()
  })
})
