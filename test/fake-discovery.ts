import type { Event } from '../src-main/base/event.ts'
import { Emitter } from '../src-main/base/event.ts'
import type { Announcement, Discovery, Heard } from '../src-main/peers/discovery/discovery.ts'
import type { DiscoveryOptions } from '../src-main/peers/discovery/open.ts'

/** A network without packets: tells what is announced, and is told what is heard. */
export class FakeDiscovery implements Discovery {
  readonly options: DiscoveryOptions
  readonly #changes = new Emitter<void>()
  readonly onChange: Event<void> = this.#changes.event
  readonly names = new Map<string, string>()
  announced: readonly Announcement[] = []
  heard: readonly Heard[] = []
  refreshes = 0
  closed = false

  constructor(options: DiscoveryOptions) {
    this.options = options
  }

  announce(all: readonly Announcement[]): void {
    this.announced = all
  }

  /** From now on these are what there is. */
  hear(...heard: readonly Heard[]): void {
    this.heard = heard
    this.#changes.fire()
  }

  refresh(): void {
    this.refreshes++
  }

  close(): Promise<void> {
    this.closed = true
    return Promise.resolve()
  }

  dispose(): void {
    this.closed = true
  }
}

export function heardFarport(name: string, id: string, port: number, given: Partial<Heard> = {}): Heard {
  return {
    key: `${name}._farport._tcp.local`,
    type: 'farport',
    name,
    host: `${name}.local`,
    addresses: ['127.0.0.1'],
    port,
    txt: { v: '1', id, version: '1' },
    present: true,
    since: 1,
    seen: 1,
    ...given
  }
}

export function heardPort(
  name: string,
  port: number,
  gensiostack: string,
  given: Partial<Heard> = {}
): Heard {
  return {
    ...heardFarport(name, '', port),
    key: `${name}._iostream._tcp.local`,
    type: 'iostream',
    host: 'box.local',
    txt: { provider: 'ser2net', gensiostack },
    ...given
  }
}
