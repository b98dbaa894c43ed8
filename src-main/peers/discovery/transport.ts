/** What carries the packets: a socket for each interface and family (sockets.ts), or a network in memory (tests). */
import type { Disposable, Event } from '../../base/event.ts'

export const MDNS_PORT = 5353

/** One interface by one family. Replaced by a new one of the same key when its addresses change. */
export interface Channel {
  /** `eth0/4`. */
  readonly key: string
  readonly interface: string
  readonly family: 4 | 6
  /** What the interface's services are reached at, both families. */
  readonly addresses: readonly string[]
}

export interface Packet {
  readonly channel: Channel
  readonly bytes: Buffer
  /** Who sent it; link-local IPv6 with its zone. */
  readonly address: string
  /** Not 5353: who asks knows nothing but DNS (RFC 6762 §6.7). */
  readonly port: number
  /** The sender's address is one of the channel's own network: whoever is answered alone is no stranger further off. */
  readonly isNear: boolean
}

export interface ChannelChange {
  /** Nothing is heard there any more. */
  readonly gone: readonly Channel[]
  /** New, changed, or awake again: what was said there is to be said again. */
  readonly fresh: readonly Channel[]
}

export interface Transport extends Disposable {
  readonly channels: readonly Channel[]
  readonly onChannels: Event<ChannelChange>
  /** What others sent; also other programs of this computer, but not what this one did. */
  readonly onPacket: Event<Packet>
  /** Every address of this computer, on all interfaces. */
  readonly ownAddresses: ReadonlySet<string>
  /** To everybody on the channel, or to `to` alone. Never throws; what cannot be sent is lost, as packets are. */
  send(channel: Channel, bytes: Buffer, to?: { readonly address: string; readonly port: number }): void
  /** Resolves when what was sent has left, or after half a second. */
  flush(): Promise<void>
}
