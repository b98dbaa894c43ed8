import { describe, expect, it } from 'vitest'
import { Fault } from '../../src-main/contract/faults.ts'
import type { PortSlot } from '../../src-main/bridge/keeper.ts'
import { Keeper } from '../../src-main/bridge/keeper.ts'
import type { Port } from '../../src-main/ports/port.ts'
import { MemoryPort, MemoryPortSource } from '../../src-main/ports/memory.ts'
import { FakeClock, settle } from '../fake-clock.ts'
import { bytes, text } from './setup.ts'

const MISSING = new Fault('device-missing', 'There is no /dev/ttyUSB0. Plug it in.')

interface Bench {
  readonly clock: FakeClock
  readonly source: MemoryPortSource
  readonly keeper: Keeper
  /** What the slot was told: `port`, `hold`, `discard`, `lost N`. */
  readonly told: string[]
  readonly faults: Fault[]
  readonly states: string[]
}

function bench(): Bench {
  const clock = new FakeClock()
  const source = new MemoryPortSource('memory', (settings) => new MemoryPort({ clock, settings }))
  const told: string[] = []
  const slot: PortSlot = {
    opening: { baudRate: 4800 },
    setPort: (port: Port | undefined, absent) => {
      const word = port ? 'port' : absent
      if (told.at(-1) !== word) told.push(word)
    },
    undelivered: (lost) => told.push(`lost ${lost}`)
  }
  const keeper = new Keeper({ clock, source, slot, far: 'device' })
  const faults: Fault[] = []
  const states: string[] = []
  keeper.onFault((fault) => faults.push(fault))
  keeper.onState(({ type }) => states.push(type))
  return { clock, source, keeper, told, faults, states }
}

describe('a port that is wanted', () => {
  it('is opened with the settings of the slot, and closed when it is not wanted any more', async () => {
    const { clock, source, keeper, told, states } = bench()
    expect(keeper.state).toEqual({ type: 'idle' })
    keeper.want(true)
    keeper.want(true)
    await settle()
    expect(source.tries).toEqual([{ baudRate: 4800 }])
    expect(keeper.state).toMatchObject({ type: 'open', settings: { baudRate: 4800 }, lines: { dtr: true } })
    keeper.want(false)
    await settle()
    expect(source.port.ended).toBe(true)
    expect(states).toEqual(['opening', 'open', 'closing', 'idle'])
    expect(told).toEqual(['hold', 'port', 'hold'])
    expect(clock.pending).toBe(0)
  })

  it('is tried again after 0.5, 1, 2, 4, 8, 10 and 10 s, told once', async () => {
    const { clock, source, keeper, told, faults } = bench()
    source.fail(MISSING)
    keeper.want(true)
    await settle()
    const before = Date.now()
    expect(keeper.state).toMatchObject({ type: 'waiting', fault: MISSING.toJSON() })
    expect(
      keeper.state.type === 'waiting' && (keeper.state.retryAt ?? Infinity) - before
    ).toBeLessThanOrEqual(500)
    for (const delayMs of [500, 1000, 2000, 4000, 8000, 10_000, 10_000]) {
      const tries = source.tries.length
      await clock.advance(delayMs - 1)
      expect(source.tries.length).toBe(tries)
      await clock.advance(1)
      expect(source.tries.length).toBe(tries + 1)
    }
    // What comes during a try waits for it; it is lost when that failed too.
    expect(told).toEqual(Array.from({ length: 8 }, () => ['hold', 'discard']).flat())
    expect(faults).toEqual([MISSING])
    source.fail(new Fault('device-busy', 'Somebody else has it.'))
    await clock.advance(10_000)
    expect(faults.map(({ code }) => code)).toEqual(['device-missing', 'device-busy'])
    await keeper.close(2000)
    expect(clock.pending).toBe(0)
  })

  it('is tried at once when it is there again, and soon after that', async () => {
    const { clock, source, keeper } = bench()
    source.fail(MISSING)
    keeper.want(true)
    await clock.advance(20_000)
    const tries = source.tries.length
    source.appear()
    await settle()
    expect(source.tries.length).toBe(tries + 1)
    source.fail(undefined)
    await clock.advance(500)
    expect(keeper.state.type).toBe('open')
    await keeper.close(0)
    expect(clock.pending).toBe(0)
  })

  it('is tried at once when somebody says so, and soon after that; else that does nothing', async () => {
    const { clock, source, keeper } = bench()
    keeper.retry()
    source.fail(MISSING)
    keeper.want(true)
    await clock.advance(20_000)
    const tries = source.tries.length
    keeper.retry()
    keeper.retry()
    await settle()
    expect(source.tries.length).toBe(tries + 1)
    source.fail(undefined)
    await clock.advance(500)
    expect(keeper.state.type).toBe('open')
    keeper.retry()
    await settle()
    expect([keeper.state.type, source.tries.length]).toEqual(['open', tries + 2])
    await keeper.close(0)
    keeper.retry()
    expect(clock.pending).toBe(0)
  })

  it('is opened again when it breaks, and what is sent meanwhile is discarded', async () => {
    const { clock, source, keeper, told, faults } = bench()
    keeper.want(true)
    await settle()
    source.port.unplug()
    expect(told).toEqual(['hold', 'port', 'discard'])
    await clock.advance(499)
    expect(keeper.state).toMatchObject({ type: 'waiting', fault: { code: 'device-unplugged' } })
    await clock.advance(1)
    expect(keeper.state.type).toBe('open')
    expect(source.ports.length).toBe(2)
    expect(faults).toHaveLength(1)
    await keeper.close(0)
  })

  it('counts as a success only when it lived for a while', async () => {
    const { clock, source, keeper, faults } = bench()
    keeper.want(true)
    await settle()
    for (const delayMs of [500, 1000, 2000]) {
      source.port.unplug()
      const opened = source.ports.length
      await clock.advance(delayMs - 1)
      expect(source.ports.length).toBe(opened)
      await clock.advance(1)
    }
    await clock.advance(5000)
    source.port.unplug()
    await clock.advance(500)
    expect(keeper.state.type).toBe('open')
    expect(faults).toHaveLength(4)
    await keeper.close(0)
    expect(clock.pending).toBe(0)
  })
})

describe('a try that takes long', () => {
  it('and fails is no success either', async () => {
    const { clock, source, keeper } = bench()
    source.fail(MISSING)
    keeper.want(true)
    await settle()
    source.hold()
    await clock.advance(500)
    await clock.advance(30_000)
    source.proceed()
    await settle()
    expect(source.tries.length).toBe(2)
    await clock.advance(999)
    expect(source.tries.length).toBe(2)
    await clock.advance(1)
    expect(source.tries.length).toBe(3)
    await keeper.close(0)
  })
})

describe('a port that is not wanted any more', () => {
  it('while it opens, is never used', async () => {
    const { clock, source, keeper, told } = bench()
    source.hold()
    keeper.want(true)
    keeper.want(false)
    await settle()
    expect(keeper.state.type).toBe('idle')
    expect(source.ports).toEqual([])
    expect(told).toEqual(['hold'])
    expect(clock.pending).toBe(0)
  })

  it('is closed where its source did not listen to the signal', async () => {
    const { clock, source, keeper, told } = bench()
    const open = source.open.bind(source)
    let opened: MemoryPort | undefined
    source.open = async (settings) => {
      opened = await open(settings, new AbortController().signal)
      return opened
    }
    source.hold()
    keeper.want(true)
    keeper.want(false)
    await settle()
    source.proceed()
    await settle()
    expect(opened?.ended).toBe(true)
    expect(told).toEqual(['hold'])
    expect(keeper.state.type).toBe('idle')
    expect(clock.pending).toBe(0)
  })

  it('while it waits to be tried again, is left alone', async () => {
    const { clock, source, keeper } = bench()
    source.fail(MISSING)
    keeper.want(true)
    await settle()
    keeper.want(false)
    await clock.advance(60_000)
    expect(keeper.state.type).toBe('idle')
    expect(source.tries.length).toBe(1)
    expect(clock.pending).toBe(0)
  })

  it('is opened anew, and held for, when it is wanted while it closes', async () => {
    const { clock, source, keeper, told } = bench()
    keeper.want(true)
    await settle()
    const first = source.port
    first.stall()
    first.write(bytes('slow'))
    keeper.want(false)
    keeper.want(true)
    expect(keeper.state.type).toBe('closing')
    await clock.advance(1000)
    first.flow()
    await clock.advance(10)
    expect(text(first.received)).toBe('slow')
    expect(source.ports.length).toBe(2)
    expect(keeper.state.type).toBe('open')
    expect(told).toEqual(['hold', 'port', 'hold', 'port'])
    await keeper.close(0)
    expect(clock.pending).toBe(0)
  })

  it('is drained for as long as it moves', async () => {
    const { clock, source, keeper, told } = bench()
    keeper.want(true)
    await settle()
    source.port.stall()
    source.port.write(bytes('abc'))
    keeper.want(false)
    for (let i = 0; i < 3; i += 1) {
      await clock.advance(9000)
      expect(keeper.state.type).toBe('closing')
      source.port.take(1)
    }
    await clock.advance(10)
    expect(keeper.state.type).toBe('idle')
    expect(told).toEqual(['hold', 'port', 'hold'])
    expect(clock.pending).toBe(0)
  })

  it('is drained of what the system holds, however slow its line', async () => {
    const { clock, source, keeper, told } = bench()
    keeper.want(true)
    await settle()
    const held = Object.assign(source.port, { unsent: 4096 })
    keeper.want(false)
    for (let second = 0; second < 34; second += 1) {
      await clock.advance(1000)
      expect(keeper.state.type).toBe('closing')
      held.unsent -= 120
    }
    expect(held.ended).toBe(false)
    held.unsent = 0
    await clock.advance(10)
    expect(keeper.state.type).toBe('idle')
    expect(told).toEqual(['hold', 'port', 'hold'])
    expect(clock.pending).toBe(0)
  })

  it('is given up after 10 s without a move and 10 s for the system, and the rest is counted', async () => {
    const { clock, source, keeper, told } = bench()
    keeper.want(true)
    await settle()
    source.port.stall()
    source.port.write(bytes('abc'))
    keeper.want(false)
    await clock.advance(10_000)
    expect(keeper.state.type).toBe('closing')
    await clock.advance(10_020)
    expect(keeper.state.type).toBe('idle')
    expect(told.at(-1)).toBe('hold')
    expect(told).toContain('lost 3')
    expect(clock.pending).toBe(0)
  })

  it('counts what a port lost that broke while it was drained', async () => {
    const { clock, source, keeper, told } = bench()
    keeper.want(true)
    await settle()
    source.port.stall()
    source.port.write(bytes('abcd'))
    keeper.want(false)
    source.port.take(1)
    source.port.unplug()
    await settle()
    expect(told).toContain('lost 3')
    expect(keeper.state.type).toBe('idle')
    expect(clock.pending).toBe(0)
  })
})

describe('a slot that throws', () => {
  it('costs its port and that try, not the next one', async () => {
    const clock = new FakeClock()
    const source = new MemoryPortSource('memory', (settings) => new MemoryPort({ clock, settings }))
    let broken = true
    const keeper = new Keeper({
      clock,
      source,
      far: 'device',
      slot: {
        opening: {},
        setPort: (port) => {
          if (port && broken) throw new Error('a bug')
        },
        undelivered: () => undefined
      }
    })
    const faults: string[] = []
    keeper.onFault(({ code }) => faults.push(code))
    keeper.want(true)
    await settle()
    expect(source.port.ended).toBe(true)
    expect(keeper.state).toMatchObject({ type: 'waiting', fault: { code: 'bug' } })
    broken = false
    await clock.advance(500)
    expect(keeper.state.type).toBe('open')
    expect(faults).toEqual(['bug'])
    await keeper.close(0)
    expect(clock.pending).toBe(0)
  })
})

describe('the end', () => {
  it('comes within its limit, whatever the port is doing', async () => {
    const { clock, source, keeper, told } = bench()
    keeper.want(true)
    await settle()
    source.port.stall()
    source.port.write(bytes('abc'))
    keeper.want(false)
    await settle()
    const closed = keeper.close(2000)
    await clock.advance(2000)
    await closed
    expect(told).toContain('lost 3')
    keeper.want(true)
    expect(keeper.state.type).toBe('idle')
    expect(clock.pending).toBe(0)
  })

  it.each([
    ['at once', [2000]],
    ['after it began to close for want of users', [10_000, 2000]]
  ])('is told to the port, %s', async (_when, limits) => {
    const { clock, source, keeper } = bench()
    keeper.want(true)
    await settle()
    const told: number[] = []
    // As a program: nothing of it waits, and yet it needs time to end.
    source.port.close = (_reason, timeoutMs) => {
      told.push(timeoutMs)
      return new Promise(() => undefined)
    }
    if (limits.length > 1) keeper.want(false)
    await settle()
    const closed = keeper.close(2000)
    await settle()
    expect(told).toEqual(limits)
    await clock.advance(2000)
    await closed
    expect(clock.pending).toBe(0)
  })

  it('comes while it opens', async () => {
    const { clock, source, keeper } = bench()
    source.hold()
    keeper.want(true)
    await keeper.close(2000)
    expect(keeper.state.type).toBe('idle')
    expect(clock.pending).toBe(0)
  })
})
