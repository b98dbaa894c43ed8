/**
 * Whom this installation trusts, by the id of their keys. Called by the listener, the dialler and the pairing desk; what it knows is
 * kept elsewhere (the settings file) and changed there.
 */
import type { Event } from '../base/event.ts'
import { Emitter } from '../base/event.ts'
import { Fault } from '../contract/faults.ts'
import type { PeerEntry } from '../contract/settings.ts'
import { formatId } from './identity.ts'
import { readPlace } from './places.ts'

/** Where the list is kept. */
export interface PeerRecords {
  /** As they are now. */
  readonly peers: readonly PeerEntry[]
  /** Changes the list as it is when its turn comes; `peers` is the new one when it resolves. Rejects as `change` throws, or where it cannot be kept. */
  save(change: (peers: readonly PeerEntry[]) => readonly PeerEntry[]): Promise<void>
}

/** `unknown`: may ask to pair, and nothing else. */
export type Standing = 'trusted' | 'blocked' | 'unknown'

export class TrustStore {
  readonly #records: PeerRecords
  /** Those who are trusted for a while, and stand in no file. */
  readonly #passing = new Map<string, PeerEntry>()
  readonly #revoked = new Emitter<string>()
  readonly #passed = new Emitter<string>()
  /** The id of a peer that is trusted no more: its connections end. */
  readonly onRevoked: Event<string> = this.#revoked.event
  /** The id of a peer that is trusted for a while, since just now, or with other permissions than before. */
  readonly onPassing: Event<string> = this.#passed.event

  constructor(records: PeerRecords) {
    this.#records = records
  }

  get(id: string): PeerEntry | undefined {
    return this.#records.peers.find((each) => each.id === id) ?? this.#passing.get(id)
  }

  /** Everybody whom it knows, trusted or blocked. */
  get all(): readonly PeerEntry[] {
    const { peers } = this.#records
    return this.#passing.size === 0 ? peers : [...peers, ...this.passing]
  }

  /** Those who are trusted for a while. */
  get passing(): readonly PeerEntry[] {
    return [...this.#passing.values()].filter(({ id }) => this.isPassing(id))
  }

  /** It is trusted for a while: what the file says of it holds where it says anything. */
  isPassing(id: string): boolean {
    return this.#passing.has(id) && !this.#records.peers.some((each) => each.id === id)
  }

  standing(id: string): Standing {
    return this.get(id)?.trust ?? 'unknown'
  }

  /** Whether a trusted peer was seen at an address: a hint, for who is let in first. */
  isKnownAddress(address: string): boolean {
    return this.all.some(
      ({ trust, addresses }) =>
        trust === 'trusted' && addresses.some((each) => readPlace(each)?.host === address)
    )
  }

  /**
   * Throws `peer-key-changed` where a peer that is trusted under this name, or was reached at this address, is known by another key.
   * `address`: where we dialled (`formatPlace`); absent for who comes by himself, as many share one address. Whom we know may be reached
   * where another one was before, and not be called like that one.
   */
  checkKey(id: string, name: string, address?: string): void {
    const known =
      namesake(this.all, id, name) ??
      (address === undefined || this.get(id)
        ? undefined
        : this.all.find((each) => each.trust === 'trusted' && each.addresses.includes(address)))
    if (known) throw keyChanged(known, id)
  }

  /**
   * Trusts a peer, or changes what it is called; its permissions stay where it had some. `nowMs`: wall clock. Rejects with `peer-not-paired`
   * where it was blocked meanwhile, with `peer-key-changed` where another one is trusted under that name by now.
   */
  async trust(id: string, name: string, nowMs: number, address?: string): Promise<void> {
    await this.#put(id, (known, peers) => {
      const had = known ?? this.#passing.get(id)
      return trusted(had, [...peers, ...this.passing], { id, name, nowMs, address })
    })
    this.#passing.delete(id)
  }

  /**
   * As `trust`, until `remove`, or until this store is gone: it is written nowhere. Of no effect where it is trusted for good. Throws as that
   * rejects.
   */
  trustPassing(id: string, name: string, nowMs: number, address?: string): void {
    if (this.get(id)?.trust === 'trusted' && !this.isPassing(id)) return
    this.#passing.set(id, trusted(this.get(id), this.all, { id, name, nowMs, address }))
    this.#passed.fire(id)
  }

  /** What people here call it from now on; what it calls itself is kept beside that. Rejects with `usage` where another one is called so. */
  async rename(id: string, name: string): Promise<void> {
    const renamed = (entry: PeerEntry, all: readonly PeerEntry[]): PeerEntry => {
      const other = namesake(all, id, name)
      if (!other) return called(entry, name)
      throw new Fault(
        'usage',
        `Another computer is called ${other.name} already (${formatId(other.id.slice(0, 16))} …): choose another name.`
      )
    }
    const passing = this.isPassing(id) ? this.#passing.get(id) : undefined
    if (passing) this.#passing.set(id, renamed(passing, this.all))
    else
      await this.#records.save((peers) =>
        peers.map((each) => (each.id === id ? renamed(each, [...peers, ...this.passing]) : each))
      )
    if (passing) this.#passed.fire(id)
  }

  /** Its connections end, and it may not even ask. */
  async block(id: string, name: string, nowMs: number): Promise<void> {
    await this.#put(id, (had) => {
      const addresses = had?.addresses ?? []
      return {
        ...{ id, name: had?.name ?? name, trust: 'blocked', since: nowMs },
        ...{ permissions: NOTHING, addresses }
      }
    })
    this.#passing.delete(id)
    this.#revoked.fire(id)
  }

  /** Forgets a peer, trusted or blocked; its connections end. False: it was not known. */
  async remove(id: string): Promise<boolean> {
    if (!this.get(id)) return false
    if (this.isPassing(id)) {
      this.#passing.delete(id)
      this.#revoked.fire(id)
      return true
    }
    await this.#records.save((peers) => peers.filter((each) => each.id !== id))
    this.#revoked.fire(id)
    return true
  }

  /** Changes what else is known of a peer: its permissions, its addresses. Nothing happens where it is not known any more. */
  async change(id: string, change: (entry: PeerEntry) => PeerEntry): Promise<void> {
    const passing = this.isPassing(id) ? this.#passing.get(id) : undefined
    if (passing) {
      this.#passing.set(id, change(passing))
      this.#passed.fire(id)
      return
    }
    await this.#records.save((peers) => peers.map((each) => (each.id === id ? change(each) : each)))
  }

  /**
   * The list was changed elsewhere: ends those who are trusted no more, and those who are blocked by now, whom an authority may have let
   * in. `before`: as it was.
   */
  reloaded(before: readonly PeerEntry[]): void {
    const had = new Map(before.map(({ id, trust }) => [id, trust]))
    const forgotten = before.filter(({ id, trust }) => trust === 'trusted' && this.standing(id) === 'unknown')
    const blocked = this.all.filter(({ id, trust }) => trust === 'blocked' && had.get(id) !== 'blocked')
    for (const { id } of [...forgotten, ...blocked]) this.#revoked.fire(id)
  }

  async #put(
    id: string,
    entry: (had: PeerEntry | undefined, all: readonly PeerEntry[]) => PeerEntry
  ): Promise<void> {
    await this.#records.save((peers) => [
      ...peers.filter((each) => each.id !== id),
      entry(
        peers.find((each) => each.id === id),
        peers
      )
    ])
  }
}

/** Another one that is trusted and goes by that name. */
function namesake(peers: readonly PeerEntry[], id: string, name: string): PeerEntry | undefined {
  const label = folded(name)
  const isOther = (each: PeerEntry): boolean => each.trust === 'trusted' && each.id !== id
  if (label === '') return undefined
  return peers.find(
    (each) => isOther(each) && [each.name, each.called ?? ''].some((text) => folded(text) === label)
  )
}

interface Accepted {
  readonly id: string
  /** What it calls itself. */
  readonly name: string
  readonly nowMs: number
  readonly address: string | undefined
}

/** Throws as `TrustStore.trust` rejects. A name that a person here gave it stays. */
function trusted(
  had: PeerEntry | undefined,
  all: readonly PeerEntry[],
  { id, name, nowMs, address }: Accepted
): PeerEntry {
  const other = namesake(all, id, name)
  if (other) throw keyChanged(other, id)
  if (had?.trust === 'blocked')
    throw new Fault(
      'peer-not-paired',
      `${had.name} was blocked here meanwhile: farport pair remove ${id.slice(0, 16)}`
    )
  const addresses = withAddress(had?.addresses ?? [], address)
  const permissions = had?.permissions ?? NOTHING
  const entry: PeerEntry = { id, name, trust: 'trusted', since: nowMs, permissions, addresses }
  if (had?.called === undefined) return entry
  const { formerly } = had
  return { ...entry, name: had.name, called: name, ...(formerly && { formerly }) }
}

/** Names of one peer that are kept. */
const MAX_FORMER = 4

function called(entry: PeerEntry, name: string): PeerEntry {
  const { called: before, formerly = [], ...rest } = entry
  const own = before ?? entry.name
  const others = [...new Set([entry.name, ...formerly])].filter((each) => each !== own && each !== name)
  return {
    ...rest,
    name,
    ...(own !== name && { called: own }),
    ...(others.length > 0 && { formerly: others.slice(0, MAX_FORMER) })
  }
}

const NOTHING = { default: { level: 'none', history: false }, shares: {} } as const

/** What a dialled peer is told apart by. */
export function keyChanged(known: PeerEntry, id: string): Fault {
  return new Fault(
    'peer-key-changed',
    `${known.name} has another key than when it was paired (${formatId(id.slice(0, 16))} … instead of ${formatId(known.id.slice(0, 16))} …): ` +
      `somebody may be in between. Only if it was installed anew: farport pair remove ${known.id.slice(0, 16)}, and pair again.`
  )
}

/** Addresses that are kept of one peer. */
export const MAX_ADDRESSES = 8

/** The newest first. */
export function withAddress(addresses: readonly string[], address: string | undefined): string[] {
  const all = address === undefined ? addresses : [address, ...addresses]
  return [...new Set(all)].slice(0, MAX_ADDRESSES)
}

/** Names that people take for the same. */
export const folded = (name: string): string => name.normalize('NFKC').trim().toLowerCase()
