import { createHash, randomBytes } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeJson, encodeJson } from '../../src-main/protocol/ascii-json.ts'
import { Pairing, type PairingEvent, type PairingOptions } from '../../src-main/protocol/pairing.ts'
import { TEN_THOUSAND } from '../properties.ts'

const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest()
const [alice, bob, mallory] = [1, 2, 3].map((n) => new Uint8Array(32).fill(n)) as [
  Uint8Array,
  Uint8Array,
  Uint8Array
]

const options = (over: Partial<PairingOptions>): PairingOptions => ({
  ...{ role: 'initiator', ownId: alice, peerId: bob, exporter: new Uint8Array(32), name: 'A', sha256 },
  nonce: randomBytes(32),
  ...over
})

const pair = (over: Partial<PairingOptions> = {}): [Pairing, Pairing] => [
  new Pairing(options(over)),
  new Pairing(
    options({ ...over, role: 'responder', ownId: bob, peerId: alice, nonce: randomBytes(32), name: 'B' })
  )
]

const sent = (events: readonly PairingEvent[]): Uint8Array[] =>
  events.flatMap((event) => (event.type === 'send' ? [event.payload] : []))

/** Hands everything on until nobody says more; answers what each side was told. */
function talk(
  a: Pairing,
  b: Pairing,
  first = a.start(),
  second = b.start()
): [PairingEvent[], PairingEvent[]] {
  const told: [PairingEvent[], PairingEvent[]] = [[...first], [...second]]
  let [toB, toA] = [sent(first), sent(second)]
  while (toA.length + toB.length > 0) {
    const atB = toB.flatMap((each) => b.receive(each))
    const atA = toA.flatMap((each) => a.receive(each))
    told[0].push(...atA)
    told[1].push(...atB)
    ;[toB, toA] = [sent(atA), sent(atB)]
  }
  return told
}

const codeOf = (events: readonly PairingEvent[]): string | undefined =>
  events.flatMap((event) => (event.type === 'code' ? [event.code] : []))[0]
const failure = (events: readonly PairingEvent[]): string | undefined =>
  events.flatMap((event) => (event.type === 'failed' ? [event.why] : []))[0]
const paired = (events: readonly PairingEvent[]): boolean => events.some(({ type }) => type === 'paired')

describe('pairing', () => {
  it('shows the same six digits on both sides, and other ones each time', () => {
    const codes = Array.from({ length: 20 }, () => {
      const [atA, atB] = talk(...pair())
      expect(codeOf(atA)).toMatch(/^\d{6}$/)
      expect(codeOf(atA)).toBe(codeOf(atB))
      return codeOf(atA)
    })
    expect(new Set(codes).size).toBeGreaterThan(15)
  })

  it('computes this code from these bytes, in every release', () => {
    const fixed = { nonce: new Uint8Array(32).fill(7), exporter: new Uint8Array(32).fill(9) }
    const a = new Pairing(options(fixed))
    const b = new Pairing(
      options({ ...fixed, role: 'responder', ownId: bob, peerId: alice, nonce: new Uint8Array(32).fill(8) })
    )
    const text = Buffer.concat([
      Buffer.from('farport/1 pairing code\0'),
      ...[alice, bob, fixed.nonce, new Uint8Array(32).fill(8), fixed.exporter]
    ])
    const code = (createHash('sha256').update(text).digest().readBigUInt64BE() % 1_000_000n).toString()
    expect(codeOf(talk(a, b)[0])).toBe(code.padStart(6, '0'))
  })

  it('is done when both accepted, and not before', () => {
    const [a, b] = pair()
    talk(a, b)
    const first = a.accept()
    expect(paired(first)).toBe(false)
    const [atA, atB] = talk(a, b, first, [])
    expect([paired(atA), paired(atB)]).toEqual([false, false])
    const [endA, endB] = talk(a, b, [], b.accept())
    expect([paired(endA), paired(endB)]).toEqual([true, true])
  })

  it('is off when one side rejects, also after the other accepted', () => {
    const [a, b] = pair()
    talk(a, b)
    talk(a, b, a.accept(), [])
    const [atA, atB] = talk(a, b, [], b.end('rejected-here'))
    expect([failure(atA), failure(atB)]).toEqual(['rejected-there', 'rejected-here'])
    expect([a.accept(), b.accept()]).toEqual([[], []])
  })

  it('has other digits at both ends where somebody with a key of his own is in between', () => {
    // His own connections: other ids, other exporters; and he hands on every nonce and commitment that he can.
    let same = 0
    for (let n = 0; n < 50; n++) {
      const [one, two] = [new Uint8Array(32).fill(4), new Uint8Array(32).fill(5)]
      const a = new Pairing(options({ peerId: mallory, exporter: one }))
      const b = new Pairing(options({ role: 'responder', ownId: bob, peerId: mallory, exporter: two }))
      const [atA, atB] = talk(a, b)
      expect(codeOf(atA)).toBeDefined()
      if (codeOf(atA) === codeOf(atB)) same++
    }
    expect(same).toBe(0)
  })

  it('has other digits where only the TLS connection differs', () => {
    const a = new Pairing(options({ exporter: new Uint8Array(32).fill(1) }))
    const b = new Pairing(
      options({ role: 'responder', ownId: bob, peerId: alice, exporter: new Uint8Array(32) })
    )
    const [atA, atB] = talk(a, b)
    expect(codeOf(atA)).not.toBe(codeOf(atB))
  })

  const commit = (commitment: string, name = 'M'): Uint8Array =>
    encodeJson({ type: 'commit', commitment, name })
  const reveal = (nonce: string): Uint8Array => encodeJson({ type: 'reveal', nonce })
  const [x, y] = ['aa'.repeat(32), 'bb'.repeat(32)]

  it.each([
    ['a changed commitment', [commit(x), commit(y)], 'commitment-changed'],
    ['a commitment twice', [commit(x), commit(x)], 'replayed'],
    ['a reveal without a commitment', [reveal(x)], 'out-of-order'],
    ['a reveal that does not fit', [commit(x), reveal(y)], 'reveal-mismatch'],
    ['an early accept', [commit(x), encodeJson({ type: 'accept' })], 'out-of-order'],
    ['a reject', [encodeJson({ type: 'reject' })], 'rejected-there'],
    ['an unknown word', [encodeJson({ type: 'trust-me' })], 'malformed'],
    ['a nonce of another size', [commit(x), reveal('aa')], 'malformed'],
    ['no JSON', [Uint8Array.of(1, 2, 3)], 'malformed']
  ])('ends with its reason at %s', (_, payloads, why) => {
    for (const role of ['initiator', 'responder'] as const) {
      const one = new Pairing(options({ role }))
      one.start()
      expect(failure(payloads.flatMap((each) => one.receive(each)))).toBe(why)
      expect(one.receive(commit(x))).toEqual([])
      expect(one.accept()).toEqual([])
    }
  })

  it('ends where a side hears itself, or an accept again', () => {
    const a = new Pairing(options({}))
    const [own] = sent(a.start())
    expect(failure(a.receive(own!))).toBe('reflected')
    const [c, d] = pair()
    talk(c, d)
    const [accept] = sent(c.accept())
    d.receive(accept!)
    expect(failure(d.receive(accept!))).toBe('replayed')
  })

  it('takes names for labels, made fit to be shown', () => {
    const [a, b] = pair({ name: `\u001b[31mred\n\u202Eevil ${'x'.repeat(100)}` })
    const [, atB] = talk(a, b)
    const name = atB.flatMap((event) => (event.type === 'code' ? [event.name] : []))[0]
    expect(name).toMatch(/^\[31mred evil x+$/)
    expect(name).toHaveLength(64)
  })

  it('never throws, nor pairs with who only makes noise: 10,000 hostile dialogues', () => {
    const text = fc.oneof(fc.constant(x), fc.constant(y), fc.string())
    const message = fc.oneof(
      fc.record({
        type: fc.constantFrom('commit', 'reveal', 'accept', 'reject'),
        commitment: text,
        nonce: text,
        name: text
      }),
      fc.jsonValue().map((value) => ({ value }))
    )
    const payload = fc.oneof(message.map(encodeJson), fc.uint8Array({ maxLength: 80 }))
    fc.assert(
      fc.property(fc.array(payload, { maxLength: 8 }), fc.boolean(), (payloads, initiator) => {
        const one = new Pairing(options({ role: initiator ? 'initiator' : 'responder' }))
        one.start()
        const events = payloads.flatMap((each) => [...one.receive(each), ...one.accept()])
        expect(paired(events)).toBe(false)
      }),
      TEN_THOUSAND
    )
  })
})

describe('JSON in ASCII', () => {
  it('comes back as it was, whatever characters it has', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(decodeJson(encodeJson({ text }))).toEqual({ text })
      })
    )
  })
})
