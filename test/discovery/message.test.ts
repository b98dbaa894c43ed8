import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decode, ipv6Text } from '../../src-main/peers/discovery/decode.ts'
import { encode, encodeAll } from '../../src-main/peers/discovery/encode.ts'
import { PACKET_BYTES, RECORDS_PER_PACKET, SENT_BYTES } from '../../src-main/peers/discovery/limits.ts'
import { message, type DnsRecord, type Message } from '../../src-main/peers/discovery/message.ts'
import { cutBytes, escapeLabel, hostLabel, labelsOf, numbered } from '../../src-main/peers/discovery/names.ts'
import { anyBytes, TEN_THOUSAND } from '../properties.ts'
import { hex } from '../hex.ts'

/** A response: one PTR whose data points back into its own name. */
const POINTER = Buffer.concat([
  // response, authoritative, one answer
  hex('0000 8400 0000 0001 0000 0000'),
  // _iostream._tcp.local PTR IN, 4500 s
  hex('09 5F 69 6F 73 74 72 65 61 6D 04 5F 74 63 70 05 6C 6F 63 61 6C 00 | 000C 0001 00001194'),
  // "a.b", and the rest from byte 12
  hex('0006 | 03 61 2E 62 C0 0C')
])

const label = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
  .filter((each) => Buffer.byteLength(each) < 64 && Buffer.from(each).toString() === each)
const name = fc.array(label, { minLength: 1, maxLength: 4 }).map((all) => all.map(escapeLabel).join('.'))
const common = fc.record({ name, ttl: fc.nat(0xffffffff), flush: fc.boolean() })
const address6 = anyBytes(16, 16).map((bytes) => ipv6Text(Buffer.from(bytes)))
const record: fc.Arbitrary<DnsRecord> = fc
  .tuple(
    common,
    fc.oneof(
      fc.record({ type: fc.constant('PTR' as const), target: name }),
      fc.record({ type: fc.constant('SRV' as const), port: fc.nat(65_535), target: name }),
      fc.record({
        type: fc.constant('TXT' as const),
        data: anyBytes(0, 300).map((each) => Buffer.from(each))
      }),
      fc.record({ type: fc.constant('A' as const), address: fc.ipV4() }),
      fc.record({ type: fc.constant('AAAA' as const), address: address6 })
    )
  )
  .map(([start, rest]) => ({ ...start, ...rest }))
const records = fc.array(record, { maxLength: 6 })
const anyMessage: fc.Arbitrary<Message> = fc.record({
  id: fc.nat(65_535),
  response: fc.boolean(),
  truncated: fc.boolean(),
  questions: fc.array(
    fc.record({
      name,
      type: fc.constantFrom('PTR' as const, 'ANY' as const, 'SRV' as const),
      unicast: fc.boolean()
    }),
    { maxLength: 3 }
  ),
  answers: records,
  authorities: records,
  additionals: records
})

describe('packets', () => {
  it('a name with a dot in it is one label', () => {
    expect(decode(POINTER)?.answers).toEqual([
      {
        name: '_iostream._tcp.local',
        type: 'PTR',
        ttl: 4500,
        flush: false,
        target: 'a\\.b._iostream._tcp.local'
      }
    ])
    expect(encode(decode(POINTER)!)).toEqual(POINTER)
  })

  it('what is encoded is decoded as it was', () => {
    fc.assert(
      fc.property(anyMessage, (each) => {
        expect(decode(encode(each))).toEqual(each)
      })
    )
  })

  it('random bytes, cut and changed packets never throw', () => {
    fc.assert(
      fc.property(anyBytes(0, 200), (bytes) => void decode(Buffer.from(bytes))),
      TEN_THOUSAND
    )
    fc.assert(
      fc.property(anyMessage, fc.nat(), fc.nat(), fc.nat(255), (each, cut, at, byte) => {
        const bytes = encode(each)
        bytes[at % bytes.length] = byte
        decode(bytes)
        decode(bytes.subarray(0, cut % bytes.length))
      }),
      { numRuns: 2000 }
    )
  })

  it.each([
    ['a name that points at itself', '00 00 84 00 00 00 00 01 00 00 00 00 c0 0c 00 0c 00 01'],
    ['a name that points ahead', '00 00 84 00 00 00 00 01 00 00 00 00 c0 20 00 0c 00 01'],
    ['65,535 records that are not there', '00 00 84 00 00 00 ff ff ff ff ff ff'],
    ['another operation', '00 00 28 00 00 00 00 00 00 00 00 00'],
    ['an error', '00 00 84 03 00 00 00 00 00 00 00 00'],
    ['half a header', '00 00 84 00 00']
  ])('%s is no packet', (_, bytes) => {
    expect(decode(Buffer.from(hex(bytes)))).toBeUndefined()
  })

  it('what is longer than any packet may be is not looked at', () => {
    const data = Buffer.alloc(PACKET_BYTES)
    const long = message({ response: true, answers: [{ name: 'x', ttl: 1, flush: true, type: 'TXT', data }] })
    expect(encode(long).length).toBeGreaterThan(PACKET_BYTES)
    expect(decode(encode(long))).toBeUndefined()
  })

  it('of too many records the first ones count', () => {
    const answers = Array.from({ length: 400 }, (_, index): DnsRecord => {
      return { name: 'x', ttl: 1, flush: true, type: 'A', address: `10.0.${index >> 8}.${index & 255}` }
    })
    expect(decode(encode(message({ response: true, answers })))?.answers).toHaveLength(RECORDS_PER_PACKET)
  })

  it('a chain of pointers has an end', () => {
    // Hidden in a text at byte 25: a label, then pointers, each to the one before.
    const chained = (count: number): Buffer => {
      const pointers = Array.from({ length: count }, (_, index) =>
        Buffer.of(0xc0, index === 0 ? 25 : 26 + 2 * index)
      )
      const text = Buffer.concat([hex('01 61 00'), ...pointers])
      return Buffer.concat([
        hex('0000 8400 0000 0002 0000 0000 | 01 78 00 | 0010 0001 00000078 00'),
        Buffer.of(text.length),
        text,
        Buffer.of(0xc0, 26 + 2 * count),
        hex('0001 0001 00000078 0004 0A000001')
      ])
    }
    expect(decode(chained(4))?.answers[1]).toMatchObject({ name: 'a', address: '10.0.0.1' })
    expect(decode(chained(12))).toBeUndefined()
  })

  it('much to say is said in several packets', () => {
    const answers = Array.from({ length: 100 }, (_, index): DnsRecord => {
      return {
        name: '_iostream._tcp.local',
        ttl: 4500,
        flush: false,
        type: 'PTR',
        target: `port ${index}.local`
      }
    })
    const question = { name: '_iostream._tcp.local', type: 'PTR', unicast: false } as const
    const queries = encodeAll(message({ questions: [question], answers }))
    expect(queries.length).toBeGreaterThan(1)
    for (const each of queries) expect(each.length).toBeLessThanOrEqual(SENT_BYTES)
    const read = queries.map((each) => decode(each)!)
    expect(read.map((each) => each.truncated)).toEqual(read.map((_, index) => index < read.length - 1))
    expect(read.flatMap((each) => each.questions)).toEqual([question])
    expect(read.flatMap((each) => each.answers)).toEqual(answers)
  })
})

describe('names', () => {
  it('labels come back as they were', () => {
    fc.assert(
      fc.property(fc.array(label, { minLength: 1 }), (labels) => {
        expect(labelsOf(labels.map(escapeLabel).join('.'))).toEqual(labels)
      })
    )
  })

  it('fit a label, whatever their number', () => {
    const long = 'ü'.repeat(60)
    expect(cutBytes(long, 63)).toBe('ü'.repeat(31))
    expect(numbered('Printer', 1)).toBe('Printer')
    expect(numbered(long, 12)).toBe(`${'ü'.repeat(29)} (12)`)
    expect(hostLabel('büro.example.org')).toBe('b-ro')
    expect(hostLabel('…')).toBe('farport')
  })
})
