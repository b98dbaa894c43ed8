import { describe, expect, it } from 'vitest'
import { MAX_ITEMS, trayMenu, trayTip, type TrayItem } from '../../../src-main/hosts/electron/tray-menu.ts'
import { bridge, LOST, near, OPEN, session, tree } from './states.ts'

const FACTS = { isAttached: false }

/** Everything in it, by label. */
function all(items: readonly TrayItem[]): readonly TrayItem[] {
  return items.flatMap((item) => (item.type === 'menu' ? [item, ...all(item.items)] : [item]))
}

function labels(items: readonly TrayItem[]): string[] {
  return items.map((item) => (item.type === 'line' ? '-' : item.label))
}

const LINK = bridge('far', { kind: 'link', name: 'far', port: 'rfc2217://192.0.2.7:7000' })

describe("the tray's menu", () => {
  it('has nothing but ways out where there is nothing', () => {
    expect(labels(trayMenu(tree([]), FACTS))).toEqual([
      'Nothing is shared',
      '-',
      'Open Farport',
      'Settings',
      'Quit Farport'
    ])
    expect(labels(trayMenu(undefined, FACTS))[0]).toBe('Farport does not answer')
  })

  it('has shares to tick, and who uses them, the writer first', () => {
    const used = bridge('b', {
      sessions: [session(1, 'watcher'), session(2, 'workshop-pc', { writer: true })]
    })
    const menu = trayMenu(tree([used, bridge('a', { enabled: false })]), FACTS)
    expect(menu.slice(0, 4)).toEqual([
      { type: 'text', label: '1 port shared, 1 in use' },
      { type: 'line' },
      { type: 'check', label: 'a', checked: false, action: { type: 'enable', id: 'a', enabled: true } },
      {
        type: 'check',
        label: 'b – in use by workshop-pc and 1 more',
        checked: true,
        action: { type: 'enable', id: 'b', enabled: false }
      }
    ])
  })

  it('leads to the monitor of what runs', () => {
    const menu = trayMenu(
      tree([bridge('a b'), bridge('off', { enabled: false }), { ...LINK, state: OPEN }]),
      FACTS
    )
    expect(menu.find((item) => item.type === 'menu' && item.label === 'Monitor')).toMatchObject({
      items: [
        { label: 'a b', action: { type: 'show', place: 'computer/a%20b/monitor' } },
        { label: 'far', action: { type: 'show', place: 'connections/far/monitor' } }
      ]
    })
  })

  it('has connections with Disconnect, or Connect where they are off', () => {
    const off = bridge('off', { kind: 'link', enabled: false })
    const menu = trayMenu(
      tree([{ ...LINK, state: OPEN }, { ...LINK, id: 'w', name: 'w', state: LOST }, off]),
      FACTS
    )
    expect(menu.filter(({ type }) => type === 'menu').slice(0, 3)).toMatchObject([
      { label: 'far', items: [{ label: 'Disconnect', action: { enabled: false } }, { label: 'Show' }] },
      { label: 'off – disconnected', items: [{ label: 'Connect', action: { enabled: true } }, {}] },
      { label: 'w – waiting', items: [{ label: 'Disconnect' }, { action: { place: 'connections/w' } }] }
    ])
  })

  it('has what is near and not connected yet, and no guesses', () => {
    const nearby = Object.fromEntries(
      [
        near('plc', { url: 'rfc2217://192.0.2.8:7000' }),
        near('known', { url: LINK.port }),
        near('gone', { url: 'raw://192.0.2.9:1', present: false }),
        near('guess', { url: 'telnet://192.0.2.9:23', confidence: 'low' }),
        near('dumb'),
        near('workshop', { kind: 'farport', url: 'farport://192.0.2.7:22217' })
      ].map((each) => [each.id, each])
    )
    const menu = trayMenu(tree([LINK], { nearby }), FACTS).find(
      (each) => each.type === 'menu' && each.label === 'Nearby ports'
    )
    expect(menu).toMatchObject({
      items: [
        { label: 'plc on box.local', action: { type: 'connect', target: 'rfc2217://192.0.2.8:7000' } },
        { label: 'workshop …', action: { type: 'show', place: 'network' } }
      ]
    })
  })

  it('pauses all sharing, and resumes what it paused', () => {
    const off = bridge('a', { enabled: false })
    const has = (items: readonly TrayItem[]): string[] => labels(items).filter((each) => /shari/i.test(each))
    expect(has(trayMenu(tree([bridge('a')]), FACTS))).toEqual(['Pause all sharing'])
    const paused = { paused: { since: 0, shares: ['a'] } }
    expect(has(trayMenu(tree([off], paused), FACTS))).toEqual([
      'Sharing is paused for 1 port',
      'Resume sharing'
    ])
    expect(has(trayMenu(tree([off, bridge('b')], paused), FACTS))).toEqual([
      'Sharing is paused for 1 port, 1 shared',
      'Pause all sharing',
      'Resume sharing'
    ])
    expect(has(trayMenu(tree([off]), FACTS))).toEqual([])
  })

  it('stays one that a screen has room for', () => {
    const many = Array.from({ length: 300 }, (_, index) =>
      bridge(`s${index}`, { name: `${'long '.repeat(50)}${index}` })
    )
    const menu = trayMenu(tree(many), FACTS)
    expect(menu.filter(({ type }) => type === 'check')).toHaveLength(MAX_ITEMS)
    expect(labels(menu)).toContain('280 more …')
    expect(Math.max(...labels(all(menu)).map(({ length }) => length))).toBeLessThanOrEqual(60)
  })

  it('says whose state it is', () => {
    expect(trayTip(tree([bridge('a')]), { ...FACTS, isAttached: true })).toBe(
      'Farport: 1 port shared (by the service)'
    )
  })
})
