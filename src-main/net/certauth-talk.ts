/** The first words of gensio's stack over a TLS connection, for either end: the login, then the first channel. Called by certauth-listener.ts and certauth-dial.ts. */
import { Fault } from '../contract/faults.ts'
import type {
  CertauthClient,
  CertauthEvent,
  CertauthRefusal,
  CertauthServer
} from '../protocol/certauth-login.ts'
import type { MuxEvent } from '../protocol/mux.ts'
import { Mux } from '../protocol/mux.ts'
import type { Connection } from './connection.ts'
import type { MuxConnectionOptions } from './mux-connection.ts'
import { MuxConnection } from './mux-connection.ts'
import { readUntil } from './read-until.ts'

/** The login failed: `why` is certauth's, the message for people at this end. */
export class LoginRefused extends Error {
  readonly why: CertauthRefusal

  constructor(why: CertauthRefusal, detail: string | undefined) {
    super(detail ?? WORDS[why])
    this.name = 'LoginRefused'
    this.why = why
  }
}

const WORDS: Readonly<Record<CertauthRefusal, string>> = {
  denied: 'it does not let us in',
  'too-old': 'its certauth is too old (it would sign with MD5): it needs gensio 2.3 or later',
  'no-certificate': 'it showed no certificate (certauth): make one there with gtlssh-keygen keygen',
  'not-admitted': 'it may not come in',
  'wants-password': 'it wants a password, as it does not take our certificate',
  'wants-second-factor': 'it wants a second factor, which nobody is there to type'
}

/** Bytes that came behind the login. Rejects with `LoginRefused`, `EndedEarly`, or the Fault `peer-protocol`. */
export async function loggedIn(
  lower: Connection,
  login: CertauthClient | CertauthServer
): Promise<Uint8Array> {
  const step = (events: readonly CertauthEvent[]): { readonly rest: Uint8Array } | undefined => {
    let result: { readonly rest: Uint8Array } | undefined
    for (const event of events) {
      switch (event.type) {
        case 'send':
          lower.write(event.bytes)
          break
        case 'accepted':
          result = event
          break
        case 'refused':
          throw new LoginRefused(event.why, event.detail)
        case 'violation':
          throw foreign('certauth', event.what)
      }
    }
    return result
  }
  step(login.start())
  const { rest } = await readUntil(lower, (chunk) => step(login.receive(chunk)))
  return rest
}

/**
 * The first channel of a mux over it: asked for by who dials, answered by who listens. `first`: bytes that came already. Rejects with
 * `EndedEarly`, or the Fault `peer-protocol`.
 */
export async function muxed(
  lower: Connection,
  first: Uint8Array,
  role: 'asks' | 'answers',
  options: MuxConnectionOptions
): Promise<MuxConnection> {
  const mux = new Mux()
  const step = (events: readonly MuxEvent[]): Opened | undefined => {
    for (const [at, event] of events.entries()) {
      switch (event.type) {
        case 'ready':
          if (role === 'asks') lower.write(mux.open().bytes)
          break
        case 'asked':
          lower.write(mux.accept(event.channel))
          return { channel: event.channel, early: events.slice(at + 1) }
        case 'opened':
          return { channel: event.channel, early: events.slice(at + 1) }
        case 'refused':
          throw foreign('mux', `it refuses the channel, error ${event.error}`)
        case 'violation':
          throw foreign('mux', event.what)
        case 'send':
          lower.write(event.bytes)
          break
        case 'data':
        case 'room':
        case 'closed':
          break // of no channel that is open
      }
    }
    return undefined
  }
  lower.write(mux.start())
  const { channel, early } =
    step(mux.receive(first)) ?? (await readUntil(lower, (chunk) => step(mux.receive(chunk))))
  return new MuxConnection(lower, mux, channel, early, options)
}

interface Opened {
  readonly channel: number
  readonly early: readonly MuxEvent[]
}

function foreign(layer: 'certauth' | 'mux', what: string): Fault {
  return new Fault('peer-protocol', `it does not speak gensio's ${layer} as we do (${what})`)
}
