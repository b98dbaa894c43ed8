/** Where peers are, as text: `192.0.2.7`, `lab.example:22300`, `2001:db8::7`, `[2001:db8::7]:22300`. Settings keep them so, and people write them. */
import { isIPv6 } from 'node:net'
import { FARPORT_PORT } from '../contract/settings.ts'
import { formatAddress, isHostName } from '../net/endpoint.ts'
import type { TlsPlace } from '../net/tls.ts'

/** A host alone has the usual port. Undefined: it is neither a name that could be looked up nor an address. */
export function readPlace(text: string): TlsPlace | undefined {
  if (isIPv6(text)) return { host: text, port: FARPORT_PORT }
  const [, bracketed, plain = '', digits] = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text) ?? []
  const host = bracketed ?? plain
  const port = digits === undefined ? FARPORT_PORT : Number(digits)
  const isHost = bracketed === undefined ? isHostName(plain) : isIPv6(bracketed)
  return isHost && port >= 1 && port <= 65_535 ? { host, port } : undefined
}

/** The port only where it is another than the usual one; `readPlace` reads it back. */
export function formatPlace({ host, port }: TlsPlace): string {
  return port === FARPORT_PORT ? host : formatAddress(host, port)
}
