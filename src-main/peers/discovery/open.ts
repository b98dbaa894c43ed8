/** Opens the discovery of one running Farport. Imported on demand: commands that look for nobody never load it. */
import { hostname } from 'node:os'
import type { Clock } from '../../base/clock.ts'
import { Emitter } from '../../base/event.ts'
import { Announcer } from './announcer.ts'
import { decode } from './decode.ts'
import type { Announcement, Discovery, Heard } from './discovery.ts'
import { Sockets } from './sockets.ts'
import type { Transport } from './transport.ts'

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
  const { clock, interfaces = [], hostname: name = hostname(), onTrouble = () => undefined } = options
  return new Node(new Sockets({ clock, interfaces, onTrouble }), clock, name)
}

class Node implements Discovery {
  readonly #transport: Transport
  readonly #announcer: Announcer
  readonly #changed = new Emitter<void>()
  readonly heard: readonly Heard[] = []

  readonly onChange = this.#changed.event

  constructor(transport: Transport, clock: Clock, hostname: string) {
    this.#transport = transport
    this.#announcer = new Announcer({ clock, transport, random: Math.random, hostname })
    this.#announcer.onChange(() => this.#changed.fire())
    transport.onChannels((change) => this.#announcer.channelsChanged(change))
    transport.onPacket((packet) => {
      const message = decode(packet.bytes)
      if (message) this.#announcer.heard(packet, message)
    })
  }

  get names(): ReadonlyMap<string, string> {
    return this.#announcer.names
  }

  announce(all: readonly Announcement[]): void {
    this.#announcer.announce(all)
  }

  refresh(): void {
    // Nobody is looked for yet.
  }

  async close(): Promise<void> {
    this.#announcer.withdrawAll()
    await this.#transport.flush()
    this.dispose()
  }

  dispose(): void {
    this.#changed.dispose()
    this.#announcer.dispose()
    this.#transport.dispose()
  }
}
