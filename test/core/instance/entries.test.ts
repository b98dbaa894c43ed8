import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { Fault } from '../../../src-main/contract/faults.ts'
import { linkEntrySchema, rotatorEntrySchema, shareEntrySchema } from '../../../src-main/contract/settings.ts'
import { Entries } from '../../../src-main/core/instance/entries.ts'
import type { Placed, Switch } from '../../../src-main/core/placed.ts'
import type { Step } from '../../../src-main/store/difference.ts'
import { FakeClock, settle } from '../../fake-clock.ts'

const NOTHING = { bridges: {}, rotators: {} }

function share(id: string, enabled = true): Step {
  const entry = v.parse(shareEntrySchema, { id, name: id, enabled, port: { target: 'sim:echo' }, listen: [] })
  return { action: 'start', kind: 'share', entry, why: 'added' }
}
function link(id: string): Step {
  const entry = v.parse(linkEntrySchema, { id, name: id, port: { target: 'sim:echo' }, to: 'pty:' })
  return { action: 'start', kind: 'link', entry, why: 'added' }
}
function rotator(id: string): Step {
  const entry = v.parse(rotatorEntrySchema, { id, name: id, listen: ['raw://127.0.0.1:0'], shares: ['a'] })
  return { action: 'start', kind: 'rotator', entry, why: 'added' }
}

type Act = (id: string) => Promise<void>
const nothing: Act = () => Promise.resolve()

function made(on: Act = nothing, end: Act = nothing, amend: Act = nothing) {
  const clock = new FakeClock()
  const told: string[] = []
  const place = ({ entry: { id } }: Placed): Switch => ({
    on: async () => {
      told.push(`on ${id}`)
      await on(id)
    },
    off: () => Promise.resolve(told.push(`off ${id}`) && 1),
    end: async (_timeoutMs, { message }) => {
      told.push(`end ${id}: ${message}`)
      await end(id)
      return 2
    },
    rename: (name) => void told.push(`rename ${id} ${name}`),
    tune: ({ baudRate }) => void told.push(`tune ${id} ${baudRate}`),
    record: (on) => void told.push(`record ${id} ${on}`),
    shed: ({ maxClients }) => {
      told.push(`shed ${id} ${maxClients}`)
      return Promise.resolve()
    },
    amend: async ({ maxClients }) => {
      told.push(`amend ${id} ${maxClients}`)
      await amend(id)
    }
  })
  const entries = new Entries({
    place,
    clock,
    wallMs: () => 0,
    failed: ({ entry }, { message }) => told.push(`${entry.id} failed: ${message}`),
    started: ({ entry }) => told.push(`${entry.id} started`),
    stopped: ({ entry }, why, lost) => told.push(`${entry.id} ${why}, ${lost} lost`),
    renamed: ({ entry }, name) => told.push(`${entry.name} is ${name}`),
    amended: ({ entry }) => told.push(`${entry.name} amended`)
  })
  return { clock, told, entries }
}

describe('the entries of the settings', () => {
  it('begin behind what they may depend on, and end with what was lost', async () => {
    const { told, entries } = made()
    expect(await entries.take([share('a'), share('off', false), link('l'), rotator('r')])).toBe(0)
    expect(told.filter((each) => each.startsWith('on'))).toEqual(['on a', 'on l', 'on r'])
    told.length = 0
    const steps: Step[] = [
      { action: 'stop', kind: 'rotator', id: 'r', why: 'removed' },
      { action: 'disable', kind: 'share', id: 'a' },
      { action: 'stop', kind: 'share', id: 'off', why: 'changed' },
      share('off')
    ]
    expect(await entries.take(steps)).toBe(5)
    expect(told).toEqual([
      ...['end r: it was removed', 'r removed, 2 lost'],
      ...['off a', 'end off: it begins anew with other settings', 'a disabled, 1 lost'],
      ...['on off', 'off started']
    ])
    expect(await entries.take([{ action: 'enable', kind: 'share', id: 'a' }])).toBe(0)
    expect(told.slice(-2)).toEqual(['on a', 'a started'])
  })

  it('show those that are off, and those that cannot run and why', async () => {
    const { entries } = made((id) =>
      id === 'good' ? Promise.resolve() : Promise.reject(new Fault('bad-url', `${id} is wrong`))
    )
    await entries.take([share('good'), share('bad'), share('off', false), rotator('r')])
    const fault = { code: 'bad-url', kind: 'config', message: 'bad is wrong' }
    expect(entries.complete(NOTHING)).toMatchObject({
      bridges: {
        good: { enabled: true, state: { type: 'idle' } },
        bad: { enabled: true, port: 'sim:echo', state: { type: 'waiting', fault } },
        off: { enabled: false, state: { type: 'idle' } }
      },
      rotators: { r: { enabled: true, fault: { message: 'r is wrong' }, shares: ['a'] } }
    })
    expect(entries.complete(NOTHING).bridges.bad?.state).not.toHaveProperty('retryAt')
  })

  it('that are made anew are there all the while, in their order', async () => {
    let release = (): void => undefined
    const { entries } = made(undefined, (id) =>
      id === 'slow' ? new Promise((resolve) => (release = resolve)) : Promise.resolve()
    )
    await entries.take([share('quick'), share('slow'), share('third')])
    const shown = (): string[] =>
      Object.values(entries.complete(NOTHING).bridges).map(({ id, enabled }) => `${id} ${enabled}`)
    const all = ['quick true', 'slow true', 'third true']
    const taken = entries.take([
      { action: 'stop', kind: 'share', id: 'quick', why: 'changed' },
      { action: 'stop', kind: 'share', id: 'slow', why: 'changed' },
      share('quick'),
      share('slow')
    ])
    await settle()
    expect(shown()).toEqual(all)
    release()
    await taken
    expect(shown()).toEqual(all)
  })

  it('are called by a new name and go on', async () => {
    const { told, entries } = made()
    await entries.take([share('a')])
    const started = share('a')
    if (started.action !== 'start' || started.kind !== 'share') throw new Error('no share')
    const entry = { ...started.entry, name: 'desk' }
    await entries.take([{ action: 'rename', kind: 'share', entry }])
    expect(told).toEqual(['on a', 'a started', 'a is desk', 'rename a desk'])
    expect(entries.complete(NOTHING).bridges.a?.name).toBe('desk')
  })

  it('are recorded or not, and go on', async () => {
    const { told, entries } = made()
    await entries.take([link('l')])
    told.length = 0
    const started = link('l')
    if (started.action !== 'start' || started.kind !== 'link') throw new Error('no link')
    for (const record of [false, true, undefined])
      await entries.take([{ action: 'record', kind: 'link', entry: { ...started.entry, record } }])
    expect(told).toEqual(['record l false', 'record l true', 'record l true'])
  })

  it('have other rules and go on, and are made anew where they cannot follow', async () => {
    const { told, entries } = made(undefined, undefined, (id) =>
      id === 'bad' ? Promise.reject(new Fault('usage', 'no')) : Promise.resolve()
    )
    await entries.take([share('a'), share('bad')])
    told.length = 0
    const ruled = (action: 'shed' | 'amend', id: string): Step => {
      const started = share(id)
      if (started.action !== 'start' || started.kind !== 'share') throw new Error('no share')
      return { action, kind: 'share', entry: { ...started.entry, maxClients: 3 } }
    }
    expect(await entries.take([ruled('shed', 'a'), ruled('amend', 'a')])).toBe(0)
    expect(told).toEqual(['shed a 3', 'amend a 3', 'a amended'])
    told.length = 0
    expect(await entries.take([ruled('shed', 'bad'), ruled('amend', 'bad')])).toBe(2)
    expect(told).toEqual([
      ...['shed bad 3', 'amend bad 3'],
      ...['end bad: it begins anew with other settings', 'bad changed, 2 lost', 'on bad', 'bad started']
    ])
  })

  it('do not wait for one that takes for ever, and one that ends waits for its start', async () => {
    let release = (): void => undefined
    const { clock, told, entries } = made((id) =>
      id === 'slow' ? new Promise((resolve) => (release = resolve)) : Promise.resolve()
    )
    const taken = entries.take([share('slow'), share('quick'), link('l')])
    await settle()
    expect(told).toEqual(['on slow', 'on quick', 'quick started'])
    await clock.advance(3000)
    expect(await taken).toBe(0)
    expect(told.slice(-2)).toEqual(['on l', 'l started'])
    const removed = entries.take([{ action: 'stop', kind: 'share', id: 'slow', why: 'removed' }])
    await settle()
    release()
    expect(await removed).toBe(2)
    expect(told.slice(-2)).toEqual(['end slow: it was removed', 'slow removed, 2 lost'])
    expect(clock.pending).toBe(0)
  })

  it('end all together, also what is being started, and begin nothing any more', async () => {
    let release = (): void => undefined
    const { clock, told, entries } = made((id) =>
      id === 'slow' ? new Promise((resolve) => (release = resolve)) : Promise.resolve()
    )
    const taken = entries.take([share('a'), share('slow'), link('l')])
    await settle()
    const closed = entries.close(100)
    release()
    expect(await closed).toBe(4)
    await taken
    await entries.take([share('late')])
    const why = 'Farport is shutting down'
    expect(told).toEqual(['on a', 'on slow', 'a started', `end a: ${why}`, `end slow: ${why}`])
    expect(clock.pending).toBe(0)
  })

  it('end in the time that was given, though one of them never comes to a start', async () => {
    const { clock, entries } = made((id) =>
      id === 'slow' ? new Promise(() => undefined) : Promise.resolve()
    )
    const taken = entries.take([share('slow'), share('a')])
    await settle()
    const closed = entries.close(1000)
    await clock.advance(1200)
    expect(await closed).toBe(2)
    await clock.advance(3000)
    await taken
    expect(clock.pending).toBe(0)
  })
})
