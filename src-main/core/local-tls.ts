/**
 * Key and trust for TLS of a command that runs by itself: the user's own installation's, loaded with the first TLS endpoint. Reads the
 * settings, obeys them from moment to moment, writes nothing (but the key, where there is none yet).
 */
import type { Event } from '../base/event.ts'
import { Emitter } from '../base/event.ts'
import type { NamedShare, TlsRights } from './context.ts'
import type { Core } from './core.ts'
import { instancePaths, type PathsEnvironment } from './instance-paths.ts'
import type { TlsHouse } from './tls-rights.ts'

const UNWATCHED =
  'That somebody is forgotten (farport pair remove) is not noticed here (the system cannot watch the settings): end this command then.'

export interface LocalTls extends TlsRights {
  /** Permissions changed: what obeys them, for who is connected, in a core that runs shares with these rights. */
  readonly onPermissions: Event<(core: Core) => void>
}

/** `warn`: one line for people. */
export function localTls(warn: (text: string) => void, from: PathsEnvironment = {}): LocalTls {
  const permissions = new Emitter<(core: Core) => void>()
  let house: Promise<TlsHouse & { refresh(): Promise<void> }> | undefined
  const load = async (): Promise<TlsHouse> => {
    // It may work the next time.
    house ??= open(warn, from, (obey) => permissions.fire(obey)).catch((error: unknown) => {
      house = undefined
      throw error
    })
    const loaded = await house
    await loaded.refresh()
    return loaded
  }
  const rights = async (): Promise<TlsRights> => (await import('./tls-rights.ts')).tlsRights(load)
  return {
    onPermissions: permissions.event,
    dialling: async () => (await rights()).dialling(),
    listening: async (shares, name) => (await rights()).listening(shares, name)
  }
}

async function open(
  warn: (text: string) => void,
  from: PathsEnvironment,
  permissionsChanged: (obey: (core: Core) => void) => void
): Promise<TlsHouse & { refresh(): Promise<void> }> {
  const { loadIdentity } = await import('../peers/identity.ts')
  const { LocalTrust } = await import('./local-trust.ts')
  const { applyPermissions } = await import('./instance/live-permissions.ts')
  const identity = await loadIdentity(instancePaths('user', from).directory)
  const trust = await LocalTrust.open(from, () => warn(UNWATCHED), 'always')
  const permissionId = ({ name }: NamedShare): string => trust.shareId(name) ?? ''
  trust.onChanged((peers) =>
    permissionsChanged((core) => applyPermissions(peers, core.state, trust.store, core, permissionId))
  )
  return {
    identity,
    trust: trust.store,
    permissionId,
    refresh: () => trust.refresh()
  }
}
