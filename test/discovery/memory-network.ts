/** A network in memory for discovery: computers on segments, packets that take a millisecond, cables that can be cut. */
import { Emitter } from '../../src-main/base/event.ts'
import type { Announcement, Discovery } from '../../src-main/peers/discovery/discovery.ts'
import { decode } from '../../src-main/peers/discovery/decode.ts'
import type { Message } from '../../src-main/peers/discovery/message.ts'
import { discoveryOn, type NodeOptions } from '../../src-main/peers/discovery/open.ts'
import type { Channel, ChannelChange, Packet, Transport } from '../../src-main/peers/discovery/transport.ts'
import type { FakeClock } from '../fake-clock.ts'
import { Random } from '../random.ts'

export interface Sent {
  readonly from: string
  readonly message: Message
  readonly bytes: Buffer
  readonly atMs: number
  /** To one alone. */
  readonly to?: string
}

export class MemoryNetwork {
  readonly #clock: FakeClock
  readonly #members = new Set<MemoryTransport>()
  readonly #random = new Random(7)
  /** Everything that anybody sent. */
  readonly sent: Sent[] = []

  constructor(clock: FakeClock) {
    this.#clock = clock
  }

  /** A Farport on a computer with this address. */
  computer(
    hostname: string,
    address: string,
    options: Partial<NodeOptions> = {}
  ): { discovery: Discovery; transport: MemoryTransport } {
    const transport = new MemoryTransport(this, address)
    this.#members.add(transport)
    const random = (): number => this.#random.below(1000) / 1000
    const discovery = discoveryOn(transport, {
      clock: this.#clock,
      hostname,
      browse: true,
      random,
      // Else a busy computer that runs the tests would count as a storm.
      measureMs: () => 0,
      ...options
    })
    return { discovery, transport }
  }

  carry(from: MemoryTransport, bytes: Buffer, to?: string): void {
    const message = decode(bytes)
    if (!message) throw new Error(`${from.address} sent what is no packet`)
    const sent = { from: from.address, message, bytes, atMs: this.#clock.nowMs() }
    this.sent.push(to === undefined ? sent : { ...sent, to })
    this.inject(bytes, from.address, { not: from, segment: from.segment, ...(to !== undefined && { to }) })
  }

  /** From whomever. */
  inject(bytes: Buffer, address: string, { not, segment = 0, to, port = 5353 }: Injection = {}): void {
    for (const each of this.#members) {
      if (each === not || each.segment !== segment || (to !== undefined && to !== each.address)) continue
      this.#clock.after(1, () => each.hear(bytes, address, port))
    }
  }
}

interface Injection {
  readonly not?: MemoryTransport
  readonly segment?: number
  readonly to?: string
  readonly port?: number
}

export class MemoryTransport implements Transport {
  readonly address: string
  readonly #network: MemoryNetwork
  readonly #changes = new Emitter<ChannelChange>()
  readonly #packets = new Emitter<Packet>()
  channels: Channel[]
  /** Only those on the same one hear each other. */
  segment = 0
  #ended = false

  readonly onChannels = this.#changes.event
  readonly onPacket = this.#packets.event

  constructor(network: MemoryNetwork, address: string) {
    this.#network = network
    this.address = address
    this.channels = [{ key: 'eth0/4', interface: 'eth0', family: 4, addresses: [address] }]
  }

  get ownAddresses(): ReadonlySet<string> {
    return new Set([this.address])
  }

  send(_channel: Channel, bytes: Buffer, to?: { readonly address: string }): void {
    if (!this.#ended && this.channels.length > 0) this.#network.carry(this, bytes, to?.address)
  }

  hear(bytes: Buffer, address: string, port: number): void {
    const [channel] = this.channels
    if (channel && !this.#ended)
      this.#packets.fire({ channel, bytes, address, port, isNear: address.startsWith('10.0.0.') })
  }

  /** The interface is down. */
  unplug(): void {
    const gone = this.channels
    this.channels = []
    this.#changes.fire({ gone, fresh: [] })
  }

  plug(): void {
    this.channels = [{ key: 'eth0/4', interface: 'eth0', family: 4, addresses: [this.address] }]
    this.#changes.fire({ gone: [], fresh: this.channels })
  }

  flush(): Promise<void> {
    return Promise.resolve()
  }

  dispose(): void {
    this.#ended = true
  }
}

export function service(name: string, port = 7000, more: Partial<Announcement> = {}): Announcement {
  return { key: name, type: 'iostream', name, port, txt: { provider: 'farport' }, hosts: [], ...more }
}
