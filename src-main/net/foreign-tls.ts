/**
 * TLS with programs that are no Farports, as `raw+tls://`, `telnet+tls://` and `rfc2217+tls://`: socat, gensio, ser2net, openssl and
 * telnet-ssl, TLS 1.2 and 1.3. Called by dial.ts through its table of carriers, and by whatever else goes over such a TLS (certauth). The
 * handshake is tls-dial.ts's and tls-acceptor.ts's; whom to trust core says (tls-trust.ts), and authorities where the URL names some.
 *
 * A certificate that is trusted by the id of its key is trusted whatever it says of names and dates, as that of a paired Farport; what
 * an authority vouches for must be in order. No session is resumed: the server's tickets are of the stateful kind, with no store behind
 * them, so that who comes again is judged again.
 */
import { constants, type X509Certificate } from 'node:crypto'
import type { SecureVersion } from 'node:tls'
import { createSecureContext } from 'node:tls'
import { plainText } from '../base/plain-text.ts'
import type { Disposable, Event } from '../base/event.ts'
import type { CloseReason } from '../contract/close.ts'
import { Fault } from '../contract/faults.ts'
import { AllowList } from './allow-list.ts'
import type { Endpoint } from './endpoint.ts'
import type { TlsWish } from './endpoint-options.ts'
import { formatEndpoint } from './endpoint.ts'
import type { SocketConnection } from './socket-connection.ts'
import { tlsWords } from './tls-alerts.ts'
import { authoritiesOf, ownOf } from './tls-files.ts'
import type { TlsIdentity } from './tls-identity.ts'

/** TLS 1.2 with ciphers that prove what they carry (AEAD); all others are older than any of the programs named above. */
const TLS_1_2 = 'ECDHE+AESGCM:ECDHE+CHACHA20'
const TLS_1_3 = 'TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256'

/** For both sides. */
export const FOREIGN_TLS = {
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.3',
  ciphers: `${TLS_1_3}:${TLS_1_2}`,
  secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION
} as const

/** The same as far as the URL wishes. */
export function versionsOf({ version }: TlsWish = {}): Omit<typeof FOREIGN_TLS, 'maxVersion'> & {
  readonly maxVersion: SecureVersion
} {
  return version === '1.2' ? { ...FOREIGN_TLS, maxVersion: 'TLSv1.2' } : FOREIGN_TLS
}

/** What is shown of a name that a certificate has. */
const MAX_NAME = 64

/**
 * Who we are there, and the authorities in use: what the URL names, else the installation's key and no authority. Rejects with
 * `certificate-broken`, or as `installation` does.
 */
export async function keysOf(
  { tls: wish = {} }: Endpoint,
  installation: () => Promise<TlsIdentity>
): Promise<{ readonly own: TlsIdentity; readonly authorities: string[] | undefined }> {
  const [own, authorities] = await Promise.all([ownOf(wish), authoritiesOf(wish)])
  if (own) checkTaken(own, wish)
  return { own: own ?? (await installation()), authorities }
}

/** OpenSSL has demands of its own: RSA keys of 512 bits, say, are too weak for it. */
function checkTaken({ key, certificate }: TlsIdentity, { cert = '' }: TlsWish): void {
  try {
    createSecureContext({ ...FOREIGN_TLS, key, cert: certificate })
  } catch (error) {
    const why = error instanceof Error ? tlsWords(error) : String(error)
    throw new Fault('certificate-broken', `${cert} cannot be used (${why}): make a new one.`, error)
  }
}

/** Asks core's hook. Rejects with `unsupported` in a process that has no key. */
export async function trusted<Trust>(
  ask: (() => Promise<Trust>) | undefined,
  endpoint: Endpoint
): Promise<Trust> {
  if (ask) return ask()
  throw new Fault(
    'unsupported',
    `${formatEndpoint(endpoint)} needs the key of an installation, and this process has none: use farport share or farport connect.`
  )
}

/** What a certificate calls its owner: the common name of its subject, else the first of its names. Sanitised; may be empty. */
export function nameIn({ subject, subjectAltName }: X509Certificate): string {
  const [, commonName] = /^CN=(.*)$/m.exec(subject) ?? []
  const [, alternative] = /(?:DNS|IP Address|email):"?([^,"]+)/.exec(subjectAltName ?? '') ?? []
  return plainText(commonName ?? alternative ?? '', MAX_NAME)
}

/** Why its dates make it no good now, for people; undefined: they do not. */
export function outOfDate({ validFrom, validTo }: X509Certificate, nowMs = Date.now()): string | undefined {
  if (Date.parse(validTo) < nowMs) return `expired on ${day(validTo)}`
  if (Date.parse(validFrom) > nowMs) return `is valid from ${day(validFrom)} on only`
  return undefined
}

function day(date: string): string {
  return new Date(date).toISOString().slice(0, 10)
}

/** Why no authority vouches for it, in words; `error`: the code of OpenSSL or Node. */
export function unvouched(error: Error | string | undefined): string {
  const code = error instanceof Error ? error.message : (error ?? '')
  switch (code) {
    case 'CERT_HAS_EXPIRED':
      return 'its certificate has expired'
    case 'CERT_NOT_YET_VALID':
      return 'its certificate is not valid yet: check both clocks'
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return 'its certificate is for another name'
    case 'INVALID_PURPOSE':
      return 'its certificate is for another purpose (extended key usage)'
    default:
      return `none of those in the file ca= vouches for its certificate${code === '' ? '' : ` (${code})`}`
  }
}

const UNPAIRED: CloseReason = { code: 'unpaired', message: 'its certificate is trusted no more' }

/** Ends a connection when the key at its far end is trusted no more. */
export function whileTrusted(connection: SocketConnection, id: string, onRevoked: Event<string>): void {
  const revoked: Disposable = onRevoked((each) => {
    if (each === id) connection.abort(UNPAIRED)
  })
  connection.onClose(() => revoked.dispose())
}

/**
 * Keys decide, and addresses only where somebody said so. Where anybody may come (`?anyone`) addresses are all there is: this computer's
 * alone where nobody said more. Undefined: every address.
 */
export function addressesFor(anyone: boolean, allowList: AllowList | undefined): AllowList | undefined {
  if (anyone) return allowList ?? new AllowList()
  return allowList?.explicit ? allowList : undefined
}
