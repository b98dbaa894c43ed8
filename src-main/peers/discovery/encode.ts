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
import { labelsOf, nameKey } from './names.ts'

/** The whole message in one packet, however long. `unicast`: to somebody who knows no multicast DNS, so no flush bits. */
export function encode(message: Message, unicast = false): Buffer {
  const writer = new Writer()
  const { questions, answers, authorities, additionals } = message
  writer.u16(message.id)
  writer.u16((message.response ? RESPONSE | AUTHORITATIVE : 0) | (message.truncated ? TRUNCATED : 0))
  for (const { length } of [questions, answers, authorities, additionals]) writer.u16(length)
  for (const each of questions) writer.question(each)
  for (const each of [...answers, ...authorities, ...additionals]) writer.record(each, unicast)
  return writer.bytes
}

/**
 * A query in as many packets as its known answers need (RFC 6762 §7.2), or a response in as many as its answers do. What is
 * additional goes with the last one, or not at all where it would not fit: who misses it asks.
 */
export function encodeAll(message: Message): Buffer[] {
  const packets: Buffer[] = []
  let rest = message
  for (;;) {
    const whole = encode(rest)
    if (whole.length <= SENT_BYTES) return [...packets, whole]
    if (rest.additionals.length > 0) {
      rest = { ...rest, additionals: rest.additionals.slice(0, rest.additionals.length >> 1) }
      continue
    }
    if (rest.answers.length < 2) return [...packets, whole]
    const { questions, answers } = rest
    let count = Math.max(1, Math.floor((answers.length * SENT_BYTES) / whole.length))
    const part = (): Message => ({ ...rest, truncated: !rest.response, answers: answers.slice(0, count) })
    while (count > 1 && encode(part()).length > SENT_BYTES) count--
    packets.push(encode(part()))
    rest = { ...rest, questions: rest.response ? questions : [], answers: answers.slice(count) }
  }
}

/** The data of a record as RFC 6762 §8.2.1 compares it: without compression. */
export function dataOf(record: DnsRecord): Buffer {
  const writer = new Writer(false)
  writer.data(record)
  return writer.bytes
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

  u16(value: number): void {
    this.#room(2)
    this.#at = this.#buffer.writeUInt16BE(value, this.#at)
  }

  name(name: string): void {
    const labels = labelsOf(name)
    for (let first = 0; first < labels.length; first++) {
      const key = nameKey(labels.slice(first).join('\0'))
      const known = this.#compress ? this.#known.get(key) : undefined
      if (known !== undefined) {
        this.u16(0xc000 | known)
        return
      }
      if (this.#at < 0x4000) this.#known.set(key, this.#at)
      const label = Buffer.from(labels[first] ?? '')
      this.#room(64)
      this.#at = this.#buffer.writeUInt8(Math.min(label.length, 63), this.#at)
      this.#at += label.copy(this.#buffer, this.#at, 0, 63)
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
