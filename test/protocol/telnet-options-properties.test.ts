import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TelnetCodec, VERBS } from '../../src-main/protocol/telnet.ts'
import { MAX_ANSWERS, TelnetOptions } from '../../src-main/protocol/telnet-options.ts'
import type { Side } from '../../src-main/protocol/telnet-options.ts'
import { TEN_THOUSAND } from '../properties.ts'

const OPTIONS = [0, 1, 3, 44]
const SIDES: readonly Side[] = ['us', 'him']

const some = fc.subarray(OPTIONS).map((options): ReadonlySet<number> => new Set(options))
const agreeable = fc.record({ us: some, him: some })

/** An end wants something on or off, or the oldest message on its way arrives. */
const step = fc.oneof(
  fc.record({
    end: fc.constantFrom(0, 1),
    side: fc.constantFrom(...SIDES),
    option: fc.constantFrom(...OPTIONS),
    on: fc.boolean()
  }),
  fc.constantFrom('deliver' as const)
)

/** Both ends with a codec each; what they say travels as bytes, in order. */
class Dialogue {
  readonly ends: readonly TelnetOptions[]
  readonly #codecs = [new TelnetCodec(), new TelnetCodec()]
  #inFlight: { readonly to: number; readonly bytes: Uint8Array }[] = []
  messages = 0

  constructor(...agreeing: readonly ConstructorParameters<typeof TelnetOptions>[0][]) {
    this.ends = agreeing.map((each) => new TelnetOptions(each))
  }

  ask(end: number, side: Side, option: number, on: boolean): void {
    this.#say(end, this.ends[end]?.ask(side, option, on))
  }

  /** False: nothing is on its way. */
  deliver(): boolean {
    const next = this.#inFlight.shift()
    if (!next) return false
    for (const event of this.#codecs[next.to]?.receive(next.bytes) ?? [])
      if (event.type === 'negotiation')
        this.#say(next.to, this.ends[next.to]?.receive(event.verb, event.option).reply)
    return true
  }

  #say(from: number, said: ReturnType<TelnetOptions['ask']>): void {
    if (!said) return
    this.messages++
    this.#inFlight.push({ to: 1 - from, bytes: new TelnetCodec().send(said) })
  }
}

describe('option negotiation, for any input', () => {
  it('of two ends settles, whatever they agree to and ask for, at any time', () => {
    fc.assert(
      fc.property(agreeable, agreeable, fc.array(step, { maxLength: 20 }), (one, other, steps) => {
        const dialogue = new Dialogue(one, other)
        let asked = 0
        for (const each of steps) {
          if (each === 'deliver') dialogue.deliver()
          else {
            asked++
            dialogue.ask(each.end, each.side, each.option, each.on)
          }
        }
        // A wish costs a message and its answer, also where it is a change of mind.
        while (dialogue.deliver()) expect(dialogue.messages).toBeLessThanOrEqual(2 * asked)
        for (const option of OPTIONS) {
          expect(dialogue.ends[0]?.enabled('us', option)).toBe(dialogue.ends[1]?.enabled('him', option))
          expect(dialogue.ends[0]?.enabled('him', option)).toBe(dialogue.ends[1]?.enabled('us', option))
        }
      }),
      { numRuns: 5000 }
    )
  })

  it('does what it was asked last, where the other end agrees', () => {
    fc.assert(
      fc.property(agreeable, fc.array(step, { maxLength: 20 }), (other, steps) => {
        const dialogue = new Dialogue({ us: new Set(), him: new Set() }, other)
        const last = new Map<string, boolean>()
        for (const each of steps) {
          if (each === 'deliver') {
            dialogue.deliver()
            continue
          }
          last.set(`${each.side} ${each.option}`, each.on)
          dialogue.ask(0, each.side, each.option, each.on)
        }
        while (dialogue.deliver());
        for (const side of SIDES)
          for (const option of OPTIONS) {
            const agreed = other[side === 'us' ? 'him' : 'us'].has(option)
            const wanted = last.get(`${side} ${option}`) ?? false
            expect(dialogue.ends[0]?.enabled(side, option)).toBe(wanted && agreed)
          }
      }),
      { numRuns: 5000 }
    )
  })

  it('answers babble a bounded number of times, and no state already set: 10,000 malformed dialogues', () => {
    const few = fc.array(fc.constantFrom(...VERBS), { minLength: 1, maxLength: 4 })
    const again = fc.tuple(few, fc.constantFrom(0, 44), fc.integer({ min: 1, max: 20 }))
    const said = fc
      .array(again, { maxLength: 6 })
      .map((all) =>
        all.flatMap(([verbs, option, times]) =>
          Array.from({ length: times }, () => verbs.map((verb) => [verb, option] as const)).flat()
        )
      )
    fc.assert(
      fc.property(agreeable, said, (agreeing, babble) => {
        const options = new TelnetOptions(agreeing)
        const replies = new Map<string, number>()
        for (const [verb, option] of babble) {
          const [side, on] = [verb.startsWith('w') ? 'him' : 'us', verb === 'will' || verb === 'do'] as const
          const before = options.enabled(side, option)
          const { reply } = options.receive(verb, option)
          if (!reply) continue
          if (before === on) expect.unreachable(`a reply to ${verb}, which was so already`)
          const entry = `${side} ${option}`
          replies.set(entry, (replies.get(entry) ?? 0) + 1)
        }
        // One more than answers to "on": the last of these may be taken back.
        for (const count of replies.values()) expect(count).toBeLessThanOrEqual(MAX_ANSWERS + 1)
      }),
      TEN_THOUSAND
    )
  })
})
