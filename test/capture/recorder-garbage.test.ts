import { PerformanceObserver } from 'node:perf_hooks'
import { expect, it, onTestFinished } from 'vitest'
import { systemClock } from '../../src-main/base/clock.ts'
import { Recorder } from '../../src-main/capture/recorder.ts'
import { RingPool } from '../../src-main/capture/ring-pool.ts'
import { WallOffset } from '../../src-main/capture/wall-offset.ts'
import { settle } from '../fake-clock.ts'

/** A number on the heap has 16 bytes, and the young generation grows to 16 MiB: one a chunk would be nine collections at the least. */
const CHUNKS = 10_000_000

it('makes no object per chunk: ten millions of them are no work for the collector', async () => {
  const wall = new WallOffset({ nowMs: () => systemClock.nowMs() })
  const pool = new RingPool({ wallOffsetMs: () => wall.ms, ringBytes: 4 * 1024 * 1024 })
  const recorder = new Recorder({ pool, wall, clock: systemClock })
  onTestFinished(() => recorder.dispose())
  const chunk = Buffer.alloc(64, 'x')
  const record = (chunks: number, step: number): void => {
    for (let i = 0; i < chunks; i++)
      recorder.bytes(i * step, i & 1 ? 'to-device' : 'from-device', i & 1, chunk)
  }
  // Until the compiler has seen it.
  for (let i = 0; i < 10; i++) record(100_000, 1e-4)
  let collections = 0
  const observer = new PerformanceObserver((list) => (collections += list.getEntries().length))
  observer.observe({ entryTypes: ['gc'] })
  record(CHUNKS, 1e-3)
  // They are told in a later turn.
  for (let i = 0; i < 5; i++) await settle()
  observer.disconnect()
  expect(collections).toBeLessThanOrEqual(3)
  const { lineBytes, pages } = recorder.log
  expect((pages[0]?.bytesBefore ?? 0) + lineBytes).toBe((CHUNKS + 1_000_000) * chunk.length)
})
