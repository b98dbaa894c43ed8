/**
 * Who may connect to a plain listener. Called by the carriers for every newcomer, and by whoever starts a listener; decides
 * by address alone, so it keeps strangers out and proves nobody's identity.
 */
import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net'
import { Fault } from '../contract/faults.ts'
import type { Endpoint } from './endpoint.ts'
import { formatEndpoint } from './endpoint.ts'

const LOOPBACK = ['127.0.0.0/8', '::1/128']
const ANYONE = ['0.0.0.0/0', '::/0']

/** What nearly every start asks about: the first list and its IPv6 network cost Node some ms, so they wait until they are needed. */
const PLAINLY_LOOPBACK = /^(127(\.\d{1,3}){3}|::1)$/

export class AllowList {
  /** What was asked for, as it was written; `loopback` alone when nothing was. */
  readonly entries: readonly string[]
  /** False: nobody chose, so this is the default. */
  readonly explicit: boolean
  #lists: Lists | undefined

  /**
   * `entries`: `192.0.2.7`, `192.168.1.0/24`, `2001:db8::/32`, `loopback`, `anyone`; none at all is loopback. Throws the
   * Fault `usage` with the entry that is none of these.
   */
  constructor(entries: readonly string[] = []) {
    this.explicit = entries.length > 0
    this.entries = this.explicit ? [...entries] : ['loopback']
    if (this.explicit) this.#lists = listsOf(this.entries)
  }

  /** Somebody chose everyone of a kind: there is nobody to keep out. */
  get anyone(): boolean {
    return this.entries.some((entry) => entry.toLowerCase() === 'anyone' || entry.endsWith('/0'))
  }

  /** `address`: an IP address as the system gives it; undefined (already gone) is nobody. */
  allows(address: string | undefined): boolean {
    const plain = address === undefined ? '' : plainAddress(address)
    if (!this.explicit && PLAINLY_LOOPBACK.test(plain)) return isIP(plain) !== 0
    const { allowed4, allowed6 } = (this.#lists ??= listsOf(this.entries))
    if (isIPv4(plain)) return allowed4.check(plain, 'ipv4')
    return isIPv6(plain) && allowed6.check(plain, 'ipv6')
  }
}

/** Two lists: one with both kinds would find every IPv4 address in `::/0`, where its mapped form lies. */
interface Lists {
  readonly allowed4: BlockList
  readonly allowed6: BlockList
}

function listsOf(entries: readonly string[]): Lists {
  const lists = { allowed4: new BlockList(), allowed6: new BlockList() }
  for (const entry of entries) add(lists, entry)
  return lists
}

function add(lists: Lists, entry: string): void {
  const word = entry.toLowerCase()
  const networks = word === 'anyone' ? ANYONE : word === 'loopback' ? LOOPBACK : [entry]
  for (const network of networks) {
    const [address = '', prefix, more] = network.split('/')
    const version = address.includes('%') ? 0 : isIP(address)
    const longest = version === 4 ? 32 : 128
    const length = prefix === undefined ? longest : /^\d{1,3}$/.test(prefix) ? Number(prefix) : NaN
    if (version === 0 || !(length <= longest) || more !== undefined) throw badEntry(entry)
    addNetwork(lists, address, length)
  }
}

function addNetwork({ allowed4, allowed6 }: Lists, address: string, length: number): void {
  const mapped = isIPv6(address) && length >= 96 ? mappedAddress(address) : undefined
  if (isIPv4(address)) allowed4.addSubnet(address, length, 'ipv4')
  // Clients with IPv4 are looked up as such, so `::ffff:192.0.2.0/120` must be entered as such.
  else if (mapped !== undefined) allowed4.addSubnet(mapped, length - 96, 'ipv4')
  else allowed6.addSubnet(address, length, 'ipv6')
}

/** The IPv4 address in an IPv6 one that is mapped, written with dots or without. */
function mappedAddress(address: string): string | undefined {
  const canonical = new URL(`http://[${address}]`).hostname
  const [, high, low] = /^\[::ffff:([\da-f]+):([\da-f]+)\]$/.exec(canonical) ?? []
  if (high === undefined || low === undefined) return undefined
  const [a, b] = [Number.parseInt(high, 16), Number.parseInt(low, 16)]
  return [a >> 8, a & 0xff, b >> 8, b & 0xff].join('.')
}

/** An address as people know it: without the zone (`%eth0`), and IPv4 where it is only dressed as IPv6 (`::ffff:192.0.2.7`). */
export function plainAddress(address: string): string {
  const bare = address.replace(/%.*$/, '')
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(bare)?.[1]
  return mapped !== undefined && isIPv4(mapped) ? mapped : bare
}

const loopback = new AllowList()

/** True for `localhost` and for what it means, and for no other name: names are not looked up. */
export function isLoopback(host: string): boolean {
  return host.toLowerCase() === 'localhost' || loopback.allows(host)
}

/**
 * A plain listener that other computers can reach must say who may come. Throws the Fault `allow-missing` naming the option
 * to add; TLS and Unix sockets have their own means.
 */
export function checkExposure(endpoint: Endpoint, allowList: AllowList): void {
  if (!isOpen(endpoint) || allowList.explicit || isLoopback(endpoint.host)) return
  throw new Fault(
    'allow-missing',
    `${formatEndpoint(endpoint)} could be reached by other computers, without a password: add --allow ` +
      `${exampleNetwork(endpoint.host)} (or --allow anyone) to say who may, or listen on 127.0.0.1.`
  )
}

/** Addresses alone decide who may come. */
function isOpen({ transport, tls }: Endpoint): boolean {
  switch (transport) {
    case 'tcp':
    case 'udp':
      return true
    case 'tls':
    case 'certauth':
      return tls?.anyone === true
    case 'unix':
      return false
  }
}

function exampleNetwork(host: string): string {
  const octets = isIPv4(host) && host !== '0.0.0.0' ? host.split('.').slice(0, 3) : ['192', '168', '1']
  return isIPv6(host) && host !== '::' ? host : `${octets.join('.')}.0/24`
}

function badEntry(entry: string): Fault {
  return new Fault(
    'usage',
    `--allow ${entry} is neither an address nor a network: write 192.168.1.20, 192.168.1.0/24, 2001:db8::/64, loopback or anyone.`
  )
}
