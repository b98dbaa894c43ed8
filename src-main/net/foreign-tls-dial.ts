import { isIP } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { systemClock } from '../base/clock.ts'
import type { CloseReason } from '../contract/close.ts'
import { DONE } from '../contract/close.ts'
import { Fault } from '../contract/faults.ts'
import type { DialOptions } from './carrier.ts'
import type { Connection } from './connection.ts'
import type { Endpoint } from './endpoint.ts'
import { formatAddress, formatEndpoint } from './endpoint.ts'
import type { TlsWish } from './endpoint-options.ts'
import { keysOf, outOfDate, trusted, unvouched, versionsOf, whileTrusted } from './foreign-tls.ts'
import { SocketConnection } from './socket-connection.ts'
import { refusedOurs, tlsWords } from './tls-alerts.ts'
import type { Secured } from './tls-dial.ts'
import { dialSecure } from './tls-dial.ts'
import { idOfKey } from './tls-identity.ts'
import { TlsSocket } from './tls-socket.ts'
import type { DialTrust } from './tls-trust.ts'

/** Who ends a connection so soon without a word mostly does so because of our certificate: gensio (ser2net) sends no alert. */
const EARLY_MS = 5000

/** The least and the most that a server gets for its answer to our certificate, where that answer is none. */
const ANSWER_MS = { least: 50, most: 1000 } as const

/**
 * A server that shows a certificate which is trusted here, or for which an authority vouches (`?ca=FILE`). Rejects as TCP does, with
 * `peer-protocol`, `peer-refused` (it does not take our certificate), `peer-not-paired` or `peer-key-changed` (we do not take its own),
 * `certificate-broken`, or with the signal's reason.
 */
export async function dialForeignTls(endpoint: Endpoint, options: DialOptions): Promise<Connection> {
  const { host, port, tls: wish = {} } = endpoint
  const { clock = systemClock } = options
  const trust = await trusted(options.tls, endpoint)
  const { own, authorities } = await keysOf(endpoint, () => trust.identity())
  const place = formatEndpoint(endpoint)
  const name = wish.name ?? host.replace(/%.*/, '')
  const startMs = clock.nowMs()
  const { connection, ended } = await dialSecure(
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
      foreign: (error) => noTls(place, wish, error),
      take: (secured) => {
        const id = judged(secured, trust, formatAddress(host, port), authorities !== undefined, options)
        const earlyMs = clock.nowMs() + EARLY_MS
        const connection = new SocketConnection(new TlsSocket(secured.tls, secured.wire), {
          ...secured.options,
          explain: (reason, heard) =>
            !heard && WORDLESS.has(reason.code) && clock.nowMs() < earlyMs ? early(wish) : reason
        })
        whileTrusted(connection, id, trust.onRevoked)
        return answered(secured.tls, connection, clock.nowMs() - startMs, options)
      }
    },
    options
  )
  if (!ended) return connection
  options.signal?.throwIfAborted()
  throw new Fault(ended.code === 'refused' ? 'peer-refused' : 'peer-closed', `${place}: ${ended.message}.`)
}

interface Answer {
  readonly connection: SocketConnection
  /** Set where it ended before. */
  readonly ended?: CloseReason
}

/**
 * In TLS 1.3 we are connected before the server has looked at our certificate. Whatever we sent meanwhile could overtake its alert: it
 * closes a socket that has something to read, which resets the connection. So we wait for its tickets, which servers send when they are
 * content; for as long as a round trip takes (and a bit) where one sends none. `tookMs`: from the beginning until we are connected.
 */
function answered(
  tls: TLSSocket,
  connection: SocketConnection,
  tookMs: number,
  { clock = systemClock, signal }: DialOptions
): Promise<Answer> {
  if (tls.getProtocol() !== 'TLSv1.3') return Promise.resolve({ connection })
  return new Promise((resolve) => {
    const settle = (result: Answer): void => {
      timer.dispose()
      closing.dispose()
      signal?.removeEventListener('abort', onAbort)
      resolve(result)
    }
    const onAbort = (): void => connection.abort(DONE)
    const closing = connection.onClose((ended) => settle({ connection, ended }))
    const waitMs = Math.min(Math.max(2 * tookMs, ANSWER_MS.least), ANSWER_MS.most)
    const timer = clock.after(waitMs, () => settle({ connection }))
    // A turn later: within this callback of OpenSSL's nothing may be written.
    tls.once('session', () => setImmediate(() => settle({ connection })))
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}

/** Reasons that say nothing of why. */
const WORDLESS: ReadonlySet<CloseReason['code']> = new Set(['done', 'error'])

function early(wish: TlsWish): CloseReason {
  return {
    code: 'refused',
    message: `the far side ended the connection before it said anything, most likely as it does not take ${ourCertificate(wish)}`
  }
}

/** Which one that is, and what can be done. */
function ourCertificate({ cert }: TlsWish): string {
  return cert === undefined
    ? "this computer's certificate: give it the one that farport pair export prints, or name one that it takes (?cert=FILE&key=FILE)"
    : `the certificate in ${cert}: have it trusted there, or name another one (?cert=FILE&key=FILE)`
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

function noTls(place: string, wish: TlsWish, error: Error): Fault {
  if (refusedOurs(error))
    return new Fault('peer-refused', `${place} does not take ${ourCertificate(wish)}.`, error)
  return new Fault(
    'peer-protocol',
    `${place} does not speak TLS with us (${tlsWords(error)}): check the port, that TLS 1.2 or 1.3 is on there, and that it takes the certificate that farport pair export prints.`,
    error
  )
}
