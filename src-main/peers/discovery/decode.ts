/** Bytes from strangers as a message. Never throws; what is not needed is stepped over. */
import { PACKET_BYTES, POINTERS_PER_NAME, RECORDS_PER_PACKET } from './limits.ts'
import {
  CLASS_IN,
  RESPONSE,
  TOP_BIT,
  TRUNCATED,
  TYPE,
  type DnsRecord,
  type Message,
  type Question,
  type RecordType
} from './message.ts'
import { escapeLabel } from './names.ts'

const TYPES = new Map<number, RecordType | 'ANY'>(
  Object.entries(TYPE).map(([name, code]) => [code, name as RecordType | 'ANY'])
)

const HEADER_BYTES = 12
const NAME_BYTES = 255
/** Opcode and response code: a message that has either is none of multicast DNS (RFC 6762 §18.3, §18.11). */
const NOT_OURS = 0x780f

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Undefined where it is no packet of multicast DNS. One that breaks off in the middle counts as far as it goes: not at all. */
export function decode(bytes: Buffer): Message | undefined {
  if (bytes.length < HEADER_BYTES || bytes.length > PACKET_BYTES) return undefined
  const flags = bytes.readUInt16BE(2)
  if ((flags & NOT_OURS) !== 0) return undefined
  try {
    const reader = new Reader(bytes)
    const questions = reader.questions(bytes.readUInt16BE(4))
    return {
      id: bytes.readUInt16BE(0),
      response: (flags & RESPONSE) !== 0,
      truncated: (flags & TRUNCATED) !== 0,
      questions,
      answers: reader.records(bytes.readUInt16BE(6)),
      authorities: reader.records(bytes.readUInt16BE(8)),
      additionals: reader.records(bytes.readUInt16BE(10))
    }
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/** Reading behind the end, and whatever else makes no sense, is a RangeError. */
class Reader {
  readonly #bytes: Buffer
  #at = HEADER_BYTES
  #left = RECORDS_PER_PACKET

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  questions(count: number): Question[] {
    const questions: Question[] = []
    for (; count > 0 && this.#left > 0; count--) {
      this.#left--
      const name = this.#name()
      const type = TYPES.get(this.#u16())
      const kind = this.#u16()
      if (name === undefined || type === undefined) continue
      // Class ANY asks for ours too.
      if ((kind & ~TOP_BIT) !== CLASS_IN && (kind & ~TOP_BIT) !== 255) continue
      questions.push({ name, type, unicast: (kind & TOP_BIT) !== 0 })
    }
    return questions
  }

  records(count: number): DnsRecord[] {
    const records: DnsRecord[] = []
    for (; count > 0 && this.#left > 0; count--) {
      this.#left--
      const record = this.#record()
      if (record) records.push(record)
    }
    return records
  }

  #record(): DnsRecord | undefined {
    const name = this.#name()
    const type = TYPES.get(this.#u16())
    const kind = this.#u16()
    const ttl = this.#bytes.readUInt32BE(this.#at)
    this.#at += 4
    const length = this.#u16()
    const start = this.#at
    const end = start + length
    if (end > this.#bytes.length) throw new RangeError('record breaks off')
    try {
      if (name === undefined || type === undefined || type === 'ANY') return undefined
      if ((kind & ~TOP_BIT) !== CLASS_IN) return undefined
      return this.#data({ name, ttl, flush: (kind & TOP_BIT) !== 0 }, type, end)
    } finally {
      this.#at = end
    }
  }

  #data(
    common: Pick<DnsRecord, 'name' | 'ttl' | 'flush'>,
    type: RecordType,
    end: number
  ): DnsRecord | undefined {
    const bytes = this.#bytes.subarray(this.#at, end)
    switch (type) {
      case 'PTR': {
        const target = this.#name()
        return target === undefined ? undefined : { ...common, type, target }
      }
      case 'SRV': {
        if (bytes.length < 7) return undefined
        this.#at += 6
        const target = this.#name()
        return target === undefined ? undefined : { ...common, type, port: bytes.readUInt16BE(4), target }
      }
      case 'TXT':
        return { ...common, type, data: bytes }
      case 'A':
        return bytes.length === 4 ? { ...common, type, address: bytes.join('.') } : undefined
      case 'AAAA':
        return bytes.length === 16 ? { ...common, type, address: ipv6Text(bytes) } : undefined
    }
  }

  /** Undefined where it is well formed but not UTF-8: nobody could be asked about it by the same name. */
  #name(): string | undefined {
    const bytes = this.#bytes
    const labels: string[] = []
    let at = this.#at
    let length = 0
    let pointers = 0
    let isText = true
    for (;;) {
      const size = bytes.readUInt8(at++)
      if (size === 0) break
      if (size >= 0xc0) {
        const target = ((size & 0x3f) << 8) | bytes.readUInt8(at++)
        if (pointers++ === 0) this.#at = at
        // Back only, so that no name is endless.
        if (pointers > POINTERS_PER_NAME || target >= at - 2) throw new RangeError('name loops')
        at = target
        continue
      }
      length += size + 1
      if (size > 63 || at + size > bytes.length || length >= NAME_BYTES) throw new RangeError('bad name')
      try {
        labels.push(escapeLabel(utf8.decode(bytes.subarray(at, at + size))))
      } catch {
        isText = false
      }
      at += size
    }
    if (pointers === 0) this.#at = at
    return isText ? labels.join('.') : undefined
  }

  #u16(): number {
    const value = this.#bytes.readUInt16BE(this.#at)
    this.#at += 2
    return value
  }
}

/** As RFC 5952 writes it, so that equal addresses are equal texts. */
export function ipv6Text(bytes: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16))
  const text = groups.join(':')
  const zeros = [...text.matchAll(/(?<![^:])0(?::0)+(?![^:])/g)].sort((a, b) => b[0].length - a[0].length)[0]
  if (!zeros) return text
  const end = zeros.index + zeros[0].length
  return `${text.slice(0, zeros.index).replace(/:$/, '')}::${text.slice(end).replace(/^:/, '')}`
}
