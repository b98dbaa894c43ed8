import { createPrivateKey } from 'node:crypto'
import { userInfo } from 'node:os'
import { systemClock } from '../base/clock.ts'
import { Fault } from '../contract/faults.ts'
import { CertauthClient } from '../protocol/certauth-login.ts'
import type { DialOptions } from './carrier.ts'
import { signedBy } from './certauth-signature.ts'
import { LoginRefused, loggedIn, muxed } from './certauth-talk.ts'
import type { Connection } from './connection.ts'
import type { Endpoint } from './endpoint.ts'
import { formatEndpoint } from './endpoint.ts'
import { dialForeignTls } from './foreign-tls-dial.ts'
import { keysOf, trusted } from './foreign-tls.ts'
import { describe } from './network-faults.ts'
import { tlsWords } from './tls-alerts.ts'
import { EndedEarly } from './read-until.ts'
import { HANDSHAKE_TIMEOUT_MS } from './tls-dial.ts'

/**
 * A server with gensio's stack mux,certauth,ssl,tcp, as ser2net's README sets it up for gtlssh. Its own certificate is trusted as that
 * of `raw+tls` is, before we say who we are; ours is shown to it by certauth, under the name of the user that Farport runs as. Rejects
 * as dialForeignTls, with `peer-refused` (it does not take our certificate), or `peer-protocol`.
 */
export async function dialCertauth(endpoint: Endpoint, options: DialOptions): Promise<Connection> {
  const { signal, clock = systemClock, stallTimeoutMs = 0 } = options
  const place = formatEndpoint(endpoint)
  const trust = await trusted(options.tls, endpoint)
  const { own } = await keysOf(endpoint, () => trust.identity())
  const lower = await dialForeignTls(endpoint, options)
  const fail = (message: string): void => lower.abort({ code: 'error', message })
  const onAbort = (): void => fail('given up')
  const timer = clock.after(HANDSHAKE_TIMEOUT_MS, () => fail('it did not answer for 5 s'))
  signal?.addEventListener('abort', onAbort, { once: true })
  try {
    signal?.throwIfAborted()
    const key = createPrivateKey(own.key)
    const user = userName()
    const login = new CertauthClient({
      user: Buffer.from(user),
      certificate: Buffer.from(firstOf(own.certificate)),
      sign: (bytes) => signedBy(key, bytes)
    })
    const rest = await loggedIn(lower, login).catch((error: unknown) => {
      throw notLetIn(place, user, error)
    })
    return await muxed(lower, rest, 'asks', { clock, stallTimeoutMs })
  } catch (error) {
    fail('given up')
    signal?.throwIfAborted()
    throw error instanceof Fault && error.code !== 'peer-protocol' ? error : foreign(place, error)
  } finally {
    timer.dispose()
    signal?.removeEventListener('abort', onAbort)
  }
}

/** certauth carries one certificate. */
function firstOf(pem: string): string {
  return /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/.exec(pem)?.[0].concat('\n') ?? pem
}

function userName(): string {
  try {
    return userInfo().username
  } catch {
    return 'farport' // A user without a name, as in containers.
  }
}

function notLetIn(place: string, user: string, error: unknown): unknown {
  // A gensio that has no certificates for a user ends the connection without a word.
  const isRefusal = error instanceof LoginRefused ? error.why !== 'too-old' : error instanceof EndedEarly
  if (!isRefusal) return error
  return new Fault(
    'peer-refused',
    `${place} does not let this computer in (${describe(error)}): put what farport pair export prints into its folder ${user}/allowed_certs (of ser2net in /usr/share/ser2net/auth), and run gtlssh-keygen rehash there on that folder.`,
    error
  )
}

function foreign(place: string, error: unknown): Fault {
  return new Fault(
    'peer-protocol',
    `${place} does not speak as gtlssh's servers do (${error instanceof Error ? tlsWords(error) : describe(error)}): check the port, and that it is mux,certauth,ssl there.`,
    error
  )
}
