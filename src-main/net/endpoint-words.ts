/** The words that endpoint URLs are made of, and what is said where one is wrong. Called by endpoint.ts and endpoint-options.ts. */
import { Fault } from '../contract/faults.ts'

export const PROTOCOLS = ['rfc2217', 'telnet', 'raw'] as const
export const TRANSPORTS = ['tcp', 'tls', 'certauth', 'unix', 'udp'] as const

/** What the bytes mean: telnet with RFC 2217, telnet alone, or nothing but themselves. */
export type Protocol = (typeof PROTOCOLS)[number]
/** What carries them; `certauth` is gensio's mux,certauth,ssl,tcp, as gtlssh has it. */
export type Transport = (typeof TRANSPORTS)[number]

/** Dialling needs a port; a listener may leave it to the system by 0. */
export type EndpointUse = 'dial' | 'listen'

export const EXAMPLE = 'rfc2217://192.168.1.20:7000'
const MAX_PORT = 65_535

/** The Fault `bad-url`: the address, what is wrong with it, and one that is right. */
export function wrong(text: string, what: string, example = EXAMPLE): Fault {
  return new Fault('bad-url', `"${withoutSecret(text)}" ${what} ${example}.`)
}

/** Messages get into logs: of `user:secret@` the user alone stays. */
function withoutSecret(text: string): string {
  const [scheme = ''] = /^(?:[^/?@:]*:\/\/|net:)/i.exec(text) ?? []
  return scheme + text.slice(scheme.length).replace(/^([^/?@:]*):.*@/s, '$1:***@')
}

/** 1 to 65535, and 0 for a listener. Throws `bad-url`. */
export function readPort(text: string, port: string | undefined, use: EndpointUse): number {
  if (port === undefined || port === '') throw wrong(text, 'names no port: write it like')
  const value = /^\d{1,5}$/.test(port) ? Number(port) : NaN
  if (!(value <= MAX_PORT)) throw wrong(text, `has no right port ("${port}"): 1 to ${MAX_PORT} are, as in`)
  if (value === 0 && use === 'dial') {
    throw wrong(text, 'has port 0, which only a listener can have (any free one): name the real one, as in')
  }
  return value
}

/** Without its %-escapes. Throws `bad-url`. */
export function decoded(text: string, value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    // The only thing it throws on; what comes out may hold anything.
    throw wrong(
      text,
      'has a % that is no escape: a % itself is written %25, as in',
      'raw+unix:///run/50%25.sock'
    )
  }
}

/** What stands before the separator and behind it; undefined: there is none. */
export function cut(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator)
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + separator.length)]
}
