/**
 * What the tray's menu says, from the state alone: everything is in it, because clicks on a tray icon may not arrive on Linux. Pure;
 * tray.ts makes a menu of the system of it, and app.ts does what is chosen.
 */
import type { BridgeState, NearbyState, PauseState, StateTree } from '../../contract/state.ts'
import { usersOf } from './in-use.ts'
import { WORDS } from './words.ts'
import { byName } from '../../base/natural-order.ts'

export type TrayAction =
  | { readonly type: 'enable'; readonly id: string; readonly enabled: boolean }
  | { readonly type: 'connect'; readonly target: string }
  /** `place`: behind the page's `#`; absent: wherever it was. */
  | { readonly type: 'show'; readonly place?: string }
  | { readonly type: 'pause' | 'resume' | 'quit' }

export type TrayItem =
  | { readonly type: 'text'; readonly label: string }
  | { readonly type: 'line' }
  | { readonly type: 'check'; readonly label: string; readonly checked: boolean; readonly action: TrayAction }
  | { readonly type: 'action'; readonly label: string; readonly action: TrayAction }
  | { readonly type: 'menu'; readonly label: string; readonly items: readonly TrayItem[] }

/** What the menu is made of beside the state. */
export interface TrayFacts {
  /** The core is that of a service. */
  readonly isAttached: boolean
}

/** Menus of systems have no way to find something in many items: the window has. */
export const MAX_ITEMS = 20

/** Longer names make the menu as wide as the screen, in characters. */
const MAX_LABEL = 60

/** `tree`: undefined where the core is not there. */
export function trayMenu(tree: StateTree | undefined, facts: TrayFacts): readonly TrayItem[] {
  const words = WORDS.tray
  const bridges = Object.values(tree?.bridges ?? {}).sort(byName)
  const shares = bridges.filter(({ kind }) => kind === 'share')
  const links = bridges.filter(({ kind }) => kind === 'link')
  return joined([
    [{ type: 'text', label: status(tree, shares, facts) }],
    limited(shares.map(shareItem), 'computer'),
    limited(links.map(linkItem), 'connections'),
    nearbyItems(tree, links),
    [...monitorItems(bridges), ...pauseItems(shares, tree?.paused)],
    [
      { type: 'action', label: words.open, action: { type: 'show' } },
      { type: 'action', label: words.settings, action: { type: 'show', place: 'settings' } },
      { type: 'action', label: words.quit, action: { type: 'quit' } }
    ]
  ])
}

/** Beside the icon, where the system shows it. */
export function trayTip(tree: StateTree | undefined, facts: TrayFacts): string {
  const shares = Object.values(tree?.bridges ?? {}).filter(({ kind }) => kind === 'share')
  return `${WORDS.app}: ${status(tree, shares, facts)}`
}

function status(tree: StateTree | undefined, shares: readonly BridgeState[], facts: TrayFacts): string {
  if (!tree) return WORDS.tray.lost
  const on = shares.filter(({ enabled }) => enabled)
  const used = on.filter(({ sessions }) => sessions.length > 0).length
  const text = tree.paused
    ? WORDS.tray.paused(tree.paused.shares.length, on.length)
    : WORDS.tray.shared(on.length, used)
  return facts.isAttached ? WORDS.tray.service(text) : text
}

function shareItem(share: BridgeState): TrayItem {
  const { id, name, enabled } = share
  const [first, ...others] = usersOf(share)
  const label = first === undefined ? name : WORDS.tray.used(name, short(first), others.length)
  return {
    type: 'check',
    label: short(label),
    checked: enabled,
    action: { type: 'enable', id, enabled: !enabled }
  }
}

function linkItem(link: BridgeState): TrayItem {
  const words = WORDS.tray
  const { id, name, enabled, state } = link
  const say = !enabled ? words.off : state.type === 'waiting' ? words.waiting : words.connected
  return {
    type: 'menu',
    label: short(say(name)),
    items: [
      {
        type: 'action',
        label: enabled ? words.disconnect : words.connect,
        action: { type: 'enable', id, enabled: !enabled }
      },
      { type: 'action', label: words.show, action: { type: 'show', place: placeOf(link) } }
    ]
  }
}

/** What is announced and not connected yet; what a paired computer offers is asked for in the window. */
function nearbyItems(tree: StateTree | undefined, links: readonly BridgeState[]): readonly TrayItem[] {
  const known = new Set(links.map(({ port }) => port))
  const near = Object.values(tree?.nearby ?? {})
    .filter(({ present, confidence }) => present && confidence === 'high')
    .sort(byName)
  const items = near.flatMap((each) => nearbyItem(each, known))
  if (items.length === 0) return []
  return [{ type: 'menu', label: WORDS.tray.nearby, items: limited(items, 'network') }]
}

function nearbyItem({ kind, name, host, url }: NearbyState, known: ReadonlySet<string>): readonly TrayItem[] {
  if (kind === 'farport')
    return [{ type: 'action', label: short(`${name} …`), action: { type: 'show', place: 'network' } }]
  if (url === undefined || known.has(url)) return []
  return [
    { type: 'action', label: short(WORDS.tray.on(name, host)), action: { type: 'connect', target: url } }
  ]
}

function monitorItems(bridges: readonly BridgeState[]): readonly TrayItem[] {
  const items = bridges
    .filter(({ enabled }) => enabled)
    .map((bridge): TrayItem => ({
      type: 'action',
      label: short(bridge.name),
      action: { type: 'show', place: `${placeOf(bridge)}/monitor` }
    }))
  if (items.length === 0) return []
  return [{ type: 'menu', label: WORDS.tray.monitor, items: limited(items, 'computer') }]
}

/** Both where some were switched on while the others are paused. */
function pauseItems(shares: readonly BridgeState[], paused: PauseState | undefined): readonly TrayItem[] {
  const words = WORDS.tray
  const isShared = shares.some(({ enabled, passing }) => enabled && !passing)
  return [
    ...(isShared ? [{ type: 'action', label: words.pause, action: { type: 'pause' } } as const] : []),
    ...(paused ? [{ type: 'action', label: words.resume, action: { type: 'resume' } } as const] : [])
  ]
}

/** Where the page shows it. */
export function placeOf({ id, kind }: Pick<BridgeState, 'id' | 'kind'>): string {
  return `${kind === 'share' ? 'computer' : 'connections'}/${encodeURIComponent(id)}`
}

function limited(items: readonly TrayItem[], place: string): readonly TrayItem[] {
  if (items.length <= MAX_ITEMS) return items
  const label = WORDS.tray.more(items.length - MAX_ITEMS)
  return [...items.slice(0, MAX_ITEMS), { type: 'action', label, action: { type: 'show', place } }]
}

/** Groups with lines between them; empty ones leave none. */
function joined(groups: readonly (readonly TrayItem[])[]): readonly TrayItem[] {
  return groups
    .filter((group) => group.length > 0)
    .flatMap((group, index) => (index === 0 ? group : [{ type: 'line' } as const, ...group]))
}

function short(label: string): string {
  return label.length > MAX_LABEL ? `${label.slice(0, MAX_LABEL - 1)}…` : label
}
