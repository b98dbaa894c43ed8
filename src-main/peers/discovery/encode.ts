/** Packets of ours as bytes; names are compressed (RFC 1035 §4.1.4), also those in PTR and SRV (RFC 6762 §18.14). */
import { SENT_BYTES } from './limits.ts'
import {
  AUTHORITATIVE,
  CLASS_IN,
  RESPONSE,
  TOP_BIT,
  TRUNCATED,
  TYPE,
  type DnsRecord,
  type Message,
  type Question
} from './message.ts'
import { endOfLabel, nameKey, unescapeLabel } from './names.ts'

const HEADER_BYTES = 12

/** The whole message in one packet, however long. `unicast`: to somebody who knows no multicast DNS, so no flush bits. */
export function encode(message: Message, unicast = false): Buffer {
  const packet = new Packet(message, unicast)
  for (const each of message.answers) packet.answer(each)
  packet.rest(message.authorities)
  for (const each of message.additionals) packet.additional(each)
  return packet.end(message.truncated)
}

/**
 * A query in as many packets as its known answers need (RFC 6762 §7.2), or a response in as many as its answers do. What is
 * additional goes with the last one as far as it fits: who misses it asks.
 */
export function encodeAll(message: Message): Buffer[] {
  const packets: Buffer[] = []
  let packet = new Packet(message)
  for (const each of message.answers) {
    if (packet.answer(each, SENT_BYTES)) continue
    packets.push(packet.end(!message.response))
    packet = new Packet(message.response ? message : { ...message, questions: [] })
    packet.answer(each)
  }
  packet.rest(message.authorities)
  message.additionals.every((each) => packet.additional(each, SENT_BYTES))
  return [...packets, packet.end(message.truncated)]
}

/** The data of a record as RFC 6762 §8.2.1 compares it: without compression. */
export function dataOf(record: DnsRecord): Buffer {
  const writer = new Writer(false)
  writer.data(record)
  return writer.bytes
}

/** One packet: its questions from the start on, then record by record in the order of the sections. */
class Packet {
  readonly #writer = new Writer()
  readonly #message: Message
  readonly #unicast: boolean
  #answers = 0
  #authorities = 0
  #additionals = 0

  constructor(message: Message, unicast = false) {
    this.#message = message
    this.#unicast = unicast
    for (let at = 0; at < HEADER_BYTES; at += 2) this.#writer.u16(0)
    for (const each of message.questions) this.#writer.question(each)
  }

  /** False, and nothing is written, where it does not fit; the first one always does. */
  answer(record: DnsRecord, mostBytes = Infinity): boolean {
    if (!this.#fits(record, this.#answers === 0 ? Infinity : mostBytes)) return false
    this.#answers++
    return true
  }

  rest(authorities: readonly DnsRecord[]): void {
    for (const each of authorities) this.#writer.record(each, this.#unicast)
    this.#authorities = authorities.length
  }

  additional(record: DnsRecord, mostBytes = Infinity): boolean {
    if (!this.#fits(record, mostBytes)) return false
    this.#additionals++
    return true
  }

  end(isTruncated: boolean): Buffer {
    const { id, response, questions } = this.#message
    const bytes = this.#writer.bytes
    const flags = (response ? RESPONSE | AUTHORITATIVE : 0) | (isTruncated ? TRUNCATED : 0)
    const counts = [questions.length, this.#answers, this.#authorities, this.#additionals]
    ;[id, flags, ...counts].forEach((each, index) => bytes.writeUInt16BE(each, index * 2))
    return bytes
  }

  #fits(record: DnsRecord, mostBytes: number): boolean {
    const before = this.#writer.length
    this.#writer.record(record, this.#unicast)
    if (this.#writer.length <= mostBytes) return true
    this.#writer.back(before)
    return false
  }
}

class Writer {
  readonly #compress: boolean
  readonly #known = new Map<string, number>()
  #buffer = Buffer.allocUnsafe(2048)
  #at = 0

  constructor(compress = true) {
    this.#compress = compress
  }

  get bytes(): Buffer {
    return Buffer.from(this.#buffer.subarray(0, this.#at))
  }

  get length(): number {
    return this.#at
  }

  /** As it was when it had that length. */
  back(length: number): void {
    this.#at = length
    for (const [key, at] of [...this.#known].reverse()) {
      if (at < length) break
      this.#known.delete(key)
    }
  }

  u16(value: number): void {
    this.#room(2)
    this.#at = this.#buffer.writeUInt16BE(value, this.#at)
  }

  name(name: string): void {
    const key = this.#compress ? nameKey(name) : ''
    for (let at = 0; at < name.length;) {
      const suffix = key.slice(at)
      const known = this.#known.get(suffix)
      if (known !== undefined) {
        this.u16(0xc000 | known)
        return
      }
      if (this.#compress && this.#at < 0x4000) this.#known.set(suffix, this.#at)
      const end = endOfLabel(name, at)
      this.#label(name.slice(at, end))
      at = end + 1
    }
    this.#room(1)
    this.#at = this.#buffer.writeUInt8(0, this.#at)
  }

  question({ name, type, unicast }: Question): void {
    this.name(name)
    this.u16(TYPE[type])
    this.u16(CLASS_IN | (unicast ? TOP_BIT : 0))
  }

  record(record: DnsRecord, unicast: boolean): void {
    this.name(record.name)
    this.u16(TYPE[record.type])
    this.u16(CLASS_IN | (record.flush && !unicast ? TOP_BIT : 0))
    this.#room(6)
    this.#at = this.#buffer.writeUInt32BE(record.ttl, this.#at)
    const length = this.#at
    this.#at += 2
    this.data(record)
    this.#buffer.writeUInt16BE(this.#at - length - 2, length)
  }

  data(record: DnsRecord): void {
    switch (record.type) {
      case 'PTR':
        this.name(record.target)
        break
      case 'SRV':
        // Priority and weight: of no use where each name has one server (RFC 6763 §5).
        this.u16(0)
        this.u16(0)
        this.u16(record.port)
        this.name(record.target)
        break
      case 'TXT':
        this.#put(record.data)
        break
      case 'A':
        this.#put(Buffer.from(record.address.split('.').map(Number)))
        break
      case 'AAAA':
        this.#put(ipv6Bytes(record.address))
    }
  }

  #label(escaped: string): void {
    const text = unescapeLabel(escaped)
    this.#room(64)
    // What does not fit is not written: no character is torn.
    const length = this.#buffer.write(text, this.#at + 1, 63)
    this.#buffer.writeUInt8(length, this.#at)
    this.#at += length + 1
  }

  #put(bytes: Buffer): void {
    this.#room(bytes.length)
    this.#at += bytes.copy(this.#buffer, this.#at)
  }

  #room(more: number): void {
    if (this.#at + more <= this.#buffer.length) return
    const larger = Buffer.allocUnsafe((this.#at + more) * 2)
    this.#buffer.copy(larger, 0, 0, this.#at)
    this.#buffer = larger
  }
}

/** Sixteen bytes; the address is a valid one, without a zone. */
function ipv6Bytes(address: string): Buffer {
  const [start = '', end] = address.split('::')
  const groups = (text: string): number[] =>
    text === ''
      ? []
      : text.split(':').flatMap((each) => (each.includes('.') ? dotted(each) : [parseInt(each, 16)]))
  const before = groups(start)
  const after = end === undefined ? [] : groups(end)
  const bytes = Buffer.alloc(16)
  before.forEach((group, index) => bytes.writeUInt16BE(group, index * 2))
  after.forEach((group, index) => bytes.writeUInt16BE(group, 16 - (after.length - index) * 2))
  return bytes
}

/** The end of an address such as ::ffff:192.0.2.1. */
function dotted(text: string): number[] {
  const [a = 0, b = 0, c = 0, d = 0] = text.split('.').map(Number)
  return [a * 256 + b, c * 256 + d]
}
