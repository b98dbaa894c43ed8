/**
 * gensio's stack mux,certauth,ssl,tcp as a listener: for gtlssh, and for gensiot with that stack. Called by dial.ts through its table of
 * carriers. TLS asks for no certificate here: a client shows the one it has inside it, by certauth, and is judged by that as any other
 * (tls-trust.ts). Its user name is a label; passwords are never asked for.
 *
 * As ser2net does: the first channel is the session, whatever service it asks for; others are refused.
 */
import { X509Certificate, randomBytes } from 'node:crypto'
import type { AddressInfo, Server } from 'node:net'
import type { SecureContextOptions } from 'node:tls'
import { systemClock } from '../base/clock.ts'
import { Emitter } from '../base/event.ts'
import { CHALLENGE_SIZE, CertauthServer } from '../protocol/certauth-login.ts'
import type { CertauthProof } from '../protocol/certauth-login.ts'
import type { ListenOptions } from './carrier.ts'
import { DEFAULT_STALL_TIMEOUT_MS, NOBODY_LISTENS } from './carrier.ts'
import { isSignedBy } from './certauth-signature.ts'
import { loggedIn, muxed } from './certauth-talk.ts'
import type { Connection, Listener } from './connection.ts'
import type { Endpoint } from './endpoint.ts'
import { formatEndpoint } from './endpoint.ts'
import { addressesFor, nameIn, outOfDate, trusted, versionsOf, whileTrusted } from './foreign-tls.ts'
import { describe, listenFault } from './network-faults.ts'
import { SocketConnection } from './socket-connection.ts'
import { startServer } from './stream-carrier.ts'
import { TlsAcceptor } from './tls-acceptor.ts'
import type { Secured } from './tls-dial.ts'
import { idOfKey } from './tls-identity.ts'
import { PendingHandshakes, SeenAddresses } from './tls-pending.ts'
import { RenewedKeys } from './tls-renewal.ts'
import { TlsSocket } from './tls-socket.ts'
import type { ListenTrust, ProvenKey } from './tls-trust.ts'

/** gtlssh asks its user between TLS and the login whether our certificate is the right one, who compares it then. */
export const LOGIN_TIMEOUT_MS = 120_000

/** Rejects as TCP does, with `certificate-broken`, or as core's hook does. */
export async function listenCertauth(endpoint: Endpoint, options: ListenOptions): Promise<Listener> {
  const { host, port } = endpoint
  const trust = await trusted(options.tls, endpoint)
  const keys = await RenewedKeys.open(endpoint, () => trust.identity(), options)
  const server = await startServer(
    (starting) => starting.listen({ host, port }),
    (error) => listenFault(error, formatEndpoint(endpoint)),
    options.signal
  )
  const listening = { ...endpoint, port: (server.address() as AddressInfo).port }
  return new CertauthListener(server, listening, trust, keys, options)
}

class CertauthListener implements Listener {
  readonly url: string
  readonly #endpoint: Endpoint
  readonly #trust: ListenTrust
  readonly #keys: RenewedKeys
  readonly #options: ListenOptions
  readonly #acceptor: TlsAcceptor
  /** Logins under way; handshakes of TLS have their own slots before. */
  readonly #pending: PendingHandshakes
  readonly #early = new Set<Connection>()
  readonly #seen = new SeenAddresses()
  readonly #connection = new Emitter<Connection>()
  readonly onConnection = this.#connection.event

  constructor(
    server: Server,
    endpoint: Endpoint,
    trust: ListenTrust,
    keys: RenewedKeys,
    options: ListenOptions
  ) {
    this.url = formatEndpoint(endpoint)
    this.#endpoint = endpoint
    this.#trust = trust
    this.#keys = keys
    this.#options = options
    const isKnownAddress = (address: string): boolean =>
      this.#seen.has(address) || trust.isKnownAddress(address)
    this.#pending = new PendingHandshakes(isKnownAddress)
    const anyone = endpoint.tls?.anyone === true
    this.#acceptor = new TlsAcceptor(server, {
      ...options,
      allowList: addressesFor(anyone, options.allowList),
      isKnownAddress,
      tls: { ...this.#secure(), requestCert: false },
      ready: () => keys.look(),
      halfCloseMs: 0,
      take: (secured) => {
        const giveBack = this.#pending.take(secured.options.remoteAddress ?? '')
        if (!giveBack) return { why: 'too many connections are at their login' }
        void this.#admit(secured).finally(giveBack)
        return undefined
      }
    })
    keys.onRenewed(() => this.#acceptor.renew(this.#secure()))
  }

  close(): Promise<void> {
    for (const each of this.#early) each.abort(NOBODY_LISTENS)
    return this.#acceptor.close()
  }

  #secure(): SecureContextOptions {
    const { own } = this.#keys.current
    return { ...versionsOf(this.#endpoint.tls), key: own.key, cert: own.certificate }
  }

  /** Never rejects. */
  async #admit({ tls, wire, options }: Secured): Promise<void> {
    const { clock = systemClock, stallTimeoutMs = DEFAULT_STALL_TIMEOUT_MS } = this.#options
    const lower = new SocketConnection(new TlsSocket(tls, wire), options)
    this.#early.add(lower)
    let why: string | undefined
    const timer = clock.after(
      LOGIN_TIMEOUT_MS,
      () => {
        why = 'it did not log in (certauth) within 2 minutes'
        lower.abort({ code: 'refused', message: why })
      },
      'idle'
    )
    try {
      const admission: Admission = { far: undefined }
      const login = new CertauthServer({
        challenge: randomBytes(CHALLENGE_SIZE),
        admit: (proof) => this.#judge(proof, admission)
      })
      const rest = await loggedIn(lower, login)
      const { far } = admission
      if (far) {
        this.#seen.add(options.remoteAddress ?? '')
        whileTrusted(lower, far.id, this.#trust.onRevoked)
      }
      const connection = await muxed(lower, rest, 'answers', { clock, stallTimeoutMs, far })
      if (this.#connection.hasListeners) this.#connection.fire(connection)
      else connection.abort(NOBODY_LISTENS)
    } catch (error) {
      why ??= describe(error)
      // What it is told, certauth's last message, goes out before.
      void lower.close({ code: 'refused', message: why }, PARTING_MS)
      this.#options.onRefused?.({ remote: lower.remote, why })
    } finally {
      timer.dispose()
      this.#early.delete(lower)
    }
  }

  /** Why it may not come in, for people here. */
  #judge(proof: CertauthProof, admission: Admission): string | undefined {
    if (this.#endpoint.tls?.anyone) return undefined
    const certificate = readCertificate(proof.certificate)
    if (!certificate) return 'its certificate cannot be read'
    if (!isSignedBy(certificate.publicKey, proof)) return 'it does not have the key of its certificate'
    const trust = this.#trust
    const { authorities } = this.#keys.current
    const id = idOfKey(certificate.publicKey)
    const verdict = trust.judge(id)
    switch (verdict.type) {
      case 'admitted':
        admission.far = { id, name: verdict.name, by: 'known', observe: verdict.observe }
        return undefined
      case 'refused':
        return verdict.why
      case 'unknown': {
        if (!authorities) return verdict.why
        const unvouched = whyUnvouched(certificate, authorities)
        if (unvouched !== undefined) return `${unvouched}; ${verdict.why}`
        const name = nameIn(certificate) || id.slice(0, 8)
        admission.far = { id, name, by: 'authority', observe: false }
        return undefined
      }
    }
  }
}

/** Filled in by the login. */
interface Admission {
  far: ProvenKey | undefined
}

/** How long who is turned away has to read that. */
const PARTING_MS = 1000

function readCertificate(pem: Uint8Array): X509Certificate | undefined {
  try {
    return new X509Certificate(pem)
  } catch {
    return undefined // Whoever comes chooses these bytes.
  }
}

/** certauth carries one certificate, so an authority can vouch for it itself only. */
function whyUnvouched(certificate: X509Certificate, authorities: readonly string[]): string | undefined {
  const isIssued = authorities
    .map((each) => new X509Certificate(each))
    .some((each) => each.ca && certificate.checkIssued(each) && certificate.verify(each.publicKey))
  if (!isIssued) return 'none of those in the file ca= vouches for its certificate'
  const late = outOfDate(certificate)
  return late === undefined ? undefined : `its certificate ${late}`
}
