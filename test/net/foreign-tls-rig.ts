/** What core would say of keys, said by a test: and a pair of connections over TLS that way. */
import { readFileSync } from 'node:fs'
import { onTestFinished } from 'vitest'
import { Emitter, once } from '../../src-main/base/event.ts'
import { DONE } from '../../src-main/contract/close.ts'
import { Fault } from '../../src-main/contract/faults.ts'
import type { DialOptions, ListenOptions, Refusal } from '../../src-main/net/carrier.ts'
import type { Connection, Listener } from '../../src-main/net/connection.ts'
import { dial, listen } from '../../src-main/net/dial.ts'
import { parseEndpoint } from '../../src-main/net/endpoint.ts'
import type { TlsIdentity } from '../../src-main/net/tls-identity.ts'
import type { DialTrust, KeyVerdict, ListenTrust } from '../../src-main/net/tls-trust.ts'
import type { Certificate } from './certificates.ts'

export const identityOf = ({ cert, key }: Certificate): TlsIdentity => ({
  key: readFileSync(key, 'utf8'),
  certificate: readFileSync(cert, 'utf8')
})

/** An installation: whom it knows, by the ids of their keys. */
export class Trusting {
  readonly known = new Map<string, KeyVerdict | 'blocked'>()
  readonly #own: Certificate
  readonly #revoked = new Emitter<string>()
  readonly addresses = new Set<string>()

  constructor(own: Certificate) {
    this.#own = own
  }

  trust({ id }: Certificate, name: string, observe = false): this {
    this.known.set(id, { type: 'admitted', name, observe })
    return this
  }

  revoke({ id }: Certificate): void {
    this.known.delete(id)
    this.#revoked.fire(id)
  }

  readonly #common = {
    identity: (): Promise<TlsIdentity> => Promise.resolve(identityOf(this.#own)),
    onRevoked: this.#revoked.event
  }

  readonly dialling = (): Promise<DialTrust> =>
    Promise.resolve({
      ...this.#common,
      standing: (id) => {
        const known = this.known.get(id)
        return known === undefined ? 'unknown' : known === 'blocked' ? 'blocked' : 'trusted'
      },
      refusal: (id, place) => new Fault('peer-not-paired', `${place} has the strange key ${id}.`)
    })

  readonly listening = (): Promise<ListenTrust> =>
    Promise.resolve({
      ...this.#common,
      judge: (id) => {
        const known = this.known.get(id) ?? { type: 'unknown', why: `the key ${id} is strange` }
        return known === 'blocked' ? { type: 'refused', why: 'it is blocked' } : known
      },
      isKnownAddress: (address) => this.addresses.has(address)
    })
}

export interface Listening {
  readonly listener: Listener
  readonly port: number
  readonly accepted: Connection[]
  readonly refused: Refusal[]
  readonly warned: string[]
}

/** `query`: behind the `?` of the URL. */
export async function listeningForeign(
  by: Trusting,
  { protocol = 'raw', query = '', ...options }: { protocol?: string; query?: string } & ListenOptions = {}
): Promise<Listening> {
  const endpoint = parseEndpoint(`${protocol}+tls://127.0.0.1:0${query === '' ? '' : `?${query}`}`, 'listen')
  const [accepted, refused, warned]: [Connection[], Refusal[], string[]] = [[], [], []]
  const listener = await listen(endpoint, {
    tls: by.listening,
    onRefused: (refusal) => void refused.push(refusal),
    warn: (text) => void warned.push(text),
    httpGuard: false,
    ...options
  })
  onTestFinished(() => listener.close(DONE))
  listener.onConnection((connection) => {
    accepted.push(connection)
    onTestFinished(() => connection.abort(DONE))
  })
  return { listener, port: parseEndpoint(listener.url, 'listen').port, accepted, refused, warned }
}

export async function diallingForeign(
  by: Trusting,
  port: number,
  { query = '', host = '127.0.0.1', ...options }: { query?: string; host?: string } & DialOptions = {}
): Promise<Connection> {
  const endpoint = parseEndpoint(`raw+tls://${host}:${port}${query === '' ? '' : `?${query}`}`)
  const connection = await dial(endpoint, { tls: by.dialling, ...options })
  onTestFinished(() => connection.abort(DONE))
  return connection
}

/** Both trust each other; `near` dialled. */
export async function foreignPair(
  here: Trusting,
  there: Trusting
): Promise<{ readonly near: Connection; readonly far: Connection }> {
  const { listener, port } = await listeningForeign(there)
  const accepted = once(listener.onConnection)
  return { near: await diallingForeign(here, port), far: await accepted }
}
