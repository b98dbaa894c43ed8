/** What another Farport offers, as a table with the next line to say for each share. Pure. Called by `connect`. */
import type { Permission } from '../../contract/settings.ts'
import type { BridgeState } from '../../contract/state.ts'
import { formatFarportUrl } from '../../net/farport-url.ts'
import type { BarePeer } from './bare-peer.ts'
import { bridgeWords, shortText, timeText } from './attached/words.ts'

const NOTHING = '-'
const MAX_STATE = 60

/** Nothing where there is no share. */
export function offerRows(at: BarePeer, bridges: readonly BridgeState[], now: Date): string[][] {
  if (bridges.length === 0) return []
  return [
    ['SHARE', 'STATE', 'YOU MAY', 'IN USE BY', 'TO USE IT'],
    ...bridges.map((bridge) => [
      shortText(bridge.name),
      shortText(bridgeWords(bridge), MAX_STATE),
      bridge.may ? permissionText(bridge.may) : NOTHING,
      usersText(bridge, now),
      bridge.enabled ? connectLine(at, bridge.name) : NOTHING
    ])
  ]
}

function permissionText({ level, history }: Permission): string {
  return history ? `${level} and history` : level
}

/** Who has the control since when; else how many watch, or write all together. */
function usersText({ sessions }: BridgeState, now: Date): string {
  const [only] = sessions
  if (!only) return NOTHING
  const holder = sessions.find(({ holdsSince }) => holdsSince !== undefined)
  if (holder) return `${labelOf(holder)} since ${timeText(holder.holdsSince ?? holder.since, now)}`
  if (sessions.length === 1) return `${labelOf(only)} since ${timeText(only.since, now)}`
  return `${sessions.length} clients`
}

/** Whose own session it is, a peer tells nobody else. */
function labelOf({ peer, label }: BridgeState['sessions'][number]): string {
  return peer === undefined ? shortText(label) : 'this computer'
}

/** To be pasted into a shell. */
function connectLine({ peer, port }: BarePeer, share: string): string {
  const url = formatFarportUrl({ peer, ...(port !== undefined && { port }), share, takeOver: false })
  return `farport connect ${forShell(url)} --pty ~/${fileName(share)}`
}

/** What URLs may hold as it is and shells may not. */
function forShell(url: string): string {
  const escaped = url.replace(/[!'()*~]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`)
  return /[[\]]/.test(escaped) ? `'${escaped}'` : escaped
}

function fileName(share: string): string {
  const name = share.replace(/[^A-Za-z0-9_.]+/g, '-').replace(/^[-.]+|[-.]+$/g, '')
  return name === '' ? 'farport' : name
}
