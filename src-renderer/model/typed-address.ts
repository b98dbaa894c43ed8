/**
 * What a person typed where an address is asked for, understood as far as that is possible without a network. Pure. The core reads it
 * again, and has the last word: this tells what will be done before it is done.
 */
import { FARPORT_PORT } from '../../src-main/contract/settings.ts'

export type TypedAddress =
  | { readonly type: 'empty' }
  /** A share of a paired computer, or a port at an address: what a link is made with. `isPlain`: it is not encrypted. */
  | {
      readonly type: 'port'
      readonly target: string
      readonly name: string
      readonly what: Spoken
      readonly isPlain: boolean
    }
  /** A computer with Farport. */
  | { readonly type: 'computer'; readonly host: string; readonly port: number; readonly place: string }
  /** HOST:PORT of nobody knows what: each of these could be meant. */
  | { readonly type: 'open'; readonly host: string; readonly port: number; readonly place: string }
  | { readonly type: 'wrong'; readonly why: 'scheme' | 'host' | 'port' | 'brackets' }

/** `farport`: a share of another Farport. */
export type Spoken = 'farport' | 'rfc2217' | 'raw' | 'telnet'

const ALIASES: Readonly<Record<string, Spoken>> = {
  farport: 'farport',
  rfc2217: 'rfc2217',
  telnet: 'telnet',
  raw: 'raw',
  tcp: 'raw',
  socket: 'raw'
}

/** Numbers that one of the protocols has by custom. */
const TELNET_PORT = 23
const MAX_PORT = 65_535

export function readTyped(typed: string): TypedAddress {
  const text = typed.trim()
  if (text === '') return { type: 'empty' }
  const [, scheme, rest = ''] = /^([a-z0-9+.-]+):\/\/(.*)$/is.exec(text) ?? []
  if (scheme === undefined) return readBare(text)
  const [protocol = '', ...transports] = scheme.toLowerCase().split('+')
  const what = Object.hasOwn(ALIASES, protocol) ? ALIASES[protocol] : undefined
  if (what === undefined || transports.length > 1) return { type: 'wrong', why: 'scheme' }
  if (what === 'farport') return readFarport(text, rest)
  const [transport = 'tcp'] = transports
  if (transport === 'unix') return { type: 'port', target: text, name: nameFrom(rest), what, isPlain: false }
  const [, place = ''] = /^([^/?]*)/.exec(rest) ?? []
  const at = readPlace(place, what === 'telnet' ? TELNET_PORT : undefined)
  if (typeof at === 'string') return { type: 'wrong', why: at }
  const isPlain = transport !== 'tls' && transport !== 'certauth'
  const target = place.endsWith(`:${at.port}`) ? text : text.replace(place, formatPlace(at))
  return { type: 'port', target, name: `${at.host}-${at.port}`, what, isPlain }
}

/** The words for one of those that HOST:PORT could mean. */
export function asSpoken(
  { host, port }: { readonly host: string; readonly port: number },
  what: Exclude<Spoken, 'farport'>
): string {
  return `${what}://${formatPlace({ host, port })}`
}

export function formatPlace({ host, port }: { readonly host: string; readonly port: number }): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

function readFarport(text: string, rest: string): TypedAddress {
  const [, authority = '', path = ''] = /^([^/?]*)\/?([^/?]*)/.exec(rest) ?? []
  if (authority === '') return { type: 'wrong', why: 'host' }
  if (path !== '') return { type: 'port', target: text, name: decoded(path), what: 'farport', isPlain: false }
  const at = readPlace(decoded(authority), FARPORT_PORT)
  return typeof at === 'string' ? { type: 'wrong', why: at } : computer(at)
}

function readBare(text: string): TypedAddress {
  const at = readPlace(text, FARPORT_PORT)
  if (typeof at === 'string') return { type: 'wrong', why: at }
  const isGiven = /:\d+$/.test(text) && !isBareIpv6(text)
  return isGiven && at.port !== FARPORT_PORT ? { type: 'open', ...at, place: formatPlace(at) } : computer(at)
}

function computer(at: { readonly host: string; readonly port: number }): TypedAddress {
  return { type: 'computer', ...at, place: at.port === FARPORT_PORT ? at.host : formatPlace(at) }
}

function readPlace(
  text: string,
  usual: number | undefined
): { readonly host: string; readonly port: number } | 'host' | 'port' | 'brackets' {
  if (isBareIpv6(text)) return usual === undefined ? 'brackets' : { host: text, port: usual }
  const [, bracketed, plain = '', digits] = /^(?:\[([^\]]+)\]|([^:[\]]*))(?::(.*))?$/.exec(text) ?? []
  const host = bracketed ?? plain
  const isHost = bracketed === undefined ? isHostName(plain) : bracketed.includes(':')
  if (!isHost) return 'host'
  const port = digits === undefined ? usual : /^\d{1,5}$/.test(digits) ? Number(digits) : 0
  return port === undefined || port < 1 || port > MAX_PORT ? 'port' : { host, port }
}

/** As the core's. */
function isHostName(host: string): boolean {
  if (/^[\d.]+$/.test(host)) return /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/.test(host)
  return /^[\p{L}\p{N}._-]{1,253}$/u.test(host)
}

function isBareIpv6(text: string): boolean {
  return /^[0-9a-f:.]*:[0-9a-f:.]*:[0-9a-f:.%\w]*$/i.test(text)
}

function nameFrom(path: string): string {
  return path.split(/[/?]/).findLast((each) => each !== '') ?? 'port'
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
