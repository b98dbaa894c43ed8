/**
 * Ports by the name that they are announced under: `mdns://NAME`, percent-encoded where a name has marks of URLs. Called by whoever takes a
 * target from a person; resolves nothing. A name in mDNS proves nothing: anybody in the network can announce it, and whether what is
 * spoken there is encrypted, the announcement says.
 */
import { Fault } from '../contract/faults.ts'

const SCHEME = /^mdns:\/\//i
const MAX_NAME = 255

/** True for text that is meant as such a URL, be it right or wrong. */
export function looksLikeMdnsUrl(text: string): boolean {
  return SCHEME.test(text)
}

/** The name, decoded. Throws the Fault `bad-url`. */
export function parseMdnsUrl(text: string): string {
  const rest = text.replace(SCHEME, '').replace(/\/$/, '')
  if (!SCHEME.test(text)) throw wrong(text, 'does not begin with mdns://')
  if (rest === '') throw wrong(text, 'names no port')
  if (/[/?#]/.test(rest)) throw wrong(text, 'goes on behind the name (in it a / is %2F, a ? %3F, a # %23)')
  const name = decoded(text, rest)
  if (name.length > MAX_NAME || /\p{Cc}/u.test(name)) throw wrong(text, 'has no right name')
  return name
}

/** The URL of a name; `parseMdnsUrl` reads it back. */
export function formatMdnsUrl(name: string): string {
  return `mdns://${encodeURIComponent(name)}`
}

function decoded(text: string, name: string): string {
  try {
    return decodeURIComponent(name)
  } catch {
    // The only thing it throws on.
    throw wrong(text, 'has a % that is no escape (a % itself is %25)')
  }
}

function wrong(text: string, what: string): Fault {
  return new Fault(
    'bad-url',
    `"${text}" ${what}: write it as in mdns://gps or mdns://Bench%20meter, with a name of farport peers.`
  )
}
