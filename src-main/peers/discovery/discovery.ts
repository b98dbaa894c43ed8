/**
 * What the rest of the house sees of mDNS: what we announce, and what others do. Made by core; the packets, the library and the
 * interfaces are the affair of the other files of this folder. Everything heard is a hint: anybody in the network can say anything.
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
  /** First and last heard: wall clock, ms since 1970. */
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
