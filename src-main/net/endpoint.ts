/**
 * Endpoint URLs: `PROTOCOL[+TRANSPORT]://HOST:PORT`, the same for listening and for connecting. Called by whoever takes an
 * address from a person or a file; opens nothing. Other programs' words for raw are read and never written: `tcp://`,
 * `socket://` (pyserial), `net:HOST:PORT` (remserial, avrdude).
 *
 *     rfc2217://192.0.2.7:7000      telnet://box:23      raw://[2001:db8::7]:4001
 *     raw+unix:///run/x.sock        raw+unix:///run/x.sock?mode=660&group=dialout
 *     raw+udp://box:6665?local=6666
 *     raw+tls://[::]:4001?ca=/etc/farport/ca.pem
 */
import { isIP, isIPv4, isIPv6 } from 'node:net'
import { Fault } from '../contract/faults.ts'
import { encodePath, formatOptions, readOptions, type EndpointOptions } from './endpoint-options.ts'
import {
  EXAMPLE,
  PROTOCOLS,
  TRANSPORTS,
  cut,
  decoded,
  readPort,
  wrong,
  type EndpointUse,
  type Protocol,
  type Transport
} from './endpoint-words.ts'

export { PROTOCOLS, TRANSPORTS }
export type { EndpointUse, Protocol, Transport }

export interface Endpoint extends EndpointOptions {
  readonly protocol: Protocol
  readonly transport: Transport
  /** A name or an address, IPv6 without brackets; empty for `unix`. */
  readonly host: string
  /** 1 to 65535, or 0 for "any free one" of a listener; 0 for `unix`. */
  readonly port: number
  /** The socket's path; `unix` only. */
  readonly path?: string
}

const ALIASES: Readonly<Record<string, Protocol>> = { tcp: 'raw', socket: 'raw', net: 'raw' }

/** sun_path of Linux less its final zero; macOS has four bytes less and says so itself. */
const MAX_PATH_BYTES = 107

/** True for text that is meant as an endpoint URL, be it right or wrong, rather than as a device's name. */
export function looksLikeEndpoint(text: string): boolean {
  return /^(?:[a-z0-9+.-]+:\/\/|net:)/i.test(text)
}

/**
 * Reads an endpoint URL. Throws the Fault `bad-url`, which says what is wrong with it, or `unsupported` for a share of a paired
 * computer.
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
  const base = { protocol, transport, ...readOptions(text, transport, query, use) }
  if (transport === 'unix') return { ...base, host: '', port: 0, path: readPath(text, place) }
  return { ...base, ...readPlace(text, place, use) }
}

/** The URL of an endpoint; `parseEndpoint` reads it back. */
export function formatEndpoint(endpoint: Endpoint): string {
  const { protocol, transport, host, port, path } = endpoint
  const scheme = transport === 'tcp' ? protocol : `${protocol}+${transport}`
  const place = transport === 'unix' ? encodePath(path ?? '') : formatAddress(host, port)
  return `${scheme}://${place}${formatOptions(endpoint)}`
}

/** `192.0.2.7:7000`, `[2001:db8::1]:7000`. */
export function formatAddress(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

function readScheme(
  text: string,
  scheme: string,
  use: EndpointUse
): { protocol: Protocol; transport: Transport } {
  if (scheme === 'farport') throw ofPairedComputers(text, use)
  if (scheme === 'mdns') throw ofAnnouncedPorts(text, use)
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

/** The name of a port, where it is opened: what a listener is called by others is its share's name. */
function ofAnnouncedPorts(text: string, use: EndpointUse): Fault {
  return new Fault(
    'unsupported',
    use === 'listen'
      ? `"${text}" cannot be listened at: a share is announced by its name, at the addresses where it listens, like rfc2217://0.0.0.0:7000.`
      : `"${text}" is the name of a port, and nothing that is called: write farport connect DEVICE ${text} for one cable between the two, or its address.`
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
