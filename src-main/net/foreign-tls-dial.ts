import { isIP } from 'node:net'
import { Fault } from '../contract/faults.ts'
import type { DialOptions } from './carrier.ts'
import type { Connection } from './connection.ts'
import type { Endpoint } from './endpoint.ts'
import { formatAddress, formatEndpoint } from './endpoint.ts'
import { keysOf, outOfDate, trusted, unvouched, versionsOf, whileTrusted } from './foreign-tls.ts'
import { describe } from './network-faults.ts'
import { SocketConnection } from './socket-connection.ts'
import { refusedOurs } from './tls-alerts.ts'
import type { Secured } from './tls-dial.ts'
import { dialSecure } from './tls-dial.ts'
import { idOfKey } from './tls-identity.ts'
import { TlsSocket } from './tls-socket.ts'
import type { DialTrust } from './tls-trust.ts'

/**
 * A server that shows a certificate which is trusted here, or for which an authority vouches (`?ca=FILE`). Rejects as TCP does, with
 * `peer-protocol`, `peer-refused` (it does not take our certificate), `peer-not-paired` or `peer-key-changed` (we do not take its own),
 * `certificate-broken`, or with the signal's reason.
 */
export async function dialForeignTls(endpoint: Endpoint, options: DialOptions): Promise<Connection> {
  const { host, port, tls: wish = {} } = endpoint
  const trust = await trusted(options.tls, endpoint)
  const { own, authorities } = await keysOf(endpoint, () => trust.identity())
  const place = formatEndpoint(endpoint)
  const name = wish.name ?? host.replace(/%.*/, '')
  return dialSecure(
    {
      to: { host, port },
      place,
      tls: {
        ...versionsOf(wish),
        key: own.key,
        cert: own.certificate,
        ca: authorities ?? [],
        host: name,
        // No address may be one (RFC 6066 §3).
        ...(isIP(name) === 0 && { servername: name })
      },
      foreign: (error) => noTls(place, error),
      take: (secured) => {
        const id = judged(secured, trust, formatAddress(host, port), authorities !== undefined, options)
        const connection = new SocketConnection(new TlsSocket(secured.tls, secured.wire), secured.options)
        whileTrusted(connection, id, trust.onRevoked)
        return connection
      }
    },
    options
  )
}

/** The id of its key. Throws why it is not trusted. */
function judged(
  { tls }: Secured,
  trust: DialTrust,
  place: string,
  hasAuthorities: boolean,
  { warn }: DialOptions
): string {
  const certificate = tls.getPeerX509Certificate()
  if (!certificate)
    throw new Fault('peer-protocol', `${place} shows no certificate, so nobody knows who it is: give it one.`)
  const id = idOfKey(certificate.publicKey)
  const standing = trust.standing(id)
  if (standing === 'trusted') {
    const late = outOfDate(certificate)
    if (late) warn?.(`the certificate of ${place} ${late}; its key is the trusted one, so it is taken`)
    return id
  }
  if (standing === 'unknown' && hasAuthorities) {
    if (tls.authorized) return id
    const fault = trust.refusal(id, place)
    throw new Fault(fault.code, `${place}: ${unvouched(tls.authorizationError)}. ${fault.message}`)
  }
  throw trust.refusal(id, place)
}

function noTls(place: string, error: Error): Fault {
  if (refusedOurs(error))
    return new Fault(
      'peer-refused',
      `${place} does not take this computer's certificate: give it the one that farport pair export prints, or name one that it takes (?cert=FILE&key=FILE).`,
      error
    )
  return new Fault(
    'peer-protocol',
    `${place} does not speak TLS as we do (${describe(error)}): check the port, and that TLS 1.2 or 1.3 is on there.`,
    error
  )
}
