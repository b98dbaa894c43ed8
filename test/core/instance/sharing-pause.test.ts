import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { settingsSchema, type Settings } from '../../../src-main/contract/settings.ts'
import {
  pauseOf,
  withoutPause,
  withoutStalePause,
  withPause
} from '../../../src-main/core/instance/sharing-pause.ts'
import { once } from 'node:events'
import { eventually } from '../../eventually.ts'
import { home, house, type Home } from './houses.ts'

const share = (id: string, enabled = true): object => ({
  ...{ id, name: id, enabled, listen: ['raw://127.0.0.1:0'] },
  port: { target: 'sim:echo' }
})
const settingsOf = (...shares: object[]): Settings => v.parse(settingsSchema, { version: 1, shares })
const onOf = ({ shares }: Settings): string[] => shares.filter(({ enabled }) => enabled).map(({ id }) => id)
const given = (...shares: object[]) => ({ shares: shares as Settings['shares'] })
const kept = ({ folder }: Home): Settings =>
  JSON.parse(readFileSync(join(folder, 'farport', 'settings.json'), 'utf8')) as Settings

describe('the pause, in the settings', () => {
  it('switches off what is on, and on again what it switched off', () => {
    const paused = withPause(settingsOf(share('a'), share('b', false), share('c')), 42)
    expect(onOf(paused)).toEqual([])
    expect(pauseOf(paused)).toEqual({ since: 42, shares: ['a', 'c'] })
    const resumed = withoutPause(paused)
    expect(onOf(resumed)).toEqual(['a', 'c'])
    expect(resumed).not.toHaveProperty('paused')
  })

  it('takes in what is shared meanwhile, when it is asked for again', () => {
    const paused = withPause(settingsOf(share('a')), 1)
    const more = withPause({ ...paused, shares: [...paused.shares, ...settingsOf(share('b')).shares] }, 2)
    expect(pauseOf(more)).toEqual({ since: 1, shares: ['a', 'b'] })
    expect(onOf(withoutPause(more))).toEqual(['a', 'b'])
  })

  it('is none where nothing was on, and over with its last share', () => {
    expect(withPause(settingsOf(share('a', false)), 1)).not.toHaveProperty('paused')
    const paused = withPause(settingsOf(share('a'), share('b')), 1)
    const withoutA = withoutStalePause({ ...paused, shares: paused.shares.filter(({ id }) => id !== 'a') })
    expect(pauseOf(withoutA)?.shares).toEqual(['b'])
    expect(withoutStalePause({ ...paused, shares: [] })).not.toHaveProperty('paused')
  })
})

describe('a Farport whose sharing is paused', () => {
  it('lets nobody in, stays so across a restart, and shares again what it did', async () => {
    const at = await home()
    const first = await house(at, given(share('a'), share('b'), share('c', false)))
    const owner = first.client()
    const client = connect(Number(new URL(first.bridge('a').addresses[0]!).port), '127.0.0.1')
    await eventually(() => expect(first.bridge('a').sessions).toHaveLength(1))
    const gone = once(client, 'close')
    expect(await owner.call('sharing.pause', {})).toMatchObject({ shares: ['a', 'b'] })
    client.resume()
    await gone
    expect(first.bridge('a')).toMatchObject({ enabled: false, addresses: [] })
    expect(first.instance.state.paused).toMatchObject({ shares: ['a', 'b'] })
    expect(first.instance.state.paused!.since).toBeCloseTo(Date.now(), -5)
    await first.instance.close(0)

    const second = await house(at, { ...kept(at) })
    expect(second.instance.state.paused).toEqual(kept(at).paused)
    expect([second.bridge('a').enabled, second.bridge('b').enabled]).toEqual([false, false])
    expect(await second.client().call('sharing.resume', {})).toEqual({ shares: ['a', 'b'] })
    await eventually(() => expect(second.bridge('a').addresses).toHaveLength(1))
    expect([second.bridge('b').enabled, second.bridge('c').enabled]).toEqual([true, false])
    expect(second.instance.state).not.toHaveProperty('paused')
    expect(kept(at)).not.toHaveProperty('paused')
    expect(await second.client().call('sharing.resume', {})).toEqual({ shares: [] })
  })

  it('shares what is switched on by itself, which is then no part of the pause', async () => {
    const alice = await house(await home(), given(share('a'), share('b')))
    const owner = alice.client()
    await owner.call('sharing.pause', {})
    await owner.call('entry.enable', { id: 'a', enabled: true })
    expect(alice.bridge('a').enabled).toBe(true)
    expect(alice.instance.state.paused?.shares).toEqual(['b'])
    await owner.call('entry.enable', { id: 'a', enabled: false })
    expect(await owner.call('sharing.resume', {})).toEqual({ shares: ['b'] })
    expect([alice.bridge('a').enabled, alice.bridge('b').enabled]).toEqual([false, true])

    await owner.call('sharing.pause', {})
    await owner.call('entry.remove', { id: 'b' })
    expect(alice.instance.state).not.toHaveProperty('paused')
  })

  it('tells no peer', async () => {
    const alice = await house(await home(), given(share('a')))
    await alice.client().call('sharing.pause', {})
    await expect(alice.client({ type: 'peer', id: 'ab12' }).call('sharing.resume', {})).rejects.toThrow()
  })
})
