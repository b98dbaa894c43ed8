/**
 * What the rest of the house sees of mDNS: what we announce, and what others do. Made by core (open.ts); packets and interfaces are
 * the affair of the other files of this folder. Everything heard is a hint: anybody in the network can say anything, so nothing here
 * is ever proof of who somebody is, and nothing is connected to.
 *
 *   sockets.ts   one socket for each interface and family, others' packets in and ours out (transport.ts in a test: in memory)
 *   flood.ts     what strangers' packets may take of the processor        decode.ts, encode.ts, message.ts, names.ts, txt.ts: packets
 *   announcer.ts what is ours: prober.ts gets the names, zone.ts has the records, responder.ts answers, outbox.ts sends
 *   browser.ts   what is others': asks, and keeps in cache.ts (lease.ts, hosts.ts) what sanitise.ts lets through
 *
 * Why no library, where bonjour-service 1.4.4 (on multicast-dns 7.2.5 and dns-packet 5.6.1) exists:
 * - A name is text joined by dots: a share called `Rack 2.1` cannot be written at all, and in a query the bit that asks for an answer
 *   by unicast is lost in an unknown class.
 * - A clash of names is printed on the console and the service given up; nobody who starts at the same moment is noticed.
 * - It announces all addresses on every interface and sends from one; a time to live and a goodbye are believed or ignored, not
 *   checked; lists grow without end; twelve bytes from anybody reserve two megabytes; its timers are not on our clock.
 * Below its codec nothing would be left of it but `socket.send`. It is the other end of a test instead.
 */
import type { Disposable, Event } from '../../base/event.ts'

/** Service types (RFC 6763) by the word before `._tcp`. We announce the first two; `telnet` need not be a serial port. */
export const SERVICE_TYPES = ['farport', 'iostream', 'rfc2217', 'telnet'] as const
export type ServiceType = (typeof SERVICE_TYPES)[number]

/** One service of ours. */
export interface Announcement {
  /** Ours: stays while everything else about it changes. */
  readonly key: string
  readonly type: 'farport' | 'iostream'
  /** As people call it, up to 63 bytes of UTF-8 are used. Where another computer has it: `name (2)`, see `names`. */
  readonly name: string
  readonly port: number
  /** Key to value, in this order; each `key=value` up to 255 bytes. */
  readonly txt: Readonly<Record<string, string>>
  /** The local addresses it listens at; empty: all. Announced only on the interfaces that have them, and never on loopback alone. */
  readonly hosts: readonly string[]
}

/** One service of somebody else, with its strings sanitised and cut. */
export interface Heard {
  /** Type, name and domain: the same while it is the same service. */
  readonly key: string
  readonly type: ServiceType
  readonly name: string
  /** `box.local`. */
  readonly host: string
  /** As announced, without those that no dialling could mean; link-local IPv6 with its zone. The likeliest first. */
  readonly addresses: readonly string[]
  readonly port: number
  readonly txt: Readonly<Record<string, string>>
  /** False: it said goodbye, or was not heard again in time. It stays for a while, greyed out. */
  readonly present: boolean
  /** First and last heard: wall clock, ms since 1970. `seen` alone changes once a minute at the most. */
  readonly since: number
  readonly seen: number
}

export interface Discovery extends Disposable {
  /** All that is to be announced from now on; what stays the same is not touched. */
  announce(all: readonly Announcement[]): void
  /** What our services are called in the network now, by their keys; absent until that is settled. */
  readonly names: ReadonlyMap<string, string>
  readonly heard: readonly Heard[]
  /** `names` or `heard` changed. */
  readonly onChange: Event<void>
  /** Asks the network again, at once. */
  refresh(): void
  /** Says goodbye for all of ours, and ends; resolves when that is sent, or cannot be. Never rejects. */
  close(): Promise<void>
}
