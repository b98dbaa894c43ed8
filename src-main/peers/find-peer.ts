/** Whom people mean: a paired computer by its name, the first digits of its id, or where it is. Called by ways.ts, and by commands about peers. */
import { isIP } from 'node:net'
import { Fault } from '../contract/faults.ts'
import { FARPORT_PORT, type PeerEntry } from '../contract/settings.ts'
import type { TlsPlace } from '../net/tls.ts'
import type { HeardFarport } from './nearby.ts'
import { formatId } from './identity.ts'
import { formatPlace, readPlace } from './places.ts'
import { folded, type TrustStore } from './trust.ts'

/**
 * `places`: where it was reached, the likeliest first; `guess`: a host of its name, where there may be one; `heard`: where somebody in the
 * network says that it is. Without `peer`: whoever answers at `place`, or at one of `others`.
 */
export type Found =
  | {
      readonly peer: PeerEntry
      readonly places: readonly TlsPlace[]
      readonly guess?: TlsPlace
      readonly heard?: readonly TlsPlace[]
    }
  | { readonly peer?: undefined; readonly place: TlsPlace; readonly others?: readonly TlsPlace[] }

/** Digits of an id that make it one: fewer are a name. */
export const MIN_ID_DIGITS = 8

/** Places that were heard of one computer, which are tried: anybody may announce any number of them. */
export const MAX_HEARD_PLACES = 16
/** Of a computer that is not known by its key one after the other is tried. */
const MAX_UNPROVEN_PLACES = 4

/** Of an id, shown to tell peers apart. */
const SHOWN_DIGITS = 16

/**
 * A name of a peer that we trust, or an id, goes before a host; `NAME:PORT` is the named peer at another port. Throws `usage` where several
 * have that name or id (nobody is guessed where it is the name of one and the id of another), or where it is nothing of all that;
 * `peer-not-paired` where the peer is blocked, or nobody has the id. `farports`: those that were heard; what one of them calls itself goes
 * before a host.
 */
export function findPeer(text: string, trust: TrustStore, farports: readonly HeardFarport[] = []): Found {
  const peer = named(text, trust)
  if (peer) return { peer, places: placesOf(peer), ...guessed(text), ...heardOf(peer, farports) }
  const [, front, digits] = /^(.+):(\d{1,5})$/s.exec(text) ?? []
  const elsewhere = front === undefined ? undefined : named(front, trust)
  if (elsewhere) return { peer: elsewhere, places: placesOf(elsewhere, Number(digits)), ...guessed(text) }
  const heard = standsForAnother(text) ? undefined : heardAs(text, farports, trust)
  if (heard) return heard
  const id = text.replaceAll(/\s/g, '')
  if (isId(id))
    throw new Fault(
      'peer-not-paired',
      `No paired computer has an id that begins with ${id}. A host of that name is written ${id}:${FARPORT_PORT}.`
    )
  const place = readPlace(text)
  if (place) return { place }
  throw new Fault(
    'usage',
    `No paired computer is called "${text}", none that can be heard, and no host can be. See farport peers for those that are.`
  )
}

/**
 * The computer that calls itself so in the network: a hint, and whose key answers there is another question. Undefined: none that is there
 * does. Throws `usage` where several do.
 */
export function heardAs(
  text: string,
  farports: readonly HeardFarport[],
  trust: TrustStore
): Found | undefined {
  const name = folded(text)
  const found = farports.filter((each) => each.present && folded(each.name) === name)
  const [first] = found
  const [place, ...others] = (first?.places ?? []).slice(0, MAX_UNPROVEN_PLACES)
  if (!first || !place) return undefined
  const claims = new Set(found.map((each) => each.claims))
  if (claims.size > 1 || (first.claims === undefined && found.length > 1)) {
    const places = found.flatMap((each) => each.places.slice(0, 1).map(formatPlace))
    throw new Fault(
      'usage',
      `${found.length} computers call themselves "${text}" in the network. Give the address of one: ${places.join(', ')}.`
    )
  }
  const peer = trust.get(first.claims ?? '')
  if (peer?.trust === 'trusted') return { peer, places: placesOf(peer), ...heardOf(peer, farports) }
  return { place, others }
}

/** Only those that are there: the likeliest of each entry first, so that no entry with many places keeps those of another one away. */
function heardOf(
  { id }: PeerEntry,
  farports: readonly HeardFarport[]
): { readonly heard?: readonly TlsPlace[] } {
  const entries = farports.filter((each) => each.present && each.claims === id).map((each) => each.places)
  const most = Math.max(0, ...entries.map(({ length }) => length))
  const places = Array.from({ length: most }, (_, rank) => entries.flatMap((each) => each[rank] ?? [])).flat()
  return places.length > 0 ? { heard: places.slice(0, MAX_HEARD_PLACES) } : {}
}

/** A name that people would mean another computer by: as the digits of an id, or an address. */
export function standsForAnother(name: string): boolean {
  return isId(name.replaceAll(/\s/g, '')) || isIP(readPlace(name)?.host.replace(/%.*/, '') ?? '') > 0
}

function named(text: string, trust: TrustStore): PeerEntry | undefined {
  const name = folded(text)
  const id = text.replaceAll(/\s/g, '').toLowerCase()
  const calledSo = trust.all.filter((each) => folded(each.name) === name)
  // What it calls itself, or was called before: links that were made then still mean it.
  const others = ({ called = '', formerly = [] }: PeerEntry): readonly string[] => [called, ...formerly]
  const byName =
    calledSo.length > 0
      ? calledSo
      : trust.all.filter((each) => others(each).some((text) => text !== '' && folded(text) === name))
  const byId = isId(id) ? trust.all.filter((each) => each.id.startsWith(id)) : []
  const found = only(text, id.length === 64 ? byId : [...new Set([...byName, ...byId])])
  if (found?.trust !== 'blocked') return found
  throw new Fault(
    'peer-not-paired',
    `${found.name} is blocked here: unblock it with farport pair remove ${found.id.slice(0, SHOWN_DIGITS)}, and pair again.`
  )
}

/** Those that are trusted go before those that are blocked. */
function only(text: string, found: readonly PeerEntry[]): PeerEntry | undefined {
  const trusted = found.filter((each) => each.trust === 'trusted')
  const [first, ...others] = trusted.length > 0 ? trusted : found
  if (others.length === 0) return first
  const ids = (trusted.length > 0 ? trusted : found).map(({ id }) => formatId(id.slice(0, SHOWN_DIGITS)))
  throw new Fault(
    'usage',
    `${found.length} computers are meant by "${text}". Give the id of one: ${ids.join(', ')}.`
  )
}

/** Computers are mostly called as they are on the network. */
function guessed(text: string): { guess?: TlsPlace } {
  const guess = isId(text) ? undefined : readPlace(text)
  return guess ? { guess } : {}
}

const isId = (text: string): boolean =>
  text.length >= MIN_ID_DIGITS && text.length <= 64 && /^[0-9a-f]+$/i.test(text)

function placesOf({ addresses }: PeerEntry, port?: number): TlsPlace[] {
  const places = addresses.flatMap((each) => readPlace(each) ?? [])
  if (port === undefined) return places
  return [...new Set(places.map(({ host }) => host))].map((host) => ({ host, port }))
}
