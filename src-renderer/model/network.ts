/**
 * Who is near, as the Network page shows it: one group for each computer, however it was heard, with all that can be connected to there.
 * Pure: joins what is announced, who is paired, what those offer, and the links that are there already.
 */
import type { FaultRecord } from '../../src-main/contract/faults.ts'
import { FARPORT_PORT } from '../../src-main/contract/settings.ts'
import type { BridgeState, NearbyState, PeerState, SessionState } from '../../src-main/contract/state.ts'
import { byName, naturalOrder } from '../../src-main/base/natural-order.ts'

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

/** Paired ones first, then other Farports, then the rest; those that are there before those that are gone. */
export function networkGroups(facts: NetworkFacts): NetworkGroup[] {
  const all = Object.values(facts.nearby)
  const farports = groupedBy(
    all.filter(({ kind }) => kind === 'farport'),
    ({ claims, id }) => claims ?? id
  )
  const ports = groupedBy(
    all.filter(({ kind }) => kind === 'port'),
    hostOf
  )
  const labels = labelCounts(facts.peers)
  const known = { ...facts, labels }
  const silent = Object.values(facts.peers).filter(({ id }) => !farports.has(id))
  const groups = [
    ...[...farports].map(([key, heard]) => heardGroup(key, heard, ports, known)),
    ...silent.map((peer) => silentGroup(peer, known))
  ]
  // What no Farport of that computer has taken.
  for (const [host, announced] of ports) groups.push(plainGroup(host, announced, known))
  return groups.sort(inOrder)
}

/** At least one. */
type Some<T> = readonly [T, ...T[]]
type ByHost = Map<string, Some<NearbyState>>

interface Known extends NetworkFacts {
  /** How many peers are called so, in small letters. */
  readonly labels: ReadonlyMap<string, number>
}

/** A Farport that announces itself, or answers where a person looks for it. */
function heardGroup(key: string, heard: Some<NearbyState>, ports: ByHost, known: Known): NetworkGroup {
  const there = heard.filter(({ present }) => present)
  const best = there.find(({ origin }) => origin === 'mdns') ?? there[0] ?? heard[0]
  const named = heard.find(({ origin }) => origin === 'mdns') ?? best
  const manual = heard.find(({ origin }) => origin === 'manual')
  const peer = best.claims === undefined ? undefined : known.peers[best.claims]
  const announced = heard.flatMap((each) => taken(ports, hostOf(each)))
  return {
    key,
    name: peer?.name ?? named.name,
    host: best.host,
    present: there.length > 0,
    ...(best.claims !== undefined && { id: best.claims }),
    place: { host: best.addresses[0] ?? best.host, port: best.port },
    ...(manual && { manual: placeText(manual) }),
    ...faultIn(best.present ? undefined : best.fault, peer && known.told[peer.id]?.fault),
    ...standingOf(peer, 'farport', announced, known)
  }
}

/** A paired one that nobody hears. It may be reached for all that. */
function silentGroup(peer: PeerState, known: Known): NetworkGroup {
  const { bridges, fault } = known.told[peer.id] ?? {}
  return {
    key: peer.id,
    name: peer.name,
    host: peer.addresses[0] ?? '',
    present: peer.connections > 0 || (bridges !== undefined && fault === undefined),
    id: peer.id,
    ...faultIn(fault),
    ...standingOf(peer, 'farport', [], known)
  }
}

/** A computer without Farport that announces ports. */
function plainGroup(host: string, announced: Some<NearbyState>, known: Known): NetworkGroup {
  const [first] = announced
  return {
    key: `host ${host}`,
    name: shortHost(first.host),
    host: first.addresses[0] ?? host,
    present: announced.some(({ present }) => present),
    ...standingOf(undefined, 'plain', announced, known)
  }
}

/** What it is to us, and what can be connected to there. `stranger`: what it is where it is no peer. */
function standingOf(
  peer: PeerState | undefined,
  stranger: Standing,
  announced: readonly NearbyState[],
  { told, links, labels }: Known
): Pick<NetworkGroup, 'standing' | 'peer' | 'isTold' | 'ports'> {
  const trusted = peer?.trust === 'trusted' ? peer : undefined
  const offers = trusted && told[trusted.id]?.bridges
  const word = trusted ? peerWord(trusted, labels) : ''
  const offered = (offers ?? []).map((offer) => offeredPort(offer, [word, ...formerNames(trusted)], links))
  const names = new Set(offered.map(({ name }) => name))
  // The same port by a listener of its own: by its key it is known, by its address it is not.
  const others = announced.filter(({ name }) => !names.has(name)).map((each) => announcedPort(each, links))
  return {
    standing: trusted ? 'paired' : peer ? 'blocked' : stranger,
    ...(peer && { peer }),
    isTold: offers !== undefined,
    ports: [...offered, ...others].sort((a, b) => Number(b.present) - Number(a.present) || byName(a, b))
  }
}

/** A link may name it as it was called when that was made. */
function formerNames(peer: PeerState | undefined): readonly string[] {
  const { called, formerly = [] } = peer ?? {}
  return called === undefined ? formerly : [called, ...formerly]
}

/** `peers`: what that computer is called, and was. */
function offeredPort(
  offer: BridgeState,
  [peer = '', ...others]: readonly string[],
  links: NetworkFacts['links']
): NetworkPort {
  const targetAt = (each: string): string =>
    `farport://${encodeURIComponent(each)}/${encodeURIComponent(offer.name)}`
  const target = targetAt(peer)
  const link = [target, ...others.map(targetAt)].map((each) => links[each]).find((each) => each !== undefined)
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

const hostOf = ({ host }: NearbyState): string => host.toLowerCase()

/** Of two Farports of one computer the first has them. */
function taken(ports: ByHost, host: string): readonly NearbyState[] {
  const found = ports.get(host) ?? []
  ports.delete(host)
  return found
}

function groupedBy<T>(all: readonly T[], keyOf: (each: T) => string): Map<string, Some<T>> {
  const groups = new Map<string, [T, ...T[]]>()
  for (const each of all) {
    const key = keyOf(each)
    const group = groups.get(key)
    if (group) group.push(each)
    else groups.set(key, [each])
  }
  return groups
}

const ORDER: Readonly<Record<Standing, number>> = { paired: 0, farport: 1, plain: 2, blocked: 3 }

function inOrder(a: NetworkGroup, b: NetworkGroup): number {
  return (
    ORDER[a.standing] - ORDER[b.standing] ||
    Number(b.present) - Number(a.present) ||
    byName(a, b) ||
    naturalOrder(a.key, b.key)
  )
}
