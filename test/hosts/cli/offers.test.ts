import { expect, it } from 'vitest'
import type { BridgeState, SessionState } from '../../../src-main/contract/state.ts'
import { barePeer } from '../../../src-main/hosts/cli/bare-peer.ts'
import { offerRows } from '../../../src-main/hosts/cli/offer-table.ts'
import { parse, USED_PORT_OPTIONS } from '../../../src-main/hosts/cli/options.ts'

const OPTIONS = { ...USED_PORT_OPTIONS, pty: { type: 'string' }, standalone: { type: 'boolean' } } as const
const bare = (...args: string[]) => barePeer(parse(args, OPTIONS, 3))

it.each<[string, ReturnType<typeof bare>]>([
  ['farport://lab', { peer: 'lab' }],
  ['farport://lab/', { peer: 'lab' }],
  ['FARPORT://Bob%27s%20laptop:22300', { peer: "Bob's laptop", port: 22300 }],
  ['farport://[2001:db8::7]', { peer: '2001:db8::7' }],
  ['farport://lab/gps', undefined],
  ['lab', { peer: 'lab' }],
  ['lab.example:22217', { peer: 'lab.example', port: 22217 }],
  ['192.0.2.7', { peer: '192.0.2.7' }],
  ['2001:db8::7', { peer: '2001:db8::7' }],
  ['[2001:db8::7]:22217', { peer: '2001:db8::7', port: 22217 }],
  ['1f2e3d4c5b6a', { peer: '1f2e3d4c5b6a' }],
  ["Bob's laptop", { peer: "Bob's laptop" }],
  ['192.0.2.7:7000', undefined],
  ['rfc2217://192.0.2.7:7000', undefined],
  ['net:box:7000', undefined],
  ['sim:gps', undefined],
  ['exec:ssh', undefined],
  ['exec+pty:ssh', undefined],
  ['pty:link', undefined],
  ['/dev/ttyUSB0', undefined],
  ['ttyUSB0', undefined],
  ['COM7', undefined],
  [String.raw`\\.\COM12`, undefined],
  ['package.json', undefined]
])('%s names a computer, or a port', (text, expected) => {
  expect(bare(text)).toEqual(expected)
})

it('is no look at a computer where more is said', () => {
  expect(bare('farport://lab', '--pty', '/tmp/x')).toBeUndefined()
  expect(bare('lab', 'sim:echo')).toBeUndefined()
  expect(bare('lab', '-b', '9600')).toBeUndefined()
  expect(bare('lab', '--standalone', '--json')).toEqual({ peer: 'lab' })
  expect(bare()).toBeUndefined()
})

const NOON = new Date('2026-11-21T12:00:00').getTime()

function bridge(name: string, rest: Partial<BridgeState> = {}): BridgeState {
  return {
    ...{ id: name, kind: 'share', name, enabled: true, port: 'sim:echo', addresses: [], dials: [] },
    ...{ bytesToDevice: 0, bytesFromDevice: 0, lostToDevice: 0, lostFromDevice: 0, sessions: [] },
    state: { type: 'idle' },
    may: { level: 'control', history: false },
    ...rest
  }
}

function session(label: string, rest: Partial<SessionState> = {}): SessionState {
  return {
    ...{ id: 1, label, writer: false, observes: false, since: NOON },
    ...{ bytesToDevice: 0, bytesFromDevice: 0, lostToDevice: 0, lostFromDevice: 0, ...rest }
  }
}

it('tells of each share how it is, who has it, and the next line', () => {
  const writer = session('Uma', { writer: true, holdsSince: NOON + 131_000 })
  const fault = { code: 'device-unplugged', kind: 'device', message: 'The device is unplugged.' } as const
  const rows = offerRows(
    { peer: 'lab' },
    [
      bridge('gps', { sessions: [session('Eve'), writer] }),
      bridge("Bob's rack (2)", {
        may: { level: 'observe', history: true },
        state: { type: 'waiting', fault }
      }),
      bridge('off', { enabled: false }),
      bridge('пульт', { sessions: [session('Lab', { peer: 'a'.repeat(64) })] }),
      bridge('\u001b[31mred/1', { sessions: [session('x'), session('y')] })
    ],
    new Date(NOON + 3_600_000)
  )
  expect(rows).toEqual([
    ['SHARE', 'STATE', 'YOU MAY', 'IN USE BY', 'TO USE IT'],
    ['gps', 'idle', 'control', 'Uma since 12:02:11', 'farport connect farport://lab/gps --pty ~/gps'],
    [
      "Bob's rack (2)",
      'waiting: The device is unplugged.',
      'observe and history',
      '-',
      'farport connect farport://lab/Bob%27s%20rack%20%282%29 --pty ~/Bob-s-rack-2'
    ],
    ['off', 'off', 'control', '-', '-'],
    [
      'пульт',
      'idle',
      'control',
      'this computer since 12:00:00',
      'farport connect farport://lab/%D0%BF%D1%83%D0%BB%D1%8C%D1%82 --pty ~/farport'
    ],
    [
      expect.not.stringContaining('\u001b') as string,
      'idle',
      'control',
      '2 clients',
      expect.stringMatching(/^farport connect farport:\/\/lab\/%1B%5B31mred%2F1 --pty ~\/31mred-1$/) as string
    ]
  ])
})

it('quotes what a shell would take for a pattern, and is nothing where nothing is offered', () => {
  const [, row] = offerRows({ peer: '2001:db8::7', port: 22300 }, [bridge('gps')], new Date(NOON))
  expect(row?.at(-1)).toBe("farport connect 'farport://[2001:db8::7]:22300/gps' --pty ~/gps")
  expect(offerRows({ peer: 'lab' }, [], new Date(NOON))).toEqual([])
})
