/** Errors of OpenSSL, read: what the far side says of our certificate when it refuses it, and words for people. Called where TLS fails or ends. */

/** OpenSSL's names of the alerts by which a certificate is refused (RFC 8446 §6.2), or its absence. */
const ABOUT_CERTIFICATES =
  /ALERT_(?:BAD_CERTIFICATE|UNSUPPORTED_CERTIFICATE|CERTIFICATE_\w+|UNKNOWN_CA|ACCESS_DENIED|NO_CERTIFICATE)/

/** True where the far side does not take our certificate. In TLS 1.3 it says so when we are connected already. */
export function refusedOurs(error: unknown): boolean {
  return error instanceof Error && 'code' in error && ABOUT_CERTIFICATES.test(String(error.code))
}

/** In one line: OpenSSL's reason without the places in its sources. */
export function tlsWords(error: Error): string {
  if ('reason' in error && typeof error.reason === 'string') return error.reason
  const [first = ''] = error.message.split('\n')
  return first
}
