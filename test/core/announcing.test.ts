import { expect, it } from 'vitest'
import { Announcing, type Announced } from '../../src-main/core/announcing.ts'
import type { AnnouncedDevices } from '../../src-main/core/announced-devices.ts'
import type { Announcement } from '../../src-main/peers/discovery/discovery.ts'
import { settle } from '../fake-clock.ts'

it('makes what runs once for many changes in a row', async () => {
  let made = 0
  const told: (readonly Announcement[])[] = []
  const what = (): Announced => {
    made++
    const self = { id: 'a'.repeat(64), name: 'box', version: '1', listening: ['farport://[::]:22217'] }
    return { self, bridges: [], shareOf: () => undefined }
  }
  const devices = { has: () => true, of: () => undefined } as unknown as AnnouncedDevices
  const announcing = new Announcing({ what, tell: (all) => void told.push(all), devices })
  for (let change = 0; change < 10; change++) announcing.look()
  await settle()
  expect([made, told.length]).toEqual([1, 1])
  announcing.look()
  await settle()
  expect([made, told.length]).toEqual([2, 1])
  announcing.dispose()
})
