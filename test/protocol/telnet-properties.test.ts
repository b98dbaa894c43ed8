import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RawCodec } from '../../src-main/protocol/raw.ts'
import { COMMANDS, MAX_SUBNEGOTIATION, TelnetCodec, VERBS } from '../../src-main/protocol/telnet.ts'
import type { TelnetEvent, TelnetMessage } from '../../src-main/protocol/telnet.ts'
import { toHex } from '../hex.ts'
import { TEN_THOUSAND, anyBytes, bytesOf, cut, cuts, joined } from '../properties.ts'

/** IAC, SB, SE, the four verbs, BRK, NOP, NUL, CR, and options: what a decoder trips over. */
const SPECIAL = [255, 255, 255, 250, 240, 251, 252, 253, 254, 243, 241, 0, 13, 44, 1]

const option = fc.integer({ min: 0, max: 255 })

/** Whole tokens, so that doubled 0xFFs get dense and text mode is entered and left amid them. */
const tokens = fc
  .array(
    fc.oneof(
      fc.constantFrom([255, 255], [255, 255], [13], [13, 0], [0], [255, 252, 0], [255, 251, 0], [255]),
      fc.array(fc.constantFrom(...SPECIAL), { maxLength: 4 })
    ),
    { maxLength: 60 }
  )
  .map((each) => Uint8Array.from(each.flat()))

/** All but WONT BINARY: it makes the peer's data text, in which a NUL behind a CR is no data. */
const negotiation = fc
  .record({ type: fc.constant('negotiation' as const), verb: fc.constantFrom(...VERBS), option })
  .filter((each) => each.verb !== 'wont' || each.option !== 0)

const message: fc.Arbitrary<TelnetMessage> = fc.oneof(
  fc.record({ type: fc.constant('data' as const), bytes: bytesOf(SPECIAL) }),
  fc.record({ type: fc.constant('command' as const), command: fc.constantFrom(...COMMANDS) }),
  negotiation,
  fc.record({ type: fc.constant('subnegotiation' as const), option, bytes: bytesOf(SPECIAL) })
)

/** Neighbouring data joined, empty data dropped: how data are cut up is no part of the protocol. */
function normal(events: readonly TelnetEvent[]): unknown[] {
  const normalised: ({ data: number[] } | TelnetEvent)[] = []
  for (const event of events) {
    if (event.type !== 'data') {
      normalised.push(event)
      continue
    }
    const last = normalised.at(-1)
    if (last && 'data' in last) last.data.push(...event.bytes)
    else if (event.bytes.length > 0) normalised.push({ data: [...event.bytes] })
  }
  return normalised
}

function receive(chunks: readonly Uint8Array[]): TelnetEvent[] {
  const codec = new TelnetCodec()
  return chunks.flatMap((each) => codec.receive(each))
}

describe('telnet, for any input', () => {
  it('reads back what it sends, however it is cut up', () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 12 }), cuts, (messages, sizes) => {
        const codec = new TelnetCodec()
        const wire = joined(messages.map((each) => codec.send(each)))
        expect(normal(receive(cut(wire, sizes)))).toEqual(normal(messages))
      }),
      { numRuns: 2000 }
    )
  })

  it('says the same however the bytes are cut up: 10,000 malformed inputs', () => {
    fc.assert(
      fc.property(fc.oneof(bytesOf(SPECIAL), tokens), cuts, (bytes, sizes) => {
        const whole = receive([bytes])
        expect(normal(receive(cut(bytes, sizes)))).toEqual(normal(whole))
        const data = whole.reduce((sum, each) => sum + (each.type === 'data' ? each.bytes.length : 0), 0)
        expect(data).toBeLessThanOrEqual(bytes.length)
      }),
      TEN_THOUSAND
    )
  })

  it('reads dense 0xFF right, also where the peer turns from binary to text amid it', () => {
    const runs = fc
      .array(fc.tuple(fc.integer({ min: 0, max: 40 }), bytesOf([0, 13, 13], 6)), { maxLength: 12 })
      .map((pieces) => joined(pieces.flatMap(([count, bytes]) => [new Uint8Array(count).fill(255), bytes])))
    fc.assert(
      fc.property(runs, runs, cuts, (binary, text, sizes) => {
        const codec = new TelnetCodec()
        const wire = joined([
          codec.send({ type: 'data', bytes: binary }),
          codec.send({ type: 'negotiation', verb: 'wont', option: 0 }),
          codec.send({ type: 'data', bytes: text })
        ])
        const all = joined([binary, text])
        const wanted = all.filter((byte, at) => at < binary.length || byte !== 0 || all[at - 1] !== 13)
        for (const chunks of [[wire], cut(wire, sizes)]) {
          const data = receive(chunks).flatMap((each) => (each.type === 'data' ? [each.bytes] : []))
          expect(toHex(joined(data))).toBe(toHex(wanted))
        }
      }),
      { numRuns: 1000 }
    )
  })

  it('hands on no subnegotiation beyond the limit, and goes on behind it', () => {
    const size = fc.oneof(
      fc.integer({ min: 0, max: 3 * MAX_SUBNEGOTIATION }),
      fc.integer({ min: MAX_SUBNEGOTIATION - 3, max: MAX_SUBNEGOTIATION + 3 })
    )
    // Ended, or broken off by a break or by the next one.
    const endings = { ended: [255, 240], broken: [255, 243], restarted: [255, 250, 255, 240] }
    const ending = fc.constantFrom(...(Object.keys(endings) as (keyof typeof endings)[]))
    const sizes = fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1 })
    fc.assert(
      fc.property(size, fc.constantFrom(0, 255), ending, sizes, (length, fill, how, chunks) => {
        const data = new TelnetCodec().send({ type: 'data', bytes: new Uint8Array(length).fill(fill) })
        const wire = joined([Uint8Array.of(255, 250, 44), data, Uint8Array.of(...endings[how], 65)])
        const events = receive(cut(wire, chunks))
        const fits = 1 + length <= MAX_SUBNEGOTIATION
        expect(events.map(({ type }) => type)).toEqual(
          {
            ended: [fits ? 'subnegotiation' : 'violation', 'data'],
            broken: ['violation', 'command', 'data'],
            restarted: ['violation', 'violation', 'data']
          }[how]
        )
        for (const event of events)
          if (event.type === 'violation') expect(event.bytes.length).toBeLessThanOrEqual(16)
      }),
      { numRuns: 300 }
    )
  })
})

describe('raw, for any input', () => {
  it('changes nothing and adds nothing: 10,000 inputs', () => {
    const codec = new RawCodec()
    fc.assert(
      fc.property(anyBytes(), (bytes) => {
        const [event, ...more] = codec.receive(bytes)
        expect(more).toEqual([])
        if (bytes.length > 0) expect(event?.type === 'data' && event.bytes).toBe(bytes)
        else expect(event).toBeUndefined()
        expect(codec.send({ type: 'data', bytes })).toBe(bytes)
      }),
      TEN_THOUSAND
    )
  })
})
