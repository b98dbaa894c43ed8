import { expect, it } from 'vitest'
import { stopped } from '../../../src-main/hosts/cli/with-core.ts'

const timers = (): number => process.getActiveResourcesInfo().filter((each) => each === 'Timeout').length

it('keeps the process alive until it is told to stop, and no longer', async () => {
  const before = timers()
  const stop = new AbortController()
  const end = stopped(stop.signal)
  expect(timers()).toBe(before + 1)
  stop.abort()
  await end
  expect(timers()).toBe(before)
  await stopped(stop.signal)
  expect(timers()).toBe(before)
})
