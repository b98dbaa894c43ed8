/**
 * What this computer announces by mDNS: from what runs and what is wished for to the services of peers/discovery. Pure. Called by
 * announcing.ts.
 *
 *     _farport._tcp   NAME OF THE COMPUTER   v=1 id=<64 hex digits> version=0.1.0
 *     _iostream._tcp  NAME OF THE SHARE      provider=farport gensiostack=telnet(rfc2217),tcp
 *                     devicetype=serialusb idVendor=0403 idProduct=6001 serial=… manufacturer=… product=… bInterfaceNumber=00 interface=…
 *
 * The keys of `_iostream._tcp` are ser2net's (addsysattrs.c, mdns.c). openHAB takes a service with exactly the stack
 * `telnet(rfc2217),tcp` and both ids, whoever provides it; gensio's programs connect with the layers that the stack names.
 */
import { isIP } from 'node:net'
import type { ShareSpec } from '../contract/commands.ts'
import type { AnnouncedUsb, BridgeState, SelfState } from '../contract/state.ts'
import { AllowList, isLoopback } from '../net/allow-list.ts'
import { parseEndpoint, type Endpoint } from '../net/endpoint.ts'
import { gensioStackOf } from '../net/gensio-stack.ts'
import type { Announcement } from '../peers/discovery/discovery.ts'

/** What is wished for of a share; the URLs of `listen` stand in the order of its state's addresses, but for those that come and go. */
export type AnnouncedShare = Pick<ShareSpec, 'announce' | 'listen' | 'allow'>

/** What its port is: a USB adapter, another serial port of this computer, or nothing that is there to be touched. */
export type AnnouncedDevice = AnnouncedUsb | 'serial' | undefined

export interface Announceable {
  /** This installation, where others reach it; undefined: a process that only shares. */
  readonly self?: Pick<SelfState, 'id' | 'name' | 'version' | 'listening'>
  readonly bridges: readonly (Pick<
    BridgeState,
    'id' | 'kind' | 'name' | 'enabled' | 'port' | 'addresses' | 'awaited'
  > & { readonly state?: Pick<BridgeState['state'], 'type'> })[]
  readonly shareOf: (id: string) => AnnouncedShare | undefined
  /** By the target of the port. */
  readonly deviceOf: (target: string) => AnnouncedDevice
}

/** An instance's name is one DNS label (RFC 6763 §4.1.1). */
const MAX_NAME_BYTES = 63
/** One `key=value` (RFC 6763 §6.1). */
const MAX_PAIR_BYTES = 255

const FARPORT_TXT_VERSION = '1'

/** The most telling protocol has the share's own name, the others say what they are. */
const RANK: readonly string[] = [
  'rfc2217',
  'rfc2217+certauth',
  'telnet',
  'telnet+certauth',
  'raw',
  'raw+certauth'
]

/** Everything that others can reach and that nobody wants left out. */
export function announcementsOf(all: Announceable): Announcement[] {
  const shares = all.bridges.filter(({ kind, enabled }) => kind === 'share' && enabled)
  return [...computer(all.self), ...shares.flatMap((share) => portsOf(share, all))]
}

function computer(self: Announceable['self']): Announcement[] {
  const places = (self?.listening ?? []).flatMap((url) => farportPlace(url) ?? [])
  const [first] = places
  if (!self || !first) return []
  return [
    {
      key: 'farport',
      type: 'farport',
      name: cut(self.name, ''),
      port: first.port,
      txt: { v: FARPORT_TXT_VERSION, id: self.id, version: self.version },
      hosts: hostsOf(places.map(({ host }) => host))
    }
  ]
}

interface Reachable {
  readonly endpoint: Endpoint
  readonly kind: string
}

function portsOf(share: Announceable['bridges'][number], all: Announceable): Announcement[] {
  const wish = all.shareOf(share.id)
  if (!wish || wish.announce === false) return []
  const reachable = share.addresses
    .flatMap((url, index) => reachableAt(url, index, share, wish) ?? [])
    .sort((a, b) => RANK.indexOf(a.kind) - RANK.indexOf(b.kind))
  const device = deviceTxt(all.deviceOf(share.port))
  return reachable.map(({ endpoint, kind }, index) => {
    const twins = reachable.filter((each) => each.kind === kind).length
    const mark = index === 0 ? '' : ` (${twins > 1 ? `${kind} ${endpoint.port}` : kind})`
    return {
      // The port and not the place in the list: what is added before it moves nothing.
      key: `${share.id} ${kind} ${endpoint.host} ${endpoint.port}`,
      type: 'iostream',
      name: cut(share.name, mark),
      port: endpoint.port,
      txt: withinLimits({ provider: 'farport', gensiostack: gensioStackOf(endpoint), ...device }),
      hosts: hostsOf([endpoint.host])
    }
  })
}

/** Undefined: no other computer comes there, or what is spoken there is announced as the computer alone (TLS), or not at all. */
function reachableAt(
  url: string,
  index: number,
  { awaited = [] }: Pick<BridgeState, 'awaited'>,
  { allow = [], listen = [] }: AnnouncedShare
): Reachable | undefined {
  if (awaited.includes(url)) return undefined
  const endpoint = parseEndpoint(url, 'listen')
  const { protocol, transport, host } = endpoint
  if ((transport !== 'tcp' && transport !== 'certauth') || isLoopback(host)) return undefined
  const listener = listenerAt(endpoint, index, listen)
  const entries = (typeof listener === 'object' ? listener.allow : undefined) ?? allow
  if (transport === 'tcp' && !new AllowList(entries).entries.some(isElsewhere)) return undefined
  return { endpoint, kind: transport === 'tcp' ? protocol : `${protocol}+${transport}` }
}

/** The one that listens there; while some come and go, the places in the two lists say little. */
function listenerAt(
  { protocol, transport, host, port }: Endpoint,
  index: number,
  listen: NonNullable<AnnouncedShare['listen']>
): NonNullable<AnnouncedShare['listen']>[number] | undefined {
  const isThere = (listener: (typeof listen)[number] | undefined): boolean => {
    if (listener === undefined) return false
    const asked = endpointOf(typeof listener === 'string' ? listener : listener.url)
    if (!asked) return false
    const samePlace = asked.protocol === protocol && asked.transport === transport && asked.host === host
    return samePlace && (asked.port === port || asked.port === 0)
  }
  return isThere(listen[index]) ? listen[index] : (listen.find(isThere) ?? listen[index])
}

/** Undefined: it is none, and nothing listens there. */
function endpointOf(url: string): Endpoint | undefined {
  try {
    return parseEndpoint(url, 'listen')
  } catch {
    return undefined
  }
}

/** An entry of an allow list that lets in others than this computer. */
function isElsewhere(entry: string): boolean {
  return entry.toLowerCase() !== 'loopback' && !isLoopback(entry.replace(/\/.*$/, ''))
}

function farportPlace(url: string): { host: string; port: number } | undefined {
  const [, bracketed, plain = '', port] = /^farport:\/\/(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(url) ?? []
  const host = (bracketed ?? plain).replace('%25', '%')
  return port === undefined || isLoopback(host) ? undefined : { host, port: Number(port) }
}

/** As Announcement has them. All of IPv6 takes IPv4 too; a name may be any address of this computer. */
function hostsOf(hosts: readonly string[]): string[] {
  return hosts.some((host) => host === '::' || isIP(host.replace(/%.*$/, '')) === 0)
    ? []
    : [...new Set(hosts)]
}

function deviceTxt(device: AnnouncedDevice): Record<string, string> {
  if (device === undefined) return {}
  if (device === 'serial') return { devicetype: 'serial' }
  const { vendorId, productId, serialNumber, manufacturer, product, interfaceNumber, interfaceName } = device
  const attributes = {
    devicetype: 'serialusb',
    idVendor: vendorId,
    idProduct: productId,
    serial: serialNumber,
    manufacturer,
    product,
    // As sysfs writes it.
    bInterfaceNumber: interfaceNumber?.toString(16).padStart(2, '0'),
    interface: interfaceName
  }
  const told = Object.entries(attributes).filter((each): each is [string, string] => each[1] !== undefined)
  return Object.fromEntries(told)
}

function withinLimits(txt: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(txt).map(([key, value]) => [key, shortened(value, MAX_PAIR_BYTES - key.length - 1)])
  )
}

function cut(name: string, mark: string): string {
  return shortened(name, MAX_NAME_BYTES - Buffer.byteLength(mark)) + mark
}

/** No character is torn in two. */
function shortened(text: string, mostBytes: number): string {
  let result = ''
  let bytes = 0
  for (const character of text) {
    bytes += Buffer.byteLength(character)
    if (bytes > mostBytes) return result.trimEnd()
    result += character
  }
  return result
}
