/**
 * The messages of gensio's certauth, by which a client proves who it is inside an encrypted connection: gtlssh, gensiot and ser2net
 * speak it over TLS. Called by certauth-login.ts, which knows their order; knows no key.
 *
 *     01  64 00 02 00 04  65 00 05 61 6C 69 63 65  C8
 *     |   |  |     |      |  |     user name       end of the message
 *     |   |  |     |      |  length
 *     |   |  |     |      element 101, the user name
 *     |   |  |     version 4
 *     |   |  length u16, big endian
 *     |   element 100, the version
 *     message 1, the client's hello
 *
 * Elements stand in any order. Source: gensio 2.6.2, lib/gensio_filter_certauth.c, the comments at `certauth_state` and
 * `certauth_elements`, and `certauth_ll_write` for what it refuses: elements that are empty, longer than 2048 bytes, or there twice.
 *
 * Sans-IO. What is wrong is a violation, and the end: what stands behind it nobody can know.
 */
import type { Violation } from './codec.ts'

export const CERTAUTH_MESSAGES = {
  'client-hello': 1,
  'server-hello': 2,
  response: 3,
  'password-request': 4,
  password: 5,
  done: 6
} as const

export const CERTAUTH_ELEMENTS = {
  version: 100,
  user: 101,
  options: 102,
  challenge: 103,
  signature: 104,
  certificate: 105,
  result: 106,
  service: 107,
  password: 108,
  dummy: 109,
  passwordType: 110,
  secondFactor: 111,
  aux: 112
} as const

const END = 200

/** Bytes of one element: the room that gensio has for one. */
export const MAX_ELEMENT = 2048

/** Bytes of one message: a hello or a response with two elements of full size, and what else belongs there. */
export const MAX_MESSAGE = 3 * MAX_ELEMENT

export type CertauthKind = keyof typeof CERTAUTH_MESSAGES
export type CertauthElement = keyof typeof CERTAUTH_ELEMENTS
export type CertauthElements = Readonly<Partial<Record<CertauthElement, Uint8Array>>>

export interface CertauthMessage {
  readonly type: 'message'
  readonly kind: CertauthKind
  readonly elements: CertauthElements
}

const KINDS = new Map(
  Object.entries(CERTAUTH_MESSAGES).map(([kind, id]) => [id as number, kind as CertauthKind])
)
const NAMES = new Map(
  Object.entries(CERTAUTH_ELEMENTS).map(([name, id]) => [id as number, name as CertauthElement])
)

/** Bytes in, messages out. `push` and `next` by turns, as the bytes behind the last message are no messages any more (`rest`). */
export class CertauthReader {
  #held: Uint8Array = new Uint8Array(0)
  #broken = false

  /** Bytes that stand in no message that `next` answered. At most `MAX_MESSAGE` and what was pushed last. */
  get held(): number {
    return this.#held.length
  }

  push(chunk: Uint8Array): void {
    if (this.#broken || chunk.length === 0) return
    const all = new Uint8Array(this.#held.length + chunk.length)
    all.set(this.#held)
    all.set(chunk, this.#held.length)
    this.#held = all
  }

  /** The next complete message; undefined until more is pushed. A violation once, and then nothing more. */
  next(): CertauthMessage | Violation | undefined {
    const read = readMessage(this.#held.subarray(0, MAX_MESSAGE))
    if (read === undefined) {
      return this.#held.length < MAX_MESSAGE
        ? undefined
        : this.#violation(`a message of more than ${MAX_MESSAGE} bytes`)
    }
    if (typeof read === 'string') return this.#violation(read)
    this.#held = this.#held.subarray(read.length)
    return read.message
  }

  /** The bytes behind the last message; the reader has none of them afterwards. */
  rest(): Uint8Array {
    const rest = this.#held
    this.#held = new Uint8Array(0)
    return rest
  }

  #violation(what: string): Violation {
    const bytes = this.#held.slice(0, 16)
    this.#held = new Uint8Array(0)
    this.#broken = true
    return { type: 'violation', what, section: 'gensio certauth', bytes }
  }
}

/** Undefined: not whole yet. A text: what is wrong with it. */
function readMessage(
  bytes: Uint8Array
): { readonly message: CertauthMessage; readonly length: number } | string | undefined {
  const first = bytes[0]
  if (first === undefined) return undefined
  const kind = KINDS.get(first)
  if (!kind) return `no message that we know (${first})`
  const elements: Partial<Record<CertauthElement, Uint8Array>> = {}
  for (let at = 1; ;) {
    const id = bytes[at]
    if (id === undefined) return undefined
    if (id === END) return { message: { type: 'message', kind, elements }, length: at + 1 }
    const name = NAMES.get(id)
    if (!name) return `no element that we know (${id})`
    if (elements[name]) return `the element ${name} twice`
    const [high, low] = [bytes[at + 1], bytes[at + 2]]
    if (high === undefined || low === undefined) return undefined
    const length = (high << 8) | low
    if (length === 0) return `an empty element ${name}`
    if (length > MAX_ELEMENT) return `an element ${name} of ${length} bytes, where ${MAX_ELEMENT} are allowed`
    if (bytes.length < at + 3 + length) return undefined
    elements[name] = bytes.slice(at + 3, at + 3 + length)
    at += 3 + length
  }
}

/** A message as it goes over the wire. An element that is empty or too long is a RangeError, as no reader takes it. */
export function encodeCertauth(kind: CertauthKind, elements: CertauthElements): Uint8Array {
  const bytes: number[] = [CERTAUTH_MESSAGES[kind]]
  for (const [name, value] of Object.entries(elements)) {
    if (value.length === 0 || value.length > MAX_ELEMENT)
      throw new RangeError(`an element ${name} of ${value.length} bytes`)
    const id = CERTAUTH_ELEMENTS[name as CertauthElement]
    bytes.push(id, value.length >> 8, value.length & 0xff, ...value)
  }
  bytes.push(END)
  return Uint8Array.from(bytes)
}

/** A number of two bytes, as version, result and password type are. */
export const u16 = (value: number): Uint8Array => Uint8Array.of(value >> 8, value & 0xff)

/** Undefined where it is none. */
export function readU16(bytes: Uint8Array | undefined): number | undefined {
  const [high, low, more] = bytes ?? []
  return high === undefined || low === undefined || more !== undefined ? undefined : (high << 8) | low
}
