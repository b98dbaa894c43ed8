import { expect, it } from 'vitest'
import { Backoff } from '../../src-main/base/backoff.ts'
import { sleep, systemClock } from '../../src-main/base/clock.ts'
import { Lifetime } from '../../src-main/base/lifetime.ts'
import { FakeClock } from '../fake-clock.ts'

it('a lifetime disposes in reverse order, once, and what comes late at once', () => {
  const life = new Lifetime()
  const seen: number[] = []
  for (const number of [1, 2, 3]) life.add({ dispose: () => seen.push(number) })
  life.dispose()
  life.dispose()
  expect(seen).toEqual([3, 2, 1])
  expect(life.ended).toBe(true)
  life.defer(() => seen.push(4))
  expect(seen).toEqual([3, 2, 1, 4])
})

it('a backoff doubles from 0.5 s to 10 s, and begins anew after a success', () => {
  const backoff = new Backoff()
  const times = Array.from({ length: 7 }, () => backoff.next())
  expect(times).toEqual([500, 1000, 2000, 4000, 8000, 10_000, 10_000])
  backoff.reset()
  expect(backoff.next()).toBe(500)
})

it('sleep waits for its time, or ends with the reason of the signal and leaves no timer', async () => {
  const clock = new FakeClock()
  let over = false
  const slept = sleep(clock, 100, new AbortController().signal).then(() => (over = true))
  await clock.advance(99)
  expect(over).toBe(false)
  await clock.advance(1)
  await slept
  const controller = new AbortController()
  const cut = sleep(clock, 100, controller.signal)
  controller.abort(new Error('enough'))
  await expect(cut).rejects.toThrow('enough')
  await expect(sleep(clock, 100, controller.signal)).rejects.toThrow('enough')
  expect(clock.pending).toBe(0)
})

it('the system clock calls once or again and again until it is disposed', async () => {
  const startMs = systemClock.nowMs()
  let calls = 0
  await new Promise<void>((resolve) => {
    const timer = systemClock.every(1, () => {
      if (++calls < 3) return
      timer.dispose()
      resolve()
    })
  })
  systemClock.after(0, () => expect.unreachable()).dispose()
  await new Promise<void>((resolve) => void systemClock.after(5, resolve, undefined))
  expect(calls).toBe(3)
  expect(systemClock.nowMs()).toBeGreaterThan(startMs)
})
