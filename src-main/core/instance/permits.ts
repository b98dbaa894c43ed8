/** What a paired peer may have: asked for each call and subscription, and again when permissions change. Called by instance.ts. */
import { LEVELS, permissionFor, type PermissionLevel, type Settings } from '../../contract/settings.ts'
import type { StateTree } from '../../contract/state.ts'
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
    const shown = Object.entries(bridges).flatMap(([share, bridge]) => {
      if (!peer || bridge.kind !== 'share') return []
      const may = permissionFor(peer, share)
      if (!reaches(may.level, 'observe')) return []
      const port = isProgram(bridge.port) ? `exec:${programName(bridge.port)}` : bridge.port
      const sessions = bridge.sessions.map((session) => ({
        ...session,
        label: session.peer === undefined ? 'another client' : session.label
      }))
      const { awaited, ...rest } = bridge
      void awaited
      return [[share, { ...rest, may, port, sessions, addresses: [], dials: [] }] as const]
    })
    return {
      bridges: Object.fromEntries(shown),
      rotators: {},
      ...(self && { self: { id: self.id, name: self.name, version: self.version } })
    }
  }
}
