/** How our links stand, in words: what the Connections page says of each. Pure. */
import { DEFAULT_SETTINGS, type LineSettings } from '../../src-main/contract/line.ts'
import type { BridgeState, FarState, SettingsOrigin } from '../../src-main/contract/state.ts'
import { clockTime, duration } from '../words/times.ts'
import { words } from '../words/words.ts'
import { byName } from '../../src-main/base/natural-order.ts'

export type Tone = 'good' | 'quiet' | 'warning' | 'danger'

export interface Standing {
  readonly text: string
  readonly tone: Tone
  /** The core's own words, where something is in the way. */
  readonly fault?: string
}

/** By name; what has the same name stays in its order. */
export function linksOf(bridges: Readonly<Record<string, BridgeState>>): readonly BridgeState[] {
  return Object.values(bridges)
    .filter(({ kind }) => kind === 'link')
    .sort((a, b) => byName(a, b) || (a.id < b.id ? -1 : 1))
}

/** `lostSince`: when it was lost, where it had been there. Wall clock, ms since 1970, both. */
export function standingOf(link: BridgeState, nowMs: number, lostSince?: number): Standing {
  const { state, enabled, blocked, far, sessions } = link
  const say = words.links.states
  if (!enabled) return { text: say.off, tone: 'quiet' }
  switch (state.type) {
    case 'idle':
      return { text: sessions.length > 0 ? say.connecting : say.idle, tone: 'quiet' }
    case 'opening':
      return { text: say.connecting, tone: 'quiet' }
    case 'closing':
      return { text: say.closing, tone: 'quiet' }
    case 'waiting': {
      const { fault, retryAt } = state
      const isPeers = fault.kind === 'peer' || fault.kind === 'device'
      const text = !isPeers
        ? say.broken
        : lostSince === undefined
          ? say.notYet
          : say.lost(duration(nowMs - lostSince))
      const next = retryAt === undefined ? '' : ` – ${say.retrying}`
      return { text: `${text}${next}`, tone: isPeers ? 'warning' : 'danger', fault: fault.message }
    }
    case 'open':
      if (blocked) return { text: words.links.blocked[blocked.by], tone: 'warning' }
      if (link.onlyWatches) return { text: say.onlyWatches, tone: 'good' }
      if (far?.type === 'known' && !far.writer)
        return { text: watching(far), tone: far.watches ? 'good' : 'warning' }
      return { text: sessions.length > 0 ? usedBy(link) : say.connected, tone: 'good' }
  }
}

/** Names it where the system shows which program that is. */
function usedBy({ programs = [] }: BridgeState): string {
  const { used, usedBy: say } = words.links.states
  const [first, ...others] = programs
  return first ? say(first.command, first.pid, others.length) : used
}

function watching({ holder, observes, peer }: Extract<FarState, { readonly type: 'known' }>): string {
  if (holder) return words.links.states.watching(holder.label, clockTime(holder.since))
  return observes ? words.links.states.mayWatch(peer) : words.links.states.watches
}

/** What can be done about the control of the far share; nothing where there is none to have. */
export function controlChoices({ far, enabled }: BridgeState): readonly ('ask' | 'take-over')[] {
  if (!enabled || far?.type !== 'known' || far.writer || far.observes) return []
  return far.asksSince === undefined ? ['ask', 'take-over'] : ['take-over']
}

/** What is in force, or will be when it is opened next. */
export function settingsOf({ state, own }: BridgeState): LineSettings {
  return state.type === 'open' ? state.settings : { ...DEFAULT_SETTINGS, ...own }
}

export function originWords(origin: SettingsOrigin | undefined): string | undefined {
  switch (origin?.type) {
    case undefined:
    case 'own':
      return undefined
    case 'owner':
      return words.links.setHere
    case 'elsewhere':
      return words.links.setElsewhere
    case 'session':
      return origin.label
  }
}

/** Where programs here find it: the virtual port, else the address. */
export function localNames({ addresses }: BridgeState): readonly string[] {
  return addresses.map((each) => each.replace(/^(?:pty|usb|com|auto):/, ''))
}

/** The far end as people read it: `gps on workshop-pc`. */
export function remoteName({ port, far }: BridgeState): string {
  if (far?.type === 'known') return words.links.shareOf(far.share, far.peer)
  const [, peer, share] = /^farport:\/\/([^/]+)\/([^?]+)/.exec(port) ?? []
  if (peer === undefined || share === undefined) return port
  return words.links.shareOf(decoded(share), decoded(peer))
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
