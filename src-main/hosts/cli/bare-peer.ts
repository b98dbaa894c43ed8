/** Whether a command line names a computer and no port of it. Called by `connect`. */
import { existsSync } from 'node:fs'
import { isIPv6 } from 'node:net'
import { FARPORT_PORT } from '../../contract/settings.ts'
import { looksLikeEndpoint } from '../../net/endpoint.ts'
import { looksLikeFarportUrl, parseFarportUrl } from '../../net/farport-url.ts'
import type { Parsed } from './options.ts'

/** A computer as a person wrote it. */
export interface BarePeer {
  /** A name, the first digits of an id, a host or an address. */
  readonly peer: string
  readonly port?: number
}

/** What else begins with a letter, and is no computer. */
const DEVICE = /^(?:sim|exec|exec\+pty|pty|usb|com|auto):|^(?:tty|cu\.)|^com\d+$/i

/** Which computer is named and nothing of it; undefined: it is a port that is named, or there is more to do than to look. */
export function barePeer({ positionals: [target, second], given }: Parsed): BarePeer | undefined {
  if (target === undefined || second !== undefined) return undefined
  if (Object.keys(given).some((option) => option !== 'json' && option !== 'standalone')) return undefined
  if (looksLikeFarportUrl(target)) {
    const { peer, port, share } = parseFarportUrl(target)
    return share === undefined ? { peer, ...(port !== undefined && { port }) } : undefined
  }
  if (looksLikeEndpoint(target) || DEVICE.test(target) || /[/\\]/.test(target) || existsSync(target))
    return undefined
  if (isIPv6(target)) return { peer: target }
  const [, host = target, digits] = /^(.+):(\d+)$/.exec(target) ?? []
  const peer = host.replace(/^\[(.*)\]$/, '$1')
  if (digits === undefined) return { peer }
  // Other ports may be anything's: a protocol says what.
  return Number(digits) === FARPORT_PORT ? { peer, port: FARPORT_PORT } : undefined
}
