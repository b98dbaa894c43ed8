import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { BridgeState, PortState } from '../../src-main/contract/state.ts'
import { pageClock } from '../../src-renderer/clock.ts'
import { HappeningWatch } from '../../src-renderer/model/happening-watch.svelte.ts'
import { happenings, LOST_MS, NO_MEMORY } from '../../src-renderer/model/happenings.ts'
import { TOAST_MS, ToastDesk } from '../../src-renderer/model/toasts.svelte.ts'

const OPEN = { type: 'open' } as PortState
const gone = (code: string): PortState =>
  ({ type: 'waiting', fault: { code, kind: 'peer', message: '' } }) as PortState

function bridge(kind: 'share' | 'link', state: PortState, wish: Partial<BridgeState> = {}): BridgeState {
  const sessions = [{ id: 1, label: 'bench' }]
  return { id: kind, name: 'gps', kind, enabled: true, state, sessions, ...wish } as unknown as BridgeState
}

const tree = (...all: readonly BridgeState[]) => Object.fromEntries(all.map((each) => [each.id, each]))

/** What each step after the first one tells. */
function told(...steps: readonly { readonly at: number; readonly bridge: BridgeState }[]): string[] {
  const [first, ...rest] = steps
  let memory = NO_MEMORY
  let before = first && tree(first.bridge)
  return rest.map(({ at, bridge: each }) => {
    const after = tree(each)
    const result = happenings(before ?? {}, after, memory, at)
    memory = result.memory
    before = after
    return result.news.map(({ type }) => type).join(' ')
  })
}

describe('what people are told of', () => {
  it('is a device that is unplugged while in use, once, and its return', () => {
    expect(
      told(
        { at: 0, bridge: bridge('share', OPEN) },
        { at: 1, bridge: bridge('share', gone('device-unplugged')) },
        { at: 2, bridge: bridge('share', gone('device-missing')) },
        { at: 3, bridge: bridge('share', { type: 'opening' }) },
        { at: 4, bridge: bridge('share', OPEN) },
        { at: 5, bridge: bridge('share', OPEN) }
      )
    ).toEqual(['unplugged', '', '', 'plugged', ''])
  })

  it('is not one that nobody used, nor a port that is only busy', () => {
    const unused = { sessions: [] }
    expect(
      told(
        { at: 0, bridge: bridge('share', OPEN, unused) },
        { at: 1, bridge: bridge('share', gone('device-unplugged'), unused) }
      )
    ).toEqual([''])
    expect(
      told({ at: 0, bridge: bridge('share', OPEN) }, { at: 1, bridge: bridge('share', gone('device-busy')) })
    ).toEqual([''])
  })

  it('is a connection that is lost for five seconds, and back', () => {
    const lost = bridge('link', gone('peer-closed'))
    expect(
      told(
        { at: 0, bridge: bridge('link', OPEN) },
        { at: 100, bridge: lost },
        { at: 100 + LOST_MS - 1, bridge: bridge('link', { type: 'opening' }) },
        { at: 100 + LOST_MS, bridge: lost },
        { at: 9000, bridge: lost },
        { at: 9999, bridge: bridge('link', OPEN) }
      )
    ).toEqual(['', '', 'lost', '', 'back'])
  })

  it('is not one that is back at once, was never there, or was ended by its owner', () => {
    const open = bridge('link', OPEN)
    const lost = bridge('link', gone('peer-closed'))
    expect(told({ at: 0, bridge: open }, { at: 1, bridge: lost }, { at: 2, bridge: open })).toEqual(['', ''])
    expect(told({ at: 0, bridge: lost }, { at: 9000, bridge: lost }, { at: 9001, bridge: open })).toEqual([
      '',
      ''
    ])
    const off = bridge('link', { type: 'idle' }, { enabled: false })
    expect(told({ at: 0, bridge: open }, { at: 1, bridge: off }, { at: 9000, bridge: off })).toEqual(['', ''])
  })

  it('is who took the control, from us there or from another one here', () => {
    const far = (writer: boolean): Partial<BridgeState> => ({
      far: {
        type: 'known',
        peer: 'bob',
        share: 'gps',
        session: 2,
        writer,
        observes: false,
        asks: [],
        ...(!writer && { holder: { session: 3, label: 'carl', since: 0 } })
      }
    })
    expect(
      told(
        { at: 0, bridge: bridge('link', OPEN, far(true)) },
        { at: 1, bridge: bridge('link', OPEN, far(false)) }
      )
    ).toEqual(['taken'])
    const held = (by: number): Partial<BridgeState> => ({
      sessions: [1, 2].map((id) => ({ id, label: `pc${id}`, ...(id === by && { holdsSince: 1 }) })) as never
    })
    expect(
      told(
        { at: 0, bridge: bridge('share', OPEN, held(1)) },
        { at: 1, bridge: bridge('share', OPEN, held(2)) }
      )
    ).toEqual(['taken'])
  })
})

describe('the messages', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  function desk() {
    const toasts = new ToastDesk(pageClock)
    const shown: string[] = []
    let bridges = tree()
    const show = (page: string, id: string): unknown => shown.push(`${page} ${id}`)
    const watch = new HappeningWatch(() => ({ bridges, rotators: {} }), toasts, { show }, pageClock)
    const look = (next: typeof bridges, nowMs: number): void => {
      bridges = next
      watch.look({ bridges, rotators: {} }, nowMs)
    }
    return { toasts, watch, look, shown, texts: () => toasts.toasts.map(({ text }) => text) }
  }

  it('are one for several of a kind, take back what is over, and lead to the page', () => {
    const { look, texts, toasts, shown, watch } = desk()
    const two = (state: PortState) =>
      tree(bridge('share', state), bridge('share', state, { id: 'other', name: 'meter' }))
    look(two(OPEN), 0)
    look(two(gone('device-unplugged')), 1)
    expect(texts()).toEqual(['2 devices were unplugged while in use'])
    look(
      tree(bridge('share', OPEN), bridge('share', gone('device-unplugged'), { id: 'other', name: 'meter' })),
      2
    )
    expect(texts()).toEqual(['meter was unplugged while in use', 'gps is plugged in again'])
    toasts.toasts[0]?.action?.do()
    expect(shown).toEqual(['computer other'])
    watch.dispose()
    toasts.dispose()
  })

  it('go by themselves, but not while somebody reads them', () => {
    const { toasts, texts, watch } = desk()
    toasts.show({ key: 'a', tone: 'good', text: 'A' })
    toasts.show({ key: 'b', tone: 'warning', text: 'B', stays: true })
    toasts.hold()
    toasts.show({ key: 'c', tone: 'good', text: 'C' })
    vi.advanceTimersByTime(2 * TOAST_MS)
    expect(texts()).toEqual(['A', 'B', 'C'])
    toasts.release()
    vi.advanceTimersByTime(TOAST_MS)
    expect(texts()).toEqual(['B'])
    watch.dispose()
    toasts.dispose()
  })

  it('are compared with nothing after the core was away', () => {
    const { look, texts, watch, toasts } = desk()
    look(tree(bridge('share', OPEN)), 0)
    watch.forget()
    look(tree(bridge('share', gone('device-unplugged'))), 1)
    expect(texts()).toEqual([])
    watch.dispose()
    toasts.dispose()
  })
})
