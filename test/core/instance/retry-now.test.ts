import { createServer, type Server } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { LOOK_MS, SLEEP_MS, watchWakes } from '../../../src-main/core/instance/wake-watch.ts'
import { eventually } from '../../eventually.ts'
import { FakeClock } from '../../fake-clock.ts'
import { freePort } from '../../peers/free-port.ts'
import { installation } from './installation.ts'

function listening(port: number): Promise<Server> {
  const server = createServer((socket) => socket.on('error', () => undefined))
  onTestFinished(() => void server.close())
  return new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve(server)))
}

describe('what waits to be tried again', () => {
  it('is tried now: the port of a link, what a share dials, an entry whose address was taken, the network', async () => {
    // A clock that stands still: by themselves they would wait for ever.
    const { owner, instance } = await installation('desk', { clock: new FakeClock() })
    const [far, dialled, taken] = [await freePort(), await freePort(), await freePort()]
    const link = { port: { target: `raw://127.0.0.1:${far}` }, to: 'sim:echo', hold: true }
    const { id } = await owner.call('link.add', { ...link, name: 'far' })
    const other = await owner.call('link.add', { ...link, name: 'other' })
    const dial = [{ url: `raw://127.0.0.1:${dialled}`, when: 'always' as const }]
    const share = await owner.call('share.add', { port: { target: 'sim:echo' }, dial })
    const hindrance = await listening(taken)
    const listen = [`raw://127.0.0.1:${taken}`]
    const pool = await owner.call('rotator.add', { listen, shares: [share.id] })
    const stateOf = (which: string): string | undefined => instance.state.bridges[which]?.state.type
    await eventually(() => expect([stateOf(id), stateOf(other.id)]).toEqual(['waiting', 'waiting']))
    expect(instance.state.rotators[pool.id]?.fault?.code).toBe('address-in-use')
    await listening(far)
    await listening(dialled)
    await new Promise((resolve) => hindrance.close(resolve))

    await owner.call('retry.now', { id })
    await eventually(() => expect(stateOf(id)).toBe('open'))
    expect(stateOf(other.id)).toBe('waiting')
    expect(instance.state.bridges[share.id]?.sessions).toEqual([])

    await owner.call('retry.now', {})
    await eventually(() => {
      expect(stateOf(other.id)).toBe('open')
      expect(instance.state.bridges[share.id]?.sessions).toHaveLength(1)
      expect(instance.state.rotators[pool.id]).not.toHaveProperty('fault')
    })
    await expect(owner.call('retry.now', { id: 'nobody' })).rejects.toMatchObject({ code: 'usage' })
  })

  it('is tried when the computer wakes', async () => {
    const clock = new FakeClock()
    let sleptMs = 0
    const wallMs = (): number => clock.nowMs() + sleptMs
    const { owner, instance, log } = await installation('desk', { clock, wallMs })
    const far = await freePort()
    const link = { port: { target: `raw://127.0.0.1:${far}` }, to: 'sim:echo', hold: true }
    const { id } = await owner.call('link.add', link)
    const state = (): string | undefined => instance.state.bridges[id]?.state.type
    for (let waits = 0; waits < 7; waits++) {
      await eventually(() => expect(state()).toBe('waiting'))
      await clock.advance(10_000)
    }
    await eventually(() => expect(state()).toBe('waiting'))
    await listening(far)
    sleptMs = 3_600_000
    await clock.advance(LOOK_MS)
    await eventually(() => expect(state()).toBe('open'))
    expect(log.map(({ text }) => text).filter((text) => text.includes('slept'))).toEqual([
      'this computer slept, or its clock was set forward (3600 s): what waits is tried again'
    ])
  })
})

describe('a sleep', () => {
  it.each([
    ['of an hour', 3_600_000, 1],
    ['that is a busy computer', SLEEP_MS - 1, 0],
    ['that is a clock set back', -3_600_000, 0]
  ])('%s is noticed, or not, once', async (_what, jumpMs, times) => {
    const clock = new FakeClock()
    let wallMs = 1e12
    let woken = 0
    const watch = watchWakes({ clock, wallMs: () => wallMs, woke: () => woken++ })
    for (let looks = 0; looks < 5; looks++) {
      wallMs += LOOK_MS + (looks === 2 ? jumpMs : 0)
      await clock.advance(LOOK_MS)
    }
    expect(woken).toBe(times)
    watch.dispose()
    expect(clock.pending).toBe(0)
  })
})
