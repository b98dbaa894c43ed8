/**
 * What others announce, from records in any order and over any number of packets. Knows no clock and no socket: it is told the
 * time, and says what is to be asked.
 *
 * Who is let in when it is full: one who is present is never pushed out. A newcomer takes the place of the one that is gone for
 * longest, else it is not let in; so does one whose sender has brought half of all already, or who comes faster than so many a
 * second. Whoever is not let in is heard again, as he is among the known answers of no question of ours.
 */
import { isIPv4 } from 'node:net'
import { SERVICE_TYPES, type Heard, type ServiceType } from './discovery.ts'
import { Hosts } from './hosts.ts'
import { Lease } from './lease.ts'
import { ENTRIES, ENTRIES_PER_SENDER, NEW_AT_ONCE, NEW_PER_SECOND } from './limits.ts'
import type { DnsRecord, Question } from './message.ts'
import { labelsOf, nameKey } from './names.ts'
import { shownKey, shownName, shownTxt, shownValue } from './sanitise.ts'
import type { Channel } from './transport.ts'
import { decodeTxt } from './txt.ts'
import { typeName } from './zone.ts'

/** Who said goodbye may have been made to: it is asked, and gone when it is silent for so long. */
const GOODBYE_MS = 1500
/** It stays so long, greyed out, and is asked for so often: a network that was cut tells nobody when it is whole again. */
const GREY_MS = 600_000
const GREY_ASK_MS = 8000
/** One of which nothing but the name comes is no service. */
const INCOMPLETE_MS = 30_000
/** What is missing is asked for at once, then after so long and twice that. */
const ASK_MS = 1000
const ASK_MOST_MS = 60_000

/** When one that is there was heard last need not be told more exactly. */
const SEEN_MS = 60_000

const TYPES = new Map<string, ServiceType>(SERVICE_TYPES.map((each) => [typeName(each), each]))

/** `link`: the interface that it was heard on. */
interface Part {
  readonly lease: Lease
  readonly link: string
}

interface Entry {
  /** As announced; what it is asked for by. */
  readonly instance: string
  readonly key: string
  readonly type: ServiceType
  readonly name: string
  readonly sender: string
  /** Wall clock. */
  readonly since: number
  seen: number
  readonly createdMs: number
  /** Where it was heard, by key. */
  readonly on: Map<string, Channel>
  pointer: Lease
  server: (Part & { readonly host: string; readonly port: number }) | undefined
  text: (Part & { readonly values: Readonly<Record<string, string>> }) | undefined
  goodbyeMs: number | undefined
  /** Since when it is gone. */
  greyMs: number | undefined
  asks: number
  askMs: number
  /** As it was told last. */
  told: string
}

export interface From {
  readonly channel: Channel
  readonly address: string
  readonly nowMs: number
  readonly wallMs: number
}

/** What to ask on a channel, by its key. */
export type Asks = ReadonlyMap<string, readonly Question[]>

export class Cache {
  readonly #isOwn: (instance: string) => boolean
  readonly #entries = new Map<string, Entry>()
  readonly #hosts = new Hosts()
  #tokens = NEW_AT_ONCE
  #tokensMs = 0
  #hasChanged = false
  #isAsking = false

  /** `isOwn`: whether an instance is ours. */
  constructor(isOwn: (instance: string) => boolean) {
    this.#isOwn = isOwn
  }

  get size(): number {
    return this.#entries.size
  }

  /** True once after `heard` became another one. */
  takeChanged(): boolean {
    const changed = this.#hasChanged
    this.#hasChanged = false
    return changed
  }

  /** True once when there is something to ask at once. */
  takeAsking(): boolean {
    const asking = this.#isAsking
    this.#isAsking = false
    return asking
  }

  heard(): Heard[] {
    return [...this.#entries.values()].flatMap((each) => (each.told === '' ? [] : (this.#shown(each) ?? [])))
  }

  /** The records of one packet. */
  take(records: readonly DnsRecord[], from: From): void {
    const touched = new Set<Entry>()
    // First what names a service, then what is known of it, then where it is: order in the packet means nothing.
    for (const each of records) if (each.type === 'PTR') add(touched, this.#pointer(each, from))
    for (const each of records)
      if (each.type === 'SRV' || each.type === 'TXT') add(touched, this.#part(each, from))
    let isNewAddress = false
    for (const each of records) {
      if (each.type !== 'A' && each.type !== 'AAAA') continue
      isNewAddress = this.#hosts.take(each, from.channel, from.nowMs) || isNewAddress
    }
    for (const each of touched) {
      each.on.set(from.channel.key, from.channel)
      each.seen = from.wallMs
    }
    for (const each of isNewAddress ? this.#entries.values() : touched) this.#look(each, from.nowMs)
  }

  /** Nothing is heard on that channel any more. */
  lose(channel: Channel, nowMs: number): void {
    this.#hosts.lose(channel)
    for (const each of this.#entries.values()) {
      each.on.delete(channel.key)
      this.#look(each, nowMs)
    }
  }

  /** What has become ours. */
  dropOwn(): void {
    for (const [key, { instance }] of this.#entries) if (this.#isOwn(instance)) this.#delete(key)
  }

  /** What we know of a channel's services: it need not be answered. */
  known(channel: Channel, nowMs: number): DnsRecord[] {
    return [...this.#entries.values()]
      .filter(
        (each) => each.on.has(channel.key) && each.goodbyeMs === undefined && each.pointer.isFresh(nowMs)
      )
      .map(({ type, instance, pointer }) => ({
        name: typeName(type),
        type: 'PTR',
        ttl: pointer.left(nowMs),
        flush: false,
        target: instance
      }))
  }

  /** To be called about once a second: lets go of what is over, and says what to ask. `all`: those that are gone as well. */
  tick(nowMs: number, channels: readonly Channel[]): Asks {
    const asks = new Map<string, Map<string, Question>>()
    for (const [key, entry] of this.#entries) {
      this.#look(entry, nowMs)
      if (this.#isOver(entry, nowMs)) {
        this.#delete(key)
        continue
      }
      const questions = this.#due(entry, nowMs)
      if (questions.length === 0) continue
      // Who is gone may come back anywhere.
      const on = entry.greyMs === undefined ? [...entry.on.keys()] : channels.map((each) => each.key)
      for (const channel of on) {
        const own = asks.get(channel) ?? new Map<string, Question>()
        asks.set(channel, own)
        for (const each of questions) own.set(`${nameKey(each.name)} ${each.type}`, each)
      }
    }
    this.#isAsking = false
    this.#hosts.retain([...this.#entries.values()].flatMap((each) => each.server?.host ?? []))
    return new Map([...asks].map(([key, questions]) => [key, [...questions.values()]]))
  }

  #pointer(record: DnsRecord & { type: 'PTR' }, from: From): Entry | undefined {
    const type = TYPES.get(nameKey(record.name))
    if (!type || this.#isOwn(record.target)) return undefined
    const key = nameKey(record.target)
    const known = this.#entries.get(key)
    if (record.ttl === 0) {
      if (known) this.#goodbye(known, from.nowMs)
      return undefined
    }
    if (known) {
      known.pointer = new Lease(record, from.nowMs)
      return known
    }
    const [label, ...rest] = labelsOf(record.target)
    if (!label || nameKey(rest.join('.')) !== typeName(type)) return undefined
    const name = shownName(label)
    if (name === '' || !this.#admits(from)) return undefined
    const entry: Entry = {
      instance: record.target,
      key: shownKey(key),
      type,
      name,
      sender: from.address,
      since: from.wallMs,
      seen: from.wallMs,
      createdMs: from.nowMs,
      on: new Map(),
      pointer: new Lease(record, from.nowMs),
      server: undefined,
      text: undefined,
      goodbyeMs: undefined,
      greyMs: undefined,
      asks: 0,
      askMs: from.nowMs,
      told: ''
    }
    this.#entries.set(key, entry)
    return entry
  }

  #part(record: DnsRecord & { type: 'SRV' | 'TXT' }, { nowMs, channel }: From): Entry | undefined {
    const entry = this.#entries.get(nameKey(record.name))
    if (!entry) return undefined
    const link = channel.interface
    if (record.type === 'TXT') {
      if (record.ttl === 0 || isHeldElsewhere(entry, entry.text, link, nowMs)) return undefined
      entry.text = { lease: new Lease(record, nowMs), link, values: shownTxt(decodeTxt(record.data)) }
      return entry
    }
    if (record.ttl === 0) {
      this.#goodbye(entry, nowMs)
      return undefined
    }
    if (record.port === 0 || isHeldElsewhere(entry, entry.server, link, nowMs)) return undefined
    const lease = new Lease(record, nowMs)
    entry.server = { lease, link, host: record.target, port: record.port }
    this.#hosts.keep(record.target)
    // It lives, whoever said goodbye in its name.
    entry.goodbyeMs = undefined
    if (entry.pointer.isOver(nowMs)) entry.pointer = new Lease({ ttl: record.ttl }, nowMs)
    return entry
  }

  #goodbye(entry: Entry, nowMs: number): void {
    if (entry.greyMs !== undefined || entry.goodbyeMs !== undefined) return
    entry.goodbyeMs = nowMs
    entry.asks = 0
    entry.askMs = nowMs
    this.#isAsking = true
  }

  #admits({ address, nowMs }: From): boolean {
    const refilled = this.#tokens + ((nowMs - this.#tokensMs) * NEW_PER_SECOND) / 1000
    this.#tokens = Math.min(NEW_AT_ONCE, refilled)
    this.#tokensMs = nowMs
    if (this.#tokens < 1) return false
    let brought = 0
    let oldest: Entry | undefined
    for (const each of this.#entries.values()) {
      if (each.sender === address) brought++
      if (each.greyMs !== undefined && each.greyMs < (oldest?.greyMs ?? Infinity)) oldest = each
    }
    if (brought >= ENTRIES_PER_SENDER) return false
    if (this.#entries.size >= ENTRIES) {
      if (!oldest) return false
      this.#delete(nameKey(oldest.instance))
    }
    this.#tokens--
    return true
  }

  #delete(key: string): void {
    if (this.#entries.get(key)?.told !== '') this.#hasChanged = true
    this.#entries.delete(key)
  }

  #isPresent({ on, server, pointer, goodbyeMs = Infinity }: Entry, nowMs: number): boolean {
    return (
      on.size > 0 &&
      !!server &&
      !server.lease.isOver(nowMs) &&
      !pointer.isOver(nowMs) &&
      nowMs < goodbyeMs + GOODBYE_MS
    )
  }

  /** Nothing is missing that could be known. */
  #isWhole({ server, text }: Entry): boolean {
    return !!server && !!text && this.#hosts.addressesOf(server.host).length > 0
  }

  /** Avahi says by IPv6 only what it is by IPv6: twice we ask whether there is more. */
  #isPartial({ server, asks }: Entry): boolean {
    return !!server && asks < 2 && !this.#hosts.addressesOf(server.host).some(isIPv4)
  }

  #isOver({ told, greyMs, createdMs }: Entry, nowMs: number): boolean {
    if (told === '') return nowMs >= createdMs + INCOMPLETE_MS
    return greyMs !== undefined && nowMs >= greyMs + GREY_MS
  }

  /** After anything about it may have changed. */
  #look(entry: Entry, nowMs: number): void {
    if (this.#isPresent(entry, nowMs)) {
      entry.greyMs = undefined
    } else if (entry.told !== '' && entry.greyMs === undefined) {
      entry.greyMs = nowMs
      entry.asks = 0
      entry.askMs = nowMs + GREY_ASK_MS
    }
    const isWhole = this.#isWhole(entry)
    if ((!isWhole || this.#isPartial(entry)) && entry.askMs <= nowMs) this.#isAsking = true
    // Some never say where they are, or have no text: after three questions they are shown as they are.
    if (entry.told === '' && !isWhole && (!entry.server || entry.asks < 3)) return
    const shown = this.#shown(entry)
    if (!shown) return
    const told = JSON.stringify({ ...shown, seen: Math.floor(shown.seen / SEEN_MS) })
    if (told === entry.told) return
    entry.told = told
    this.#hasChanged = true
  }

  #shown(entry: Entry): Heard | undefined {
    const { key, type, name, server, text, greyMs, since, seen } = entry
    if (!server) return undefined
    return {
      key,
      type,
      name,
      host: shownValue(server.host.replace(/\\(.)/g, '$1')),
      addresses: this.#hosts.addressesOf(server.host),
      port: server.port,
      txt: text?.values ?? {},
      present: greyMs === undefined,
      since,
      seen
    }
  }

  /** What to ask about it now. */
  #due(entry: Entry, nowMs: number): Question[] {
    const { instance, type, server, text, pointer } = entry
    const question = (name: string, of: Question['type']): Question => ({ name, type: of, unicast: false })
    if (entry.greyMs !== undefined) {
      if (nowMs < entry.askMs) return []
      entry.askMs = nowMs + GREY_ASK_MS
      return [question(instance, 'SRV')]
    }
    const isServerDue = !!server?.lease.isDue(nowMs)
    const questions: Question[] = []
    if (isServerDue) questions.push(question(instance, 'SRV'))
    if (text?.lease.isDue(nowMs)) questions.push(question(instance, 'TXT'))
    if (pointer.isDue(nowMs)) questions.push(question(typeName(type), 'PTR'))
    const isHostDue = server ? this.#hosts.isDue(server.host, nowMs) : false
    if (server && isHostDue) questions.push(question(server.host, 'A'), question(server.host, 'AAAA'))
    const isMissing = !this.#isWhole(entry) || this.#isPartial(entry)
    if ((!isMissing && entry.goodbyeMs === undefined) || nowMs < entry.askMs) return questions
    const delayMs = Math.min(ASK_MS * 2 ** entry.asks, ASK_MOST_MS)
    if (!server || entry.goodbyeMs !== undefined) questions.push(question(instance, 'SRV'))
    if (!text) questions.push(question(instance, 'TXT'))
    if (server && (this.#hosts.addressesOf(server.host).length === 0 || this.#isPartial(entry)))
      questions.push(question(server.host, 'A'), question(server.host, 'AAAA'))
    entry.askMs = nowMs + delayMs
    entry.asks++
    return questions
  }
}

/**
 * Each network has names of its own: who is in one of them says nothing about a service that is there in another one. A computer that is
 * in both says the same in both.
 */
function isHeldElsewhere({ on }: Entry, part: Part | undefined, link: string, nowMs: number): boolean {
  if (!part || part.link === link || part.lease.isOver(nowMs)) return false
  return [...on.values()].some((each) => each.interface === part.link)
}

function add<T>(set: Set<T>, value: T | undefined): void {
  if (value !== undefined) set.add(value)
}
