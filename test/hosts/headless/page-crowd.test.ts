import { once } from 'node:events'
import type { Socket } from 'node:net'
import { expect, it } from 'vitest'
import { MAX_PENDING_PER_ADDRESS, PENDING_MS } from '../../../src-main/hosts/headless/pending-sockets.ts'
import { TOLD_REFUSALS } from '../../../src-main/core/instance/refusal-log.ts'
import { eventually } from '../../eventually.ts'
import { FakeClock } from '../../fake-clock.ts'
import { dialled, pageRig } from './page-rig.ts'

const CROWD = 1000

const isOpen = (socket: Socket): boolean => !socket.destroyed && !socket.readableEnded

it('1,000 that connect and ask for nothing: few are kept, and the page is served meanwhile', async () => {
  const rig = await pageRig({ clock: new FakeClock() })
  const cookie = await rig.signIn()
  const crowd: Socket[] = []
  for (let each = 0; each < CROWD; each++) {
    crowd.push(dialled(rig.port).resume())
    if (each % 100 === 99) expect((await rig.get('/', { Cookie: cookie })).status).toBe(200)
  }
  await eventually(() => expect(crowd.filter(isOpen).length).toBeLessThanOrEqual(MAX_PENDING_PER_ADDRESS))
  expect((await rig.get('/', { Cookie: cookie })).status).toBe(200)
  expect(rig.log.length).toBeLessThan(2 * TOLD_REFUSALS)
})

it('one that says its request a byte at a time has 5 s for it', async () => {
  const clock = new FakeClock()
  const rig = await pageRig({ clock })
  const slow = dialled(rig.port).resume()
  await once(slow, 'connect')
  const end = once(slow, 'close')
  for (const byte of `GET / HTTP/1.1\r\nHost: 127.0.0.1:${rig.port}\r\nX-Slow: `) slow.write(byte)
  // It has been seen once another one that came later has its answer.
  expect((await rig.get('/')).status).toBe(401)
  await clock.advance(PENDING_MS - 1)
  expect(isOpen(slow)).toBe(true)
  await clock.advance(1)
  await end
  expect(rig.log.at(-1)).toContain('it asked for nothing within 5 s')
})

it('1,000 that ask and may not: each is answered and let go', async () => {
  const rig = await pageRig({ clock: new FakeClock() })
  const cookie = await rig.signIn()
  for (let round = 0; round < CROWD / 50; round++) {
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, each) =>
        rig.get(each % 2 ? '/' : '/rpc').then(
          ({ status }) => status,
          // Gave way to others of the same address, as MAX_PENDING_PER_ADDRESS has it.
          () => 401
        )
      )
    )
    expect(new Set(answers)).toEqual(new Set([401]))
    expect((await rig.get('/', { Cookie: cookie })).status).toBe(200)
  }
})
