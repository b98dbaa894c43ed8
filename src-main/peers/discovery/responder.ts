/** Answers questions from the zone of their channel (RFC 6762 §5.4, §6, §6.7, §7.1, §7.2). */
import type { Clock } from '../../base/clock.ts'
import type { Disposable } from '../../base/event.ts'
import { encode } from './encode.ts'
import { SENT_BYTES } from './limits.ts'
import { message, recordKey, type DnsRecord, type Message } from './message.ts'
import { nameKey } from './names.ts'
import type { Outbox } from './outbox.ts'
import { MDNS_PORT, type Channel, type Packet, type Transport } from './transport.ts'
import { additionalsFor, type Zone } from './zone.ts'

/** Others may have the same to say: not all at once. */
const SHARED_MS = { least: 20, spread: 100 }
/** More of what the asker knows follows. */
const TRUNCATED_MS = { least: 400, spread: 100 }
/** Who asks in plain DNS may keep the answer so many seconds: it hears no goodbye. */
const LEGACY_TTL = 10
/** To single addresses, which anybody can forge: so many at once and a second, on each channel. */
const ALONE_PER_SECOND = 20

export class Responder implements Disposable {
  readonly #clock: Clock
  readonly #transport: Transport
  readonly #outbox: Outbox
  readonly #random: () => number
  readonly #zone: (channel: Channel) => Zone
  readonly #alone = new Map<string, { sent: number; sinceMs: number }>()

  constructor(
    clock: Clock,
    transport: Transport,
    outbox: Outbox,
    random: () => number,
    zone: (channel: Channel) => Zone
  ) {
    this.#clock = clock
    this.#transport = transport
    this.#outbox = outbox
    this.#random = random
    this.#zone = zone
  }

  asked(packet: Packet, query: Message): void {
    const { channel, address, port, isNear } = packet
    const zone = this.#zone(channel)
    const known = new Map(query.answers.map((each) => [recordKey(each), each.ttl]))
    const wanted = { all: new Set<DnsRecord>(), alone: new Set<DnsRecord>() }
    for (const { name, type, unicast } of query.questions) {
      for (const record of zone.get(nameKey(name)) ?? []) {
        if (type !== 'ANY' && type !== record.type) continue
        if ((known.get(recordKey(record)) ?? -1) >= record.ttl / 2) continue
        wanted[(unicast && isNear) || port !== MDNS_PORT ? 'alone' : 'all'].add(record)
      }
    }
    for (const each of query.answers) this.#outbox.isKnown(channel, each, address)
    // Anybody may write any address on a packet: no host elsewhere is sent what it did not ask for.
    if (wanted.alone.size > 0 && isNear) this.#answerAlone(packet, query, [...wanted.alone])
    if (port !== MDNS_PORT) return
    for (const each of wanted.alone) if (!this.#outbox.isFresh(channel, each)) wanted.all.add(each)
    this.#answerAll(packet, query, [...wanted.all])
  }

  dispose(): void {
    this.#alone.clear()
  }

  #answerAll({ channel, address }: Packet, query: Message, records: readonly DnsRecord[]): void {
    const isProbe = query.authorities.length > 0
    const after = (wait: { least: number; spread: number }): number =>
      wait.least + this.#random() * wait.spread
    const delayMs = query.truncated
      ? after(TRUNCATED_MS)
      : !isProbe && records.some((each) => !each.flush)
        ? after(SHARED_MS)
        : 0
    this.#outbox.put(channel, records, { delayMs, asker: address, ...(isProbe && { urgency: 'defence' }) })
  }

  #answerAlone({ channel, address, port }: Packet, query: Message, answers: readonly DnsRecord[]): void {
    if (!this.#mayAlone(channel)) return
    const isLegacy = port !== MDNS_PORT
    const shortened = (records: readonly DnsRecord[]): DnsRecord[] =>
      isLegacy ? records.map((each) => ({ ...each, ttl: Math.min(each.ttl, LEGACY_TTL) })) : [...records]
    const reply = message({
      response: true,
      ...(isLegacy && { id: query.id, questions: query.questions.slice(0, 4) }),
      answers: shortened(answers),
      additionals: shortened(additionalsFor(answers, this.#zone(channel)))
    })
    const whole = encode(reply, isLegacy)
    const bytes = whole.length <= SENT_BYTES ? whole : encode({ ...reply, additionals: [] }, isLegacy)
    this.#transport.send(channel, bytes, { address, port })
  }

  #mayAlone({ key }: Channel): boolean {
    const nowMs = this.#clock.nowMs()
    const known = this.#alone.get(key)
    if (!known || nowMs - known.sinceMs >= 1000) {
      this.#alone.set(key, { sent: 1, sinceMs: nowMs })
      return true
    }
    return ++known.sent <= ALONE_PER_SECOND
  }
}
