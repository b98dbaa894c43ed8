import { describe, expect, it } from 'vitest'
import { Fault } from '../../src-main/contract/faults.ts'
import { NO_CAPABILITIES } from '../../src-main/contract/line.ts'
import { MemoryPort, MemoryPortSource } from '../../src-main/ports/memory.ts'
import { duplexSuite } from '../suites/duplex.ts'
import { portSuite } from '../suites/port.ts'

const { signal } = new AbortController()

describe('a memory port', () => {
  duplexSuite(() => {
    const port = new MemoryPort()
    return { near: port, far: port, exact: true }
  })
  portSuite(() => new MemoryPort())
  portSuite(() => new MemoryPort({ capabilities: NO_CAPABILITIES }))

  it('can have a mind of its own about settings', async () => {
    const port = new MemoryPort({ take: () => ({ baudRate: 230_400 }) })
    expect(await port.apply({ baudRate: 250_000, parity: 'odd' }, signal)).toMatchObject({
      baudRate: 230_400,
      parity: 'none'
    })
    expect(port.applies).toEqual([{ baudRate: 250_000, parity: 'odd' }])
  })

  it('forgets what is queued at a purge, and tells that it drained', () => {
    const port = new MemoryPort({ highWater: 2, lowWater: 0 })
    let drains = 0
    port.onDrain(() => (drains += 1))
    port.stall()
    expect(port.write(new Uint8Array(3))).toBe(false)
    port.purge('receive')
    expect(port.queued).toBe(3)
    port.purge('transmit')
    expect([port.queued, drains]).toEqual([0, 1])
  })

  it('lets an apply wait, and refuses it when it is gone by then', async () => {
    const port = new MemoryPort()
    const gone = new AbortController()
    port.holdApplies()
    const answer = port.apply({ baudRate: 300 }, gone.signal)
    gone.abort(new Error('gone'))
    port.unplug()
    await expect(answer).rejects.toThrow('gone')
  })

  it('still knows what it did not deliver when it is unplugged', () => {
    const port = new MemoryPort()
    let undelivered = -1
    port.onClose(() => (undelivered = port.queued))
    port.stall()
    port.write(new Uint8Array(7))
    port.unplug()
    expect(undelivered).toBe(7)
  })
})

describe('a source of memory ports', () => {
  it('opens with the settings that it is given, or fails as it is told', async () => {
    const source = new MemoryPortSource()
    expect((await source.open({ baudRate: 300 }, signal)).settings.baudRate).toBe(300)
    const fault = new Fault('device-busy', 'Somebody has it.')
    source.fail(fault)
    await expect(source.open({}, signal)).rejects.toBe(fault)
    expect(source.tries).toEqual([{ baudRate: 300 }, {}])
    expect(source.ports.length).toBe(1)
  })

  it('ends a try that waits when it is not wanted any more', async () => {
    const source = new MemoryPortSource()
    const wish = new AbortController()
    source.hold()
    const port = source.open({}, wish.signal)
    wish.abort(new Error('not wanted'))
    await expect(port).rejects.toThrow('not wanted')
    expect(source.ports).toEqual([])
  })
})
