import { expect, it } from 'vitest'
import { Emitter } from '../../../src-main/base/event.ts'
import { paced } from '../../../src-main/core/instance/paced.ts'
import { FakeClock } from '../../fake-clock.ts'

it('lets through what comes first, and the next after the gap', async () => {
  const [clock, all, heard] = [new FakeClock(), new Emitter<number>(), [] as number[]]
  const subscription = paced(all.event, clock, 1000)((each) => heard.push(each))
  all.fire(1)
  all.fire(2)
  await clock.advance(999)
  all.fire(3)
  await clock.advance(1)
  all.fire(4)
  subscription.dispose()
  await clock.advance(1000)
  all.fire(5)
  expect(heard).toEqual([1, 4])
})
