import { describe, expect, it, onTestFinished } from 'vitest'
import { DialOut, EARLY_LIMIT } from '../../src-main/bridge/dial-out.ts'
import { Fault } from '../../src-main/contract/faults.ts'
import { MemorySession } from '../../src-main/sessions/memory.ts'
import { FakeClock, settle } from '../fake-clock.ts'
import { closeAll, share } from './junction-bench.ts'
import { bytes, text } from './setup.ts'

closeAll()

interface Far {
  readonly source: DialOut
  readonly clock: FakeClock
  /** Every session that was dialled, in order. */
  readonly sessions: MemorySession[]
  /** From now on nobody answers; or somebody does again. */
  readonly answer: (fault: Fault | undefined) => void
}

function far(when: 'always' | 'data'): Far {
  const clock = new FakeClock()
  const sessions: MemorySession[] = []
  let fault: Fault | undefined
  const source = new DialOut({
    label: 'raw://far:4001',
    when,
    clock,
    dial: () => {
      if (fault) return Promise.reject(fault)
      const session = new MemorySession(`far ${sessions.length + 1}`, { clock })
      sessions.push(session)
      return Promise.resolve(session)
    }
  })
  onTestFinished(() => expect(clock.pending).toBe(0))
  return { source, clock, sessions, answer: (next) => (fault = next) }
}

const refused = new Fault('peer-refused', 'Nobody listens at far:4001.')

describe('a share that is always connected', () => {
  it('connects at the start, and again when the far end has left', async () => {
    const { source, clock, sessions } = far('always')
    const { bridge, device } = share({ sources: [source] })
    await settle()
    expect(bridge.state).toMatchObject({
      addresses: [],
      dials: ['raw://far:4001'],
      sessions: [{ label: 'far 1', writer: true }]
    })
    sessions[0]!.send(bytes('over'))
    expect(text(device.port.received)).toBe('over')
    sessions[0]!.end()
    await clock.advance(500)
    expect(sessions).toHaveLength(2)
    device.port.send(bytes('back'))
    expect(text(sessions[1]!.received)).toBe('back')
  })

  it('tries ever more rarely where nobody answers, and says so once', async () => {
    const { source, clock, sessions, answer } = far('always')
    answer(refused)
    const { faults } = share({ sources: [source] })
    await clock.advance(20_000)
    expect(faults.map(({ message }) => message)).toEqual(['Nobody listens at far:4001. It is tried again.'])
    answer(undefined)
    await clock.advance(10_000)
    expect(sessions).toHaveLength(1)
  })

  it('tries at once when somebody says so, and soon after that', async () => {
    const { source, clock, sessions, answer } = far('always')
    answer(refused)
    const { bridge } = share({ sources: [source] })
    await clock.advance(20_000)
    bridge.retry()
    await settle()
    expect(sessions).toHaveLength(0)
    answer(undefined)
    await clock.advance(500)
    expect(sessions).toHaveLength(1)
    bridge.retry()
    await clock.advance(20_000)
    expect(sessions).toHaveLength(1)
  })
})

describe('a share that connects when its device speaks', () => {
  it('keeps what that says until somebody answers, and gives it first', async () => {
    const { source, sessions } = far('data')
    const { bridge, device } = share({ sources: [source], hold: true })
    await settle()
    expect(sessions).toEqual([])
    device.port.send(bytes('alarm '))
    device.port.send(bytes('now '))
    await settle()
    device.port.send(bytes('and on'))
    expect(text(sessions[0]!.received)).toBe('alarm now and on')
    expect(bridge.state).toMatchObject({ bytesFromDevice: 16, lostFromDevice: 0 })
  })

  it('waits for its next word when the far end has left', async () => {
    const { source, clock, sessions } = far('data')
    const { device } = share({ sources: [source], hold: true })
    await settle()
    device.port.send(bytes('one'))
    await settle()
    sessions[0]!.end()
    await clock.advance(60_000)
    expect(sessions).toHaveLength(1)
    device.port.send(bytes('two'))
    await settle()
    expect(text(sessions[1]!.received)).toBe('two')
  })

  it('goes on trying for what it has to tell, and counts what there is no room for', async () => {
    const { source, clock, sessions, answer } = far('data')
    const { bridge, device, notices } = share({ sources: [source], hold: true })
    await settle()
    answer(refused)
    device.port.send(new Uint8Array(EARLY_LIMIT - 1))
    device.port.send(bytes('abc'))
    await clock.advance(30_000)
    expect(bridge.state.lostFromDevice).toBe(2)
    expect(notices).toContain('lost 2 bytes from the device: nobody answers yet')
    answer(undefined)
    await clock.advance(10_000)
    expect(sessions[0]!.received).toHaveLength(EARLY_LIMIT)
    expect(text(sessions[0]!.received.subarray(-1))).toBe('a')
  })

  it('serves other clients meanwhile', async () => {
    const { source, sessions, answer } = far('data')
    answer(refused)
    const { bridge, device } = share({ sources: [source], hold: true })
    const client = new MemorySession('near')
    bridge.admit(client)
    await settle()
    device.port.send(bytes('hello'))
    expect(text(client.received)).toBe('hello')
    expect(sessions).toEqual([])
  })

  it('counts what it could tell nobody before its end', async () => {
    const { source, answer } = far('data')
    answer(refused)
    const { bridge, device, notices } = share({ sources: [source], hold: true })
    await settle()
    device.port.send(bytes('alarm'))
    await settle()
    expect(await bridge.close(0)).toBe(5)
    expect(notices).toContain('lost 5 bytes from the device: nobody answers yet')
  })

  it('counts what it had to tell to one for whom there was no place', async () => {
    const { source, sessions, clock } = far('data')
    const { bridge, device, notices } = share({ sources: [source], hold: true, maxClients: 1 })
    bridge.admit(new MemorySession('near'))
    await settle()
    device.port.send(bytes('alarm'))
    await settle()
    expect(sessions[0]!.closeReason).toMatchObject({ code: 'refused' })
    expect(bridge.state).toMatchObject({ bytesFromDevice: 5, lostFromDevice: 5 })
    expect(notices).toContain(
      'lost 5 bytes from the device: another client is connected already; try again when one has left'
    )
    await clock.advance(60_000)
    expect(sessions).toHaveLength(1)
  })

  it('is quiet after its end', async () => {
    const { source, sessions } = far('data')
    const { bridge, device } = share({ sources: [source], hold: true })
    await settle()
    await bridge.close(0)
    expect(device.port.ended).toBe(true)
    await settle()
    expect(sessions).toEqual([])
  })
})
