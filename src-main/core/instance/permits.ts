/** What a paired peer may have: asked for each call and subscription, and again when permissions change. Called by instance.ts. */
import {
  LEVELS,
  permissionFor,
  type Permission,
  type PermissionLevel,
  type Settings
} from '../../contract/settings.ts'
import type { BridgeState, StateTree } from '../../contract/state.ts'
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

/** The id of the share that the arguments of a peer's command name by its id or name. */
function shareNamed({ shares }: Settings, args: unknown): string | undefined {
  if (typeof args !== 'object' || args === null || !('share' in args)) return undefined
  const { share } = args
  const found = shares.find(({ id }) => id === share) ?? shares.find(({ name }) => name === share)
  return found?.id
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
      return reaches(may.level, 'observe') ? [[bridge.id, seen(bridge, may)] as const] : []
    })
    return {
      bridges: Object.fromEntries(shown),
      rotators: {},
      ...(self && { self: { id: self.id, name: self.name, version: self.version } })
    }
  }
}

/** Field by field: a new one is a peer's business only when somebody thought of it. */
function seen(bridge: BridgeState, may: Permission): BridgeState {
  const { id, kind, name, enabled, port, state, sessions } = bridge
  const { bytesToDevice, bytesFromDevice, lostToDevice, lostFromDevice } = bridge
  return {
    ...{ id, kind, name, enabled, may, state, addresses: [], dials: [] },
    ...{ bytesToDevice, bytesFromDevice, lostToDevice, lostFromDevice },
    port: isProgram(port) ? `exec:${programName(port)}` : port,
    sessions: sessions.map((session) => ({
      ...session,
      label: session.peer === undefined ? 'another client' : session.label
    }))
  }
}
