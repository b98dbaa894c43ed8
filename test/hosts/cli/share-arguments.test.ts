import { describe, expect, it } from 'vitest'
import type { ShareSpec } from '../../../src-main/contract/commands.ts'
import { tokenize } from '../../../src-main/hosts/cli/options.ts'
import { SHARE_OPTIONS, readRotator, readShares } from '../../../src-main/hosts/cli/share-arguments.ts'

function read(line: string): ShareSpec[] {
  return readShares(tokenize(line.split(' '), SHARE_OPTIONS))
}

describe('the arguments of share', () => {
  it('reads one device with everything', () => {
    const [share] = read(
      '/dev/ttyS0 --name gps -b 9600 --line 7E1 -f rtscts --listen raw://127.0.0.1:0 --allow 10.0.0.0/8 --allow ::1 ' +
        '--max-clients 3 --writers all --wait --keep-settings --stall-timeout 0 --dtr off --rts on --hang-up --low-latency'
    )
    expect(share).toMatchObject({
      name: 'gps',
      port: {
        target: '/dev/ttyS0',
        settings: { baudRate: 9600, dataBits: 7, parity: 'even', stopBits: 1, flowControl: 'rtscts' },
        dtr: false,
        rts: true,
        hangUp: true,
        lowLatency: true,
        carrier: false
      },
      listen: ['raw://127.0.0.1:0'],
      allow: ['10.0.0.0/8', '::1'],
      maxClients: 3,
      writers: 'all',
      wait: true,
      keepSettings: true,
      stallTimeoutMs: 0
    })
  })

  it('gives each device its own options, and those behind the last listener to all', () => {
    const shares = read(
      'A -b 4800 --listen raw://h:1 --listen rfc2217://h:2 B --name b --listen raw://h:3 --allow anyone -b 9600'
    )
    expect(shares).toMatchObject([
      {
        port: { target: 'A', settings: { baudRate: 4800 } },
        listen: ['raw://h:1', 'rfc2217://h:2'],
        allow: ['anyone']
      },
      {
        name: 'b',
        port: { target: 'B', settings: { baudRate: 9600 } },
        listen: ['raw://h:3'],
        allow: ['anyone']
      }
    ])
  })

  it.each(['a\nb', '\u001b[31m', 'x'.repeat(256)])(
    'refuses a name that others could not be shown: %j',
    (name) => {
      const tokens = tokenize(['A', '--name', name, '--listen', 'raw://h:1'], SHARE_OPTIONS)
      expect(() => readShares(tokens)).toThrow(/^--name takes 1 to 255 characters/)
    }
  )

  it('gives options before the first device to all', () => {
    const shares = read('-b 300 A --listen raw://h:1 B --listen raw://h:2')
    expect(shares.map(({ port }) => port.settings)).toEqual([{ baudRate: 300 }, { baudRate: 300 }])
  })

  it('lets single options win over --line, as tio has them', () => {
    const [share] = read('A --line 8N1 -d 7 -p odd -s 2 --listen raw://h:1')
    expect(share?.port.settings).toEqual({ dataBits: 7, parity: 'odd', stopBits: 2 })
  })

  it('spreads a range of ports over the devices that stand before it', () => {
    const shares = read('A B --listen raw://h:7000-7009 -b 9600 C --listen raw://h:1 --listen telnet://h:2')
    expect(shares).toMatchObject([
      { port: { target: 'A', settings: { baudRate: 9600 } }, listen: ['raw://h:7000'] },
      { port: { target: 'B', settings: { baudRate: 9600 } }, listen: ['raw://h:7001'] },
      { port: { target: 'C' }, listen: ['raw://h:1', 'telnet://h:2'] }
    ])
  })

  it('gives a device of its own several ranges, each in turn', () => {
    const shares = read('A B --listen raw://h:10-11 --listen rfc2217://h:20-21?baud=300')
    expect(shares.map(({ listen }) => listen)).toEqual([
      ['raw://h:10', { url: 'rfc2217://h:20', settings: { baudRate: 300 } }],
      ['raw://h:11', { url: 'rfc2217://h:21', settings: { baudRate: 300 } }]
    ])
  })

  it('reads what holds for one listener alone behind its URL', () => {
    const [share] = read(
      'A --listen rfc2217://h:1?baud=9600&line=7E1 --listen raw://h:2?observe&allow=10.0.0.0/8,::1&banner=%5Cd%20here --listen raw+unix:///x?mode=660'
    )
    expect(share?.listen).toEqual([
      { url: 'rfc2217://h:1', settings: { baudRate: 9600, dataBits: 7, parity: 'even', stopBits: 1 } },
      { url: 'raw://h:2', observe: true, allow: ['10.0.0.0/8', '::1'], banner: '\\d here' },
      { url: 'raw+unix:///x?mode=660' }
    ])
  })

  it('needs no listener where the share connects by itself, or is one of a pool', () => {
    expect(read('A --dial raw://far:1 --dial-back rfc2217://far:2')[0]).toMatchObject({
      listen: [],
      dial: [
        { url: 'raw://far:1', when: 'always' },
        { url: 'rfc2217://far:2', when: 'data' }
      ]
    })
    const tokens = tokenize('A B --rotator telnet://h:0 --allow ::1'.split(' '), SHARE_OPTIONS)
    expect(readShares(tokens)).toMatchObject([{ pooled: true }, { pooled: true }])
    expect(readRotator(tokens)).toMatchObject({ listen: ['telnet://h:0'], allow: ['::1'] })
  })

  it('lets nobody in by the rotator who is allowed at one device alone', () => {
    const rotator = (line: string) => readRotator(tokenize(line.split(' '), SHARE_OPTIONS))
    const devices = 'A --allow 10.0.0.0/8 --banner a --listen raw://h:1 B --listen raw://h:2'
    expect(rotator(`${devices} --rotator raw://h:3 --allow ::1 --banner all`)).toMatchObject({
      allow: ['::1'],
      banner: 'all'
    })
    expect(rotator(`--rotator raw://h:3 ${devices}`)).toMatchObject({ allow: [] })
    expect(() => rotator('A --rotator raw://h:3 --listen raw://h:1')).toThrow(/behind the last --listen/)
  })

  it('reads who may come, how long and which way', () => {
    const [share] = read(
      'A --listen raw://h:1 --newcomer take-over --one-way to-device --inactivity-timeout 600 --open-at-start ' +
        '--keep-open 2.5 --no-break --disabled --trace-both /t/\\d --trace-timestamp --trace-rotate 1'
    )
    expect(share).toMatchObject({
      newcomer: 'take-over',
      oneWay: 'to-device',
      inactivityMs: 600_000,
      openAtStart: true,
      keepOpenMs: 2500,
      disabled: true,
      port: { noBreak: true },
      trace: [{ what: 'both', file: '/t/\\d', timestamp: true, hexdump: false, rotateBytes: 1_048_576 }]
    })
  })

  it('takes what looks like an option behind -- as a device', () => {
    expect(read('--listen raw://h:1 -- -odd')[0]?.port.target).toBe('-odd')
  })

  it.each([
    ['--listen raw://h:1', /Which device/],
    ['A', /--listen/],
    ['A --listen', /--listen needs a value/],
    ['A --listen raw://h:1 --wait=yes', /--wait takes no value/],
    ['A B --listen raw://h:1', /A be reached.*raw:\/\/h:1-2/],
    ['A --listen raw://h:1 --max-clients 0', /--max-clients 0.*from 1/],
    ['A --listen raw://h:1 --max-clients many', /--max-clients many/],
    ['A B C --listen raw://h:7000-7001', /2 ports for 3 devices.*raw:\/\/h:7000-7002/],
    ['A --listen raw://h:7001-7000', /range/],
    ['A --listen raw://h:0-5', /1 to 65535/],
    ['A --listen raw://h:65535-65540', /1 to 65535/],
    ['A B C --listen raw://h:65535-65535', /Give a range: raw:\/\/h:65533-65535\./],
    [
      'A B --listen raw://[::1]:7000?observe',
      /raw:\/\/\[::1\]:7000\?observe is for B alone.*\[::1\]:7000-7001\?observe\./
    ],
    ['A B --listen raw+unix:///x', /is for B alone. Give each device a --listen of its own/],
    ['A B --listen raw://h:0', /Give a range: raw:\/\/h:7000-7001\./],
    ['A B --listen raw://h:1-2 --name both C --listen raw://h:3', /--name/],
    ['A --listen raw://h:1?observe=maybe', /observe/],
    ['A --listen raw://h:1?baud=fast', /baud/],
    ['A --listen raw://h:1 --trace-hexdump', /--trace-both FILE/],
    ['A --listen raw://h:1 --keep-open soon', /--keep-open soon/],
    ['A --listen raw://h:1 --dtr up', /--dtr up.*on, off/],
    ['A --listen raw://h:1 B --listen raw://h:2 --name both', /--name/]
  ])('refuses "%s"', (line, message) => {
    expect(() => read(line)).toThrow(message)
  })
})
