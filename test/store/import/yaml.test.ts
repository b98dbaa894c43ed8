import { describe, expect, it } from 'vitest'
import { existsSync, readFileSync } from 'node:fs'
import { FILES } from '../../../src-main/store/import/file-sources.ts'
import { readSer2net } from '../../../src-main/store/import/read-ser2net.ts'
import { told, yaml } from './read.ts'
import { lacks } from '../../peers/need.ts'

const LINE = { baudRate: 9600, dataBits: 8, parity: 'none', stopBits: 1, flowControl: 'none' }
const DEBIAN = '/etc/ser2net.yaml'

/** One connection with this connector. */
function device(words: string): { port: Record<string, unknown>; told: string[] } {
  const found = yaml(
    `connection: &c\n  accepter: tcp,localhost,1\n  connector: serialdev,/dev/ttyS0${words}\n`
  )
  return { port: { ...found.shares[0]?.wish.port }, told: told(found) }
}

/** The share of one connection with this option, and what is told. */
function option(line: string): { share: Record<string, unknown>; told: string[] } {
  const found = yaml(
    `connection: &c\n  accepter: tcp,localhost,1\n  connector: serialdev,/dev/ttyS0,local\n  options:\n    ${line}\n`
  )
  const { listen, ...rest } = { ...found.shares[0]?.wish }
  const [listener] = listen ?? []
  return { share: { ...rest, ...(typeof listener === 'object' && listener) }, told: told(found) }
}

function address(accepter: string, allow: readonly string[] = ['anyone']): unknown {
  const found = yaml(`connection: &c\n  accepter: ${accepter}\n  connector: serialdev,/dev/ttyS0\n`, allow)
  return found.shares[0]?.sources[0]?.addresses.join(' ') ?? found.remarks.map(({ reason }) => reason).join()
}

describe('a device', () => {
  it.each([
    ['', {}, { carrier: true }],
    [',local', {}, {}],
    [',19200e71,local', { baudRate: 19200, parity: 'even', dataBits: 7 }, {}],
    [',speed=1200o82,local', { baudRate: 1200, parity: 'odd', stopBits: 2 }, {}],
    [',250000,custspeed,local', { baudRate: 250_000 }, {}],
    [',9600n81,local=true rtscts', { flowControl: 'rtscts' }, {}],
    [',xonxoff=true,local', { flowControl: 'xonxoff' }, {}],
    [',XONXOFF,-XONXOFF,LOCAL', {}, {}],
    [',local,EVEN 7DATABITS 2STOPBITS', { parity: 'even', dataBits: 7, stopBits: 2 }, {}],
    [',local,hangup-when-done', {}, { hangUp: true }],
    [',local,HANGUP_WHEN_DONE', {}, { hangUp: true }],
    [',local,dtr=off,rts=on', {}, { dtr: false, rts: true }],
    [',local,rs485=0:0', {}, { rs485: true }],
    [',local,rs485=off,nobreak', {}, {}]
  ])('with "%s"', (words, line, more) => {
    expect(device(words)).toEqual({
      port: { target: '/dev/ttyS0', settings: { ...LINE, ...line }, ...more },
      told: []
    })
  })

  it('that is only written to has no settings', () => {
    expect(device(',wronly').port).toEqual({ target: '/dev/ttyS0' })
  })

  it.each([
    'nouucplock',
    'drain_time=20',
    'char_drain_wait=off',
    'readbuf=10',
    'rs485=1:2',
    'frobnicate',
    '9600x81'
  ])('tells of %s', (word) => {
    const { port, told } = device(`,local,${word}`)
    expect(port.target).toBe('/dev/ttyS0')
    expect(told).toEqual([expect.stringMatching(`^1 ${word} \\(c\\): `)])
  })
})

describe('an address', () => {
  it.each([
    ['tcp,7000', 'raw://[::]:7000'],
    ['7000', 'raw://[::]:7000'],
    ['tcp,ipv4,7000', 'raw://0.0.0.0:7000'],
    ['tcp,localhost,7000', 'raw://127.0.0.1:7000'],
    ['tcp,ipv6,localhost,7000', 'raw://[::1]:7000'],
    ['tcp(nodelay),::1,7000', 'raw://[::1]:7000'],
    ['telnet,tcp,192.0.2.7,7000', 'telnet://192.0.2.7:7000'],
    ['telnet(rfc2217),tcp,7000', 'rfc2217://[::]:7000'],
    ['telnet(rfc2217=true),tcp,7000', 'rfc2217://[::]:7000'],
    ['telnet(rfc2217=false),tcp,7000', 'telnet://[::]:7000'],
    ['udp,7000', 'raw+udp://[::]:7000'],
    ['"tcp,127.0.0.1,7000;127.0.0.2,7001"', 'raw://127.0.0.1:7000 raw://127.0.0.2:7001'],
    ['telnet,unix,/run/x y', 'telnet+unix:///run/x%20y']
  ])('%s is %s', (accepter, url) => {
    expect(address(accepter)).toBe(url)
  })

  it.each([
    ['telnet(rfc2217),certauth(),ssl,tcp,3001', /certauth/],
    ['ssl(key=/k,cert=/c),udp,3001', /over TCP alone/],
    ['msgdelim,ssl,tcp,3001', /encrypted/],
    ['ssl(cert=c),tcp,3001', /no whole path/],
    ['ssl(mode=client),tcp,3001', /client of TLS/],
    ['ssl(clientauth=maybe),tcp,3001', /true nor false/],
    ['mux,tcp,3001', /mux/],
    ['tcp,telnet', /"telnet" is no number/],
    ['tcp,a b,70', /no host/],
    ['sctp,3001', /SCTP/],
    ['telnet,udp,3001', /UDP/],
    ['stdio', /stdio/],
    ['unix,relative', /not whole/],
    ['telnet', /behind telnet/],
    [Array(40).fill('telnet').join(','), /layers/]
  ])('%s has a reason', (accepter, reason) => {
    expect(address(accepter)).toMatch(reason)
  })

  it('that other computers reach needs somebody who may come', () => {
    expect(address('tcp,7000', [])).toMatch(/--allow/)
    expect(address('tcp,192.0.2.7,7000', [])).toMatch(/--allow/)
    expect(address('tcp,127.0.0.9,7000', [])).toBe('raw://127.0.0.9:7000')
  })
})

describe('an option', () => {
  it.each([
    [String.raw`banner: 'hi \d\r\n'`, { banner: String.raw`hi \d\r\n` }],
    ['signature: box', { signature: 'box' }],
    [`signature: ''`, { signature: '' }],
    ['openstr: AT', { openString: 'AT' }],
    [`openstr: ''`, {}],
    ['closestr: ATH', { closeString: 'ATH' }],
    ['closeon: logout', { closeOn: 'logout' }],
    ['kickolduser: true', { newcomer: 'kick-old' }],
    ['kickolduser: off', {}],
    ['max-connections: 3', { maxClients: 3, writers: 'all' }],
    ['max-connections: 0x10', { maxClients: 16, writers: 'all' }],
    ['remaddr: 192.0.2.7,0', { allow: ['192.0.2.7'] }],
    ['remaddr: ipv4,192.0.2.7,0;2001:db8::1,0', { allow: ['192.0.2.7', '2001:db8::1'] }],
    ['no-con-to-acc: true', { oneWay: 'to-device' }],
    ['no-acc-to-con: true', { oneWay: 'from-device' }],
    ['trace-read: /t/r', { trace: [{ what: 'read', file: '/t/r' }] }],
    ['trace-write: /t/w', { trace: [{ what: 'write', file: '/t/w' }] }],
    [
      'trace-both: /t/b\n    trace-hexdump: true\n    trace-timestamp: on',
      { trace: [{ what: 'both', file: '/t/b', hexdump: true, timestamp: true }] }
    ],
    [
      'trace-both: /t/b\n    trace-hexdump: true\n    trace-both-hexdump: false',
      { trace: [{ what: 'both', file: '/t/b' }] }
    ],
    ['connback: tcp,192.0.2.7,70', { dial: [{ url: 'raw://192.0.2.7:70', when: 'data' }] }],
    ['telnet-brk-on-sync: false', {}],
    ['mdns: false', { announce: false }],
    ['mdns: true', {}],
    ['mdns-sysattrs: true', {}],
    ['mdns-interface: -1', {}],
    ['mdns-nettype: unspec', {}],
    ['mdns-type: _iostream._tcp', {}]
  ])('%s', (line, fields) => {
    const { share, told } = option(line)
    expect(told).toEqual([])
    expect(share).toEqual({
      ...{ name: 'c', enabled: true, port: { target: '/dev/ttyS0', settings: LINE } },
      ...{ maxClients: 1, url: 'raw://127.0.0.1:1', ...fields }
    })
  })

  it.each([
    ...[
      'telnet-brk-on-sync: true',
      'chardelay: true',
      'chardelay-scale: 3',
      'chardelay-min: 3',
      'chardelay-max: 9'
    ],
    ...['sendon: x', 'dev-to-net-bufsize: 9', 'net-to-dev-bufsize: 9', 'led-tx: *led1', 'led-rx: *led1'],
    ...[
      'accepter-retry-time: 3',
      'connector-retry-time: 3',
      'authdir: /x',
      'pamauth: x',
      'allowed-users: a b'
    ],
    ...['mdns-interface: 1', 'mdns-nettype: ipv4', 'mdns-name: x', 'mdns-type: x', 'mdns-domain: x'],
    ...['mdns: maybe', 'mdns-port: 4000', 'mdns-host: x', 'mdns-txt: a=b', 'frobnicate: 1'],
    ...[
      'trace-read: relative',
      'kickolduser: maybe',
      'max-connections: 0',
      'max-connections: many',
      'connback: ssl,tcp,h,1',
      'banner: *none'
    ]
  ])('%s is told, and the rest is there', (line) => {
    const { share, told } = option(line)
    if (line === 'banner: *none') expect(told[0]).toMatch(/^1 connection c: nothing further up/)
    else {
      expect(told).toEqual([expect.stringContaining(`5 ${line} (c): `)])
      expect(share.name).toBe('c')
    }
  })

  it.each(['remaddr: 192.0.2.7,5000', 'remaddr: box,0', `remaddr: '!192.0.2.7,0'`, 'remaddr: "1.2.3.4,0;x"'])(
    '%s keeps the connection out: nobody may come that could not before',
    (line) => {
      const { share, told } = option(line)
      expect(share).toEqual({})
      expect(told).toEqual([expect.stringMatching(/^1 connection c: remaddr: /)])
    }
  )
})

describe('a connection', () => {
  const with_ = (fields: string): ReturnType<typeof yaml> =>
    yaml(`connection: &c\n  accepter: tcp,localhost,1\n${fields}`)

  it.each([
    ['connector: tcp,box,70', 'raw://box:70'],
    ['connector: telnet(rfc2217),tcp,box,70', 'rfc2217://box:70'],
    ['connector: telnet,tcp,::1,70', 'telnet://[::1]:70'],
    ['connector: udp,192.0.2.1,70', 'raw+udp://192.0.2.1:70'],
    ['connector: unix,/run/x', 'raw+unix:///run/x'],
    [`connector: 'stdio,cat "a b"'`, `exec:cat 'a b'`],
    ['connector: pty,top', 'exec+pty:top']
  ])('%s', (line, target) => {
    expect(with_(`  ${line}\n`).shares[0]?.wish.port).toEqual({ target })
  })

  it('of an IPMI console tells how, and never the password', () => {
    const [text = ''] = told(
      with_('  connector: ipmisol,lan -U ipmiusr -P geheim -p 9001\n    box.example,9600\n')
    )
    expect(text).toContain('-H box.example -U ipmiusr -E sol activate')
    expect(text).not.toContain('geheim')
  })

  it.each([
    ['  timeout: 600\n', { inactivityMs: 600_000 }],
    ['  timeout: 0\n', {}],
    ['  enable: off\n', { enabled: false }]
  ])('%s', (line, fields) => {
    const { shares } = with_(`${line}  connector: serialdev,/dev/ttyS0\n`)
    expect(shares[0]?.wish).toMatchObject({ name: 'c', enabled: true, ...fields })
  })

  it.each([
    ['', /no connector/],
    ['  connector: serialdev,ttyS0\n', /no whole path/],
    ['  connector: serialdev,/dev/x\n  connector: serialdev,/dev/y\n', /twice/],
    ['  connector: serialdev,/dev/x\n  timeout: soon\n', /no number/],
    ['  connector: serialdev,/dev/x\n  enable: maybe\n', /true nor false/],
    ['  connector: [a, b]\n', /a text belongs here/],
    ['  connector: serialdev,/dev/x\n  options: [a]\n', /table of options/],
    ['  connector: ssl,udp,box,70\n', /over TCP alone/],
    ['  connector: echo\n', /nothing like echo/]
  ])('%s has a reason', (fields, reason) => {
    const found = with_(fields)
    expect(found.shares).toEqual([])
    expect(told(found)).toEqual([expect.stringMatching(/^1 connection c: /)])
    expect(told(found)[0]).toMatch(reason)
  })

  it('has a name that is nobody else’s, and an address', () => {
    const one = (port: number, name = 'c'): string =>
      `connection: &${name}\n  accepter: tcp,localhost,${port}\n  connector: serialdev,/dev/${name}${port}\n`
    expect(told(yaml(one(1) + one(2)))).toEqual([expect.stringMatching(/^4 connection c: the name c/)])
    expect(told(yaml(one(1) + one(1, 'd')))).toEqual([
      expect.stringMatching(/^4 connection d: .*address of c/)
    ])
  })

  it('of one device is part of one share, where only the listener differs', () => {
    const one = (name: string, port: number, words: string, options = ''): string =>
      `connection: &${name}\n  accepter: tcp,localhost,${port}\n  connector: serialdev,/dev/ttyS0,${words}\n${options}`
    const found = yaml(
      one('a', 1, '9600n81,local', String.raw`  options: {banner: '\N \d'}` + '\n') +
        one('b', 2, '19200n81,local', String.raw`  options: {banner: '\N \\N'}` + '\n') +
        one('c', 3, '9600n81,local', '  options: {openstr: x}\n')
    )
    expect(told(found)).toEqual([
      expect.stringMatching(/^9 \/dev\/ttyS0 \(c\): the share a has the same device/)
    ])
    expect(found.shares.map(({ name, wish }) => [name, wish.listen])).toEqual([
      [
        'a',
        [
          { url: 'raw://127.0.0.1:1', banner: String.raw`\N \d` },
          { url: 'raw://127.0.0.1:2', banner: String.raw`b \\N`, settings: { ...LINE, baudRate: 19_200 } }
        ]
      ],
      ['c', [{ url: 'raw://127.0.0.1:3' }]]
    ])
  })
})

describe('names in texts', () => {
  it('are told where they are written as names outside of texts', () => {
    const found = yaml(
      'define: &line 9600n81\nconnection: &a\n  accepter: tcp,localhost,7000\n  connector: serialdev,/dev/ttyS0,*line\n'
    )
    expect(told(found)).toEqual([
      '2 *line (a): within a text an alias is written *(line), in ser2net as well'
    ])
  })

  const banner = (define: string, text: string, files = {}): unknown => {
    const { shares, remarks } = yaml(
      `${define}\nconnection: &c\n  accepter: tcp,localhost,1\n  connector: serialdev,/dev/ttyS0\n  options:\n    banner: ${text}\n`,
      [],
      files
    )
    const [listener] = shares[0]?.wish.listen ?? []
    return typeof listener === 'object' ? listener.banner : remarks[0]?.reason
  }

  it.each([
    ['define: &n name', '*n', 'name'],
    ['define: &n name', '"a *(n) b"', 'a name b'],
    ['define: &n name', '"a *(*n) b"', 'a *(n) b'],
    ['define: &n 1\ndefine: &n 2', '*n', '2'],
    ['define: &m x\ndefine: &n "*(m)y"', '*n', 'xy'],
    ['define: &n name', '"*{*n}"', '*{n}'],
    ['define: &n name', '"*(m)"', 'nothing further up is called m'],
    ['define: &n name', '"a *{none}"', expect.stringMatching(/none cannot be read/)],
    ['define: &n name', '"a *{f}"', 'a secret']
  ])('%s, %s', (define, text, result) => {
    expect(banner(define, text, { f: 'secret' })).toEqual(result)
  })

  it('never show what another file says', () => {
    const { remarks } = yaml(
      'connection: &c\n  accepter: tcp,localhost,1\n  connector: serialdev,/dev/ttyS0\n  options: {pamauth: "*{f}"}\n',
      [],
      { f: 'geheim' }
    )
    expect(JSON.stringify(remarks)).not.toContain('geheim')
  })
})

describe('other entries', () => {
  const CON = 'connection: &c1\n  accepter: tcp,localhost,1\n  connector: serialdev,/dev/ttyS1\n'

  it('a rotator takes the connections that there are', () => {
    const found = yaml(
      `${CON}rotator: &r\n  accepter: telnet(rfc2217),tcp,localhost,9\n  connections: [*c1, *c2, c1]\n  options: {authdir: x}\n`
    )
    expect(found.rotators).toEqual([
      expect.objectContaining({
        name: 'r',
        line: 4,
        wish: { name: 'r', enabled: true, listen: [{ url: 'rfc2217://127.0.0.1:9' }], shares: ['c1'] }
      })
    ])
    expect(told(found)).toEqual([
      expect.stringMatching(/^4 c2 \(r\)/),
      expect.stringMatching(/^7 authdir: x \(r\)/)
    ])
  })

  it.each([
    ['admin:\n  accepter: tcp,2000', /no admin port/],
    ['led: &l\n  driver: sysfs', /no LEDs/],
    ['frobnicate: 1', /no such entry/],
    ['define: text', /no name/],
    ['include: none.yaml', /cannot be read/],
    ['include: none*', /no file/],
    ['include: ser2net.yaml', /includes itself/],
    ['connection: 3', /table of settings/],
    ['rotator: &r\n  accepter: tcp,localhost,9', /list of connections/],
    ['rotator: &r\n  accepter: tcp,localhost,9\n  connections: [*x]', /none of its connections/],
    ['default: {name: chardelay, value: true}', /at once/],
    ['default: {name: password, value: k, class: ssl}', /nothing that this/],
    ['default: {value: k}', /no name/],
    ['default: {name: speed, value: fast}', /no speed/]
  ])('%s has a reason, and the rest is read', (entry, reason) => {
    const found = yaml(`${CON}${entry}\n`)
    expect(found.shares.map(({ name }) => name)).toEqual(['c1'])
    expect(told(found).join('\n')).toMatch(reason)
    expect(found.remarks.some(({ line }) => line === 4)).toBe(true)
  })

  it('defaults hold below them, a class before all', () => {
    const speeds = yaml(
      [
        CON,
        'default: {name: speed, value: 1200n81}',
        'default: {name: local, value: true, class: serialdev}',
        CON.replaceAll('1', '2').replace('localhost,2', 'localhost,2'),
        'default: {name: speed, value: 2400e71, class: serialdev}',
        'default: {name: kickolduser, value: true, class: ser2net}',
        'default: {name: rfc2217, value: true, class: telnet}',
        CON.replaceAll('1', '3').replace('tcp', 'telnet,tcp'),
        'delete_default: {name: speed, class: serialdev}',
        CON.replaceAll('1', '4')
      ].join('\n')
    ).shares.map(({ wish: { port, newcomer, listen = [] } }) => [
      port.settings?.baudRate,
      port.settings?.parity,
      port.carrier,
      newcomer,
      (listen[0] as { url: string }).url
    ])
    expect(speeds).toEqual([
      [9600, 'none', true, undefined, 'raw://127.0.0.1:1'],
      [1200, 'none', undefined, undefined, 'raw://127.0.0.1:2'],
      [2400, 'even', undefined, 'kick-old', 'rfc2217://127.0.0.1:3'],
      [1200, 'none', undefined, 'kick-old', 'raw://127.0.0.1:4']
    ])
  })

  it('a default that asks for what Farport does anyway is nothing to tell', () => {
    const found = yaml(
      `default: {name: mdns-sysattrs, value: true}\ndefault: {name: mdns, value: true}\n${CON}`,
      ['anyone']
    )
    expect([told(found).filter((each) => each.includes('default')), found.shares.length]).toEqual([[], 1])
  })

  it('a default that keeps strangers out and is lost keeps out all below it', () => {
    const found = yaml(`default: {name: remaddr, value: 'box,0'}\n${CON}`, ['anyone'])
    expect(found.shares).toEqual([])
    expect(told(found)).toEqual([
      expect.stringMatching(/^1 default/),
      expect.stringMatching(/^2 connection c1: .*remaddr/)
    ])
  })

  it('included files are read in their place, with what was said before', () => {
    const found = yaml(`define: &d /dev/ttyS7\ninclude: part*\n`, [], {
      part1: CON.replace('/dev/ttyS1', '*(d)'),
      part2: 'connection: &c2\n  accepter: tcp,localhost,1\n  connector: serialdev,/dev/x\n'
    })
    expect(found.shares[0]?.wish.port.target).toBe('/dev/ttyS7')
    expect(found.remarks).toEqual([expect.objectContaining({ file: 'part2', line: 1 })])
  })
})

/** As the package has it; an administrator may have changed it. */
const isDebians = existsSync(DEBIAN) && readFileSync(DEBIAN, 'utf8').includes('connection: &con1192')

describe.skipIf(lacks.part(isDebians, 'the configuration of Debian’s ser2net'))(
  'the example of Debian’s ser2net',
  () => {
    it('is two devices with two addresses each', () => {
      const { shares, rotators, remarks } = readSer2net(DEBIAN, { sources: FILES, allow: [] })
      const said = shares.map(({ name, wish: { port, newcomer, listen = [] } }) => ({
        ...{ name, newcomer, target: port.target, baudRate: port.settings?.baudRate },
        listen: listen.map((each) => typeof each === 'object' && [each.url, each.settings?.baudRate])
      }))
      expect(said).toEqual(
        [0, 1].map((number) => ({
          name: `con${number}096`,
          newcomer: 'kick-old',
          target: `/dev/ttyS${number}`,
          baudRate: 9600,
          listen: [
            [`raw://127.0.0.1:200${number}`, undefined],
            [`raw://127.0.0.1:300${number}`, 19_200]
          ]
        }))
      )
      expect(rotators).toEqual([])
      const texts = remarks.map(({ line, text }) => `${line} ${text}`)
      expect(texts).toEqual([
        ...['21 telnet-brk-on-sync: true', '32 telnet-brk-on-sync: true'],
        ...['37 kickolduser', '43 telnet-brk-on-sync: true'],
        ...['48 kickolduser', '54 telnet-brk-on-sync: true']
      ])
    })
  }
)
