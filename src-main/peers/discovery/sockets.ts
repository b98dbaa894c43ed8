/**
 * A socket for each interface and family, on port 5353 beside whoever else is there (avahi, mDNSResponder, another Farport).
 *
 * Where the system can (all but Windows) each is bound to the group's own address: then it gets no unicast packet that another
 * program on the port waits for. The price: nobody can answer us alone, so we never ask for that.
 * Linux gives an IPv4 socket what comes in on *any* interface whose group somebody joined (IP_MULTICAST_ALL), so what has a sender
 * of another interface's network is dropped. IPv6 binds to the interface by its zone and has no such trouble.
 */
import { createSocket, type Socket } from 'node:dgram'
import { BlockList } from 'node:net'
import { networkInterfaces, type NetworkInterfaceInfo } from 'node:os'
import type { Clock } from '../../base/clock.ts'
import { Emitter, type Disposable } from '../../base/event.ts'
import { PACKET_BYTES } from './limits.ts'
import { linksOf, ownAddresses, type Interfaces, type Link } from './links.ts'
import { MDNS_PORT, type Channel, type ChannelChange, type Packet, type Transport } from './transport.ts'

const GROUP = { 4: '224.0.0.251', 6: 'ff02::fb' } as const
/** RFC 6762 §11. */
const TTL = 255
const LOOK_MS = 2500
/** A wall clock that ran so much further than the monotonic one, or a look so late: the computer slept. */
const SLEPT_MS = 5000
const FLUSH_MS = 500
/** An IPv6 address that has just come cannot be used for a second: no trouble to tell of. */
const TRIES_UNTIL_TOLD = 2
const RETRY_MOST_MS = 60_000
/** Packets of ours that come back: so many are known again. */
const SENT_KNOWN = 64

export interface SocketsOptions {
  readonly clock: Clock
  readonly interfaces: readonly string[]
  readonly onTrouble: (message: string) => void
  /** For tests. */
  readonly list?: () => Interfaces
  readonly wallMs?: () => number
}

interface Open {
  readonly channel: Channel
  readonly link: Link
  readonly socket: Socket
}

export class Sockets implements Transport {
  readonly #options: SocketsOptions
  readonly #open = new Map<string, Open>()
  /** What does not work now, by the key of the channel; the next try is not before its time. */
  readonly #troubles = new Map<
    string,
    { readonly signature: string; readonly cause: string; readonly tries: number; readonly againMs: number }
  >()
  readonly #channels = new Emitter<ChannelChange>()
  readonly #packets = new Emitter<Packet>()
  readonly #look: Disposable
  readonly #sent: string[] = []
  #networks: readonly { readonly link: string; readonly block: BlockList }[] = []
  #own: ReadonlySet<string> = new Set()
  #sending = 0
  #flushed: (() => void) | undefined
  #lookedMs: number
  #wallMs: number
  #ended = false

  readonly onChannels = this.#channels.event
  readonly onPacket = this.#packets.event

  constructor(options: SocketsOptions) {
    this.#options = options
    this.#lookedMs = options.clock.nowMs()
    this.#wallMs = this.#wall()
    this.look()
    this.#look = options.clock.every(LOOK_MS, () => this.look(), 'idle')
  }

  get channels(): readonly Channel[] {
    return [...this.#open.values()].map((each) => each.channel)
  }

  get ownAddresses(): ReadonlySet<string> {
    return this.#own
  }

  send(channel: Channel, bytes: Buffer, to?: { readonly address: string; readonly port: number }): void {
    const open = this.#open.get(channel.key)
    if (!open) return
    if (!to) {
      this.#sent.push(bytes.toString('latin1'))
      if (this.#sent.length > SENT_KNOWN) this.#sent.shift()
    }
    const address =
      to?.address ?? (channel.family === 4 ? GROUP[4] : `${GROUP[6]}${open.link.member[6].slice(2)}`)
    this.#sending++
    open.socket.send(bytes, to?.port ?? MDNS_PORT, address, (error) => {
      // To one alone may fail because of that one.
      if (!to && !error) this.#troubles.delete(channel.key)
      else if (!to && error) this.#trouble(open, error)
      if (--this.#sending === 0) this.#flushed?.()
    })
  }

  async flush(): Promise<void> {
    if (this.#sending === 0) return
    await new Promise<void>((resolve) => {
      const timer = this.#options.clock.after(FLUSH_MS, resolve)
      this.#flushed = () => {
        timer.dispose()
        resolve()
      }
    })
  }

  dispose(): void {
    this.#ended = true
    this.#look.dispose()
    for (const each of this.#open.values()) each.socket.close()
    this.#open.clear()
  }

  /** Compares what there is with what is open. */
  look(): void {
    const slept = this.#slept()
    const interfaces = this.#list()
    this.#own = ownAddresses(interfaces)
    const links = linksOf(interfaces, this.#options.interfaces)
    this.#networks = links.map(({ name }) => ({ link: name, block: networkOf(interfaces[name] ?? []) }))
    const gone: Channel[] = []
    const fresh: Channel[] = slept ? [...this.channels] : []
    for (const [key, { channel, link, socket }] of this.#open) {
      const now = links.find((each) => each.name === link.name)
      if (now?.signature === link.signature) continue
      this.#open.delete(key)
      this.#troubles.delete(key)
      socket.close()
      if (!now?.families.includes(channel.family)) gone.push(channel)
    }
    this.#forgetTroubles(links)
    for (const link of links) {
      for (const family of link.families) if (this.#mayTry(`${link.name}/${family}`)) this.#bind(link, family)
    }
    if (gone.length > 0 || fresh.length > 0) this.#channels.fire({ gone, fresh })
  }

  /** What another cable or address has mended is tried at once. */
  #forgetTroubles(links: readonly Link[]): void {
    const now = new Set(links.map(({ signature }) => signature))
    for (const [key, { signature }] of this.#troubles) if (!now.has(signature)) this.#troubles.delete(key)
  }

  #mayTry(key: string): boolean {
    const againMs = this.#troubles.get(key)?.againMs ?? 0
    return !this.#open.has(key) && this.#options.clock.nowMs() >= againMs
  }

  #bind(link: Link, family: 4 | 6): void {
    const key = `${link.name}/${family}`
    const channel: Channel = { key, interface: link.name, family, addresses: link.addresses }
    const socket = createSocket({
      type: family === 4 ? 'udp4' : 'udp6',
      reuseAddr: true,
      ipv6Only: family === 6
    })
    const open: Open = { channel, link, socket }
    this.#open.set(key, open)
    socket.unref()
    socket.on('error', (error) => this.#trouble(open, error))
    socket.on('message', (bytes, { address, port }) => this.#heard(open, bytes, address, port))
    socket.bind(MDNS_PORT, bindAddress(link, family), () => {
      if (this.#open.get(key) !== open) return
      try {
        socket.addMembership(GROUP[family], link.member[family])
        socket.setMulticastInterface(link.member[family])
        socket.setMulticastTTL(TTL)
        socket.setMulticastLoopback(true)
      } catch (error) {
        this.#trouble(open, error as NodeJS.ErrnoException)
        return
      }
      this.#channels.fire({ gone: [], fresh: [channel] })
    })
  }

  /** The next look tries again; told once, for as long as it is the same. */
  #trouble(open: Open, error: NodeJS.ErrnoException): void {
    const { channel, link, socket } = open
    if (this.#open.get(channel.key) !== open) return
    this.#open.delete(channel.key)
    socket.close()
    this.#channels.fire({ gone: [channel], fresh: [] })
    const cause = error.code ?? error.message
    if (this.#ended) return
    const known = this.#troubles.get(channel.key)
    const tries = known?.cause === cause ? known.tries + 1 : 1
    const delayMs = Math.min(LOOK_MS * 2 ** (tries - 1), RETRY_MOST_MS)
    const againMs = this.#options.clock.nowMs() + delayMs
    this.#troubles.set(channel.key, { signature: link.signature, cause, tries, againMs })
    if (tries === TRIES_UNTIL_TOLD) this.#options.onTrouble(troubleText(channel, cause))
  }

  #heard(open: Open, bytes: Buffer, address: string, port: number): void {
    if (this.#open.get(open.channel.key) !== open || bytes.length > PACKET_BYTES) return
    if (this.#own.has(address.replace(/%.*/, '')) && this.#sent.includes(bytes.toString('latin1'))) return
    const { channel, link } = open
    const type = channel.family === 4 ? 'ipv4' : 'ipv6'
    const homes = this.#networks.filter(({ block }) => block.check(address.replace(/%.*/, ''), type))
    const isNear = homes.some((each) => each.link === link.name)
    if (channel.family === 4 && homes.length > 0 && !isNear) return
    this.#packets.fire({ channel, bytes, address, port, isNear })
  }

  /** Neither clock alone tells: on Linux the monotonic one stands still while the computer sleeps, elsewhere it need not. */
  #slept(): boolean {
    const nowMs = this.#options.clock.nowMs()
    const wallMs = this.#wall()
    const [ranMs, wallRanMs] = [nowMs - this.#lookedMs, wallMs - this.#wallMs]
    this.#lookedMs = nowMs
    this.#wallMs = wallMs
    return wallRanMs - ranMs > SLEPT_MS || ranMs - LOOK_MS > SLEPT_MS
  }

  #wall(): number {
    return (this.#options.wallMs ?? Date.now)()
  }

  #list(): Interfaces {
    try {
      return (this.#options.list ?? networkInterfaces)()
    } catch {
      // Some sandboxes forbid the question: as if there were none, until they don't.
      return {}
    }
  }
}

/** Windows binds to no group; the interface's own address hears its groups too. */
function bindAddress(link: Link, family: 4 | 6): string {
  if (process.platform === 'win32') return family === 4 ? link.member[4] : '::'
  return family === 4 ? GROUP[4] : `${GROUP[6]}${link.member[6].slice(2)}`
}

function networkOf(infos: readonly NetworkInterfaceInfo[]): BlockList {
  const block = new BlockList()
  // Of the link alone, and on every one of them.
  block.addSubnet('169.254.0.0', 16, 'ipv4')
  for (const { family, cidr } of infos) {
    const [address, bits] = cidr?.split('/') ?? []
    if (address && bits) block.addSubnet(address, Number(bits), family === 'IPv4' ? 'ipv4' : 'ipv6')
  }
  return block
}

function troubleText({ interface: name, family }: Channel, cause: string): string {
  const what = `cannot look for others on ${name} by IPv${family}`
  switch (cause) {
    case 'EADDRINUSE':
      return `${what}: another program has port ${MDNS_PORT} for itself; end it, or have it share the port`
    case 'EACCES':
    case 'EPERM':
      return `${what}: not permitted (${cause}); allow UDP port ${MDNS_PORT} for this program`
    default:
      return `${what} (${cause}); Farport goes on trying`
  }
}
