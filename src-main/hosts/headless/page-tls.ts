/** The certificate that the page is served with, read anew each time: it may have been renewed. Called by page-door.ts. */
import { OWN_CERTIFICATE } from '../../contract/settings.ts'
import type { TlsIdentity } from '../../net/tls-identity.ts'
import { loadIdentity } from '../../peers/identity.ts'
import type { PagePlace } from './place.ts'

/** Undefined: none is wanted. `folder`: of the installation. Rejects with `certificate-broken` or `identity-broken`. */
export async function pageTls(place: PagePlace, folder: string): Promise<TlsIdentity | undefined> {
  const { certificate, key } = place
  if (certificate === undefined) return undefined
  if (certificate === OWN_CERTIFICATE) return loadIdentity(folder)
  const { ownOf } = await import('../../net/tls-files.ts')
  return ownOf({ cert: certificate, ...(key !== undefined && { key }) })
}
