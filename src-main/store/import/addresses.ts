/** Network addresses as gensio writes them: `[ipv4,|ipv6,][tcp,|udp,][HOST,]PORT`, several with `;` between them. Pure. */
import { isIP } from 'node:net'
import { isLoopback } from '../../net/allow-list.ts'
import { formatAddress, isHostName } from '../../net/endpoint.ts'
import { NotImportable } from './found.ts'

export interface NetworkAddress {
  /** As a URL has it: an empty one of ser2net is every address of this computer. */
  readonly host: string
  readonly port: number
  /** The word that stood in front, where one did. */
  readonly carrier: 'tcp' | 'udp' | 'sctp' | undefined
}

const FAMILIES = new Set(['ipv4', 'ipv6', 'ipv6n4'])
const CARRIERS = new Set(['tcp', 'udp', 'sctp'])
const EVERY = { ipv4: '0.0.0.0', any: '[::]' } as const

/** Throws NotImportable. */
export function readAddresses(text: string, use: 'listen' | 'dial'): NetworkAddress[] {
  return text.split(';').map((each) => readAddress(each, use))
}

function readAddress(text: string, use: 'listen' | 'dial'): NetworkAddress {
  const words = text.split(',').map((each) => each.trim())
  const family = FAMILIES.has(words[0] ?? '') ? words.shift() : undefined
  const carrier = CARRIERS.has(words[0] ?? '') ? (words.shift() as 'tcp' | 'udp' | 'sctp') : undefined
  const [port = '', host = '', ...more] = words.reverse()
  if (more.length > 0) throw new NotImportable(`"${text.trim()}" is no address that Farport can read`)
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535 || (use === 'dial' && Number(port) === 0))
    throw new NotImportable(`"${port}" is no number of a port`)
  return { host: hostOf(host, family, use), port: Number(port), carrier }
}

function hostOf(host: string, family: string | undefined, use: 'listen' | 'dial'): string {
  if (host === '') {
    if (use === 'dial') throw new NotImportable('it names no host')
    return family === 'ipv4' ? EVERY.ipv4 : EVERY.any
  }
  if (isIP(host) === 6) return `[${host}]`
  if (!isHostName(host)) throw new NotImportable(`"${host}" is no host`)
  // A name may stand for either address, in an order that is the system's.
  if (use === 'listen' && host.toLowerCase() === 'localhost') return family === 'ipv6' ? '[::1]' : '127.0.0.1'
  return host
}

/** `raw`, `127.0.0.1`, 2000 → `raw://127.0.0.1:2000`. */
export function urlOf(scheme: string, { host, port }: NetworkAddress): string {
  return `${scheme}://${host.startsWith('[') ? `${host}:${port}` : formatAddress(host, port)}`
}

export function isOpenTo({ host }: NetworkAddress): boolean {
  return !isLoopback(host.replace(/^\[(.*)\]$/, '$1'))
}

/** Who may come, as `--allow` takes it. Throws NotImportable: what cannot be kept out as ser2net did must not come in. */
export function readRemaddr(value: string): string[] {
  return value
    .split(';')
    .map((each) => each.trim())
    .filter((each) => each !== '')
    .map((each) => {
      if (each.startsWith('!'))
        throw new NotImportable('addresses to connect back to are not imported from remaddr: use connback')
      const words = each.split(',').map((word) => word.trim())
      while (FAMILIES.has(words[0] ?? '') || CARRIERS.has(words[0] ?? '')) words.shift()
      const [host = '', port = '0', ...more] = words
      if (more.length > 0 || isIP(host) === 0)
        throw new NotImportable(`Farport lets in by address alone, and "${each}" is none`)
      if (port !== '0')
        throw new NotImportable(`Farport lets in by address alone, and "${each}" demands a port as well`)
      return host
    })
}
