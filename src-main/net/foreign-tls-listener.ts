import type { AddressInfo, Server } from 'node:net'
import type { SecureContextOptions } from 'node:tls'
import { Emitter } from '../base/event.ts'
import type { ListenOptions } from './carrier.ts'
import { NOBODY_LISTENS } from './carrier.ts'
import type { Connection, Listener } from './connection.ts'
import type { Endpoint } from './endpoint.ts'
import { formatEndpoint } from './endpoint.ts'
import {
  addressesFor,
  nameIn,
  outOfDate,
  trusted,
  unvouched,
  versionsOf,
  whileTrusted
} from './foreign-tls.ts'
import { Living } from './living.ts'
import { listenFault } from './network-faults.ts'
import { SocketConnection } from './socket-connection.ts'
import { HALF_CLOSE_MS, startServer } from './stream-carrier.ts'
import type { Rejection } from './tls-acceptor.ts'
import { TlsAcceptor } from './tls-acceptor.ts'
import type { Secured } from './tls-dial.ts'
import { idOfKey } from './tls-identity.ts'
import { SeenAddresses } from './tls-pending.ts'
import { RenewedKeys } from './tls-renewal.ts'
import { TlsSocket } from './tls-socket.ts'
import type { ListenTrust, ProvenKey } from './tls-trust.ts'

/**
 * Lets in who has a certificate that is trusted here, or for which an authority vouches (`?ca=FILE`); with `?anyone` whoever comes.
 * Rejects as TCP does, with `certificate-broken`, or as core's hook does.
 */
export async function listenForeignTls(endpoint: Endpoint, options: ListenOptions): Promise<Listener> {
  const { host, port } = endpoint
  const trust = await trusted(options.tls, endpoint)
  const keys = await RenewedKeys.open(endpoint, () => trust.identity(), options)
  const server = await startServer(
    (starting) => starting.listen({ host, port }),
    (error) => listenFault(error, formatEndpoint(endpoint)),
    options.signal
  )
  const listening = { ...endpoint, port: (server.address() as AddressInfo).port }
  return new ForeignTlsListener(server, listening, trust, keys, options)
}

/** Who it is; `far` is undefined where anybody may come. */
type Judged = { readonly far: ProvenKey | undefined } | Rejection

class ForeignConnection extends SocketConnection {
  readonly far: ProvenKey | undefined

  constructor({ tls, wire, options }: Secured, far: ProvenKey | undefined) {
    super(new TlsSocket(tls, wire), options)
    this.far = far
  }
}

class ForeignTlsListener implements Listener {
  readonly url: string
  readonly #endpoint: Endpoint
  readonly #trust: ListenTrust
  readonly #keys: RenewedKeys
  readonly #options: ListenOptions
  readonly #acceptor: TlsAcceptor
  readonly #living = new Living()
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
    const anyone = endpoint.tls?.anyone === true
    this.#acceptor = new TlsAcceptor(server, {
      ...options,
      allowList: addressesFor(anyone, options.allowList),
      isKnownAddress: (address) => this.#seen.has(address) || trust.isKnownAddress(address),
      tls: { ...this.#secure(), requestCert: !anyone },
      ready: () => keys.look(),
      halfCloseMs: endpoint.protocol === 'rfc2217' ? 0 : HALF_CLOSE_MS,
      take: (secured) => this.#take(secured)
    })
    keys.onRenewed(() => this.#acceptor.renew(this.#secure()))
  }

  close(): Promise<void> {
    return this.#acceptor.close()
  }

  #secure(): SecureContextOptions {
    const { own, authorities } = this.#keys.current
    return {
      ...versionsOf(this.#endpoint.tls),
      key: own.key,
      cert: own.certificate,
      ca: authorities ?? []
    }
  }

  #take(secured: Secured): Rejection | undefined {
    const judged = this.#judge(secured)
    // In raw mode nobody is told anything: it would be taken for the device's.
    if ('why' in judged) return this.#endpoint.protocol === 'raw' ? { ...judged, parting: '' } : judged
    const { far } = judged
    const connection = new ForeignConnection(secured, far)
    if (far) {
      this.#seen.add(secured.options.remoteAddress ?? '')
      whileTrusted(connection, far.id, this.#trust.onRevoked)
    }
    this.#living.add(connection)
    if (this.#connection.hasListeners) this.#connection.fire(connection)
    else connection.abort(NOBODY_LISTENS)
    return undefined
  }

  #judge({ tls }: Secured): Judged {
    if (this.#endpoint.tls?.anyone) return { far: undefined }
    const trust = this.#trust
    const { authorities } = this.#keys.current
    const certificate = tls.getPeerX509Certificate()
    if (!certificate)
      return rejected(
        'it has no certificate: give it one, and farport pair import that',
        'you have no certificate'
      )
    const id = idOfKey(certificate.publicKey)
    const verdict = trust.judge(id)
    if (verdict.type === 'admitted') {
      const { name, observe } = verdict
      const late = outOfDate(certificate)
      if (late)
        this.#options.warn?.(
          `the certificate of ${name} ${late}; its key is the trusted one, so it is let in`
        )
      return { far: { id, name, by: 'known', observe } }
    }
    if (verdict.type === 'refused') return rejected(verdict.why, 'you may not use this')
    const stranger = `this computer does not know your certificate (id ${id})`
    if (!authorities) return rejected(verdict.why, stranger)
    if (tls.authorized)
      return { far: { id, name: nameIn(certificate) || id.slice(0, 8), by: 'authority', observe: false } }
    return rejected(`${unvouched(tls.authorizationError)}; ${verdict.why}`, stranger)
  }
}

function rejected(why: string, told: string): Rejection {
  return { why, parting: `${told}\r\n` }
}
