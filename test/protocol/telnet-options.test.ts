import { describe, expect, it } from 'vitest'
import type { Verb } from '../../src-main/protocol/telnet.ts'
import type { Side } from '../../src-main/protocol/telnet-options.ts'
import { MAX_ANSWERS, TelnetOptions } from '../../src-main/protocol/telnet-options.ts'

const BINARY = 0
const BOTH = { us: new Set([BINARY]), him: new Set([BINARY]) }
const NEITHER = { us: new Set<number>(), him: new Set<number>() }

/** `+`: we ask for it on; `-`: off; else what the peer says. Each with what we then say. */
const DIALOGUES: readonly [what: string, side: Side, steps: readonly [string, string][], enabled: boolean][] =
  [
    ['the peer offers, we agree', 'him', [['will', 'do']], true],
    [
      'a state already set is not answered',
      'him',
      [
        ['will', 'do'],
        ['will', '']
      ],
      true
    ],
    [
      'we ask, the peer agrees',
      'him',
      [
        ['+', 'do'],
        ['will', '']
      ],
      true
    ],
    [
      'we ask, the peer refuses',
      'him',
      [
        ['+', 'do'],
        ['wont', '']
      ],
      false
    ],
    [
      'we ask twice',
      'us',
      [
        ['+', 'will'],
        ['+', ''],
        ['do', '']
      ],
      true
    ],
    [
      'the peer wants ours',
      'us',
      [
        ['do', 'will'],
        ['do', '']
      ],
      true
    ],
    [
      'the peer takes ours back',
      'us',
      [
        ['do', 'will'],
        ['dont', 'wont'],
        ['dont', '']
      ],
      false
    ],
    [
      'both ask at once',
      'us',
      [
        ['+', 'will'],
        ['do', '']
      ],
      true
    ],
    ['a refusal of nothing', 'him', [['wont', '']], false],
    [
      'off while on is on its way',
      'us',
      [
        ['+', 'will'],
        ['-', ''],
        ['do', 'wont'],
        ['dont', '']
      ],
      false
    ],
    [
      'off while on is on its way, refused',
      'us',
      [
        ['+', 'will'],
        ['-', ''],
        ['dont', '']
      ],
      false
    ],
    [
      'on while off is on its way',
      'him',
      [
        ['will', 'do'],
        ['-', 'dont'],
        ['+', ''],
        ['wont', 'do'],
        ['will', '']
      ],
      true
    ],
    [
      'changed our mind twice',
      'us',
      [
        ['+', 'will'],
        ['-', ''],
        ['+', ''],
        ['do', '']
      ],
      true
    ],
    [
      'off answered by on, against the rule',
      'him',
      [
        ['will', 'do'],
        ['-', 'dont'],
        ['will', '']
      ],
      false
    ],
    [
      'off, then on, answered by on',
      'him',
      [
        ['will', 'do'],
        ['-', 'dont'],
        ['+', ''],
        ['will', '']
      ],
      true
    ]
  ]

describe('the Q method', () => {
  it.each(DIALOGUES)('%s', (_, side, steps, enabled) => {
    const options = new TelnetOptions(BOTH)
    for (const [step, expected] of steps) {
      const said =
        step === '+' || step === '-'
          ? options.ask(side, BINARY, step === '+')
          : options.receive(step as Verb, BINARY).reply
      expect(said?.verb ?? '').toBe(expected)
    }
    expect(options.enabled(side, BINARY)).toBe(enabled)
  })

  it('refuses what it does not agree to', () => {
    const options = new TelnetOptions(NEITHER)
    expect(options.receive('will', 31).reply).toEqual({ type: 'negotiation', verb: 'dont', option: 31 })
    expect(options.receive('do', 24).reply).toEqual({ type: 'negotiation', verb: 'wont', option: 24 })
  })

  it('tells what was settled, the refusal of its own wish included', () => {
    const options = new TelnetOptions(BOTH)
    expect(options.receive('do', BINARY).change).toEqual({ side: 'us', option: BINARY, enabled: true })
    options.ask('him', 44, true)
    expect(options.receive('wont', 44).change).toEqual({ side: 'him', option: 44, enabled: false })
  })

  it('falls silent towards a peer that asks again and again', () => {
    const refusing = new TelnetOptions(NEITHER)
    const refused = Array.from({ length: 1000 }, () => refusing.receive('will', 5).reply)
    expect(refused.filter((each) => each).length).toBe(MAX_ANSWERS)

    const agreeing = new TelnetOptions(BOTH)
    const toggled = Array.from(
      { length: 1000 },
      (_, n) => agreeing.receive(n % 2 ? 'dont' : 'do', BINARY).reply
    )
    expect(toggled.filter((each) => each).length).toBe(MAX_ANSWERS)
  })
})
