/**
 * The dialogue of gensio's certauth, both roles. Called by net, which brings keys, randomness and the decision who may come in.
 *
 *     client                                        server
 *       client-hello {version, user?, service?}  →
 *                                                ←  server-hello {version, challenge}
 *       response {certificate, signature}        →
 *                                                ←  password-request {passwordType}
 *       password {dummy}                         →
 *                                                ←  done {result}
 *
 * The signature is over challenge ‖ service. Versions 3 and 4 hash with SHA3-512 (RSA PKCS #1 v1.5, ECDSA as DER; Ed25519 as it is, in
 * version 4 alone); versions 1 and 2 hash with MD5 and are refused. Passwords are neither asked for nor given: the request says "send a
 * dummy", so that who looks on cannot tell how somebody came in. `done` may come at any time.
 * Source: gensio 2.6.2, lib/gensio_filter_certauth.c (`certauth_try_connect`, `certauth_add_challenge_rsp`, `set_digest`).
 *
 * The proof is not bound to the TLS connection that carries it: whom a client logs in to could pass the challenge on. So a client makes
 * sure of its server's key before it says a word.
 *
 * Sans-IO. After `accepted`, `refused` or a violation nothing is read any more.
 */
import type { CertauthElement, CertauthElements, CertauthKind, CertauthMessage } from './certauth.ts'
import { CertauthReader, encodeCertauth, readU16, u16 } from './certauth.ts'
import type { Violation } from './codec.ts'

export const CERTAUTH_VERSION = 4
/** The first one without MD5. */
const OLDEST_VERSION = 3

export const CHALLENGE_SIZE = 32
/** What gensio sends where it sends no password: as many zeros as a password's field has. */
const DUMMY_SIZE = 100

const RESULT = { success: 1, failure: 2 } as const
const PASSWORD_TYPE = { wanted: 1, dummy: 2, mask: 0xff, secondFactor: 0x100 } as const

/** A user's name is a label: so much of it is kept. */
const MAX_USER = 64

export type CertauthRefusal =
  /** The other side said no. */
  | 'denied'
  | 'too-old'
  | 'no-certificate'
  /** We said no, for the reason that `admit` gave. */
  | 'not-admitted'
  | 'wants-password'
  | 'wants-second-factor'

export type CertauthEvent =
  | { readonly type: 'send'; readonly bytes: Uint8Array }
  /** `rest`: bytes behind the login, which belong to what it was for. */
  | { readonly type: 'accepted'; readonly rest: Uint8Array }
  | { readonly type: 'refused'; readonly why: CertauthRefusal; readonly detail?: string }
  | Violation

interface Login {
  /** Nothing may be sent before it. */
  start(): CertauthEvent[]
  receive(chunk: Uint8Array): CertauthEvent[]
}

export interface CertauthClientOptions {
  /** A label for the far side: ser2net looks for the certificate in a folder of this name. Empty: none is sent. */
  readonly user: Uint8Array
  /** PEM, at most `MAX_ELEMENT` bytes. */
  readonly certificate: Uint8Array
  /** By the certificate's key, as the head of this file says. */
  readonly sign: (bytes: Uint8Array) => Uint8Array
}

/** What a client claims and how it proves it. */
export interface CertauthProof {
  /** A label: printable, at most 64 characters. */
  readonly user: string
  /** PEM, as it came. */
  readonly certificate: Uint8Array
  readonly signed: Uint8Array
  readonly signature: Uint8Array
}

export interface CertauthServerOptions {
  /** 32 random bytes, never used before. */
  readonly challenge: Uint8Array
  /** Undefined: it may come in; else why not, for people here. */
  readonly admit: (proof: CertauthProof) => string | undefined
}

/** What both roles have in common: one message at a time, each in its place, until the end. */
abstract class Dialogue implements Login {
  readonly #reader = new CertauthReader()
  #ended = false
  abstract start(): CertauthEvent[]
  protected abstract expected: readonly CertauthKind[]
  protected abstract answer(message: CertauthMessage): CertauthEvent[]

  receive(chunk: Uint8Array): CertauthEvent[] {
    const events: CertauthEvent[] = []
    if (!this.#ended) this.#reader.push(chunk)
    while (!this.#ended) {
      const message = this.#reader.next()
      if (!message) break
      if (message.type === 'violation') events.push(message)
      else if (this.expected.includes(message.kind)) events.push(...this.answer(message))
      else events.push(violation(`${message.kind} where ${this.expected.join(' or ')} belongs`))
      this.#ended = events.some(({ type }) => type !== 'send')
    }
    return events
  }

  protected rest(): Uint8Array {
    return this.#reader.rest()
  }
}

export class CertauthClient extends Dialogue {
  readonly #options: CertauthClientOptions
  protected expected: readonly CertauthKind[] = ['server-hello', 'done']

  constructor(options: CertauthClientOptions) {
    super()
    this.#options = options
  }

  start(): CertauthEvent[] {
    const { user } = this.#options
    return [
      send('client-hello', {
        version: u16(CERTAUTH_VERSION),
        ...(user.length === 0 ? {} : { user })
      })
    ]
  }

  protected answer({ kind, elements }: CertauthMessage): CertauthEvent[] {
    if (kind === 'done') return this.#done(elements)
    return kind === 'server-hello' ? this.#prove(elements) : this.#password(elements)
  }

  #prove({ version, challenge }: CertauthElements): CertauthEvent[] {
    const theirs = readU16(version)
    if (!theirs) return [missing('server-hello', 'version')]
    if (theirs < OLDEST_VERSION) return [{ type: 'refused', why: 'too-old' }]
    if (!challenge) return [missing('server-hello', 'challenge')]
    this.expected = ['password-request', 'done']
    const { certificate, sign } = this.#options
    return [send('response', { certificate, signature: sign(challenge) })]
  }

  #password({ passwordType }: CertauthElements): CertauthEvent[] {
    const wanted = readU16(passwordType)
    if (!wanted) return [missing('password-request', 'passwordType')]
    if ((wanted & PASSWORD_TYPE.mask) === PASSWORD_TYPE.wanted)
      return [{ type: 'refused', why: 'wants-password' }]
    if (wanted & PASSWORD_TYPE.secondFactor) return [{ type: 'refused', why: 'wants-second-factor' }]
    this.expected = ['done']
    return [send('password', { dummy: new Uint8Array(DUMMY_SIZE) })]
  }

  #done({ result }: CertauthElements): CertauthEvent[] {
    return readU16(result) === RESULT.success
      ? [{ type: 'accepted', rest: this.rest() }]
      : [{ type: 'refused', why: 'denied' }]
  }
}

export class CertauthServer extends Dialogue {
  readonly #options: CertauthServerOptions
  protected expected: readonly CertauthKind[] = ['client-hello']
  #user = ''
  #service = new Uint8Array(0)
  #refusal: { readonly type: 'refused'; readonly why: CertauthRefusal; readonly detail?: string } | undefined

  constructor(options: CertauthServerOptions) {
    super()
    this.#options = options
  }

  start(): CertauthEvent[] {
    return []
  }

  protected answer({ kind, elements }: CertauthMessage): CertauthEvent[] {
    if (kind === 'client-hello') return this.#hello(elements)
    return kind === 'response' ? this.#judge(elements) : this.#done()
  }

  #hello({ version, user, service }: CertauthElements): CertauthEvent[] {
    const theirs = readU16(version)
    if (!theirs) return [missing('client-hello', 'version')]
    if (theirs < OLDEST_VERSION) return [DENIED, { type: 'refused', why: 'too-old' }]
    this.#user = label(user)
    this.#service = service?.slice() ?? this.#service
    this.expected = ['response']
    return [send('server-hello', { version: u16(CERTAUTH_VERSION), challenge: this.#options.challenge })]
  }

  #judge({ certificate, signature }: CertauthElements): CertauthEvent[] {
    if (!certificate || !signature) this.#refusal = { type: 'refused', why: 'no-certificate' }
    else {
      const { challenge, admit } = this.#options
      const signed = new Uint8Array(challenge.length + this.#service.length)
      signed.set(challenge)
      signed.set(this.#service, challenge.length)
      const detail = admit({ user: this.#user, certificate, signed, signature })
      if (detail !== undefined) this.#refusal = { type: 'refused', why: 'not-admitted', detail }
    }
    // What it answers is told at the end alone, as gensio's servers do.
    this.expected = ['password']
    return [send('password-request', { passwordType: u16(PASSWORD_TYPE.dummy) })]
  }

  #done(): CertauthEvent[] {
    if (this.#refusal) return [DENIED, this.#refusal]
    return [send('done', { result: u16(RESULT.success) }), { type: 'accepted', rest: this.rest() }]
  }
}

const send = (kind: CertauthKind, elements: CertauthElements): CertauthEvent => ({
  type: 'send',
  bytes: encodeCertauth(kind, elements)
})

const DENIED = send('done', { result: u16(RESULT.failure) })

const violation = (what: string): Violation => ({
  type: 'violation',
  what,
  section: 'gensio certauth',
  bytes: new Uint8Array(0)
})

const missing = (kind: CertauthKind, element: CertauthElement): Violation =>
  violation(`${kind} without ${element}`)

/** Printable ASCII of it: whoever comes chooses it. */
function label(user: Uint8Array | undefined): string {
  const printable = [...(user ?? [])].filter((byte) => byte >= 0x20 && byte < 0x7f)
  return String.fromCharCode(...printable.slice(0, MAX_USER))
}
