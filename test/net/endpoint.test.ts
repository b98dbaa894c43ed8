import { describe, expect, it } from 'vitest'
import { Fault } from '../../src-main/contract/faults.ts'
import type { Endpoint } from '../../src-main/net/endpoint.ts'
import { formatEndpoint, looksLikeEndpoint, parseEndpoint } from '../../src-main/net/endpoint.ts'

const tcp = { protocol: 'raw', transport: 'tcp' } as const

describe('an endpoint URL', () => {
  it.each<[string, Endpoint, string?]>([
    ['rfc2217://box:7000', { protocol: 'rfc2217', transport: 'tcp', host: 'box', port: 7000 }],
    ['telnet://192.0.2.7:23', { protocol: 'telnet', transport: 'tcp', host: '192.0.2.7', port: 23 }],
    ['raw://[2001:db8::7]:4001', { ...tcp, host: '2001:db8::7', port: 4001 }],
    ['raw://[fe80::1%eth0]:65535', { ...tcp, host: 'fe80::1%eth0', port: 65_535 }],
    ['raw://[fe80::1%25eth0]:1', { ...tcp, host: 'fe80::1%eth0', port: 1 }, 'raw://[fe80::1%eth0]:1'],
    ['raw://café.example:1', { ...tcp, host: 'café.example', port: 1 }],
    [
      'RFC2217://Box:07000/',
      { protocol: 'rfc2217', transport: 'tcp', host: 'Box', port: 7000 },
      'rfc2217://Box:7000'
    ],
    ['tcp://box:1', { ...tcp, host: 'box', port: 1 }, 'raw://box:1'],
    ['socket://[::1]:1', { ...tcp, host: '::1', port: 1 }, 'raw://[::1]:1'],
    ['net:box:1', { ...tcp, host: 'box', port: 1 }, 'raw://box:1'],
    ['net:[::1]:1', { ...tcp, host: '::1', port: 1 }, 'raw://[::1]:1'],
    ['net://box:1', { ...tcp, host: 'box', port: 1 }, 'raw://box:1'],
    ['raw+tcp://box:1', { ...tcp, host: 'box', port: 1 }, 'raw://box:1'],
    ['rfc2217+tls://box:1', { protocol: 'rfc2217', transport: 'tls', host: 'box', port: 1 }],
    ['telnet+certauth://box:1', { protocol: 'telnet', transport: 'certauth', host: 'box', port: 1 }],
    [
      'raw+tls://box:1?name=x.example&ca=/a%20b/ca%40x.pem&cert=/c.pem&key=k.pem',
      {
        ...{ protocol: 'raw', transport: 'tls', host: 'box', port: 1 },
        tls: { name: 'x.example', ca: '/a b/ca@x.pem', cert: '/c.pem', key: 'k.pem' }
      },
      'raw+tls://box:1?ca=/a%20b/ca%40x.pem&cert=/c.pem&key=k.pem&name=x.example'
    ],
    [
      'raw+unix:///run/x.sock',
      { protocol: 'raw', transport: 'unix', host: '', port: 0, path: '/run/x.sock' }
    ],
    [
      'raw+unix:///a%20b/50%25%3F',
      { protocol: 'raw', transport: 'unix', host: '', port: 0, path: '/a b/50%?' }
    ],
    [
      'rfc2217+unix:///run/x.sock?mode=060&group=dial%20out',
      {
        protocol: 'rfc2217',
        transport: 'unix',
        host: '',
        port: 0,
        path: '/run/x.sock',
        mode: 0o60,
        group: 'dial out'
      }
    ],
    ['raw+udp://box:6666', { protocol: 'raw', transport: 'udp', host: 'box', port: 6666 }],
    [
      'raw+udp://box:6666?local=6667',
      { protocol: 'raw', transport: 'udp', host: 'box', port: 6666, localPort: 6667 }
    ]
  ])('%s is read, and written as it is read', (text, endpoint, written = text) => {
    expect(parseEndpoint(text)).toEqual(endpoint)
    expect(formatEndpoint(endpoint)).toBe(written)
    expect(parseEndpoint(written)).toEqual(endpoint)
  })

  it('has port 0 for a listener alone', () => {
    expect(parseEndpoint('raw://[::]:0', 'listen')).toEqual({ ...tcp, host: '::', port: 0 })
    expect(() => parseEndpoint('raw://[::]:0')).toThrow(/port 0.*listener/)
  })

  it.each([
    ['', /empty.*rfc2217:\/\//],
    ['box:7000', /protocol.*in front.*rfc2217:\/\//],
    ['rfc2217:/127.0.0.1', /protocol.*in front/],
    ['/dev/ttyUSB0', /protocol.*in front/],
    ['gopher://box:1', /"gopher".*rfc2217, telnet, raw/],
    ['://box:1', /no protocol/],
    ['raw+carrier-pigeon://box:1', /"carrier-pigeon".*tcp, tls, certauth, unix, udp/],
    ['raw+://box:1', /no transport/],
    ['tcp+tls://box:1', /"tcp"/],
    ['rfc2217+udp://box:1', /only raw goes over UDP/],
    ['raw://box', /no port/],
    ['raw://box:', /no port/],
    ['raw://box:seven', /"seven".*65535/],
    ['raw://box:65536', /"65536".*65535/],
    ['raw://box:-1', /"-1"/],
    ['raw://box:1e3', /"1e3"/],
    ['raw://box: 1', /" 1"/],
    ['raw://:7000', /names no host/],
    ['raw://', /names no host/],
    ['raw://user@box:1', /user/],
    ['raw://2001:db8::7:4001', /brackets/],
    ['raw://::1', /brackets/],
    ['raw://[box]:1', /no IPv6 address/],
    ['raw://[]:1', /no IPv6 address/],
    ['raw://[::1:1', /HOST:PORT/],
    ['raw://a:b:c', /HOST:PORT/],
    ['raw://300.1.1.1:1', /"300.1.1.1"/],
    ['raw://10.1:1', /"10.1"/],
    ['raw://two words:1', /"two words"/],
    ['raw://box\n:1', /no right host/],
    ['raw://box:1/share', /"\/share".*nothing may follow/],
    ['raw://box:1?baud=9600', /"baud".*tcp has none/],
    ['raw+udp://box:1?remote=2', /"remote".*local/],
    ['raw+udp://box:1?local=none', /"none"/],
    ['raw+udp://box:1?local', /names no port/],
    ['raw+unix://run/x.sock', /full path/],
    ['raw+unix://', /full path/],
    ['raw+unix:///a%zz', /%25/],
    ['raw+unix:///a?mode=9', /"9".*octal/],
    ['raw+unix:///a?mode', /octal/],
    ['raw+unix:///a?group', /names no group/],
    ['raw+unix:///a?group=%', /%25/],
    ['raw+unix:///a?local=5', /"local".*mode, group/],
    ['raw+unix:///a%00b', /zero/],
    ['raw://box:1?ca=/x', /"ca".*tcp has none/],
    ['raw+tls://box:1?mode=600', /"mode".*ca, cert, key, name, version, anyone/],
    ['raw+tls://box:1?ca', /names no file/],
    ['raw+tls://box:1?cert=%00', /names no file/],
    ['raw+tls://box:1?key=/k.pem', /key without its certificate/],
    ['raw+tls://box:1?name=a/b', /no right name/],
    ['raw+tls://box:1?anyone', /only a listener/],
    ['raw+tls://box:1?version=1.0', /no right version/],
    [`raw+unix:///${'x'.repeat(200)}`, /201 bytes/]
  ])('%j is refused with what is wrong', (text, message) => {
    const fault = refusal(text)
    expect(fault.code).toBe('bad-url')
    expect(fault.message).toMatch(message)
    expect(fault.message).toContain(text)
    expect(fault.message).toMatch(/:\/\/\S+\.$/)
  })

  it.each([
    ['raw://user:secret@box:1', 'raw://user:***@box:1'],
    ['rfc2217+tls://user:se:cr?et@box:1', 'rfc2217+tls://user:***@box:1'],
    ['gopher://user:secret@box:1', 'gopher://user:***@box:1'],
    ['net:user:secret@box:1', 'net:user:***@box:1'],
    ['raw://user:sec@ret@box:1', 'raw://user:***@box:1'],
    ['raw://:secret@box:1', 'raw://:***@box:1'],
    ['raw://user:se/cr?et@box:1', 'raw://user:***@box:1'],
    ['user:secret@box:1', 'user:***@box:1']
  ])('the secret of %s is not repeated', (text, masked) => {
    const { message } = refusal(text)
    expect(message).not.toMatch(/sec|cr|ret/)
    expect(message).toContain(`"${masked}"`)
  })

  it('names the addresses that a listener without a host may mean', () => {
    expect(() => parseEndpoint('mdns://gps', 'listen')).toThrow(/announced by its name/)
    expect(() => parseEndpoint('mdns://gps')).toThrow(/farport connect DEVICE mdns:\/\/gps/)
    expect(() => parseEndpoint('raw://:0', 'listen')).toThrow(/127\.0\.0\.1.*\[::\]/)
  })

  it('says of TLS what only a listener can, and what only who dials can', () => {
    const anyone = parseEndpoint('raw+tls://[::]:1?anyone', 'listen')
    expect(anyone.tls).toEqual({ anyone: true })
    expect(formatEndpoint(anyone)).toBe('raw+tls://[::]:1?anyone')
    expect(() => parseEndpoint('raw+tls://[::]:1?anyone=no', 'listen')).toThrow(/stands alone/)
    expect(() => parseEndpoint('raw+tls://[::]:1?name=x', 'listen')).toThrow(/only who dials/)
  })

  it('is told from the name of a device', () => {
    for (const text of ['raw://box:1', 'gopher://x', 'net:box:1', 'RFC2217://', 'rfc2217+tls://x'])
      expect(looksLikeEndpoint(text)).toBe(true)
    for (const text of [
      '/dev/ttyUSB0',
      'COM3',
      'sim:echo',
      'pty:/tmp/x',
      'exec:ssh a://b',
      'rfc2217:/x',
      'network'
    ])
      expect(looksLikeEndpoint(text)).toBe(false)
  })
})

function refusal(text: string): Fault {
  try {
    parseEndpoint(text)
  } catch (error) {
    if (error instanceof Fault) return error
    throw error
  }
  throw new Error(`${text} was read`)
}
