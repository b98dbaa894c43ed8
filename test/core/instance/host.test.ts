import { describe, expect, it } from 'vitest'
import { Emitter } from '../../../src-main/base/event.ts'
import type { HostState, HostWish } from '../../../src-main/contract/host.ts'
import { bareHost, hostCommands, type Host } from '../../../src-main/core/instance/host.ts'
import { home, house } from './houses.ts'

const OWNER = { type: 'owner' } as const
const { signal } = new AbortController()

function app(state: HostState): Host & { readonly wishes: HostWish[] } {
  const wishes: HostWish[] = []
  return {
    wishes,
    get state() {
      return { ...state, ...wishes.at(-1) }
    },
    onChange: new Emitter<void>().event,
    change: (wish) => {
      wishes.push(wish)
      return Promise.resolve()
    }
  }
}

describe('what an instance runs in', () => {
  it('is asked for what it can do, and answers how it is then', async () => {
    const host = app({ kind: 'app', platform: 'win32', startAtLogin: false })
    const commands = hostCommands({ host })
    expect(await commands['host.change']({ startAtLogin: true }, OWNER, signal)).toMatchObject({
      startAtLogin: true
    })
    await expect(commands['host.change']({ keepAwake: true }, OWNER, signal)).rejects.toMatchObject({
      code: 'unsupported'
    })
    expect(host.wishes).toEqual([{ startAtLogin: true }])
  })

  it('is a bare service where nothing else is said, and shown to the owner alone', async () => {
    const alice = await house(await home(), {})
    const owner = alice.client()
    const state = { kind: 'service', platform: process.platform }
    expect(await owner.call('host.read', {})).toEqual(state)
    expect(alice.instance.state.host).toEqual(state)
    await expect(owner.call('host.change', { startAtLogin: true })).rejects.toMatchObject({
      code: 'unsupported'
    })
    expect(bareHost('journal').state.log).toBe('journal')
  })
})
