/**
 * Key and trust for TLS of a command that runs by itself: the user's own installation's, loaded with the first TLS endpoint. Reads the
 * settings, obeys them from moment to moment, writes nothing (but the key, where there is none yet).
 */
import type { TlsRights } from './context.ts'
import { instancePaths, type PathsEnvironment } from './instance-paths.ts'
import type { TlsHouse } from './tls-rights.ts'

const UNWATCHED =
  'That somebody is forgotten (farport pair remove) is not noticed here (the system cannot watch the settings): end this command then.'

/** `warn`: one line for people. */
export function localTls(warn: (text: string) => void, from: PathsEnvironment = {}): TlsRights {
  let house: Promise<TlsHouse & { refresh(): Promise<void> }> | undefined
  const load = async (): Promise<TlsHouse> => {
    // It may work the next time.
    house ??= open(warn, from).catch((error: unknown) => {
      house = undefined
      throw error
    })
    const loaded = await house
    await loaded.refresh()
    return loaded
  }
  const rights = async (): Promise<TlsRights> => (await import('./tls-rights.ts')).tlsRights(load)
  return {
    dialling: async () => (await rights()).dialling(),
    listening: async (shares, name) => (await rights()).listening(shares, name)
  }
}

async function open(
  warn: (text: string) => void,
  from: PathsEnvironment
): Promise<TlsHouse & { refresh(): Promise<void> }> {
  const { loadIdentity } = await import('../peers/identity.ts')
  const { LocalTrust } = await import('./local-trust.ts')
  const identity = await loadIdentity(instancePaths('user', from).directory)
  const trust = await LocalTrust.open(from, () => warn(UNWATCHED), 'always')
  return {
    identity,
    trust: trust.store,
    permissionId: ({ name }) => trust.shareId(name) ?? '',
    refresh: () => trust.refresh()
  }
}
