/**
 * What we have to say on a channel, as records: for each service
 *
 *   _iostream._tcp.local          PTR  Name._iostream._tcp.local     shared: others have such too
 *   _services._dns-sd._udp.local  PTR  _iostream._tcp.local          shared (RFC 6763 §9)
 *   Name._iostream._tcp.local     SRV  7000 box.local                ours alone
 *                                 TXT  provider=…                    ours alone
 *   box.local                     A, AAAA of that interface          ours, and those of others on this computer
 *
 * No NSEC (RFC 6762 §6.1, a SHOULD): for a service nobody asks for anything else than what there is, and of the computer another
 * program here may announce more addresses than we know.
 */
import type { Announcement } from './discovery.ts'
import { nameKey } from './names.ts'
import type { DnsRecord } from './message.ts'
import type { Channel } from './transport.ts'
import { encodeTxt } from './txt.ts'

/** RFC 6762 §10, in seconds: what names a computer or stands for its place, and everything else. */
export const HOST_TTL = 120
export const OTHER_TTL = 4500

const META = '_services._dns-sd._udp.local'

export function typeName(type: string): string {
  return `_${type}._tcp.local`
}

export interface ServiceRecords {
  /** From its type to it. */
  readonly pointer: DnsRecord
  /** That there are services of its type. */
  readonly kind: DnsRecord
  /** Its alone. */
  readonly unique: readonly DnsRecord[]
}

/** `instance` and `host`: full names. */
export function serviceRecords(own: Announcement, instance: string, host: string): ServiceRecords {
  const type = typeName(own.type)
  const shared = { type: 'PTR', ttl: OTHER_TTL, flush: false } as const
  return {
    pointer: { ...shared, name: type, target: instance },
    kind: { ...shared, name: META, target: type },
    unique: [
      { name: instance, type: 'SRV', ttl: HOST_TTL, flush: true, port: own.port, target: host },
      { name: instance, type: 'TXT', ttl: OTHER_TTL, flush: true, data: encodeTxt(own.txt) }
    ]
  }
}

export function hostRecords(host: string, { addresses }: Channel): DnsRecord[] {
  return addresses.map((address) => ({
    name: host,
    type: address.includes(':') ? 'AAAA' : 'A',
    ttl: HOST_TTL,
    flush: true,
    address
  }))
}

/** Whether somebody who hears of it on this channel could reach it. */
export function isReachable({ hosts }: Announcement, { addresses }: Channel): boolean {
  return (
    hosts.length === 0 ||
    hosts.some(
      (host) => host === '::' || (host === '0.0.0.0' ? addresses.some(isV4) : addresses.includes(host))
    )
  )
}

function isV4(address: string): boolean {
  return !address.includes(':')
}

/** Records by their name: what questions are answered from. */
export type Zone = ReadonlyMap<string, readonly DnsRecord[]>

export function zoneOf(records: readonly DnsRecord[]): Zone {
  const zone = new Map<string, DnsRecord[]>()
  const told = new Set<string>()
  for (const each of records) {
    // Several services have one and the same type.
    if (each.type === 'PTR') {
      const pair = `${each.name} ${each.target}`
      if (told.has(pair)) continue
      told.add(pair)
    }
    const key = nameKey(each.name)
    const known = zone.get(key)
    if (known) known.push(each)
    else zone.set(key, [each])
  }
  return zone
}

/** What who hears these will ask for next (RFC 6763 §12). */
export function additionalsFor(answers: readonly DnsRecord[], zone: Zone): DnsRecord[] {
  const all = new Set(answers)
  const follow = (from: readonly DnsRecord[]): DnsRecord[] => {
    const targets = from.flatMap((each) => (each.type === 'PTR' || each.type === 'SRV' ? [each.target] : []))
    const next = [...new Set(targets)].flatMap((each) =>
      (zone.get(nameKey(each)) ?? []).filter((record) => record.type !== 'PTR' && !all.has(record))
    )
    for (const each of next) all.add(each)
    return next
  }
  const services = follow(answers)
  return [...services, ...follow([...answers, ...services])]
}
