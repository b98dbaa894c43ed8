import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Settings, ShareEntry } from '../../src-main/contract/settings.ts'
import { difference, type EntryKind } from '../../src-main/store/difference.ts'
import { anySettings, settings, someShares } from './settings-arbitrary.ts'

const NOTHING = { steps: [], peers: [], preferences: [], name: false }
const port = { target: 'sim:echo' }

const lists = { share: 'shares', link: 'links', rotator: 'rotators' } as const

/** What a process that takes the steps has afterwards: by kind and id the entry that it was started with, and whether it is on. */
function taken(before: Settings, after: Settings): Map<string, unknown> {
  const has = new Map<string, { entry: object; on: boolean }>()
  const put = (kind: EntryKind, entry: { id: string; enabled: boolean }): void => {
    const key = `${kind} ${entry.id}`
    expect(has.has(key)).toBe(false)
    has.set(key, { entry: { ...entry, enabled: undefined }, on: entry.enabled })
  }
  for (const kind of ['share', 'link', 'rotator'] as const)
    for (const entry of before[lists[kind]]) put(kind, entry)
  for (const step of difference(before, after).steps) {
    if (step.action === 'start') {
      put(step.kind, step.entry)
      continue
    }
    if (step.action === 'rename') {
      const one = has.get(`${step.kind} ${step.entry.id}`)!
      expect(one.entry).not.toHaveProperty('name', step.entry.name)
      one.entry = { ...one.entry, name: step.entry.name }
      continue
    }
    if (step.action === 'tune') {
      const one = has.get(`${step.kind} ${step.entry.id}`)!
      const { port: had } = one.entry as ShareEntry
      expect(had.settings).not.toEqual(step.entry.port.settings)
      one.entry = { ...one.entry, port: { ...had, settings: step.entry.port.settings } }
      continue
    }
    if (step.action === 'record') {
      const one = has.get(`link ${step.entry.id}`)!
      expect(one.entry).not.toHaveProperty('record', step.entry.record)
      one.entry = { ...one.entry, record: step.entry.record }
      continue
    }
    if (step.action === 'shed' || step.action === 'amend') {
      const one = has.get(`share ${step.entry.id}`)!
      const { port: had } = one.entry as ShareEntry
      expect(step.entry.port).toEqual(had)
      // What is shed is amended behind it.
      const isShed = 'shed' in one.entry
      expect(isShed).toBe(step.action === 'amend')
      one.entry =
        step.action === 'shed' ? { ...one.entry, shed: true } : { ...step.entry, enabled: undefined }
      continue
    }
    const key = `${step.kind} ${step.id}`
    const one = has.get(key)!
    if (step.action === 'stop') has.delete(key)
    else {
      expect(one.on).toBe(step.action === 'disable')
      one.on = step.action === 'enable'
    }
  }
  return new Map([...has].map(([key, { entry, on }]) => [key, { ...entry, enabled: on }]))
}

describe('the difference of settings', () => {
  it('is nothing between the same, however they are written', () => {
    fc.assert(
      fc.property(anySettings, (one) => {
        expect(difference(one, structuredClone(one))).toEqual(NOTHING)
      }),
      { numRuns: 100 }
    )
  })

  it('makes the one into the other', () => {
    fc.assert(
      fc.property(anySettings, anySettings, fc.infiniteStream(fc.boolean()), (before, other, coins) => {
        // Something of both, so that there is something kept, changed, switched, removed and added.
        const coin = (): boolean => coins.next().value === true
        const shares = [
          ...before.shares.filter(coin).map((each) => ({
            ...each,
            enabled: coin(),
            name: coin() ? each.name : `${each.name} now`,
            wait: coin() ? each.wait : !each.wait
          })),
          ...other.shares.map((each) => ({ ...each, id: `other-${each.id}` }))
        ]
        const after = { ...other, shares, links: coin() ? before.links : other.links }
        const expected = (['share', 'link', 'rotator'] as const).flatMap((kind) =>
          after[lists[kind]].map((entry) => [`${kind} ${entry.id}`, { ...entry }] as const)
        )
        expect(taken(before, after)).toEqual(new Map(expected))
      }),
      { numRuns: 300 }
    )
  })

  it('is one share of sixteen where one of sixteen changed', () => {
    const before = settings({ shares: someShares(16) ?? [] })
    const after = {
      ...before,
      shares: before.shares.map((each) =>
        each.id === 's7' ? { ...each, oneWay: 'to-device' as const } : each
      )
    }
    expect(difference(before, after)).toEqual({
      ...NOTHING,
      steps: [
        { action: 'stop', kind: 'share', id: 's7', why: 'changed' },
        { action: 'start', kind: 'share', entry: after.shares[6], why: 'changed' }
      ]
    })
  })

  it('is a switch where nothing but the switch was moved, and nothing where only the order was', () => {
    const before = settings({ shares: someShares(3) ?? [] })
    const [one, two, three] = before.shares
    const after = { ...before, shares: [three!, { ...one!, enabled: false }, two!] }
    expect(difference(before, after).steps).toEqual([{ action: 'disable', kind: 'share', id: 's1' }])
    expect(difference(after, before).steps).toEqual([{ action: 'enable', kind: 'share', id: 's1' }])
  })

  it('is a new name where nothing else changed, and one made anew where its path is its name', () => {
    const named = (word: string): Settings =>
      settings({
        shares: [{ id: 's', name: `${word} share`, port }],
        links: [
          { id: 'l', name: `${word} link`, port, to: 'pty:/dev/lio0' },
          { id: 'p', name: `${word} path`, port, to: 'pty:' }
        ],
        rotators: [{ id: 'r', name: `${word} rotator`, listen: ['raw://:1'], shares: ['s'] }]
      })
    const { steps } = difference(named('old'), named('new'))
    expect(steps.map((step) => `${step.action} ${'id' in step ? step.id : step.entry.name}`)).toEqual([
      ...['rename new share', 'rename new link', 'stop r', 'stop p'],
      ...['start new path', 'start new rotator']
    ])
  })

  it('is one made anew where any kind of virtual port is called by the name, and a new name where it is not', () => {
    const places = ['usb:', 'auto:', 'usb:gps', 'auto:gps', 'com:', 'com:COM7']
    const named = (word: string): Settings =>
      settings({ links: places.map((to, at) => ({ id: `l${at}`, name: `${word} ${to}`, port, to })) })
    const { steps } = difference(named('old'), named('new'))
    const done = (action: string): string[] =>
      steps.flatMap((step) => (step.action === action && 'entry' in step ? [step.entry.name] : []))
    expect(done('start')).toEqual(['new usb:', 'new auto:'])
    expect(done('rename')).toEqual(['new usb:gps', 'new auto:gps', 'new com:', 'new com:COM7'])
  })

  it('is made anew where another driver shall make the same COM port, and where another kind is wished', () => {
    const link = (to: string, via?: 'usbip' | 'com0com'): Settings =>
      settings({ links: [{ id: 'l', name: 'l', port, to, ...(via && { via }) }] })
    for (const after of [link('com:COM7', 'com0com'), link('com:COM7'), link('com:COM8', 'usbip')])
      expect(difference(link('com:COM7', 'usbip'), after).steps.map(({ action }) => action)).toEqual([
        'stop',
        'start'
      ])
  })

  it('is other settings of its own where nothing else changed, and one made anew where two ends agree on them', () => {
    const tuned = (baudRate: number): Settings =>
      settings({
        shares: [{ id: 's', name: 's', port: { ...port, settings: { baudRate } } }],
        links: [
          { id: 'l', name: 'l', port: { ...port, settings: { baudRate } }, to: 'pty:/dev/lio0' },
          { id: 'u', name: 'u', port: { ...port, settings: { baudRate } }, to: 'usb:' },
          { id: 'c', name: 'c', port: { ...port, settings: { baudRate } }, to: '/dev/ttyS0' }
        ]
      })
    const { steps } = difference(tuned(9600), tuned(4800))
    expect(steps.map((step) => `${step.action} ${'id' in step ? step.id : step.entry.id}`)).toEqual([
      ...['tune s', 'tune l', 'tune u', 'stop c', 'start c']
    ])
  })

  it('is no break for anybody where only the recording is another', () => {
    const recorded = (record?: boolean): Settings =>
      settings({
        shares: [{ id: 's', name: 's', port, record }],
        links: [
          { id: 'l', name: 'l', port, to: 'pty:/dev/lio0', record },
          { id: 'c', name: 'c', port, to: '/dev/ttyS0', record }
        ]
      })
    const { steps } = difference(recorded(), recorded(false))
    expect(steps.map((step) => `${step.action} ${'id' in step ? step.id : step.entry.id}`)).toEqual([
      ...['record l', 'record c', 'shed s', 'amend s']
    ])
  })

  it('ends everything before it begins anything: two shares exchange their addresses', () => {
    const at = (first: string, second: string): Settings =>
      settings({
        shares: [
          { id: 'a', name: 'A', port, listen: [first] },
          { id: 'b', name: 'B', port, listen: [second] }
        ],
        links: [{ id: 'l', name: 'L', port, to: first }],
        rotators: [{ id: 'r', name: 'R', listen: [second], shares: ['a'] }]
      })
    const { steps } = difference(at('raw://:1', 'raw://:2'), at('raw://:2', 'raw://:1'))
    expect(steps.map((step) => `${step.action} ${'id' in step ? step.id : step.entry.id}`)).toEqual([
      'stop r',
      'stop l',
      'shed a',
      'shed b',
      'amend a',
      'amend b',
      'start l',
      'start r'
    ])
  })

  it('names peers, preferences and the name of the computer', () => {
    const peer = (
      name: string,
      trust: 'trusted' | 'blocked' = 'trusted',
      level: 'none' | 'control' = 'none'
    ) => ({ id: name.repeat(64), name, trust, since: 1, permissions: { default: { level } } }) as const
    const before = settings({
      peers: [peer('a'), peer('b'), peer('c'), peer('d')],
      preferences: { pairing: true }
    })
    const after = settings({
      name: 'workshop',
      peers: [peer('b', 'blocked'), peer('c', 'trusted', 'control'), { ...peer('d'), name: 'D' }, peer('e')],
      preferences: { pairing: false, listen: { port: 1 } }
    })
    expect(difference(before, after)).toEqual({
      steps: [],
      peers: [
        { id: 'a'.repeat(64), what: 'removed' },
        { id: 'b'.repeat(64), what: 'trust' },
        { id: 'c'.repeat(64), what: 'permissions' },
        { id: 'd'.repeat(64), what: 'label' },
        { id: 'e'.repeat(64), what: 'added' }
      ],
      preferences: ['listen', 'pairing'],
      name: true
    })
  })
})
