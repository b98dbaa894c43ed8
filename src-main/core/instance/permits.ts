/** What a paired peer may have: asked for each call and subscription, and again when permissions change. Called by instance.ts. */
import {
  LEVELS,
  permissionFor,
  shareCalled,
  type Permission,
  type PermissionLevel,
  type Settings
} from '../../contract/settings.ts'
import type { FaultCode } from '../../contract/faults.ts'
import type { BridgeState, PortState, SessionState, StateTree } from '../../contract/state.ts'
import type { TrustStore } from '../../peers/trust.ts'
import type { Permit } from '../../rpc/permitted.ts'
import type { View } from '../../rpc/state-topic.ts'
import { isProgram, programName } from '../../ports/program/command-line.ts'

/** `settings`: those in force. */
export function permits(trust: TrustStore, settings: () => Settings): Permit {
  return ({ id }, { caller, args }) => {
    const peer = trust.get(id)
    if (peer?.trust !== 'trusted') return false
    if (caller === 'peer') return true
    if (caller === 'owner') return false
    const share = shareNamed(settings(), args)
    return share !== undefined && reaches(permissionFor(peer, share).level, caller)
  }
}

export function reaches(level: PermissionLevel, needed: PermissionLevel): boolean {
  return LEVELS.indexOf(level) >= LEVELS.indexOf(needed)
}

/** The id of the share that the arguments of what a peer asks for name by its id or name. */
function shareNamed(settings: Settings, args: unknown): string | undefined {
  if (typeof args !== 'object' || args === null) return undefined
  const { share, id } = args as { readonly share?: unknown; readonly id?: unknown }
  return shareCalled(settings, share ?? id)?.id
}

/**
 * What a peer sees: what it may observe and what it may do there, who uses it by the names of those we are paired with, and nothing
 * of our addresses, our other peers, or what our programs are started with.
 */
export function viewOfPeer(id: string, trust: TrustStore): View {
  return ({ bridges, self }): StateTree => {
    const peer = trust.get(id)
    const shown = Object.values(bridges).flatMap((bridge) => {
      if (!peer || bridge.kind !== 'share') return []
      const may = permissionFor(peer, bridge.id)
      return reaches(may.level, 'observe') ? [[bridge.id, seen(bridge, may, id)] as const] : []
    })
    return {
      bridges: Object.fromEntries(shown),
      rotators: {},
      ...(self && { self: { id: self.id, name: self.name, version: self.version } })
    }
  }
}

/** Field by field: a new one is a peer's business only when somebody thought of it. */
function seen(bridge: BridgeState, may: Permission, viewer: string): BridgeState {
  const { id, kind, name, enabled, blocked, sessions } = bridge
  const { bytesToDevice, bytesFromDevice, lostToDevice, lostFromDevice } = bridge
  return {
    ...{ id, kind, name, enabled, may, addresses: [], dials: [], ...(blocked && { blocked }) },
    ...{ bytesToDevice, bytesFromDevice, lostToDevice, lostFromDevice },
    port: seenPort(bridge.port),
    state: seenState(bridge.state),
    sessions: sessions.map((session) => seenSession(session, viewer))
  }
}

/** A device as it is; of a program its name, and of another computer no more than how it is spoken to. */
export function seenPort(port: string): string {
  if (isProgram(port)) return `exec:${programName(port)}`
  return /^[\w+-]+:\/\//.exec(port)?.[0] ?? port
}

/** A fault's own words name addresses, files, programs and who runs them. */
function seenState(state: PortState): PortState {
  if (state.type !== 'waiting') return state
  const { code, kind } = state.fault
  const { retryAt } = state
  const message = SEEN_FAULTS[code] ?? 'It does not work just now: its owner can see why.'
  return { type: 'waiting', fault: { code, kind, message }, ...(retryAt !== undefined && { retryAt }) }
}

const SEEN_FAULTS: Readonly<Partial<Record<FaultCode, string>>> = {
  'device-missing': 'The device is not there.',
  'device-unplugged': 'The device is unplugged.',
  'device-busy': 'Another program there uses the device.',
  'device-permission': 'Farport may not use the device there: its owner can see why.'
}

/** Which ones are the viewer's own, it may know; others are names. */
function seenSession(session: SessionState, viewer: string): SessionState {
  const { id, label, peer, use, writer, observes, watches, holdsSince, asksSince, since } = session
  const { bytesToDevice, bytesFromDevice, lostToDevice, lostFromDevice } = session
  return {
    ...{ id, writer, observes, since, bytesToDevice, bytesFromDevice, lostToDevice, lostFromDevice },
    label: peer === undefined ? 'another client' : label,
    ...(peer === viewer && { peer, ...(use !== undefined && { use }) }),
    ...(watches && { watches }),
    ...(holdsSince !== undefined && { holdsSince }),
    ...(asksSince !== undefined && { asksSince })
  }
}
