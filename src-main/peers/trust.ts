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
  readonly #revoked = new Emitter<string>()
  /** The id of a peer that is trusted no more: its connections end. */
  readonly onRevoked: Event<string> = this.#revoked.event

  constructor(records: PeerRecords) {
    this.#records = records
  }

  get(id: string): PeerEntry | undefined {
    return this.#records.peers.find((each) => each.id === id)
  }

  /** Everybody whom it knows, trusted or blocked. */
  get all(): readonly PeerEntry[] {
    return this.#records.peers
  }

  standing(id: string): Standing {
    return this.get(id)?.trust ?? 'unknown'
  }

  /** Whether a trusted peer was seen at an address: a hint, for who is let in first. */
  isKnownAddress(address: string): boolean {
    return this.#records.peers.some(
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
      namesake(this.#records.peers, id, name) ??
      (address === undefined || this.get(id)
        ? undefined
        : this.#records.peers.find((each) => each.trust === 'trusted' && each.addresses.includes(address)))
    if (known) throw keyChanged(known, id)
  }

  /**
   * Trusts a peer, or changes what it is called; its permissions stay where it had some. `nowMs`: wall clock. Rejects with `peer-not-paired`
   * where it was blocked meanwhile, with `peer-key-changed` where another one is trusted under that name by now.
   */
  async trust(id: string, name: string, nowMs: number, address?: string): Promise<void> {
    await this.#put(id, (had, all) => {
      const other = namesake(all, id, name)
      if (other) throw keyChanged(other, id)
      if (had?.trust === 'blocked')
        throw new Fault(
          'peer-not-paired',
          `${had.name} was blocked here meanwhile: farport pair remove ${id.slice(0, 16)}`
        )
      const addresses = withAddress(had?.addresses ?? [], address)
      const permissions = had?.permissions ?? NOTHING
      return { id, name, trust: 'trusted', since: nowMs, permissions, addresses }
    })
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
    this.#revoked.fire(id)
  }

  /** Forgets a peer, trusted or blocked; its connections end. False: it was not known. */
  async remove(id: string): Promise<boolean> {
    if (!this.get(id)) return false
    await this.#records.save((peers) => peers.filter((each) => each.id !== id))
    this.#revoked.fire(id)
    return true
  }

  /** Changes what else is known of a peer: its permissions, its addresses. Nothing happens where it is not known any more. */
  async change(id: string, change: (entry: PeerEntry) => PeerEntry): Promise<void> {
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
  return label === '' ? undefined : peers.find((each) => isOther(each) && folded(each.name) === label)
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
