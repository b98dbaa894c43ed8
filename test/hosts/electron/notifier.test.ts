import { describe, expect, it, onTestFinished } from 'vitest'
import { Emitter } from '../../../src-main/base/event.ts'
import type { PairingState, StateTree } from '../../../src-main/contract/state.ts'
import type { AppNotice } from '../../../src-main/hosts/electron/app-notices.ts'
import { GATHER_MS, Notifier } from '../../../src-main/hosts/electron/notifier.ts'
import { FakeClock } from '../../fake-clock.ts'
import { bridge, LOST, OPEN, session, tree, UNPLUGGED } from './states.ts'

function watching({ isWatched = (): boolean => false } = {}) {
  const clock = new FakeClock()
  const changes = new Emitter<StateTree | undefined>()
  const shown: AppNotice[] = []
  const core: { tree: StateTree | undefined; onChange: typeof changes.event } = {
    tree: undefined,
    onChange: changes.event
  }
  const notifier = new Notifier({
    ...{ core, clock, isWatched },
    now: () => clock.nowMs(),
    show: (notice) => shown.push(notice)
  })
  onTestFinished(() => notifier.dispose())
  /** This is the state from now on, for so long. */
  const is = async (state: StateTree | undefined, ms = GATHER_MS): Promise<void> => {
    core.tree = state
    changes.fire(state)
    await clock.advance(ms)
  }
  return { is, shown }
}

const used = { state: OPEN, sessions: [session(1, 'bob')] }
const link = { kind: 'link' as const }
const asking = (peerId: string, more: Partial<PairingState> = {}): PairingState => ({
  ...{ peerId, direction: 'incoming', remote: '192.0.2.7:1', name: `pc-${peerId}` },
  ...more
})
const pairing = (...all: PairingState[]): StateTree =>
  tree([], { pairings: Object.fromEntries(all.map((each) => [each.peerId, each])) })

describe('notifications', () => {
  it('tell of each request to pair once, when it has a name, and not of our own', async () => {
    const { is, shown } = watching()
    await is(pairing(asking('a', { name: '' }), asking('b', { direction: 'outgoing' })))
    expect(shown).toEqual([])
    await is(pairing(asking('a')))
    expect(shown).toMatchObject([
      { kind: 'pairing', body: expect.stringContaining('pc-a asks') as string, place: 'network' }
    ])
    await is(pairing(asking('a', { code: '123456' })), 10_000)
    expect(shown).toHaveLength(1)
    await is(pairing())
    await is(pairing(asking('a')))
    expect(shown).toHaveLength(2)
  })

  it('say a name as it is, and not what a desktop takes for tags', async () => {
    const { is, shown } = watching()
    await is(pairing(asking('a', { name: '<a href="http://x">Update</a>' })))
    expect(shown[0]?.body).toMatch(/^‹a href="http:\/\/x"›Update‹\/a› asks/)
  })

  it('tell of a device that goes while somebody uses it, and of none that nobody does', async () => {
    const { is, shown } = watching()
    await is(tree([bridge('a', used), bridge('idle')]))
    await is(tree([bridge('a', { ...used, state: UNPLUGGED }), bridge('idle', { state: UNPLUGGED })]))
    expect(shown).toMatchObject([{ kind: 'unplugged', place: 'computer/a' }])
    expect(shown[0]?.body).toContain('a was unplugged')
    await is(tree([bridge('a', used)]))
    expect(shown).toHaveLength(1)
  })

  it('tell of a connection that is lost for 5 s, and then that it is back; not of a shorter one', async () => {
    const { is, shown } = watching()
    await is(tree([bridge('l', { ...link, state: OPEN })]))
    await is(tree([bridge('l', { ...link, state: LOST })]), 3000)
    await is(tree([bridge('l', { ...link, state: OPEN })]))
    expect(shown).toEqual([])
    await is(tree([bridge('l', { ...link, state: LOST })]), 7500)
    expect(shown).toMatchObject([{ kind: 'lost', place: 'connections/l' }])
    await is(tree([bridge('l', { ...link, state: OPEN })]))
    expect(shown).toMatchObject([{ kind: 'lost' }, { kind: 'back' }])
  })

  it('tell who took the control, here and elsewhere', async () => {
    const { is, shown } = watching()
    const [bob, eve] = [session(1, 'bob', { holdsSince: 1 }), session(2, 'eve')]
    const known = { type: 'known', peer: 'pc', share: 'gps', session: 4, observes: false, asks: [] } as const
    const far = bridge('l', { ...link, state: OPEN, far: { ...known, writer: true } })
    await is(tree([bridge('a', { state: OPEN, sessions: [bob, eve] }), far]))
    const taken = [session(1, 'bob'), session(2, 'eve', { holdsSince: 2 })]
    const holder = { session: 9, label: 'mallory', since: 3 }
    await is(
      tree([
        bridge('a', { state: OPEN, sessions: taken }),
        bridge('l', { ...link, state: OPEN, far: { ...known, writer: false, holder } })
      ])
    )
    expect(shown).toMatchObject([{ kind: 'taken', body: 'Others took control of 2 ports.' }])
  })

  it('of one kind come as one', async () => {
    const { is, shown } = watching()
    const all = Array.from({ length: 16 }, (_, index) => `p${index}`)
    await is(tree(all.map((id) => bridge(id, used))))
    for (const gone of [4, 9, 16])
      await is(
        tree(all.map((id, index) => bridge(id, { ...used, ...(index < gone && { state: UNPLUGGED }) }))),
        100
      )
    await is(tree(all.map((id) => bridge(id, { ...used, state: UNPLUGGED }))))
    expect(shown).toMatchObject([{ kind: 'unplugged', body: expect.stringMatching(/^16 ports/) as string }])
  })

  it('are left out while the person looks at the window', async () => {
    const { is, shown } = watching({ isWatched: () => true })
    await is(pairing(asking('a')))
    expect(shown).toEqual([])
  })

  it('forget what changed while the core was away', async () => {
    const { is, shown } = watching()
    await is(tree([bridge('a', used)]))
    await is(undefined)
    await is(tree([bridge('a', { ...used, state: UNPLUGGED })]))
    expect(shown).toEqual([])
  })
})
