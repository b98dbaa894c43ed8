/**
 * URLs of what paired computers share: `farport://PEER[:PORT]/SHARE[?take-over]`. Called by whoever takes a target from a person or a
 * file; resolves nothing. PEER is what a person calls it: a name, the first digits of its id (8 at least), a host or an address.
 *
 *     farport://workshop/gps      farport://Bob%27s%20laptop/gps      farport://1f2e3d4c/gps?take-over
 *     farport://192.0.2.7:22300/gps      farport://[2001:db8::7]/gps      farport://workshop    (everything that it offers)
 *
 * Anything but the marks of URLs may stand as it is; those are percent-encoded UTF-8 (RFC 3986 §2.1).
 */
import { isIPv6 } from 'node:net'
import { Fault } from '../contract/faults.ts'

export interface FarportUrl {
  /** Decoded; an IPv6 address without brackets. */
  readonly peer: string
  /** 1 to 65535; absent: where it is known to be, or the usual one. */
  readonly port?: number
  /** Decoded, its name or id; absent: the computer itself. */
  readonly share?: string
  /** Writes at once, whoever did. */
  readonly takeOver: boolean
}

const SCHEME = /^farport:\/\//i
const EXAMPLE = 'farport://workshop/gps'
const MAX_PORT = 65_535
/** As settings have it for every name. */
const MAX_NAME = 255

const TAKE_OVER = 'take-over'

/** True for text that is meant as such a URL, be it right or wrong. */
export function looksLikeFarportUrl(text: string): boolean {
  return SCHEME.test(text)
}

/** Throws the Fault `bad-url`, which says what is wrong with it. */
export function parseFarportUrl(text: string): FarportUrl {
  if (!SCHEME.test(text)) throw wrong(text, 'does not begin with farport://, as in')
  const rest = text.replace(SCHEME, '')
  const [, authority = '', path = '', query] = /^([^/?]*)(\/[^?]*)?(?:\?(.*))?$/s.exec(rest) ?? []
  const takeOver = readQuery(text, query)
  const share = readShare(text, path)
  if (share === undefined && takeOver) throw wrong(text, 'names no share to take over, as in')
  return { ...readAuthority(text, authority), ...(share !== undefined && { share }), takeOver }
}

/** As `parseFarportUrl`, for what has to name a share: else the Fault `bad-url` says how to see which there are. */
export function parseShareUrl(text: string): FarportUrl & { readonly share: string } {
  const url = parseFarportUrl(text)
  const { share } = url
  if (share !== undefined) return { ...url, share }
  const peer = formatFarportUrl(url)
  throw new Fault('bad-url', `${peer} names no share. See what it offers: farport connect ${peer}`)
}

/** The URL; `parseFarportUrl` reads it back. */
export function formatFarportUrl({ peer, port, share, takeOver }: FarportUrl): string {
  const place = isIPv6(peer) ? `[${peer}]` : encodeURIComponent(peer)
  const path = share === undefined ? '' : `/${encodeURIComponent(share)}`
  return `farport://${place}${port === undefined ? '' : `:${port}`}${path}${takeOver ? `?${TAKE_OVER}` : ''}`
}

function wrong(text: string, what: string, example = EXAMPLE): Fault {
  // Messages get into logs, and somebody may have written user:secret@ as elsewhere.
  const shown = text.replace(/^([^/]*\/\/[^/?@:]*):.*@/s, '$1:***@')
  return new Fault('bad-url', `"${shown}" ${what} ${example}.`)
}

function readAuthority(text: string, authority: string): Pick<FarportUrl, 'peer' | 'port'> {
  if (authority.includes('@')) throw wrong(text, 'has an @, which is written %40 in a name, as in')
  if (isIPv6(authority))
    throw wrong(text, 'needs brackets around its IPv6 address, as in', 'farport://[2001:db8::7]/gps')
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(.*))?$/s.exec(authority)
  if (!match) throw wrong(text, 'has no computer that we understand behind farport://: write it as in')
  const [, bracketed, plain = '', port] = match
  if (bracketed !== undefined && !isIPv6(bracketed.replace('%25', '%')))
    throw wrong(text, 'has no IPv6 address in its brackets, as in', 'farport://[2001:db8::7]/gps')
  const peer = bracketed?.replace('%25', '%') ?? decoded(text, plain)
  if (peer.trim() === '') throw wrong(text, 'names no computer: its name, id or address is needed, as in')
  return { peer: checked(text, peer), ...(port !== undefined && { port: readPort(text, port) }) }
}

function readPort(text: string, port: string): number {
  const value = /^\d{1,5}$/.test(port) ? Number(port) : NaN
  if (value >= 1 && value <= MAX_PORT) return value
  const example = 'farport://192.0.2.7:22217/gps'
  throw wrong(
    text,
    `has no right port ("${port}"): 1 to ${MAX_PORT} are (a : in a name is %3A), as in`,
    example
  )
}

function readShare(text: string, path: string): string | undefined {
  const name = path.replace(/^\//, '').replace(/\/$/, '')
  if (name === '') return undefined
  if (name.includes('/')) throw wrong(text, 'goes on behind the share (a / in its name is %2F), as in')
  return checked(text, decoded(text, name))
}

function readQuery(text: string, query: string | undefined): boolean {
  const parts = query === undefined || query === '' ? [] : query.split('&')
  const unknown = parts.find((part) => part !== TAKE_OVER)
  if (unknown !== undefined)
    throw wrong(text, `has the option "${unknown}", which we do not know (there is ${TAKE_OVER}), as in`)
  return parts.length > 0
}

function checked(text: string, name: string): string {
  if (name.length > MAX_NAME)
    throw wrong(text, `has a name of more than ${MAX_NAME} characters; write it as in`)
  if (/\p{Cc}/u.test(name)) throw wrong(text, 'has a control character in a name: leave it out, as in')
  return name
}

function decoded(text: string, name: string): string {
  if (name.includes('#')) throw wrong(text, 'has a #, which is written %23 in a name, as in')
  try {
    return decodeURIComponent(name)
  } catch {
    // The only thing it throws on.
    throw wrong(text, 'has a % that is no escape: a % itself is written %25, as in')
  }
}
