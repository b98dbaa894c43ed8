/** Who is near, as a table grouped by computer. Pure. Called by `peers`. */
import type { NearbyState, PeerState } from '../../contract/state.ts'
import { formatAddress } from '../../net/endpoint.ts'
import { formatFarportUrl } from '../../net/farport-url.ts'
import { shortText } from './attached/words.ts'

/** A paired computer: of a running Farport with its connections, else as the settings have it. */
export type KnownPeer = Pick<PeerState, 'id' | 'name' | 'trust' | 'addresses'> & {
  readonly connections?: number
}

const ID_DIGITS = 16
const NOTHING = '-'

/** What stands at one computer, the computer's own Farport first. */
interface Group {
  readonly farport?: NearbyState
  readonly peer?: KnownPeer
  readonly ports: readonly NearbyState[]
}

/**
 * A line for each computer and one for each of its ports, present ones first; nothing where nobody is there. Where a whole computer is
 * paired its ports are indented under it, and so are several of one that has no Farport.
 */
export function nearbyTable(nearby: readonly NearbyState[], peers: readonly KnownPeer[]): string[][] {
  const all = groups(nearby, peers)
  if (all.length === 0) return []
  return [
    ['NAME', 'WHAT', 'STATE', 'TO USE IT'],
    ...all.flatMap((group) => [...computerRow(group), ...group.ports.map((port) => portRow(port, group))])
  ]
}

function groups(nearby: readonly NearbyState[], peers: readonly KnownPeer[]): Group[] {
  const paired = peers.filter(({ trust }) => trust === 'trusted')
  const farports = nearby.filter(({ kind }) => kind === 'farport')
  // A paired one is one line however many ways it is known by: the best that is there stands for it.
  const shown = [...farports].sort((a, b) => Number(b.present) - Number(a.present))
  const own = new Map<string, NearbyState>()
  for (const each of shown) if (!own.has(keyOf(each))) own.set(keyOf(each), each)
  const hosts = new Set([...own.values()].map(({ host }) => host.toLowerCase()))
  const portsAt = (host: string): NearbyState[] =>
    nearby.filter((each) => each.kind === 'port' && each.host.toLowerCase() === host).sort(presentFirst)
  const withFarport = [...own.values()].map((farport): Group => {
    const peer = paired.find(({ id }) => id === farport.claims)
    return { farport, ...(peer && { peer }), ports: portsAt(farport.host.toLowerCase()) }
  })
  const unseen = paired
    .filter(({ id }) => !farports.some(({ claims }) => claims === id))
    .map((peer): Group => ({ peer, ports: [] }))
  const others = new Set(nearby.filter(({ kind }) => kind === 'port').map(({ host }) => host.toLowerCase()))
  const plain = [...others]
    .filter((host) => !hosts.has(host))
    .map((host): Group => ({ ports: portsAt(host) }))
  return [...withFarport.sort((a, b) => presentFirst(a.farport, b.farport)), ...unseen, ...plain]
}

function keyOf({ id, claims, peer }: NearbyState): string {
  return peer !== undefined && claims !== undefined ? claims : id
}

function presentFirst(a?: NearbyState, b?: NearbyState): number {
  return Number(b?.present ?? false) - Number(a?.present ?? false)
}

function computerRow({ farport, peer, ports }: Group): string[][] {
  if (farport) {
    const { name, claims, host, present, fault, url = NOTHING } = farport
    const id = claims === undefined ? '' : ` ${claims.slice(0, ID_DIGITS)}`
    const state = peer ? 'paired' : 'not paired'
    const use = peer
      ? formatFarportUrl({ peer: peer.name, takeOver: false })
      : `farport pair ${placeIn(url) ?? host}`
    return [
      [
        shortText(peer?.name ?? name),
        `Farport${id} at ${shortText(host)}`,
        present ? state : `${state}, ${fault ? shortText(fault.message, 80) : 'gone'}`,
        use
      ]
    ]
  }
  if (peer)
    return [
      [
        shortText(peer.name),
        `Farport ${peer.id.slice(0, ID_DIGITS)}`,
        peer.connections ? 'paired, connected' : 'paired, not heard',
        formatFarportUrl({ peer: peer.name, takeOver: false })
      ]
    ]
  const [first] = ports
  return ports.length > 1 && first ? [[shortText(first.host), 'computer', NOTHING, NOTHING]] : []
}

function portRow(port: NearbyState, { farport, ports }: Group): string[] {
  const { name, host, present, url, confidence } = port
  const isIndented = farport !== undefined || ports.length > 1
  const where = isIndented ? '' : ` at ${shortText(host)}`
  return [
    `${isIndented ? '  ' : ''}${shortText(name)}`,
    `${deviceWords(port)}${where}`,
    [
      ...(present ? [] : ['gone']),
      ...(confidence === 'low' ? ['perhaps no serial port'] : []),
      safety(url)
    ].join(', '),
    url ?? formatAddress(host, port.port)
  ]
}

function deviceWords({ usb, provider }: NearbyState): string {
  const device = [usb?.manufacturer, usb?.product].filter((each) => each !== undefined).join(' ')
  const by = provider === undefined ? '' : ` (${provider})`
  return shortText(`${device === '' ? 'serial port' : device}${by}`)
}

/** What its announcement says of that; nobody proved it. */
function safety(url: string | undefined): string {
  if (url === undefined) return 'speaks what Farport does not'
  return /^\w+\+(?:tls|certauth):/.test(url) ? 'encrypted' : 'not encrypted'
}

/** `farport://192.0.2.7:300` as pair takes it. */
function placeIn(url: string): string | undefined {
  const place = /^farport:\/\/(.+)$/.exec(url)?.[1]
  return place?.replace(/^\[([^\]]+)\]$/, '$1')
}
