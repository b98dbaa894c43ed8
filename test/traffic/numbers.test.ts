import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_NUMBERS_LINE, NumberReader } from '../../src-main/traffic/numbers.ts'
import { anyBytes, bytesOf, TEN_THOUSAND } from '../properties.ts'

const utf8 = new TextEncoder()

type Numbers = readonly (readonly [name: string, value: number])[]

/** What each of the lines gives. */
function read(...lines: readonly string[]): Numbers[] {
  const reader = new NumberReader()
  return lines.map((line) => {
    const found: (readonly [string, number])[] = []
    const count = reader.read(utf8.encode(line), (name, value) => found.push([name, value]))
    expect(count).toBe(found.length)
    return found
  })
}

const PAIRS: readonly (readonly [line: string, numbers: Numbers])[] = [
  ['temp:23.5', [['temp', 23.5]]],
  ['temp:23.5\r\n', [['temp', 23.5]]],
  [
    'a:1,b:2,c:-3e2',
    [
      ['a', 1],
      ['b', 2],
      ['c', -300]
    ]
  ],
  [
    'a:1 b:2\tc:3',
    [
      ['a', 1],
      ['b', 2],
      ['c', 3]
    ]
  ],
  [
    'rpm=1200 load = 45%',
    [
      ['rpm', 1200],
      ['load', 45]
    ]
  ],
  [
    'Temperature: 23.5 °C, Humidity: 45 %',
    [
      ['Temperature', 23.5],
      ['Humidity', 45]
    ]
  ],
  ['Temp sensor 1: 23.5 C', [['Temp sensor 1', 23.5]]],
  [
    'T: 23.5 C H: 45 %',
    [
      ['T', 23.5],
      ['H', 45]
    ]
  ],
  [
    'v:1.5m/s, a:2m/s2',
    [
      ['v', 1.5],
      ['a', 2]
    ]
  ],
  ['Température: 21.5°C', [['Température', 21.5]]],
  ['[INFO] temp: 5', [['temp', 5]]],
  ['I (1234) sensor: 5.', [['sensor', 5]]],
  ['12:34:56 temp=5', [['temp', 5]]],
  ['2024-01-01T12:00:00Z temp=5', [['temp', 5]]],
  ['INFO: temp: 5', [['temp', 5]]],
  [
    '{"temp":23.5,"hum":45}',
    [
      ['temp', 23.5],
      ['hum', 45]
    ]
  ],
  [
    'acc: 1 2 3',
    [
      ['acc', 1],
      ['acc 2', 2],
      ['acc 3', 3]
    ]
  ],
  [
    'acc:1,2,b:3',
    [
      ['acc', 1],
      ['acc 2', 2],
      ['b', 3]
    ]
  ],
  ['reg=0x1F', [['reg', 31]]],
  [
    'T=23,5;H=45,2',
    [
      ['T', 23.5],
      ['H', 45.2]
    ]
  ],
  ['a:nan,b:2', [['b', 2]]],
  [
    'a:+.5,b:5.',
    [
      ['a', 0.5],
      ['b', 5]
    ]
  ]
]

const COLUMNS: readonly (readonly [line: string, values: readonly number[]])[] = [
  ['512', [512]],
  ['1,2,3', [1, 2, 3]],
  ['1, 2, 3,\r\n', [1, 2, 3]],
  ['1 2\t3', [1, 2, 3]],
  ['-1.5e-3;2;3', [-0.0015, 2, 3]],
  ['1,5;2,5', [1.5, 2.5]],
  ['23.5 C, 45 %', [23.5, 45]],
  ['23.5V 1.2A', [23.5, 1.2]],
  ['2024-01-01 12:00:00,23.5,45', [23.5, 45]],
  ['12:00:01 23.5', [23.5]]
]

const NONE = [
  '',
  'hello world',
  '$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47',
  '12:34:56',
  '2024-01-01',
  'MAC: 12:34:56:78:9A:BC',
  'address: 192.168.1.1',
  'date=2024-01-01',
  'id=1A2B3C',
  'v1.2.3',
  'AT+CSQ',
  'http://example.org',
  'temp:',
  ':5',
  '=',
  'a:nan'
]

describe('numbers in a line', () => {
  it.each(PAIRS)('are pairs: %j', (line, numbers) => {
    expect(read(line)).toEqual([numbers])
  })

  it.each(COLUMNS)('are columns: %j', (line, values) => {
    expect(read(line)).toEqual([values.map((value, at) => [String(at + 1), value])])
  })

  it.each(NONE)('are none: %j', (line) => {
    expect(read(line)).toEqual([[]])
  })

  it('keeps the place of an empty column', () => {
    expect(read('1,,3', ',2', 'nan,5')).toEqual([
      [
        ['1', 1],
        ['3', 3]
      ],
      [['2', 2]],
      [['2', 5]]
    ])
  })

  it('calls columns as the line before the first of them did, until others come', () => {
    expect(read('time,temp,temp', '1,2,3', '4,5,6', '7,8', 'a b c', '1 2 3')).toEqual([
      [],
      [
        ['time', 1],
        ['temp', 2],
        ['temp 2', 3]
      ],
      [
        ['time', 4],
        ['temp', 5],
        ['temp 2', 6]
      ],
      [
        ['1', 7],
        ['2', 8]
      ],
      [],
      [
        ['a', 1],
        ['b', 2],
        ['c', 3]
      ]
    ])
  })

  it('takes no names from a line that is not right before', () => {
    expect(read('good morning', 'A sentence, and more (of it)!', '1 2')[2]).toEqual([
      ['1', 1],
      ['2', 2]
    ])
  })

  it('forgets names when it is reset', () => {
    const reader = new NumberReader()
    const names: string[] = []
    const line = (text: string): number => reader.read(utf8.encode(text), (name) => names.push(name))
    line('a,b')
    line('1,2')
    reader.reset()
    line('1,2')
    expect(names).toEqual(['a', 'b', '1', '2'])
  })

  it('reads nothing of binary data and of very long lines', () => {
    const reader = new NumberReader()
    expect(reader.read(Uint8Array.of(0x31, 0x00, 0x32), () => undefined)).toBe(0)
    expect(reader.read(utf8.encode('1,'.repeat(MAX_NUMBERS_LINE)), () => undefined)).toBe(0)
  })

  it('gives back whatever pairs are written', () => {
    const name = fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]{0,11}$/)
    const value = fc.double({ noNaN: true, noDefaultInfinity: true })
    const sign = fc.constantFrom(':', '=', ': ', ' = ')
    const between = fc.constantFrom(',', ', ', ' ', '\t')
    const words = /^(nan|inf|infinity|null|ovf)$/i
    fc.assert(
      fc.property(
        fc.array(fc.tuple(name, value), { minLength: 1, maxLength: 8 }),
        sign,
        between,
        (pairs, is, and) => {
          fc.pre(pairs.every(([each]) => !words.test(each)))
          const [found] = read(pairs.map(([each, number]) => `${each}${is}${number}`).join(and))
          expect(found?.map(([, number]) => number)).toEqual(pairs.map(([, number]) => number + 0))
          expect(found?.map(([each]) => each)).toEqual(pairs.map(([each]) => each))
        }
      ),
      { numRuns: 2000 }
    )
  })

  it('gives back whatever columns are written', () => {
    const value = fc.double({ noNaN: true, noDefaultInfinity: true })
    const between = fc.constantFrom(',', ', ', ' ', '\t', ';', '|')
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 12 }), between, (values, and) => {
        expect(read(values.join(and))[0]?.map(([, number]) => number)).toEqual(values.map((each) => each + 0))
      }),
      { numRuns: 2000 }
    )
  })

  it('never throws, and tells finite numbers only', () => {
    const reader = new NumberReader()
    fc.assert(
      fc.property(fc.oneof(anyBytes(), bytesOf([...utf8.encode('a1.,:;= \te-+x%"')])), (line) => {
        reader.read(line, (name, value) => {
          expect(Number.isFinite(value)).toBe(true)
          expect(name).not.toBe('')
        })
      }),
      TEN_THOUSAND
    )
  })
})
