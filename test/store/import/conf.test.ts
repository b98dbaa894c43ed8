import { describe, expect, it } from 'vitest'
import { conf, told } from './read.ts'

const LINE = { baudRate: 9600, dataBits: 8, parity: 'none', stopBits: 1, flowControl: 'none' }

/** The share of a line on localhost with these options, below these lines. */
function line(
  options: string,
  before = '',
  state = 'raw'
): { share: Record<string, unknown>; told: string[] } {
  const found = conf(`${before}localhost,1:${state}:0:/dev/ttyS0:LOCAL ${options}\n`)
  const { listen, ...rest } = { ...found.shares[0]?.wish }
  const [listener] = listen ?? []
  return { share: { ...rest, ...(typeof listener === 'object' && listener) }, told: told(found) }
}

describe('a line', () => {
  it.each([
    ['7000:raw:0:/dev/ttyS0:', 'ttyS0', 'raw://[::]:7000'],
    ['7000:telnet:0:/dev/ttyS0:9600', 'ttyS0', 'telnet://[::]:7000'],
    ['7000:telnet:0:/dev/ttyS0:9600 remctl', 'ttyS0', 'rfc2217://[::]:7000'],
    ['localhost,7000:raw:0:/dev/ttyS0', 'ttyS0', 'raw://127.0.0.1:7000'],
    ['ipv4,7000:raw:0:/dev/ttyS0', 'ttyS0', 'raw://0.0.0.0:7000'],
    ['ipv6,::1,7000:raw:0:/dev/ttyS0', 'ttyS0', 'raw://[::1]:7000'],
    ['udp,::,7000:raw:0:/dev/ttyS0', 'ttyS0', 'raw+udp://[::]:7000'],
    ['7000:rawlp:0:/dev/lp0:', 'lp0', 'raw://[::]:7000'],
    ['7000:off:0:/dev/ttyS0:', 'ttyS0', 'raw://[::]:7000']
  ])('%s', (text, name, url) => {
    const { shares } = conf(text, ['anyone'])
    expect(shares.map((each) => [each.name, each.sources[0]?.addresses])).toEqual([[name, [url]]])
  })

  it.each([
    ['', {}],
    ['57600 8DATABITS NONE 1STOPBIT', { baudRate: 57_600 }],
    ['9600 EVEN', { parity: 'even' }],
    ['1200 ODD 7DATABITS 2STOPBITS', { baudRate: 1200, parity: 'odd', dataBits: 7, stopBits: 2 }],
    ['MARK 5DATABITS', { parity: 'mark', dataBits: 5 }],
    ['SPACE 6DATABITS', { parity: 'space', dataBits: 6 }],
    ['19200 RTSCTS', { baudRate: 19_200, flowControl: 'rtscts' }],
    ['XONXOFF RTSCTS -RTSCTS', { flowControl: 'xonxoff' }],
    ['NOBREAK -NOBREAK 9600n81', {}]
  ])('sets %s', (options, settings) => {
    const { share, told } = line(options)
    expect(told).toEqual([])
    expect(share).toEqual({
      ...{ name: 'ttyS0', enabled: true, maxClients: 1, url: 'raw://127.0.0.1:1' },
      port: { target: '/dev/ttyS0', settings: { ...LINE, ...settings } }
    })
  })

  it.each([
    ['BANNER:b:hi \\d\n', 'b', { banner: String.raw`hi \d` }],
    ['BANNER:b:one \\\ntwo \\\n# three\n', 'b', { banner: 'one two # three' }],
    ['BANNER:b:x:y\n', 'b', { banner: 'x:y' }],
    ['BANNER:b:at \\o\n', 'b', { banner: 'at /dev/ttyS0' }],
    ['SIGNATURE:s:box\n', 's', { signature: 'box' }],
    ['OPENSTR:o:AT\n', 'o', { openString: 'AT' }],
    ['CLOSESTR:o:ATH\n', 'o', { closeString: 'ATH' }],
    ['CLOSEON:o:bye\n', 'o', { closeOn: 'bye' }],
    ['TRACEFILE:t:/t/\\p-\\Y\n', 'tr=t', { trace: [{ what: 'read', file: String.raw`/t/\p-\Y` }] }],
    ['TRACEFILE:t:/t\n', 'tw=t hexdump', { trace: [{ what: 'write', file: '/t', hexdump: true }] }],
    [
      'TRACEFILE:t:/t\nTRACEFILE:u:/u\n',
      'tb=t tr=u timestamp -tb-timestamp tb-hexdump',
      {
        trace: [
          { what: 'read', file: '/u', timestamp: true },
          { what: 'both', file: '/t', hexdump: true }
        ]
      }
    ],
    ['DEFAULT:kickolduser:true\n', '', { newcomer: 'kick-old' }],
    ['DEFAULT:kickolduser:true\n', '-kickolduser', {}],
    ['', 'kickolduser max-connections=2', { newcomer: 'kick-old', maxClients: 2, writers: 'all' }],
    ['', 'remaddr=192.0.2.7,0', { allow: ['192.0.2.7'] }]
  ])('%j with %j', (before, options, fields) => {
    const { share, told } = line(options, before)
    expect(told).toEqual([])
    expect(share).toMatchObject(fields)
    if (!('newcomer' in fields)) expect(share.newcomer).toBeUndefined()
  })

  it('sets the lines of a port', () => {
    const { share } = line('HANGUP_WHEN_DONE rs485=r -LOCAL', 'RS485CONF:r:0:0\n')
    expect(share.port).toMatchObject({ hangUp: true, rs485: true, carrier: true })
  })

  it.each([
    'chardelay-scale=3',
    'disable-chardelay',
    'telnet_brk_on_sync',
    'led-rx=x',
    'net-to-dev-bufsize=9',
    'tr=none'
  ])('tells of %s', (word) => {
    const { share, told } = line(word)
    if (word === 'disable-chardelay') expect(told).toEqual([])
    else expect(told).toEqual([expect.stringContaining(`1 ${word} (ttyS0): `)])
    expect(share.name).toBe('ttyS0')
  })

  it.each([
    ['7000', /no line/],
    ['7000:cooked:0:/dev/ttyS0:', /no line/],
    ['7000:raw:0', /no device/],
    ['7000:raw:soon:/dev/ttyS0:', /no number/],
    ['box box,7000:raw:0:/dev/ttyS0:', /no host/],
    ['http:raw:0:/dev/ttyS0:', /no number of a port/],
    ['localhost,7000:raw:0:ttyS0:', /whole path/],
    ['localhost,7000:raw:0:/dev/ttyS0:remaddr=box,1', /by address alone/],
    ['7000:raw:0:/dev/ttyS0:', /--allow/],
    ['localhost,7000:telnet:0:sol.lan -U u -P geheim box:', /ipmitool .* -H box -U u -E/],
    ['CONTROLPORT:localhost,2000', /no control port/],
    ['LED:l:sysfs:device=x', /no LEDs/],
    ['DEFAULT:chardelay:true', /at once/],
    ['DEFAULT:frobnicate:1', /nothing that/],
    ['ROTATOR:localhost,9:localhost,8', /none of its connections/],
    ['ROTATOR:localhost,9', /no ports/],
    ['BANNER', /no name/],
    ['TRACEFILE:t', /name and a file/],
    ['DEVICE:t', /name and a device/]
  ])('%s has a reason', (text, reason) => {
    const found = conf(`# one\n\n${text}\n`)
    expect([found.shares, found.rotators]).toEqual([[], []])
    expect(found.remarks.map(({ line }) => line)).toContain(3)
    const all = found.remarks.map((each) => each.reason).join('\n')
    expect(all).toMatch(reason)
    expect(JSON.stringify(found)).not.toContain('geheim')
  })
})

describe('one device', () => {
  it('on several lines with other settings is one share whose clients take turns', () => {
    const { shares } = conf(
      'localhost,1:raw:0:/dev/ttyS0:9600 LOCAL\nlocalhost,2:telnet:0:/dev/ttyS0:1200 EVEN LOCAL remctl\n'
    )
    expect(shares.map(({ name, wish }) => [name, wish.listen])).toEqual([
      [
        'ttyS0',
        [
          { url: 'raw://127.0.0.1:1' },
          { url: 'rfc2217://127.0.0.1:2', settings: { ...LINE, baudRate: 1200, parity: 'even' } }
        ]
      ]
    ])
  })

  it('has other shares where more differs, with names that stay when the file is read again', () => {
    const text =
      'DEVICE:gps:/dev/serial/by-path/pci-0000:00\n1:raw:0:gps:\nlocalhost,2:raw:5:gps:\nlocalhost,3:off:0:gps:\n'
    expect(conf(text).shares.map(({ name }) => name)).toEqual(['gps-2', 'gps-3'])
    const { shares } = conf(text, ['anyone'])
    expect(shares.map(({ name, wish }) => [name, wish.port.target, wish.enabled])).toEqual([
      ['gps', '/dev/serial/by-path/pci-0000:00', true],
      ['gps-2', '/dev/serial/by-path/pci-0000:00', true],
      ['gps-3', '/dev/serial/by-path/pci-0000:00', false]
    ])
  })

  it('is given to clients by a rotator, also one that stands before it', () => {
    const found = conf(
      'ROTATOR:localhost,9:localhost,1 localhost,2 localhost,3\nlocalhost,1:telnet:0:/dev/a:\nlocalhost,2:telnet:0:/dev/b:\n'
    )
    expect(found.rotators.map(({ wish }) => wish)).toEqual([
      { name: 'localhost,9', enabled: true, listen: [{ url: 'telnet://127.0.0.1:9' }], shares: ['a', 'b'] }
    ])
    expect(told(found)).toEqual([expect.stringMatching(/^1 localhost,3 \(localhost,9\)/)])
  })
})
