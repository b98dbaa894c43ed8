/**
 * Endpoint URLs: `PROTOCOL[+TRANSPORT]://HOST:PORT`, the same for listening and for connecting. Called by whoever takes an
 * address from a person or a file; opens nothing. Other programs' words for raw are read and never written: `tcp://`,
 * `socket://` (pyserial), `net:HOST:PORT` (remserial, avrdude).
 *
 *     rfc2217://192.0.2.7:7000      telnet://box:23      raw://[2001:db8::7]:4001
 *     raw+unix:///run/x.sock        raw+unix:///run/x.sock?mode=660&group=dialout
 *     raw+udp://box:6665?local=6666
 */
import { isIP, isIPv4, isIPv6 } from 'node:net'
import { Fault } from '../contract/faults.ts'

export const PROTOCOLS = ['rfc2217', 'telnet', 'raw'] as const
export const TRANSPORTS = ['tcp', 'tls', 'unix', 'udp'] as const

/** What the bytes mean: telnet with RFC 2217, telnet alone, or nothing but themselves. */
export type Protocol = (typeof PROTOCOLS)[number]
/** What carries them. */
export type Transport = (typeof TRANSPORTS)[number]

export interface Endpoint {
  readonly protocol: Protocol
  readonly transport: Transport
  /** A name or an address, IPv6 without brackets; empty for `unix`. */
  readonly host: string
  /** 1 to 65535, or 0 for "any free one" of a listener; 0 for `unix`. */
  readonly port: number
  /** The socket's path; `unix` only. */
  readonly path?: string
  /** Who may open the socket's file; `unix` only. A listener's: 0o600 where absent. */
  readonly mode?: number
  /** The group of the socket's file, by name or number; `unix` only. */
  readonly group?: string
  /** The port we send from and receive on; `udp` only. */
  readonly localPort?: number
}

/** Dialling needs a port; a listener may leave it to the system by 0. */
export type EndpointUse = 'dial' | 'listen'

const ALIASES: Readonly<Record<string, Protocol>> = { tcp: 'raw', socket: 'raw', net: 'raw' }

/** Words that have a meaning which is not served yet: better than "unknown". */
const PLANNED: Readonly<Record<string, string>> = {
  'rfc2217+certauth': 'Connections for gtlssh (rfc2217+certauth://)'
}

const EXAMPLE = 'rfc2217://192.168.1.20:7000'
const MAX_PORT = 65_535
/** sun_path of Linux less its final zero; macOS has four bytes less and says so itself. */
const MAX_PATH_BYTES = 107

/** True for text that is meant as an endpoint URL, be it right or wrong, rather than as a device's name. */
export function looksLikeEndpoint(text: string): boolean {
  return /^(?:[a-z0-9+.-]+:\/\/|net:)/i.test(text)
}

/**
 * Reads an endpoint URL. Throws the Fault `bad-url`, which says what is wrong with it, or `unsupported` where we know what
 * is meant but do not serve it.
 */
export function parseEndpoint(text: string, use: EndpointUse = 'dial'): Endpoint {
  if (text === '') throw new Fault('bad-url', `The address is empty. Write it like ${EXAMPLE}.`)
  const split = /^(net):(?!\/\/)(.*)$/is.exec(text) ?? /^([^/:]*):\/\/(.*)$/s.exec(text)
  if (!split) throw wrong(text, `is no address: it needs a protocol (${PROTOCOLS.join(', ')}) in front, like`)
  const [, scheme = '', rest = ''] = split
  const { protocol, transport } = readScheme(text, scheme.toLowerCase(), use)
  if (transport !== 'unix' && rest.includes('@')) {
    throw wrong(text, 'names a user; there is none here, so leave out what stands before the @, like')
  }
  const [place, query] = cut(rest, '?')
  const base = { protocol, transport, ...readQuery(text, transport, query) }
  if (transport === 'unix') return { ...base, host: '', port: 0, path: readPath(text, place) }
  return { ...base, ...readPlace(text, place, use) }
}

/** The URL of an endpoint; `parseEndpoint` reads it back. */
export function formatEndpoint(endpoint: Endpoint): string {
  const { protocol, transport, host, port, path } = endpoint
  const scheme = transport === 'tcp' ? protocol : `${protocol}+${transport}`
  const place = transport === 'unix' ? encodePath(path ?? '') : formatAddress(host, port)
  return `${scheme}://${place}${formatQuery(endpoint)}`
}

function formatQuery({ mode, group, localPort }: Endpoint): string {
  const options = [
    ...(mode === undefined ? [] : [`mode=${mode.toString(8).padStart(3, '0')}`]),
    ...(group === undefined ? [] : [`group=${encodeURIComponent(group)}`]),
    ...(localPort === undefined ? [] : [`local=${localPort}`])
  ]
  return options.length === 0 ? '' : `?${options.join('&')}`
}

/** `192.0.2.7:7000`, `[2001:db8::1]:7000`. */
export function formatAddress(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

function wrong(text: string, what: string, example = EXAMPLE): Fault {
  return new Fault('bad-url', `"${withoutSecret(text)}" ${what} ${example}.`)
}

/** Messages get into logs: of `user:secret@` the user alone stays. */
function withoutSecret(text: string): string {
  const [scheme = ''] = /^(?:[^/?@:]*:\/\/|net:)/i.exec(text) ?? []
  return scheme + text.slice(scheme.length).replace(/^([^/?@:]*):.*@/s, '$1:***@')
}

function readScheme(
  text: string,
  scheme: string,
  use: EndpointUse
): { protocol: Protocol; transport: Transport } {
  if (scheme === 'farport') throw ofPairedComputers(text, use)
  const planned = PLANNED[scheme]
  if (planned) throw new Fault('unsupported', `${planned} are not served yet: use rfc2217:// or raw://.`)
  const alias = ALIASES[scheme]
  if (alias) return { protocol: alias, transport: 'tcp' }
  const [first, second] = cut(scheme, '+')
  const protocol = PROTOCOLS.find((each) => each === first)
  if (!protocol) {
    throw wrong(
      text,
      `has no protocol that we know ("${first}"; there are ${PROTOCOLS.join(', ')}): write it like`
    )
  }
  const transport = second === undefined ? 'tcp' : TRANSPORTS.find((each) => each === second)
  if (!transport) {
    throw wrong(
      text,
      `has no transport that we know ("${second ?? ''}"; there are ${TRANSPORTS.join(', ')}), as in`
    )
  }
  if (transport === 'udp' && protocol !== 'raw') {
    throw wrong(text, `cannot be: datagrams get lost, so only raw goes over UDP, like`, 'raw+udp://box:6666')
  }
  return { protocol, transport }
}

/** It stands for a port that is opened (farport-url.ts), and for no address. */
function ofPairedComputers(text: string, use: EndpointUse): Fault {
  return new Fault(
    'unsupported',
    use === 'listen'
      ? `"${text}" cannot be listened at: paired computers reach every share that they may use without a listener. Leave it out.`
      : `"${text}" is a share of a paired computer, and no client that could be called: name an address, like raw://192.168.1.20:7000.`
  )
}

function readPlace(text: string, place: string, use: EndpointUse): { host: string; port: number } {
  const match = /^(?:\[([^\]]*)\]|([^:[\]/]*))(?::([^/:]*))?(\/.*)?$/s.exec(place)
  if (!match) {
    if (isIP(place.replace(/:\d*$/, '')) === 6 || isIPv6(place)) {
      throw wrong(text, 'needs brackets around its IPv6 address, like', 'raw://[2001:db8::7]:4001')
    }
    throw wrong(text, 'has no HOST:PORT behind the protocol: write it like')
  }
  const [, bracketed, plain = '', port, trailing] = match
  if (trailing !== undefined && trailing !== '/') {
    throw wrong(text, `goes on behind the port ("${trailing}"), where nothing may follow, as in`)
  }
  const host = bracketed === undefined ? plain : bracketed.replace('%25', '%')
  checkHost(text, host, bracketed !== undefined, use)
  return { host, port: readPort(text, port, use) }
}

function checkHost(text: string, host: string, bracketed: boolean, use: EndpointUse): void {
  if (bracketed) {
    if (!isIPv6(host))
      throw wrong(text, 'has no IPv6 address in its brackets, as in', 'raw://[2001:db8::7]:4001')
    return
  }
  if (host === '') {
    throw use === 'dial'
      ? wrong(text, 'names no host: write it like')
      : wrong(
          text,
          'names no host: 127.0.0.1 is this computer only, [::] is every address of it, as in',
          'raw://[::]:4001'
        )
  }
  if (!isHostName(host))
    throw wrong(text, `has no right host ("${host}"): a name or an address is needed, like`)
}

/** A name that a resolver may be asked for, or an IPv4 address. */
export function isHostName(host: string): boolean {
  // Digits and dots alone are meant as an address, and the resolver would read 10.1 as 10.0.0.1.
  return /^[\d.]+$/.test(host) ? isIPv4(host) : /^[\p{L}\p{N}._-]{1,253}$/u.test(host)
}

function readPort(text: string, port: string | undefined, use: EndpointUse): number {
  if (port === undefined || port === '') throw wrong(text, 'names no port: write it like')
  const value = /^\d{1,5}$/.test(port) ? Number(port) : NaN
  if (!(value <= MAX_PORT)) throw wrong(text, `has no right port ("${port}"): 1 to ${MAX_PORT} are, as in`)
  if (value === 0 && use === 'dial') {
    throw wrong(text, 'has port 0, which only a listener can have (any free one): name the real one, as in')
  }
  return value
}

function readPath(text: string, place: string): string {
  const example = 'raw+unix:///run/x.sock'
  if (!place.startsWith('/'))
    throw wrong(text, 'needs a full path behind the //, three slashes in all, like', example)
  const path = decoded(text, place)
  const bytes = Buffer.byteLength(path)
  if (path.includes('\0') || bytes > MAX_PATH_BYTES) {
    throw wrong(
      text,
      `has a path of ${bytes} bytes; a socket's has 1 to ${MAX_PATH_BYTES} and no zero, like`,
      example
    )
  }
  return path
}

function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/')
}

type Options = Pick<Endpoint, 'mode' | 'group' | 'localPort'>

/** The options that a transport has, each with what reads it. */
const OPTIONS: Readonly<
  Record<Transport, Readonly<Record<string, (text: string, value: string | undefined) => Options>>>
> = {
  tcp: {},
  tls: {},
  unix: {
    mode: (text, value) => ({ mode: readMode(text, value) }),
    group: (text, value) => ({ group: readGroup(text, value) })
  },
  udp: { local: (text, value) => ({ localPort: readPort(text, value, 'dial') }) }
}

function readQuery(text: string, transport: Transport, query: string | undefined): Options {
  const known = OPTIONS[transport]
  let result: Options = {}
  for (const part of query === undefined || query === '' ? [] : query.split('&')) {
    const [name, value] = cut(part, '=')
    const read = Object.hasOwn(known, name) ? known[name] : undefined
    if (!read) {
      const names = Object.keys(known)
      const there = names.length > 0 ? `there is ${names.join(', ')}` : `${transport} has none`
      throw wrong(text, `has the option "${name}", which we do not know (${there}): leave it out, like`)
    }
    result = { ...result, ...read(text, value) }
  }
  return result
}

const UNIX_EXAMPLE = 'raw+unix:///run/x.sock?mode=660&group=dialout'

function readMode(text: string, value = ''): number {
  if (/^0?[0-7]{3}$/.test(value)) return parseInt(value, 8)
  throw wrong(text, `has no right mode ("${value}"): three octal digits are, as in`, UNIX_EXAMPLE)
}

function readGroup(text: string, value = ''): string {
  const group = decoded(text, value)
  if (group !== '') return group
  throw wrong(text, 'names no group: write it like', UNIX_EXAMPLE)
}

function decoded(text: string, value: string): string {
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

function cut(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator)
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + separator.length)]
}
