/** What a request must be before anybody looks what it wants. Called by page-server.ts. Pure. */
import type { IncomingMessage } from 'node:http'
import type { HostNames } from './host-names.ts'

export interface Wrong {
  readonly status: 400 | 403 | 405 | 413 | 421
  /** For the log. */
  readonly why: string
}

/** The WebSocket. */
export const RPC_PATH = '/rpc'
/** Whether this browser is signed in: 204, or 401. */
export const SESSION_PATH = '/session'

const READING: ReadonlySet<string | undefined> = new Set(['GET', 'HEAD'])

/** The first rule that it breaks. `isUpgrade`: it wants to become a WebSocket. */
export function whatIsWrong(
  request: IncomingMessage,
  names: HostNames,
  isUpgrade: boolean
): Wrong | undefined {
  const { method, url = '', headersDistinct: headers } = request
  const [host, ...otherHosts] = headers.host ?? []
  if (host === undefined || otherHosts.length > 0 || !names.has(host))
    return { status: 421, why: `it asked for the host ${host ?? '(none)'}` }
  if (!url.startsWith('/')) return { status: 400, why: 'it asked for another address than a path' }
  if (
    headers['transfer-encoding'] !== undefined ||
    (headers['content-length'] ?? ['0']).some((each) => each !== '0')
  )
    return { status: 413, why: 'it sent a body, and no request of the page has one' }
  if (isUpgrade || !READING.has(method)) {
    const [origin, ...others] = headers.origin ?? []
    if (origin !== `${names.scheme}://${host}` || others.length > 0)
      return { status: 403, why: `it is a page of ${origin ?? 'nowhere'}` }
  }
  const allowed = isUpgrade ? method === 'GET' : READING.has(method)
  return allowed ? undefined : { status: 405, why: `${method ?? ''} is not for ${pathAndQuery(url)[0]}` }
}

/** As they stand, nothing decoded. */
export function pathAndQuery(url: string): [path: string, query: string] {
  const at = url.indexOf('?')
  return at < 0 ? [url, ''] : [url.slice(0, at), url.slice(at + 1)]
}

/** Of a Cookie header: the values under one name. A browser may have several, of which one is ours. */
export function cookiesCalled(name: string, header: string | undefined): string[] {
  return (header ?? '').split(';').flatMap((each) => {
    const [key = '', value = ''] = each.trim().split('=', 2)
    return key === name ? [value] : []
  })
}
