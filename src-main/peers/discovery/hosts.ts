/** Addresses of the computers that services are on, each for the interface on which it was heard. */
import { isIP } from 'node:net'
import { Lease } from './lease.ts'
import { ADDRESSES_PER_HOST } from './limits.ts'
import { isLinkLocal } from './links.ts'
import type { DnsRecord } from './message.ts'
import { nameKey } from './names.ts'
import { byLikelihood, isDialable, isLoopback } from './sanitise.ts'
import type { Channel } from './transport.ts'

/** Records of one answer may come in several packets: only what is older is flushed (RFC 6762 §10.2). */
const FLUSH_MS = 1000
/** The first times to ask: asking for the service brings the addresses too. */
const PATIENCE = 2

interface Known {
  readonly address: string
  readonly interface: string
  /** Where it was heard, by key. */
  readonly on: Set<string>
  lease: Lease
}

export class Hosts {
  readonly #hosts = new Map<string, Known[]>()

  /** Asked for by a service: from now on its addresses are kept. Empty where none is known. */
  addressesOf(host: string): string[] {
    const known = this.#hosts.get(nameKey(host)) ?? []
    const texts = known.map((each) =>
      isLinkLocal(each.address) && isIP(each.address) === 6
        ? `${each.address}%${each.interface}`
        : each.address
    )
    return [...new Set(texts)].sort(byLikelihood)
  }

  keep(host: string): void {
    const key = nameKey(host)
    if (!this.#hosts.has(key)) this.#hosts.set(key, [])
  }

  /** True where one came that was not known. */
  take(record: DnsRecord & { readonly type: 'A' | 'AAAA' }, channel: Channel, nowMs: number): boolean {
    const known = this.#hosts.get(nameKey(record.name))
    if (!known || !isDialable(record.address, channel.addresses.some(isLoopback))) return false
    const link = channel.interface
    const same = known.find((each) => each.address === record.address && each.interface === link)
    if (record.ttl === 0) return false
    const lease = new Lease(record, nowMs, PATIENCE)
    if (record.flush) this.#flush(known, record, link, nowMs)
    if (same) {
      same.lease = lease
      same.on.add(channel.key)
    } else if (known.length < ADDRESSES_PER_HOST) {
      known.push({ address: record.address, interface: link, on: new Set([channel.key]), lease })
    }
    return !same
  }

  /** Whether to ask for its addresses; those whose time is over are gone. */
  isDue(host: string, nowMs: number): boolean {
    const key = nameKey(host)
    const known = this.#hosts.get(key)
    if (!known) return false
    const left = known.filter((each) => !each.lease.isOver(nowMs))
    if (left.length < known.length) this.#hosts.set(key, left)
    return left.filter((each) => each.lease.isDue(nowMs)).length > 0
  }

  /** Forgets those that no service is on any more. */
  retain(hosts: Iterable<string>): void {
    const wanted = new Set(Array.from(hosts, nameKey))
    for (const key of this.#hosts.keys()) if (!wanted.has(key)) this.#hosts.delete(key)
  }

  lose({ key: channel }: Channel): void {
    for (const [key, known] of this.#hosts) {
      const left = known.filter((each) => !each.on.delete(channel) || each.on.size > 0)
      if (left.length < known.length) this.#hosts.set(key, left)
    }
  }

  #flush(known: Known[], record: DnsRecord & { address: string }, link: string, nowMs: number): void {
    const family = isIP(record.address)
    const old = known.filter(
      (each) =>
        each.interface === link &&
        isIP(each.address) === family &&
        each.address !== record.address &&
        nowMs - each.lease.sinceMs > FLUSH_MS
    )
    for (const each of old) known.splice(known.indexOf(each), 1)
  }
}
