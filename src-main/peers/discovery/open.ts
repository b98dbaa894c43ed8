/** Opens the discovery of one running Farport. Imported on demand: commands that look for nobody never load it. */
import { hostname } from 'node:os'
import type { Clock } from '../../base/clock.ts'
import { Emitter } from '../../base/event.ts'
import { Announcer } from './announcer.ts'
import { Browser } from './browser.ts'
import { decode } from './decode.ts'
import type { Announcement, Discovery, Heard } from './discovery.ts'
import { Flood } from './flood.ts'
import { Sockets } from './sockets.ts'
import { MDNS_PORT, type Packet, type Transport } from './transport.ts'

export interface DiscoveryOptions {
  readonly clock: Clock
  /** Names of interfaces; none: all but loopback, which is used only where it is named. */
  readonly interfaces?: readonly string[]
  /** Whether others are looked for; absent: yes. Without, `heard` stays empty. */
  readonly browse?: boolean
  /** This computer's name; absent: the system's. `NAME.local` is what others connect to. */
  readonly hostname?: string
  /** Called once for each thing that keeps it from working, in one line: cause and next step. It goes on trying. */
  readonly onTrouble?: (message: string) => void
}

/** Never throws. Holds no process: who has nothing else to do ends. */
export function openDiscovery(options: DiscoveryOptions): Discovery {
  const { clock, interfaces = [], onTrouble = () => undefined } = options
  return discoveryOn(new Sockets({ clock, interfaces, onTrouble }), {
    clock,
    hostname: options.hostname ?? hostname(),
    browse: options.browse ?? true
  })
}

export interface NodeOptions {
  readonly clock: Clock
  readonly hostname: string
  readonly browse: boolean
  /** For tests: below 1. */
  readonly random?: () => number
  /** For tests: what handling packets is measured by. */
  readonly measureMs?: () => number
}

/** On any transport, which ends with it. */
export function discoveryOn(transport: Transport, options: NodeOptions): Discovery {
  return new Node(transport, options)
}

class Node implements Discovery {
  readonly #clock: Clock
  readonly #transport: Transport
  readonly #announcer: Announcer
  readonly #browser: Browser | undefined
  readonly #flood: Flood
  readonly #measureMs: () => number
  readonly #changed = new Emitter<void>()
  #ended = false

  readonly onChange = this.#changed.event

  constructor(transport: Transport, options: NodeOptions) {
    const { clock, hostname, browse, random = Math.random } = options
    this.#clock = clock
    this.#measureMs = options.measureMs ?? (() => performance.now())
    this.#transport = transport
    this.#flood = new Flood(clock.nowMs())
    const announcer = new Announcer({ clock, transport, random, hostname })
    const isOwn = (instance: string): boolean => announcer.isOwn(instance)
    const browser = browse ? new Browser({ clock, transport, random, wallMs: Date.now, isOwn }) : undefined
    this.#announcer = announcer
    this.#browser = browser
    announcer.onChange(() => {
      browser?.ownChanged()
      this.#changed.fire()
    })
    browser?.onChange(() => this.#changed.fire())
    transport.onChannels((change) => {
      announcer.channelsChanged(change)
      browser?.channelsChanged(change)
    })
    transport.onPacket((packet) => this.#heard(packet))
  }

  get names(): ReadonlyMap<string, string> {
    return this.#announcer.names
  }

  get heard(): readonly Heard[] {
    return this.#browser?.heard ?? []
  }

  announce(all: readonly Announcement[]): void {
    if (!this.#ended) this.#announcer.announce(all)
  }

  refresh(): void {
    if (!this.#ended) this.#browser?.refresh()
  }

  async close(): Promise<void> {
    if (this.#ended) return
    this.#announcer.withdrawAll()
    await this.#transport.flush()
    this.dispose()
  }

  dispose(): void {
    this.#ended = true
    this.#changed.dispose()
    this.#browser?.dispose()
    this.#announcer.dispose()
    this.#transport.dispose()
  }

  #heard(packet: Packet): void {
    const handle = (): void => {
      const message = decode(packet.bytes)
      // Answers come from the port of multicast DNS alone (RFC 6762 §6).
      if (!message || (message.response && packet.port !== MDNS_PORT)) return
      this.#browser?.take(packet, message)
      this.#announcer.heard(packet, message)
    }
    this.#flood.run(packet.address, this.#clock.nowMs(), this.#measureMs, handle)
  }
}
