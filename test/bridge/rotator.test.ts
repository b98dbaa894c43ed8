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

  it('takes nobody any more when it is closed; those whom it placed stay', async () => {
    const { rotator, door, connect } = pool(1)
    const placed = connect('a')
    await rotator.close()
    expect(door.closed).toBe(true)
    expect(placed.closeReason).toBeUndefined()
  })
})
