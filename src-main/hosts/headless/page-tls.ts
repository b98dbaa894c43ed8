/** The certificate that the page is served with, and the one that takes its place when its files are renewed. Called by page-door.ts. */
import { OWN_CERTIFICATE } from '../../contract/settings.ts'
import type { Clock } from '../../base/clock.ts'
import type { RenewedKeys } from '../../net/tls-renewal.ts'
import { loadIdentity } from '../../peers/identity.ts'
import type { PagePlace } from './place.ts'

export interface PageTlsOptions {
  /** Of the installation. */
  readonly folder: string
  readonly clock: Clock
  /** Renewed files that cannot be used. */
  readonly warn: (text: string) => void
}

/** Undefined: none is wanted. Rejects with `certificate-broken` or `identity-broken`. */
export async function pageTls(place: PagePlace, options: PageTlsOptions): Promise<RenewedKeys | undefined> {
  const { host, port, certificate, key } = place
  if (certificate === undefined) return undefined
  const { RenewedKeys } = await import('../../net/tls-renewal.ts')
  const files =
    certificate === OWN_CERTIFICATE ? {} : { cert: certificate, ...(key !== undefined && { key }) }
  const endpoint = { protocol: 'raw', transport: 'tls', host, port, tls: files } as const
  return RenewedKeys.open(endpoint, () => loadIdentity(options.folder), options)
}
