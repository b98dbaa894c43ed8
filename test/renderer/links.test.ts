import { describe, expect, it } from 'vitest'
import type { BridgeState, FarState, PortState } from '../../src-main/contract/state.ts'
import { controlChoices, linksOf, remoteName, standingOf } from '../../src-renderer/model/links.ts'

function link(state: PortState, wish: Partial<BridgeState> = {}): BridgeState {
  return {
    id: 'l1',
    kind: 'link',
    name: 'gps',
    enabled: true,
    port: 'farport://bob/gps',
    state,
    sessions: [],
    ...wish
  } as unknown as BridgeState
}

const OPEN = { type: 'open' } as PortState
const waiting = (kind: string, retryAt?: number): PortState =>
  ({
    type: 'waiting',
    fault: { code: 'peer-closed', kind, message: 'It is gone.' },
    ...(retryAt !== undefined && { retryAt })
  }) as PortState
const far = (wish: Partial<Extract<FarState, { readonly type: 'known' }>> = {}): FarState => ({
  ...{ type: 'known', peer: 'bob', share: 'gps', session: 1, writer: false, observes: false, asks: [] },
  ...wish
})
const used = { sessions: [{ id: 1 }] as never }

describe('how a link stands', () => {
  it.each<[string, BridgeState, string, string]>([
    [
      'off',
      link({ type: 'idle' }, { enabled: false }),
      'Disconnected; stays so when Farport starts',
      'quiet'
    ],
    ['idle', link({ type: 'idle' }), 'Waiting for a program to open it', 'quiet'],
    ['used, not open yet', link({ type: 'idle' }, used), 'Connecting …', 'quiet'],
    ['opening', link({ type: 'opening' }), 'Connecting …', 'quiet'],
    ['open', link(OPEN), 'Connected, no program uses it', 'good'],
    ['in use', link(OPEN, used), 'In use by a program here', 'good'],
    [
      'in use by one that the system shows',
      link(OPEN, { ...used, programs: [{ pid: 812, command: 'minicom' }] }),
      'In use by minicom (pid 812)',
      'good'
    ],
    [
      'held back',
      link(OPEN, { blocked: { since: 0, by: 'cts', bytes: 5 } }),
      'Waiting: the device holds the data back (CTS)',
      'warning'
    ],
    ['never reached', link(waiting('peer', 9)), 'Not reached yet – trying again', 'warning'],
    ['set wrong', link(waiting('config')), 'Cannot be used as it is', 'danger'],
    ['watching', link(OPEN, { far: far() }), 'Watching', 'warning'],
    [
      'allowed to watch',
      link(OPEN, { far: far({ observes: true }) }),
      'Watching: bob lets this computer do no more',
      'warning'
    ]
  ])('%s', (_what, state, text, tone) => {
    expect(standingOf(state, 1000)).toMatchObject({ text, tone })
  })

  it('lost is said with how long, and why', () => {
    expect(standingOf(link(waiting('peer', 9)), 13_000, 1000)).toEqual({
      ...{ text: 'Lost for 12 s – trying again', tone: 'warning', fault: 'It is gone.' }
    })
  })

  it('and who has the control', () => {
    const state = link(OPEN, { far: far({ holder: { session: 2, label: 'carl', since: Date.now() } }) })
    expect(standingOf(state, 0).text).toMatch(/^Watching: carl has the control since \d/)
  })
})

describe('what can be done about the control', () => {
  it.each<[string, FarState | undefined, readonly string[]]>([
    ['nothing where it is no Farport', undefined, []],
    ['nothing where it is had', far({ writer: true }), []],
    ['nothing where nothing is allowed', far({ observes: true }), []],
    ['ask or take', far(), ['ask', 'take-over']],
    ['take, where it was asked for', far({ asksSince: 1 }), ['take-over']]
  ])('%s', (_what, state, choices) => {
    expect(controlChoices(link(OPEN, state && { far: state }))).toEqual(choices)
  })
})

it('the far end is named as people name it', () => {
  expect(remoteName(link(OPEN))).toBe('gps on bob')
  expect(remoteName(link(OPEN, { port: 'farport://Bob%27s/a%2Fb' }))).toBe("a/b on Bob's")
  expect(remoteName(link(OPEN, { port: 'raw://box:7000' }))).toBe('raw://box:7000')
})

it('links stand by name', () => {
  const all = [
    link(OPEN, { id: 'z', name: 'b' }),
    link(OPEN, { id: 'a', name: 'c' }),
    link(OPEN, { kind: 'share' })
  ]
  expect(linksOf(Object.fromEntries(all.map((each) => [each.id, each]))).map(({ name }) => name)).toEqual([
    'b',
    'c'
  ])
})
