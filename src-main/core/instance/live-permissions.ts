/** Permissions that change while those whom they are about are here: who may not watch any more leaves, who may not write watches. */
import type { CloseReason } from '../../contract/close.ts'
import { permissionFor } from '../../contract/settings.ts'
import type { StateTree } from '../../contract/state.ts'
import type { TrustStore } from '../../peers/trust.ts'
import type { NamedShare } from '../context.ts'
import type { Core } from '../core.ts'
import { reaches } from './permits.ts'

const WITHDRAWN: CloseReason = {
  code: 'refused',
  message: 'the owner of that computer does not allow it any more'
}

/**
 * `peers`: the ids of those about whom something changed. Those who are trusted no more were ended with their connections.
 * `permissionId`: by what permissions name a share that runs.
 */
export function applyPermissions(
  peers: ReadonlySet<string>,
  { bridges }: StateTree,
  trust: TrustStore,
  core: Core,
  permissionId: (share: NamedShare) => string = ({ id }) => id
): void {
  for (const bridge of Object.values(bridges)) {
    const { id, kind, sessions } = bridge
    if (kind !== 'share') continue
    for (const session of sessions) {
      const peer = session.peer !== undefined && peers.has(session.peer) ? trust.get(session.peer) : undefined
      if (!peer) continue
      const { level } = permissionFor(peer, permissionId(bridge))
      if (!reaches(level, 'observe')) core.users(id).disconnect(session.id, WITHDRAWN)
      else if (session.observes === reaches(level, 'control'))
        core.users(id).restrict(session.id, !reaches(level, 'control'))
    }
  }
}
