import { describe, expect, it, onTestFinished } from 'vitest'
import { Recorder } from '../../src-main/capture/recorder.ts'
import { RingPool } from '../../src-main/capture/ring-pool.ts'
import { WallOffset } from '../../src-main/capture/wall-offset.ts'
import { DEFAULT_SETTINGS } from '../../src-main/contract/line.ts'
import type { HubEvent } from '../../src-main/contract/traffic.ts'
import { FakeClock } from '../fake-clock.ts'
import { contents } from '../traffic/stores.ts'

const bytes = (text: string): Uint8Array => Buffer.from(text)
const settings = (baudRate: number): HubEvent => ({
  type: 'settings',
  session: 1,
  label: 'somebody',
  settings: { ...DEFAULT_SETTINGS, baudRate }
})

function rig(options: { on?: boolean; slabBytes?: number; ringBytes?: number } = {}) {
  const clock = new FakeClock()
  const wallClock = { ms: 1_700_000_000_000 }
  const wall = new WallOffset({ nowMs: () => clock.nowMs(), wallMs: () => wallClock.ms, originMs: 0 })
  const pool = new RingPool({ wallOffsetMs: () => wall.ms, slabBytes: 65_536, ...options })
  const recorder = new Recorder({ pool, wall, clock, ...options })
  onTestFinished(() => recorder.dispose())
  return { clock, wallClock, pool, recorder }
}

describe('a recorder', () => {
  it('keeps bytes and events with the time they had at the wire', () => {
    const { recorder } = rig()
    const event: HubEvent = { type: 'attached', session: 1, label: 'somebody' }
    recorder.event(1000, event)
    recorder.bytes(1000.25, 'to-device', 1, bytes('AT\r'))
    recorder.bytes(1000.5, 'from-device', 0, bytes('OK'))
    expect(contents(recorder.log.pages)).toEqual([
      { timeNs: 1_000_000_000, event },
      { timeNs: 1_000_250_000, direction: 'to-device', session: 1, bytes: [65, 84, 13] },
      { timeNs: 1_000_500_000, direction: 'from-device', session: 0, bytes: [79, 75] }
    ])
    expect(recorder.span).toEqual({
      times: { fromNs: 1_000_000_000, toNs: 1_000_500_000 },
      records: 3,
      bytes: 5,
      size: 8192
    })
    expect(recorder.state).toEqual({
      on: true,
      since: 1_700_000_000_001,
      bytes: 5,
      records: 3,
      size: 8192,
      bytesToDevice: 3,
      bytesFromDevice: 2
    })
  })

  it('numbers its markers', async () => {
    const { clock, recorder } = rig()
    await clock.advance(5)
    expect([recorder.mark('one'), recorder.mark('two')]).toEqual([1, 2])
    recorder.clear()
    expect(recorder.mark('three')).toBe(3)
    expect(contents(recorder.log.pages)).toEqual([
      { timeNs: 1_005_000_000, event: { type: 'marker', number: 3, text: 'three' } }
    ])
  })

  it('says what passed while it was off', () => {
    const { recorder } = rig()
    recorder.bytes(1, 'from-device', 0, bytes('a'))
    recorder.switch(false)
    recorder.bytes(2, 'from-device', 0, bytes('bcd'))
    recorder.event(3, settings(9600))
    expect(recorder.mark('nobody sees it')).toBe(0)
    recorder.switch(false)
    recorder.switch(true)
    recorder.switch(true)
    recorder.bytes(5000, 'from-device', 0, bytes('e'))
    expect(contents(recorder.log.pages)).toEqual([
      { timeNs: 1e6, direction: 'from-device', session: 0, bytes: [97] },
      {
        timeNs: 1_000_000_000,
        event: { type: 'missed', records: 2, bytes: 3, why: 'the recording was off' }
      },
      { timeNs: 5e9, direction: 'from-device', session: 0, bytes: [101] }
    ])
    expect(recorder.settingsAt(recorder.log.end)?.baudRate).toBe(9600)
  })

  it('that is off from the start takes no memory, and misses nothing where nothing passed', () => {
    const { recorder } = rig({ on: false })
    recorder.bytes(2, 'from-device', 0, new Uint8Array(0))
    expect(recorder.state).toEqual({
      ...{ on: false, bytes: 0, records: 0, size: 0 },
      ...{ bytesToDevice: 0, bytesFromDevice: 0 }
    })
  })

  it('counts all that passes, also what it does not hold', () => {
    const { recorder } = rig()
    recorder.bytes(1, 'from-device', 0, bytes('abc'))
    recorder.clear()
    recorder.switch(false)
    recorder.bytes(2, 'from-device', 0, bytes('de'))
    recorder.bytes(3, 'to-device', 1, bytes('f'))
    expect(recorder.state).toMatchObject({ bytes: 0, bytesToDevice: 1, bytesFromDevice: 5 })
  })

  it('tells who listens once a frame, however much comes', async () => {
    const { clock, recorder } = rig()
    const pending = clock.pending
    recorder.bytes(1000, 'from-device', 0, bytes('a'))
    expect(clock.pending).toBe(pending)
    let told = 0
    const listening = recorder.onGrow(() => told++)
    for (let i = 0; i < 100; i++) recorder.bytes(1000, 'from-device', 0, bytes('a'))
    expect(told).toBe(0)
    await clock.advance(0)
    expect(told).toBe(1)
    for (let i = 0; i < 64; i++) {
      recorder.bytes(clock.nowMs(), 'from-device', 0, bytes('a'))
      await clock.advance(1)
    }
    expect(told).toBe(5)
    listening.dispose()
    await clock.advance(100)
    recorder.bytes(clock.nowMs(), 'from-device', 0, bytes('a'))
    expect(clock.pending).toBe(pending)
  })

  it('knows the settings in force at any record that it holds, also where who set them is gone', () => {
    const { recorder } = rig({ slabBytes: 2048, ringBytes: 65_536 })
    const rates = new Map<number, number>()
    let rate = 0
    for (let i = 0; i < 40_000; i++) {
      if (i % 700 === 300) recorder.event(i, settings((rate = 300 + i)))
      recorder.bytes(i, 'from-device', 0, bytes('0123456789'))
      rates.set(recorder.log.end - 1, rate)
    }
    const { first, end } = recorder.log
    expect(first).toBeGreaterThan(30_000)
    for (let record = first; record < end; record++)
      if (rates.has(record)) expect(recorder.settingsAt(record)?.baudRate).toBe(rates.get(record))
  })

  it('begins a new page when the wall clock was set, and only then', () => {
    const { recorder, wallClock } = rig()
    recorder.bytes(1000, 'from-device', 0, bytes('a'))
    wallClock.ms += 10
    recorder.bytes(3000, 'from-device', 0, bytes('b'))
    expect(recorder.log.pages).toHaveLength(1)
    wallClock.ms += 3_600_000
    recorder.bytes(4500, 'from-device', 0, bytes('c'))
    recorder.bytes(6000, 'from-device', 0, bytes('d'))
    const [before, after, more] = recorder.log.pages
    expect(more).toBeUndefined()
    expect(after!.wallOffsetMs - before!.wallOffsetMs).toBe(3_600_010)
  })

  it('has the right time within 10 ms of waking up, however little passed on its own clock', () => {
    const { recorder, wallClock } = rig()
    recorder.bytes(1000, 'from-device', 0, bytes('a'))
    wallClock.ms += 3_600_000
    recorder.bytes(1010, 'from-device', 0, bytes('b'))
    const [before, after] = recorder.log.pages
    expect((after?.wallOffsetMs ?? 0) - (before?.wallOffsetMs ?? 0)).toBe(3_600_000)
  })

  it('gives all its memory back at the end', () => {
    const { pool, recorder } = rig()
    for (let i = 0; i < 1000; i++) recorder.bytes(i, 'from-device', 0, new Uint8Array(1000))
    expect(pool.size).toBeGreaterThan(900_000)
    recorder.dispose()
    recorder.dispose()
    expect(pool.size).toBe(0)
    recorder.bytes(1, 'from-device', 0, bytes('late'))
    expect(recorder.log.pages).toHaveLength(0)
  })
})
