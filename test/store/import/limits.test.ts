import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as v from 'valibot'
import { Fault } from '../../../src-main/contract/faults.ts'
import { rotatorEntrySchema, shareEntrySchema } from '../../../src-main/contract/settings.ts'
import type { Found } from '../../../src-main/store/import/found.ts'
import { MAX_FILES } from '../../../src-main/store/import/yaml-reader.ts'
import { conf, told, yaml } from './read.ts'

/** What lines were made something of, or told of. */
function lines({ shares, rotators, remarks }: Found): Set<number> {
  return new Set(
    [...shares.flatMap(({ sources }) => sources), ...rotators, ...remarks].map(({ line }) => line)
  )
}

/** Every entry fits the settings. */
function checkEntries({ shares, rotators }: Found): void {
  for (const { wish, name } of shares) v.parse(shareEntrySchema, { ...wish, name, id: 'x' })
  for (const { wish, name } of rotators) v.parse(rotatorEntrySchema, { ...wish, name, id: 'x' })
}

const word = fc.oneof(
  fc.constantFrom(
    ...[
      'tcp',
      'udp',
      'telnet',
      'telnet(rfc2217)',
      'ssl',
      'localhost',
      '::1',
      '7000',
      '1',
      'serialdev',
      '/dev/ttyS0'
    ],
    ...[
      '9600n81',
      'local',
      'raw',
      'off',
      'true',
      'remctl',
      'EVEN',
      '*a',
      '(',
      ')',
      ';',
      '=',
      '-',
      '\\',
      "'",
      '"'
    ]
  ),
  fc.string({ maxLength: 8 })
)
const words = fc.array(word, { maxLength: 6 }).map((each) => each.join(','))
/** As a text in YAML, whatever it holds. */
const quoted = words.map((text) => JSON.stringify(text))
const key = fc.constantFrom(
  ...['accepter', 'connector', 'timeout', 'enable', 'options', 'name', 'connections', 'x', 'value', 'class']
)
const option = fc.tuple(
  fc.constantFrom(
    'banner',
    'remaddr',
    'max-connections',
    'trace-both',
    'connback',
    'kickolduser',
    'mdns',
    'y'
  ),
  quoted
)
const field = fc.oneof(
  fc.tuple(key, quoted).map(([name, text]) => `  ${name}: ${text}`),
  fc
    .array(option, { maxLength: 3 })
    .map((all) => `  options: {${all.map(([n, t]) => `${n}: ${t}`).join(', ')}}`)
)
const entry = fc
  .tuple(
    fc.constantFrom('connection', 'rotator', 'admin', 'led', 'frobnicate'),
    fc.constantFrom('a', 'b', 'c1', ''),
    fc.array(field, { minLength: 1, maxLength: 4 })
  )
  .map(([kind, name, fields]) => [`${kind}:${name === '' ? '' : ` &${name}`}`, ...fields])

describe('nothing is lost, and nothing ends it', () => {
  it('each entry of a YAML is an entry of ours, or has a reason', () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 8 }), fc.boolean(), (entries, isOpen) => {
        const found = yaml(entries.flat().join('\n'), isOpen ? ['anyone'] : [])
        checkEntries(found)
        const all = lines(found)
        let line = 1
        for (const each of entries) {
          expect(all).toContain(line)
          line += each.length
        }
      }),
      { numRuns: 300 }
    )
  })

  it('each line of a .conf with a port or an unknown word does, too', () => {
    const confLine = fc
      .tuple(
        fc.constantFrom('localhost,1', '7000', 'x', 'CONTROLPORT', 'LED'),
        fc.array(word, { maxLength: 8 })
      )
      .map(([head, rest]) => `${head}:${rest.join(':')}`.replaceAll(/[\r\n\\]/g, ' '))
    fc.assert(
      fc.property(fc.array(confLine, { maxLength: 8 }), (all) => {
        const found = conf(all.join('\n'), ['anyone'])
        checkEntries(found)
        all.forEach((_line, index) => expect(lines(found)).toContain(index + 1))
      }),
      { numRuns: 300 }
    )
  })

  it('any text at all', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 300, unit: 'binary' }), (text) => {
        checkEntries(conf(text))
        try {
          checkEntries(yaml(text))
        } catch (error) {
          if (!(error instanceof Fault)) throw error
          expect(error.code).toBe('usage')
        }
      }),
      { numRuns: 300 }
    )
  })
})

describe('limits', () => {
  const CON = 'connection: &c\n  accepter: tcp,localhost,1\n  connector: serialdev,/dev/ttyS1\n'

  it('a name that doubles itself stops where a text is too long', () => {
    const doubled = Array.from({ length: 40 }, (_, i) => `define: &a${i + 1} "*(a${i})*(a${i})"`)
    const found = yaml(['define: &a0 0123456789', ...doubled, CON].join('\n'))
    expect(found.shares.map(({ name }) => name)).toEqual(['c'])
    expect(told(found)[0]).toMatch(/define a\d+: its text is too long/)
  })

  it('aliases of lists of aliases stay aliases', () => {
    const bomb = Array.from({ length: 40 }, (_, i) => `x: &l${i + 1} [*l${i}, *l${i}, *l${i}]`)
    expect(yaml(['x: &l0 [a]', ...bomb, CON].join('\n')).shares).toHaveLength(1)
  })

  it.each([
    ['brackets', `x: ${'['.repeat(100_000)}`],
    ['brackets that close', `x: ${'['.repeat(100_000)}${']'.repeat(100_000)}`],
    ['lists', `${'- '.repeat(100_000)}x`],
    ['questions', `${'? '.repeat(50_000)}x`]
  ])('%s in each other are no file', (_name, text) => {
    expect(() => yaml(text)).toThrow(Fault)
  })

  it.each([
    ['openings of names', yaml, `x: 1\ndefine: &a "${'*('.repeat(200_000)}"`],
    ['lines', yaml, 'x: 1\n'.repeat(50_000)],
    ['lines of one name', conf, 'localhost,1:raw:0:/dev/x:\n'.repeat(30_000)],
    ['lines that go on', conf, 'x\\\n'.repeat(300_000)],
    ['colons', conf, ':'.repeat(900_000)],
    ['words', conf, `localhost,1:raw:0:/dev/x:${'a '.repeat(30_000)}`]
  ])('many %s take seconds at the most', (_name, read, text) => {
    const start = performance.now()
    expect(read(text).remarks.length).toBeGreaterThan(0)
    expect(performance.now() - start).toBeLessThan(8000)
  })

  it('what is no YAML says where', () => {
    expect(() => yaml(`${CON}\nx: "open`)).toThrow(/ser2net.yaml:\d+: this is no YAML/)
  })

  it('a file that includes many that include many ends', () => {
    const found = yaml(
      'include: f*',
      [],
      Object.fromEntries(Array.from({ length: 400 }, (_, i) => [`f${i}`, i === 0 ? CON : 'include: f*']))
    )
    expect(found.shares).toHaveLength(1)
    expect(told(found).join()).toMatch(new RegExp(`More than ${MAX_FILES} files`))
  }, 20_000)

  it('thousands of connections are read, and those beyond the limit told', () => {
    const all = Array.from({ length: 2500 }, (_, i) => `localhost,${i + 1}:raw:0:/dev/tty${i}:9600`).join(
      '\n'
    )
    const found = conf(all)
    expect(found.shares.length + found.remarks.length).toBe(2500)
    expect(found.remarks[0]?.reason).toMatch(/2000/)
  })
})
