/** Who is at the other end of a TLS connection: the id of its key, whatever its certificate says of names and dates. Called by tls.ts and peers. */
import type { KeyObject } from 'node:crypto'
import { createHash } from 'node:crypto'
import type { TLSSocket } from 'node:tls'

/** What farport/1 speaks over TLS (RFC 7301). */
export const FARPORT_ALPN = 'farport/1'

/** Ours, as PEM: a P-256 key, and a certificate for it. */
export interface TlsIdentity {
  readonly key: string
  readonly certificate: string
}

/** The id of a public key, or of a private one's public half: SHA-256 of its SPKI (RFC 5280 §4.1), 64 hex digits, lower case. */
export function idOfKey(key: KeyObject): string {
  return createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('hex')
}

/** Whoever holds the key at the far end has this id; else why the connection cannot be used. After the handshake. */
export function peerOf(tls: TLSSocket): { readonly id: string } | { readonly why: string } {
  if (tls.getProtocol() !== 'TLSv1.3') return { why: 'it does not speak TLS 1.3' }
  if (tls.alpnProtocol !== FARPORT_ALPN) return { why: 'it does not speak farport/1' }
  // Nobody of ours resumes a session; and who it is must be proven each time.
  if (tls.isSessionReused()) return { why: 'it resumed a session' }
  const certificate = tls.getPeerX509Certificate()
  if (!certificate) return { why: 'it has no certificate' }
  const { publicKey } = certificate
  if (publicKey.asymmetricKeyDetails?.namedCurve !== 'prime256v1')
    return { why: 'its key is not of the kind P-256' }
  return { id: idOfKey(publicKey) }
}
