/**
 * A packet of multicast DNS (RFC 1035 §4.1, RFC 6762 §18) as a value. Only the records that service discovery needs exist here;
 * all others are stepped over unread, which leaves little for a hostile packet to reach.
 *
 *   header 12: id flags | questions answers authorities additionals (counts, 16 bit each)
 *   question:  name | type | class, top bit: answer by unicast (QU)
 *   record:    name | type | class, top bit: flush what is known | ttl 32 | length 16 | data
 */
export const TYPE = { A: 1, PTR: 12, TXT: 16, AAAA: 28, SRV: 33, ANY: 255 } as const
export const CLASS_IN = 1
export const TOP_BIT = 0x8000
export const RESPONSE = 0x8000
export const AUTHORITATIVE = 0x0400
export const TRUNCATED = 0x0200

interface Common {
  /** As in names.ts. */
  readonly name: string
  /** Seconds; 0 is a goodbye. */
  readonly ttl: number
  /** Nobody else has records of that name and type; older ones go. */
  readonly flush: boolean
}

export type DnsRecord = Common &
  (
    | { readonly type: 'PTR'; readonly target: string }
    | { readonly type: 'SRV'; readonly port: number; readonly target: string }
    /** The data as it stands in the packet. */
    | { readonly type: 'TXT'; readonly data: Buffer }
    | { readonly type: 'A' | 'AAAA'; readonly address: string }
  )

export type RecordType = DnsRecord['type']

export interface Question {
  readonly name: string
  readonly type: RecordType | 'ANY'
  /** Who asks wants the answer alone. */
  readonly unicast: boolean
}

export interface Message {
  readonly id: number
  readonly response: boolean
  /** More known answers follow in the next packet. */
  readonly truncated: boolean
  readonly questions: readonly Question[]
  readonly answers: readonly DnsRecord[]
  readonly authorities: readonly DnsRecord[]
  readonly additionals: readonly DnsRecord[]
}

/** A message of ours: what is not said is empty. */
export function message(part: Partial<Message>): Message {
  return {
    id: 0,
    response: false,
    truncated: false,
    questions: [],
    answers: [],
    authorities: [],
    additionals: [],
    ...part
  }
}

/** Name, type and data: the same for records that say the same, whatever their time to live. */
export function recordKey(record: DnsRecord): string {
  const start = `${record.name.toLowerCase()} ${record.type} `
  switch (record.type) {
    case 'PTR':
      return start + record.target.toLowerCase()
    case 'SRV':
      return `${start}${record.port} ${record.target.toLowerCase()}`
    case 'TXT':
      return start + record.data.toString('latin1')
    case 'A':
    case 'AAAA':
      return start + record.address
  }
}
