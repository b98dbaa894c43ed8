/** What of ours is known in the network: gets it its names, announces it, answers for it, and says goodbye (RFC 6762 §8, §6, §10). */
import type { Clock } from '../../base/clock.ts'
import { Emitter, type Disposable } from '../../base/event.ts'
import type { Announcement } from './discovery.ts'
import { recordKey, type Message } from './message.ts'
import { hostLabel, escapeLabel, LOCAL, nameKey, numbered, numberedHost } from './names.ts'
import { Outbox } from './outbox.ts'
import { Prober, type Claim } from './prober.ts'
import { Responder } from './responder.ts'
import type { Channel, ChannelChange, Packet, Transport } from './transport.ts'
import {
  additionalsFor,
  hostRecords,
  isReachable,
  serviceRecords,
  typeName,
  zoneOf,
  type ServiceRecords,
  type Zone
} from './zone.ts'

/** After it was said for the first time: packets get lost, two in a row hardly. */
const REPEATS_MS = [0, 1000, 3000]
/** What is settled at about one time is said in the same packets. */
const TOGETHER_MS = 10

interface Service extends Claim {
  own: Announcement
  /** Its name is known to be free. */
  settled: boolean
  /** What is said of it now. */
  readonly said: ServiceRecords
}

export interface AnnouncerOptions {
  readonly clock: Clock
  readonly transport: Transport
  readonly random: () => number
  /** What the system calls this computer. */
  readonly hostname: string
}

export class Announcer implements Disposable {
  readonly #clock: Clock
  readonly #transport: Transport
  readonly #outbox: Outbox
  readonly #responder: Responder
  readonly #prober: Prober
  readonly #host: Claim
  readonly #services = new Map<string, Service>()
  readonly #zones = new Map<string, Zone>()
  readonly #repeats = new Set<Disposable>()
  readonly #changed = new Emitter<void>()
  #names: ReadonlyMap<string, string> = new Map()
  /** Keys of the names of our services; absent: to be made again. */
  #instances: ReadonlySet<string> | undefined

  readonly onChange = this.#changed.event

  constructor({ clock, transport, random, hostname }: AnnouncerOptions) {
    this.#clock = clock
    this.#transport = transport
    this.#outbox = new Outbox(clock, transport, (answers, channel) =>
      additionalsFor(answers, this.#zone(channel))
    )
    this.#responder = new Responder(clock, transport, this.#outbox, random, (channel) => this.#zone(channel))
    this.#host = this.#hostClaim(hostLabel(hostname))
    this.#prober = new Prober({
      clock,
      transport,
      random,
      onSettled: (claim, on) => this.#settled(claim, on),
      onRenamed: (claim, old, kept) => this.#renamed(claim, old, kept)
    })
  }

  get names(): ReadonlyMap<string, string> {
    return this.#names
  }

  /** Whether an instance is one of ours, as `Name._iostream._tcp.local`. */
  isOwn(instance: string): boolean {
    this.#instances ??= new Set([...this.#services.values()].map((each) => nameKey(each.name)))
    return this.#instances.has(nameKey(instance))
  }

  announce(all: readonly Announcement[]): void {
    const wanted = new Map(all.map((each) => [each.key, each]))
    for (const [key, { own }] of this.#services) {
      const next = wanted.get(key)
      if (next?.type !== own.type || next.name !== own.name) this.#withdraw(key)
    }
    const isFirst = this.#services.size === 0
    const fresh: Service[] = []
    for (const own of wanted.values()) {
      const known = this.#services.get(own.key)
      if (!known) fresh.push(this.#add(own))
      else this.#update(known, own)
    }
    const { channels } = this.#transport
    if (isFirst && fresh.length > 0) this.#prober.probe(this.#host, channels)
    for (const each of fresh) this.#prober.probe(each, channels)
    if (this.#services.size === 0) this.#prober.drop(this.#host)
    this.#tell()
  }

  /** Of others, never our own echo. */
  heard(packet: Packet, message: Message): void {
    if (this.#services.size === 0) return
    const { channel } = packet
    this.#prober.heard(message, channel)
    if (message.response) this.#correct(message, channel)
    else this.#responder.asked(packet, message)
  }

  channelsChanged({ gone, fresh }: ChannelChange): void {
    for (const each of [...gone, ...fresh]) {
      this.#outbox.forget(each)
      this.#zones.delete(each.key)
    }
    if (fresh.length === 0 || this.#services.size === 0) return
    for (const each of [this.#host, ...this.#services.values()]) this.#prober.probe(each, fresh)
  }

  /** Goodbye for all of ours, in as few packets as may be. */
  withdrawAll(): void {
    for (const channel of this.#transport.channels) {
      const said = [...this.#services.values()].filter((each) => this.#isSaid(each, channel))
      this.#outbox.goodbye(
        channel,
        said.flatMap((each) => [each.said.pointer, ...each.said.unique])
      )
    }
    for (const each of [this.#host, ...this.#services.values()]) this.#prober.drop(each)
    this.#services.clear()
    this.#forget()
  }

  dispose(): void {
    for (const each of this.#repeats) each.dispose()
    this.#prober.dispose()
    this.#responder.dispose()
    this.#outbox.dispose()
    this.#changed.dispose()
  }

  #add(own: Announcement): Service {
    const host = this.#host
    let known: { own: Announcement; name: string; host: string; said: ServiceRecords } | undefined
    const service: Service = {
      own,
      turn: 1,
      settled: false,
      get name() {
        return `${escapeLabel(numbered(this.own.name, this.turn))}.${typeName(this.own.type)}`
      },
      // The same objects for as long as nothing changes: they are asked for with each packet.
      get said() {
        const [{ own: now, name }, hostName] = [this, host.name]
        if (known?.own !== now || known.name !== name || known.host !== hostName)
          known = { own: now, name, host: hostName, said: serviceRecords(now, name, hostName) }
        return known.said
      },
      records(channel) {
        return isReachable(this.own, channel) ? this.said.unique : []
      },
      agrees(record) {
        const key = recordKey(record)
        return this.said.unique.some((each) => recordKey(each) === key)
      }
    }
    this.#makeUnlikeOurs(service)
    this.#services.set(own.key, service)
    this.#forget()
    return service
  }

  /** Two of ours may have one name, as those that are longer than a label: nobody else would notice. */
  #makeUnlikeOurs(service: Service): void {
    const others = [...this.#services.values()].filter((each) => each !== service)
    const taken = new Set(others.map((each) => nameKey(each.name)))
    while (taken.has(nameKey(service.name))) service.turn++
  }

  /** What was made of names and records is to be made again. */
  #forget(): void {
    this.#zones.clear()
    this.#instances = undefined
  }

  #hostClaim(label: string): Claim {
    const isOwn = (address: string): boolean => this.#transport.ownAddresses.has(address)
    return {
      turn: 1,
      get name() {
        return `${numberedHost(label, this.turn)}.${LOCAL}`
      },
      records(channel) {
        return hostRecords(this.name, channel)
      },
      // Others on this computer have the same name, and rightly so: avahi, another Farport.
      agrees(record) {
        return (record.type !== 'A' && record.type !== 'AAAA') || isOwn(record.address)
      }
    }
  }

  /** Port, text or place are others: said again, where it was not reachable before after asking for the name. */
  #update(service: Service, own: Announcement): void {
    const old = service.own
    if (JSON.stringify(old) === JSON.stringify(own)) return
    const { channels } = this.#transport
    const lost = channels.filter((each) => isReachable(old, each) && !isReachable(own, each))
    const gained = channels.filter((each) => !isReachable(old, each) && isReachable(own, each))
    for (const each of lost) this.#leave(service, each)
    service.own = own
    this.#forget()
    if (gained.length > 0) this.#prober.probe(service, gained)
    this.#say(
      service,
      channels.filter((each) => !gained.includes(each))
    )
  }

  #withdraw(key: string): void {
    const service = this.#services.get(key)
    if (!service) return
    for (const each of this.#transport.channels) this.#leave(service, each)
    this.#services.delete(key)
    this.#prober.drop(service)
    this.#forget()
  }

  #leave(service: Service, channel: Channel): void {
    if (this.#prober.has(service, channel)) this.#goodbye(service, channel, service.name)
  }

  /** Of the service alone: the computer's name is not ours to take away, nor the type. */
  #goodbye({ own }: Service, channel: Channel, instance: string): void {
    if (!isReachable(own, channel)) return
    const { pointer, unique } = serviceRecords(own, instance, this.#host.name)
    this.#outbox.goodbye(channel, [pointer, ...unique])
  }

  #settled(claim: Claim, on: ReadonlySet<string>): void {
    this.#zones.clear()
    const channels = this.#transport.channels.filter((each) => on.has(each.key))
    if (claim === this.#host) {
      for (const each of this.#services.values()) if (each.settled) this.#say(each, channels)
      return
    }
    const service = claim as Service
    service.settled = true
    this.#tell()
    this.#say(service, channels)
  }

  /** Where it was lost, the old name is somebody else's; elsewhere (`kept`) nobody has it now. */
  #renamed(claim: Claim, old: string, kept: readonly Channel[]): void {
    this.#forget()
    if (claim === this.#host) return
    const service = claim as Service
    this.#makeUnlikeOurs(service)
    for (const each of kept) this.#goodbye(service, each, old)
    service.settled = false
    this.#tell()
  }

  #say(service: Service, channels: readonly Channel[]): void {
    for (const delayMs of REPEATS_MS) {
      const timer = this.#clock.after(
        delayMs,
        () => {
          this.#repeats.delete(timer)
          this.#announceNow(service, channels)
        },
        'idle'
      )
      this.#repeats.add(timer)
    }
  }

  #announceNow(service: Service, channels: readonly Channel[]): void {
    if (this.#services.get(service.own.key) !== service) return
    for (const channel of this.#transport.channels) {
      if (!channels.includes(channel) || !this.#isSaid(service, channel)) continue
      const { pointer, kind, unique } = service.said
      const host = this.#zone(channel).get(nameKey(this.#host.name)) ?? []
      const records = [pointer, kind, ...unique, ...host]
      this.#outbox.put(channel, records, { delayMs: TOGETHER_MS, urgency: 'announcement' })
    }
  }

  #isSaid(service: Service, channel: Channel): boolean {
    return this.#prober.has(service, channel) && isReachable(service.own, channel)
  }

  #zone(channel: Channel): Zone {
    const known = this.#zones.get(channel.key)
    if (known) return known
    const said = [...this.#services.values()].filter((each) => this.#isSaid(each, channel))
    const { name } = this.#host
    const zone = zoneOf([
      ...said.flatMap((each) => [each.said.pointer, each.said.kind]),
      ...said.flatMap((each) => each.said.unique),
      ...(said.length > 0 && this.#prober.has(this.#host, channel) ? hostRecords(name, channel) : [])
    ])
    this.#zones.set(channel.key, zone)
    return zone
  }

  /** Somebody says that something of ours is gone, or nearly: it is not (RFC 6762 §6.6). */
  #correct({ answers }: Message, channel: Channel): void {
    const zone = this.#zone(channel)
    for (const each of answers) {
      const ours = zone.get(nameKey(each.name))?.find((own) => recordKey(own) === recordKey(each))
      if (ours && each.ttl < ours.ttl / 2) this.#outbox.put(channel, [ours], { delayMs: 20 })
    }
  }

  #tell(): void {
    const settled = [...this.#services.values()].filter((each) => each.settled)
    const names = new Map(settled.map((each) => [each.own.key, numbered(each.own.name, each.turn)]))
    const old = this.#names
    this.#names = names
    if (old.size !== names.size || [...names].some(([key, name]) => old.get(key) !== name))
      this.#changed.fire()
  }
}
