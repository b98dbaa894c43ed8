import { expect, it } from 'vitest'
import { Losses, type Loss } from '../../src-main/bridge/losses.ts'
import { FakeClock } from '../fake-clock.ts'

const LOSS: Loss = { direction: 'to-device', session: 1, bytes: 10, why: 'there is no device' }

it('a loss that goes on is told ever more rarely, and all of it', async () => {
  const clock = new FakeClock()
  const startMs = clock.nowMs()
  const told: [seconds: number, bytes: number][] = []
  const losses = new Losses(clock, ({ bytes }) => told.push([(clock.nowMs() - startMs) / 1000, bytes]))
  const dripping = clock.every(100, () => losses.add(LOSS))
  await clock.advance(200_000)
  dripping.dispose()
  expect(told.map(([seconds]) => Math.floor(seconds))).toEqual([0, 1, 3, 7, 15, 31, 63, 123, 183])
  losses.dispose()
  expect(told.reduce((sum, [, bytes]) => sum + bytes, 0)).toBe(2000 * 10)
  expect(clock.pending).toBe(0)
})

it('another loss, and the next one after a pause, are told at once', async () => {
  const clock = new FakeClock()
  const told: Loss[] = []
  const losses = new Losses(clock, (loss) => told.push(loss))
  losses.add(LOSS)
  losses.add({ ...LOSS, session: 2 })
  losses.add({ ...LOSS, bytes: 0 })
  expect(told.length).toBe(2)
  await clock.advance(1000)
  losses.add(LOSS)
  expect(told.length).toBe(3)
  await clock.advance(999)
  losses.add(LOSS)
  expect(told.length).toBe(3)
  await clock.advance(1)
  expect(told.length).toBe(4)
  losses.dispose()
})
