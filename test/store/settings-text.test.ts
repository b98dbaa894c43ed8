import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Fault } from '../../src-main/contract/faults.ts'
import { FRESH_SETTINGS, permissionFor } from '../../src-main/contract/settings.ts'
import { formatSettings, readSettings } from '../../src-main/store/settings-text.ts'
import { anySettings, settings, someShares } from './settings-arbitrary.ts'

const PEER = { id: 'ab'.repeat(32), name: 'laptop', trust: 'trusted', since: 1 } as const

function fault(text: string, migrations?: Parameters<typeof readSettings>[2]): Fault {
  try {
    readSettings(text, 'FILE', migrations)
  } catch (error) {
    if (error instanceof Fault) return error
    throw error
  }
  throw new Error('was read')
}

describe('settings as text', () => {
  it('are read back as they were written, and written the same again', () => {
    fc.assert(
      fc.property(anySettings, (written) => {
        const text = formatSettings(written)
        const { settings: read, version } = readSettings(text, 'FILE')
        expect(read).toEqual(written)
        expect(version).toBe(1)
        expect(formatSettings(read)).toBe(text)
      }),
      { numRuns: 300 }
    )
  })

  it('need no more than their version', () => {
    expect(readSettings('{"version": 1}', 'FILE').settings).toEqual(FRESH_SETTINGS)
    expect(FRESH_SETTINGS.preferences).toEqual({
      logLevel: 'info',
      listen: { enabled: true, port: 22_217, addresses: [] },
      pairing: true,
      discovery: { announce: true, browse: true, interfaces: [], places: [] },
      introduced: false,
      page: { enabled: false, host: '127.0.0.1', port: 7373 }
    })
  })

  it('keep the order of the schema, whatever the order they came in', () => {
    const text = '{"preferences": {"pairing": false, "logLevel": "debug"}, "name": "x", "version": 1}'
    expect(formatSettings(readSettings(text, 'FILE').settings)).toMatch(
      /^\{\n {2}"version": 1,\n {2}"name": "x",\n {2}"shares": \[\],[^]*"logLevel": "debug",[^]*\}\n$/
    )
  })

  const share = '"id": "s1", "name": "A", "port": {"target": "sim:echo"}'
  it.each([
    ['[]', 'line 1, column 1: settings begin with "{".'],
    ['{}', 'line 1, column 1: "version" is missing; this Farport writes 1.'],
    ['{"version": "1"}', 'line 1, column 13: version: a version is a whole number, not "1".'],
    ['{"version": 1,\n "nmae": "x"}', 'line 2, column 2: "nmae" is not known here.'],
    ['{"version": 1, "name": 5}', 'line 1, column 24: name: 5 does not fit; expected is string.'],
    [
      '{"version": 1, "name": "a\\u001b[2J"}',
      'line 1, column 24: name: a name has at least one character, and no control characters.'
    ],
    ['{"version": 1, "shares": {}}', 'line 1, column 26: shares: {} does not fit; expected is a list.'],
    ['{"version": 1, "preferences": []}', 'line 1, column 31: preferences: [] does not fit here.'],
    ['{"version": 1, "constructor": 1}', 'line 1, column 16: "constructor" is not known here.'],
    ['{"version": 1, "__proto__": 1}', 'line 1, column 16: "__proto__" is not known here.'],
    [
      '{"version": 1, "shares": [\n{"id": "s1", "name": "A"}]}',
      'line 2, column 1: shares[0]: "port" is missing.'
    ],
    [`{"version": 1, "shares": [{${share}, "disabled": true}]}`, /shares\[0\]: "disabled" is not known here/],
    [
      `{"version": 1, "shares": [{${share}}, {${share}}]}`,
      /shares\[1\]\.name: the name "A" is there twice among the shares/
    ],
    [
      `{"version": 1, "shares": [{${share}, "writers": "two"}]}`,
      /shares\[0\]\.writers: "two" does not fit; expected is "one" or "all" or "none"/
    ],
    [
      `{"version": 1, "shares": [{${share}, "listen": ["raw://:1", {"url": "raw://:2", "bannner": "x"}]}]}`,
      /shares\[0\]\.listen\[1\]: "bannner" is not known here/
    ],
    [
      `{"version": 1, "shares": [{${share}}, {${share.replace('"A"', '"B"')}}]}`,
      /shares\[1\]\.id: the id s1 is there twice/
    ],
    [
      `{"version": 1, "rotators": [{"id": "r", "name": "r", "listen": ["raw://:1"], "shares": ["s9"]}]}`,
      /rotators\[0\]\.shares\[0\]: there is no share with the id "s9"/
    ],
    ['{"version": 1, "peers": [{"id": "AB"}]}', /peers\[0\]/],
    [
      `{"version": 1, "peers": [${JSON.stringify({ ...PEER, permissions: { shares: { constructor: { level: 'none' } } } })}]}`,
      /peers\[0\]\.permissions\.shares\.constructor/
    ]
  ])('are refused with place and reason: %s', (text, said) => {
    const { code, message } = fault(text)
    expect(code).toBe('settings-broken')
    if (typeof said === 'string') expect(message).toBe(`FILE, ${said}`)
    else expect(message).toMatch(said)
    expect(message).not.toMatch(/\p{Cc}/u)
  })

  it('cut off anywhere are refused', () => {
    const whole = formatSettings(settings({ shares: someShares(3) ?? [], peers: [PEER] })).trimEnd()
    for (let length = 0; length < whole.length; length++)
      expect(fault(whole.slice(0, length)).code).toBe('settings-broken')
    expect(readSettings(whole, 'FILE').settings.shares).toHaveLength(3)
  })

  it('of random JSON are read or refused, and nothing else', () => {
    const sane = JSON.parse(
      formatSettings(settings({ shares: someShares(2) ?? [], peers: [PEER] }))
    ) as object
    const keys = ['name', 'shares', 'links', 'rotators', 'peers', 'preferences']
    fc.assert(
      fc.property(fc.constantFrom(...keys), fc.jsonValue(), (key, value) => {
        const text = JSON.stringify({ ...sane, [key]: value })
        try {
          readSettings(text, 'FILE')
        } catch (error) {
          expect(error).toBeInstanceOf(Fault)
          expect((error as Fault).message).toMatch(/^FILE, line 1, column \d+: .*\.$/)
        }
      }),
      { numRuns: 2000 }
    )
  })
})

describe('versions', () => {
  it('newer than ours are refused, and not called broken', () => {
    const { code, message } = fault('{"version": 7, "unheard": "of"}')
    expect(code).toBe('settings-newer')
    expect(message).toMatch(/^FILE was written by a newer Farport \(its version is 7, this one knows 1\)\. /)
  })

  it('0 has shares as the commands take them', () => {
    const port = { target: 'sim:echo' }
    const text = JSON.stringify({
      version: 0,
      shares: [
        { name: 'A', port },
        { name: 'B', port, disabled: true }
      ],
      links: [{ name: 'L', port, to: 'pty:/tmp/x' }],
      rotators: [{ name: 'pool', listen: ['raw://:1'], shares: ['B', 'A'] }]
    })
    const { settings: read, version } = readSettings(text, 'FILE')
    expect(version).toBe(0)
    expect(read.shares.map(({ name, enabled }) => [name, enabled])).toEqual([
      ['A', true],
      ['B', false]
    ])
    expect(new Set([...read.shares, ...read.links, ...read.rotators].map(({ id }) => id)).size).toBe(4)
    expect(read.rotators[0]?.shares).toEqual([read.shares[1]?.id, read.shares[0]?.id])
    expect(read.version).toBe(1)
    expect(
      readSettings(text.replace('sim:echo', 'sim:gps'), 'FILE').settings.shares.map(({ id }) => id)
    ).toEqual(read.shares.map(({ id }) => id))
  })

  it('0 with anything in it is read or refused', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), fc.jsonValue(), (shares, links, rotators) => {
        try {
          readSettings(JSON.stringify({ version: 0, shares, links, rotators }), 'FILE')
        } catch (error) {
          expect((error as Fault).code).toBe('settings-broken')
        }
      })
    )
  })

  it('whose migration fails say so', () => {
    const failing = () => {
      throw new Error('no luck')
    }
    expect(fault('{"version": 0}', [failing]).message).toBe(
      'FILE, line 1, column 1: version 0 could not be brought to version 1: no luck.'
    )
    expect(fault('{"version": 0}', []).message).toMatch(/version 0 cannot be read any more/)
  })
})

describe('permission', () => {
  it('is the share’s own, else the default, and nothing for who is blocked', () => {
    const permissions = {
      default: { level: 'observe' },
      shares: { s1: { level: 'control', history: true } }
    } as const
    const [peer] = settings({ peers: [{ ...PEER, permissions }] }).peers
    expect(permissionFor(peer!, 's1')).toEqual({ level: 'control', history: true })
    expect(permissionFor(peer!, 's2')).toEqual({ level: 'observe', history: false })
    expect(permissionFor(peer!, 'toString')).toEqual({ level: 'observe', history: false })
    expect(permissionFor({ ...peer!, trust: 'blocked' }, 's1')).toEqual({ level: 'none', history: false })
    expect(permissionFor(settings({ peers: [PEER] }).peers[0]!, 's1').level).toBe('none')
  })
})
