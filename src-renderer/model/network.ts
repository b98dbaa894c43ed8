/**
 * Who is near, as the Network page shows it: one group for each computer, however it was heard, with all that can be connected to there.
 * Pure: joins what is announced, who is paired, what those offer, and the links that are there already.
 */
import type { FaultRecord } from '../../src-main/contract/faults.ts'
import { FARPORT_PORT } from '../../src-main/contract/settings.ts'
import type { BridgeState, NearbyState, PeerState, SessionState } from '../../src-main/contract/state.ts'

/** `paired`: known by its key. `farport`: says that it is one. `plain`: another program that announces ports. `blocked`: by a person here. */
export type Standing = 'paired' | 'farport' | 'plain' | 'blocked'

/** One thing to connect to. */
export interface NetworkPort {
  readonly key: string
  readonly name: string
  /** What a link is made with. Absent: it speaks what is not spoken here. */
  readonly target?: string
  readonly present: boolean
  readonly encrypted: boolean
  /** What was announced, where it was. */
  readonly nearby?: NearbyState
  /** What a paired computer tells of it. */
  readonly offer?: BridgeState
  /** A link of ours to it, by its id. */
  readonly link?: string
}

export interface NetworkGroup {
  readonly key: string
  readonly standing: Standing
  readonly name: string
  /** Empty where nobody heard it. */
  readonly host: string
  readonly present: boolean
  /** Of a Farport: its id, where it says one. */
  readonly id?: string
  readonly peer?: PeerState
  /** Where it can be asked to pair. */
  readonly place?: { readonly host: string; readonly port: number }
  /** A person gave its address, so: it can be forgotten. */
  readonly manual?: string
  /** Why nobody answers there, or tells what it offers. */
  readonly fault?: FaultRecord
  /** It has been asked what it offers, and answered. */
  readonly isTold: boolean
  readonly ports: readonly NetworkPort[]
}

/** What a paired computer answered last. */
export interface Told {
  readonly bridges?: readonly BridgeState[]
  readonly fault?: FaultRecord
}

export interface NetworkFacts {
  readonly nearby: Readonly<Record<string, NearbyState>>
  readonly peers: Readonly<Record<string, PeerState>>
  /** By the ids of peers. */
  readonly told: Readonly<Record<string, Told>>
  /** Links of ours: their ids by what they are connected to. */
  readonly links: Readonly<Record<string, string>>
}

/** The groups of each new state: what did not change is the same object as before, so that nothing else is drawn anew. */
export class NetworkList {
  #before: ReadonlyMap<string, NetworkGroup> = new Map()

  next(facts: NetworkFacts): readonly NetworkGroup[] {
    const groups = networkGroups(facts).map((each) => kept(this.#before.get(each.key), each))
    this.#before = new Map(groups.map((each) => [each.key, each]))
    return groups
  }
}

function kept(old: NetworkGroup | undefined, fresh: NetworkGroup): NetworkGroup {
  if (!old) return fresh
  const before = new Map(old.ports.map((each) => [each.key, each]))
  const all = fresh.ports.map((each) => {
    const known = before.get(each.key)
    return known && isSame(known, each) ? known : each
  })
  const isKept = all.length === old.ports.length && all.every((each, place) => each === old.ports[place])
  const group = { ...fresh, ports: isKept ? old.ports : all }
  return isSame(old, group) ? old : group
}

/** One level deep, but for the few small plain values that are made anew each time. */
function isSame(one: object, other: object): boolean {
  const [a, b] = [Object.entries(one), Object.entries(other)]
  const values = new Map<string, unknown>(b)
  return a.length === b.length && a.every(([key, value]) => isSameValue(value, values.get(key)))
}

function isSameValue(one: unknown, other: unknown): boolean {
  if (one === other) return true
  return isPlace(one) && isPlace(other) && one.host === other.host && one.port === other.port
}

function isPlace(value: unknown): value is NonNullable<NetworkGroup['place']> {
  return typeof value === 'object' && value !== null && Object.keys(value).join() === 'host,port'
}

/** Paired ones first, then other Farports, then the rest; those that are there before those that are gone. */
export function networkGroups({ nearby, peers, told, links }: NetworkFacts): NetworkGroup[] {
  const all = Object.values(nearby)
  const farports = new Map<string, NearbyState[]>()
  for (const each of all) if (each.kind === 'farport') push(farports, each.claims ?? each.id, each)
  const ports = new Map<string, NearbyState[]>()
  for (const each of all) if (each.kind === 'port') push(ports, hostOf(each), each)
  const labels = labelCounts(peers)

  const groups: NetworkGroup[] = []
  for (const [key, heard] of farports) {
    const best = heard.find((each) => each.present && each.origin === 'mdns') ?? bestOf(heard)
    if (!best) continue
    const manual = heard.find((each) => each.origin === 'manual')
    const peer = best.claims === undefined ? undefined : peers[best.claims]
    const announced = heard.flatMap((each) => taken(ports, hostOf(each)))
    const named = heard.find((each) => each.origin === 'mdns') ?? best
    groups.push({
      ...groupOf({ key, name: peer?.name ?? named.name, peer, labels, told, links, announced }),
      host: best.host,
      present: heard.some((each) => each.present),
      ...(best.claims !== undefined && { id: best.claims }),
      place: { host: best.addresses[0] ?? best.host, port: best.port },
      ...(manual && { manual: placeText(manual) }),
      ...faultIn(best.present ? undefined : best.fault, peer && told[peer.id]?.fault)
    })
  }
  for (const peer of Object.values(peers))
    if (!farports.has(peer.id)) {
      const { fault } = told[peer.id] ?? {}
      groups.push({
        ...groupOf({ key: peer.id, name: peer.name, peer, labels, told, links, announced: [] }),
        host: peer.addresses[0] ?? '',
        id: peer.id,
        // Nobody hears it, and it may be reached for all that.
        present: peer.connections > 0 || (told[peer.id]?.bridges !== undefined && fault === undefined),
        ...faultIn(undefined, fault)
      })
    }
  for (const [host, announced] of ports) {
    const [first] = announced
    groups.push({
      ...groupOf({
        key: `host ${host}`,
        name: shortHost(first?.host ?? host),
        labels,
        told,
        links,
        announced
      }),
      host: first?.addresses[0] ?? host,
      present: announced.some((each) => each.present)
    })
  }
  return groups.sort(inOrder)
}

interface Parts {
  readonly key: string
  readonly name: string
  readonly peer?: PeerState | undefined
  readonly labels: ReadonlyMap<string, number>
  readonly told: NetworkFacts['told']
  readonly links: NetworkFacts['links']
  readonly announced: readonly NearbyState[]
}

function groupOf({
  key,
  name,
  peer,
  labels,
  told,
  links,
  announced
}: Parts): Omit<NetworkGroup, 'host' | 'present'> {
  const trusted = peer?.trust === 'trusted' ? peer : undefined
  const answer = trusted && told[trusted.id]
  const offers = trusted ? (answer?.bridges ?? []) : []
  const word = trusted && peerWord(trusted, labels)
  const offered = offers.map((offer) => offeredPort(offer, word ?? '', links))
  const names = new Set(offers.map((each) => each.name))
  // The same port by a listener of its own: by its key it is known, by its address it is not.
  const others = announced.filter((each) => !names.has(each.name)).map((each) => announcedPort(each, links))
  const standing =
    peer?.trust === 'blocked' ? 'blocked' : trusted ? 'paired' : key.startsWith('host ') ? 'plain' : 'farport'
  return {
    ...{ key, standing, name },
    ...(peer && { peer }),
    isTold: answer?.bridges !== undefined,
    ports: [...offered, ...others].sort(
      (a, b) => Number(b.present) - Number(a.present) || compare(a.name, b.name)
    )
  }
}

function offeredPort(offer: BridgeState, peer: string, links: NetworkFacts['links']): NetworkPort {
  const target = `farport://${encodeURIComponent(peer)}/${encodeURIComponent(offer.name)}`
  const link = links[target]
  return {
    key: `share ${offer.id}`,
    name: offer.name,
    target,
    present: offer.enabled,
    encrypted: true,
    offer,
    ...(link !== undefined && { link })
  }
}

function announcedPort(nearby: NearbyState, links: NetworkFacts['links']): NetworkPort {
  const { id, name, url, present } = nearby
  const link = url === undefined ? undefined : links[url]
  return {
    ...{ key: id, name, present, nearby },
    encrypted: url !== undefined && /^\w+\+(?:tls|certauth):/.test(url),
    ...(url !== undefined && { target: url }),
    ...(link !== undefined && { link })
  }
}

/** As people write it, where nobody else is called so and it could not be taken for an id or an address; else by its id. */
function peerWord({ id, name }: PeerState, labels: ReadonlyMap<string, number>): string {
  const isPlain =
    /^[\p{L}\p{N}][\p{L}\p{N} ._'-]*$/u.test(name) &&
    !/^[0-9a-f\s]{8,}$/i.test(name) &&
    !/^[\d.]+$/.test(name)
  return isPlain && labels.get(name.toLowerCase()) === 1 ? name : id.slice(0, 16)
}

function labelCounts(peers: NetworkFacts['peers']): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { name } of Object.values(peers))
    counts.set(name.toLowerCase(), (counts.get(name.toLowerCase()) ?? 0) + 1)
  return counts
}

/** As `NetworkFacts` has them. */
export function linksByTarget(bridges: Readonly<Record<string, BridgeState>>): NetworkFacts['links'] {
  return Object.fromEntries(
    Object.values(bridges).flatMap(({ id, kind, port }) => (kind === 'link' ? [[port, id]] : []))
  )
}

/** Who has the control of an offered share, where it is somebody else: since when, wall clock, ms since 1970. */
export function userOf(
  offer: BridgeState | undefined,
  ownId: string | undefined
): Pick<SessionState, 'label' | 'since'> | undefined {
  const holder = offer?.sessions.find(({ holdsSince }) => holdsSince !== undefined)
  if (holder?.holdsSince === undefined || (holder.peer !== undefined && holder.peer === ownId))
    return undefined
  return { label: holder.label, since: holder.holdsSince }
}

/** All words of what was typed are somewhere in it. */
export function filtered(groups: readonly NetworkGroup[], text: string): readonly NetworkGroup[] {
  const words = text
    .toLowerCase()
    .split(/\s+/)
    .filter((each) => each !== '')
  if (words.length === 0) return groups
  const has = (hay: string): boolean => words.every((word) => hay.includes(word))
  return groups.flatMap((group) => {
    const own = `${group.name} ${group.host}`.toLowerCase()
    if (has(own)) return [group]
    const ports = group.ports.filter(({ name, nearby, target }) =>
      has(
        `${own} ${name} ${target ?? ''} ${nearby?.usb?.product ?? ''} ${nearby?.provider ?? ''}`.toLowerCase()
      )
    )
    return ports.length > 0 ? [{ ...group, ports }] : []
  })
}

/** As nearby.add and nearby.remove take it. */
function placeText({ host, port }: NearbyState): string {
  if (port === FARPORT_PORT) return host
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** Without the end that all names in mDNS have. */
function shortHost(host: string): string {
  return host.replace(/\.local\.?$/i, '')
}

function faultIn(...faults: readonly (FaultRecord | undefined)[]): { readonly fault?: FaultRecord } {
  const fault = faults.find((each) => each !== undefined)
  return fault ? { fault } : {}
}

function bestOf(all: readonly NearbyState[], first = all[0]): NearbyState | undefined {
  return all.find((each) => each.present) ?? first
}

const hostOf = ({ host }: NearbyState): string => host.toLowerCase()

function taken(ports: Map<string, NearbyState[]>, host: string): NearbyState[] {
  const found = ports.get(host) ?? []
  ports.delete(host)
  return found
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key)
  if (list) list.push(value)
  else map.set(key, [value])
}

const ORDER: Readonly<Record<Standing, number>> = { paired: 0, farport: 1, plain: 2, blocked: 3 }

function inOrder(a: NetworkGroup, b: NetworkGroup): number {
  return (
    ORDER[a.standing] - ORDER[b.standing] ||
    Number(b.present) - Number(a.present) ||
    compare(a.name, b.name) ||
    compare(a.key, b.key)
  )
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
