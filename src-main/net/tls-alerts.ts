/** What the far side says of our certificate when it refuses it. Called where a TLS connection fails or ends. */

/** OpenSSL's names of the alerts by which a certificate is refused (RFC 8446 §6.2), or its absence. */
const ABOUT_CERTIFICATES =
  /ALERT_(?:BAD_CERTIFICATE|UNSUPPORTED_CERTIFICATE|CERTIFICATE_\w+|UNKNOWN_CA|ACCESS_DENIED|NO_CERTIFICATE)/

/** True where the far side does not take our certificate. In TLS 1.3 it says so when we are connected already. */
export function refusedOurs(error: unknown): boolean {
  return error instanceof Error && 'code' in error && ABOUT_CERTIFICATES.test(String(error.code))
}
