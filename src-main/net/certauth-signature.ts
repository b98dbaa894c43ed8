/**
 * The signature of certauth: SHA3-512 with the key of the certificate, PKCS #1 v1.5 for RSA and DER for ECDSA; Ed25519 and Ed448 sign the
 * bytes themselves. Called by both ends. Source: gensio 2.6.2, lib/gensio_filter_certauth.c (`certauth_check_challenge`).
 */
import type { KeyObject } from 'node:crypto'
import { sign, verify } from 'node:crypto'
import type { CertauthProof } from '../protocol/certauth-login.ts'

const DIGEST = 'sha3-512'

/** `null`: the kind of key has a digest of its own. */
function digestOf({ asymmetricKeyType }: KeyObject): string | null {
  return asymmetricKeyType === 'ed25519' || asymmetricKeyType === 'ed448' ? null : DIGEST
}

export function signedBy(key: KeyObject, bytes: Uint8Array): Uint8Array {
  return sign(digestOf(key), bytes, key)
}

/** False, too, for kinds of keys that sign nothing. */
export function isSignedBy(
  key: KeyObject,
  { signed, signature }: Pick<CertauthProof, 'signed' | 'signature'>
): boolean {
  try {
    return verify(digestOf(key), signed, key, signature)
  } catch {
    return false // Whoever comes chooses the key.
  }
}
