import { describe, expect, it } from 'vitest'
import type { ShareSpec } from '../../../src-main/contract/commands.ts'
import { tokenize } from '../../../src-main/hosts/cli/options.ts'
import { SHARE_OPTIONS, readShares } from '../../../src-main/hosts/cli/share-arguments.ts'

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

  it('gives options before the first device to all', () => {
    const shares = read('-b 300 A --listen raw://h:1 B --listen raw://h:2')
    expect(shares.map(({ port }) => port.settings)).toEqual([{ baudRate: 300 }, { baudRate: 300 }])
  })

  it('lets single options win over --line, as tio has them', () => {
    const [share] = read('A --line 8N1 -d 7 -p odd -s 2 --listen raw://h:1')
    expect(share?.port.settings).toEqual({ dataBits: 7, parity: 'odd', stopBits: 2 })
  })

  it('takes what looks like an option behind -- as a device', () => {
    expect(read('--listen raw://h:1 -- -odd')[0]?.port.target).toBe('-odd')
  })

  it.each([
    ['--listen raw://h:1', /Which device/],
    ['A', /--listen/],
    ['A --listen', /--listen needs a value/],
    ['A --listen raw://h:1 --wait=yes', /--wait takes no value/],
    ['A B --listen raw://h:1', /A.*--listen/],
    ['A --listen raw://h:1 --max-clients 0', /--max-clients 0.*from 1/],
    ['A --listen raw://h:1 --max-clients many', /--max-clients many/],
    ['A --listen raw://h:1 --dtr up', /--dtr up.*on, off/],
    ['A --listen raw://h:1 B --listen raw://h:2 --name both', /--name/]
  ])('refuses "%s"', (line, message) => {
    expect(() => read(line)).toThrow(message)
  })
})
