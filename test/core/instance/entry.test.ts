import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SHUTDOWN } from '../../../src-main/contract/close.ts'
import { Fault } from '../../../src-main/contract/faults.ts'
import { Entry } from '../../../src-main/core/instance/entry.ts'
import type { Switch } from '../../../src-main/core/placed.ts'
import { FakeClock, settle } from '../../fake-clock.ts'

/** Switches when the test lets it; two calls at once are a mistake. */
class FakeSwitch implements Switch {
  isOn = false
  ended = false
  busy = false
  calls: string[] = []
  /** What the next `on` meets with. */
  fault: Fault | undefined
  lost = 0
  #held: (() => void)[] = []
  holds = false

  async on(): Promise<void> {
    await this.#one('on')
    if (this.ended) throw new Error('it was ended')
    if (this.fault) throw this.fault
    this.isOn = true
  }

  async off(): Promise<number> {
    await this.#one('off')
    this.isOn = false
    return this.lost
  }

  async end(): Promise<number> {
    await this.#one('end')
    this.isOn = false
    this.ended = true
    return this.lost
  }

  rename(): void {
    // Told to nobody here.
  }

  tune(): void {
    this.calls.push('tune')
  }

  record(): void {
    this.calls.push('record')
  }

  async shed(): Promise<void> {
    await this.#one('shed')
  }

  async amend(): Promise<void> {
    await this.#one('amend')
  }

  release(): void {
    for (const go of this.#held.splice(0)) go()
  }

  async #one(call: string): Promise<void> {
    if (this.busy) throw new Error(`${call} while another call is under way`)
    this.busy = true
    this.calls.push(call)
    if (this.holds) await new Promise<void>((resolve) => this.#held.push(resolve))
    else await Promise.resolve()
    this.busy = false
  }
}

const TAKEN = new Fault('address-in-use', 'raw://127.0.0.1:7000 is in use.')
const WRONG = new Fault('bad-url', '"raw:/" is no address.')

function made() {
  const power = new FakeSwitch()
  const clock = new FakeClock()
  const told: string[] = []
  const entry = new Entry({
    switch: power,
    clock,
    wallMs: () => 1_000_000 + clock.nowMs(),
    changed: () => undefined,
    started: () => told.push('started'),
    failed: ({ message }) => told.push(message)
  })
  return { power, clock, told, entry }
}

describe('an entry of the settings', () => {
  it('is tried until it runs, and says why it does not once', async () => {
    const { power, clock, told, entry } = made()
    power.fault = TAKEN
    await entry.enable()
    expect(entry.failure).toEqual({ type: 'waiting', fault: TAKEN.toJSON(), retryAt: 1_001_500 })
    await clock.advance(20_000)
    expect(power.calls.length).toBeGreaterThan(4)
    expect(told).toEqual([TAKEN.message])
    power.fault = undefined
    await clock.advance(10_000)
    expect(power.isOn).toBe(true)
    expect(entry.failure).toBeUndefined()
    expect(told).toEqual([TAKEN.message, 'started'])
    expect(clock.pending).toBe(0)
  })

  it('is tried at once when somebody says so, and the same cause is told no second time', async () => {
    const { power, clock, told, entry } = made()
    power.fault = TAKEN
    await entry.enable()
    await clock.advance(20_000)
    const tries = power.calls.length
    entry.retry()
    await settle()
    expect(power.calls.length).toBe(tries + 1)
    power.fault = undefined
    await clock.advance(500)
    expect([power.isOn, told]).toEqual([true, [TAKEN.message, 'started']])
    entry.retry()
    await settle()
    expect(power.calls.length).toBe(tries + 2)
    expect(clock.pending).toBe(0)
  })

  it('is not tried again where only other settings help', async () => {
    const { power, clock, told, entry } = made()
    power.fault = WRONG
    await entry.enable()
    expect(entry.failure).toEqual({ type: 'waiting', fault: WRONG.toJSON() })
    await clock.advance(60_000)
    expect(power.calls).toEqual(['on'])
    expect(told).toEqual([WRONG.message])
  })

  it('tells another cause, and the same again once it had been well', async () => {
    const { power, clock, told, entry } = made()
    power.fault = TAKEN
    await entry.enable()
    power.fault = new Fault('path-taken', 'Something is there.')
    await clock.advance(500)
    power.fault = undefined
    await clock.advance(1000)
    await entry.disable(0)
    power.fault = TAKEN
    await entry.enable()
    expect(told).toEqual([TAKEN.message, 'Something is there.', 'started', TAKEN.message])
    await entry.close(0, SHUTDOWN)
  })

  it('that is told to end while it starts ends, and complains of nothing', async () => {
    const { power, clock, told, entry } = made()
    power.holds = true
    power.fault = TAKEN
    power.lost = 3
    const on = entry.enable()
    await settle()
    const closed = entry.close(100, SHUTDOWN)
    power.holds = false
    power.release()
    await on
    expect(await closed).toBe(3)
    expect(power.calls).toEqual(['on', 'end'])
    expect(told).toEqual([])
    expect(entry.failure).toBeUndefined()
    expect(clock.pending).toBe(0)
    // For good: also for whoever had it in his hand.
    await entry.enable()
    expect(power.calls).toEqual(['on', 'end'])
  })

  it('ends in the state that was wished last, whatever came before, and does one thing at a time', async () => {
    const wish = fc.constantFrom('enable', 'disable')
    const step = fc.oneof(
      { weight: 4, arbitrary: wish },
      { weight: 1, arbitrary: fc.constant('close') },
      { weight: 2, arbitrary: fc.constantFrom('taken', 'wrong', 'well', 'hold', 'release', 'wait') }
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
        const { power, clock, entry } = made()
        const done: Promise<unknown>[] = []
        let [wished, closed] = [false, false]
        for (const each of steps) {
          switch (each) {
            case 'enable':
              wished = true
              done.push(entry.enable())
              break
            case 'disable':
              wished = false
              done.push(entry.disable(0))
              break
            case 'close':
              closed = true
              done.push(entry.close(0, SHUTDOWN))
              break
            case 'taken':
              power.fault = TAKEN
              break
            case 'wrong':
              power.fault = WRONG
              break
            case 'well':
              power.fault = undefined
              break
            case 'hold':
              power.holds = true
              break
            case 'release':
              power.holds = false
              power.release()
              break
            case 'wait':
              await clock.advance(700)
          }
        }
        power.holds = false
        power.release()
        const wrong = power.fault?.code === 'bad-url'
        if (!wrong) power.fault = undefined
        await Promise.all(done)
        await clock.advance(30_000)
        const shall = wished && !closed
        expect(entry.wanted).toBe(shall)
        if (!shall) expect(power.isOn).toBe(false)
        // One that failed for good before stays as it is until it is switched on again.
        else expect(power.isOn || entry.failure?.retryAt === undefined).toBe(true)
        if (shall && entry.failure === undefined) expect(power.isOn).toBe(true)
        expect(power.ended).toBe(closed)
        expect(power.busy).toBe(false)
        expect(clock.pending).toBe(0)
      }),
      { numRuns: 500 }
    )
  })
})
