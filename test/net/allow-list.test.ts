import { describe, expect, it } from 'vitest'
import { AllowList, checkExposure, isLoopback, plainAddress } from '../../src-main/net/allow-list.ts'
import { parseEndpoint } from '../../src-main/net/endpoint.ts'

describe('an allow list', () => {
  it.each<[string[], string[], string[]]>([
    [
      [],
      ['127.0.0.1', '127.255.0.9', '::1', '::ffff:127.0.0.1'],
      ['192.168.1.1', '::2', '128.0.0.1', '0.0.0.0']
    ],
    [['loopback'], ['127.0.0.1', '::1'], ['10.0.0.1']],
    [['anyone'], ['127.0.0.1', '8.8.8.8', '2001:db8::1', '::ffff:8.8.8.8', 'fe80::1%eth0'], []],
    [['Anyone'], ['8.8.8.8'], []],
    [['192.168.1.20'], ['192.168.1.20', '::ffff:192.168.1.20'], ['192.168.1.21', '127.0.0.1']],
    [
      ['192.168.1.0/24'],
      ['192.168.1.0', '192.168.1.255', '::FFFF:192.168.1.7'],
      ['192.168.2.0', '::192.168.1.7']
    ],
    [['192.168.1.77/24'], ['192.168.1.1'], ['192.168.0.255']],
    [
      ['10.0.0.0/8', '192.0.2.1/32'],
      ['10.9.8.7', '192.0.2.1'],
      ['11.0.0.0', '192.0.2.2']
    ],
    [['0.0.0.0/0'], ['1.2.3.4'], ['2001:db8::1']],
    [['2001:db8::/32'], ['2001:db8:ffff::1'], ['2001:db9::1', '127.0.0.1']],
    [['2001:db8::7'], ['2001:db8::7', '2001:DB8:0::7'], ['2001:db8::8']],
    [['fe80::/10'], ['fe80::1%eth0', 'fe80::2'], ['fec0::1']],
    [['::ffff:192.0.2.7'], ['192.0.2.7', '::ffff:192.0.2.7'], ['192.0.2.8']],
    [['::ffff:192.0.2.0/120'], ['192.0.2.200'], ['192.0.3.1']],
    [['::ffff:c000:200/120'], ['192.0.2.200'], ['192.0.3.1']],
    [['0:0:0:0:0:FFFF:c000:207'], ['192.0.2.7'], ['192.0.2.8']],
    // Every IPv6 address, and no IPv4 one although its mapped form lies in there.
    [['::/0'], ['::1', '2001:db8::1'], ['127.0.0.1', '192.0.2.7', '::ffff:192.0.2.7']],
    [['::/64'], ['::1'], ['0.0.0.0', '8.8.8.8']]
  ])('of %j', (entries, allowed, refused) => {
    const list = new AllowList(entries)
    expect(allowed.filter((each) => !list.allows(each))).toEqual([])
    expect(refused.filter((each) => list.allows(each))).toEqual([])
  })

  it('allows nobody without an address', () => {
    expect(new AllowList(['anyone']).allows(undefined)).toBe(false)
    expect(new AllowList(['anyone']).allows('')).toBe(false)
    expect(new AllowList(['anyone']).allows('unknown')).toBe(false)
  })

  it.each([
    '',
    '10.0.0.0/99',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '10.0.0.0/-1',
    '10.0.0/8',
    '2001:db8::/129',
    '[::1]',
    'fe80::1%eth0',
    'workshop-pc',
    'any',
    ' 10.0.0.1'
  ])('refuses %j, and names it', (entry) => {
    expect(() => new AllowList(['127.0.0.1', entry])).toThrow(
      expect.objectContaining({
        code: 'usage',
        message: expect.stringContaining(`--allow ${entry} `) as string
      })
    )
  })
})

describe('a plain listener', () => {
  it.each([
    'raw://127.0.0.1:0',
    'rfc2217://localhost:7000',
    'raw://[::1]:0',
    'raw://127.3.4.5:1',
    'raw+unix:///x',
    'raw+tls://[::]:0'
  ])('on %s needs no list', (url) => {
    expect(() => checkExposure(parseEndpoint(url, 'listen'), new AllowList())).not.toThrow()
  })

  it.each([
    ['raw://0.0.0.0:0', '192.168.1.0/24'],
    ['rfc2217://[::]:7000', '192.168.1.0/24'],
    ['telnet://10.1.2.3:23', '10.1.2.0/24'],
    ['raw://[2001:db8::7]:1', '2001:db8::7'],
    ['raw://workshop-pc:1', '192.168.1.0/24'],
    ['raw+udp://0.0.0.0:1', '192.168.1.0/24']
  ])('on %s does, and is told how', (url, network) => {
    const endpoint = parseEndpoint(url, 'listen')
    expect(() => checkExposure(endpoint, new AllowList())).toThrow(
      expect.objectContaining({
        code: 'allow-missing',
        message: expect.stringMatching(`${url.replace(/[[\]+]/g, '\\$&')}.*--allow ${network} `) as string
      })
    )
    expect(() => checkExposure(endpoint, new AllowList(['anyone']))).not.toThrow()
    expect(() => checkExposure(endpoint, new AllowList(['loopback']))).not.toThrow()
  })
})

it.each([
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['fe80::1%eth0', 'fe80::1'],
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:1', '::ffff:1']
])('%s is shown as %s', (address, plain) => {
  expect(plainAddress(address)).toBe(plain)
})

it('knows loopback by address and by its one name', () => {
  for (const host of ['localhost', 'LocalHost', '127.0.0.1', '127.1.2.3', '::1', '::ffff:127.0.0.1'])
    expect(isLoopback(host)).toBe(true)
  for (const host of [
    '0.0.0.0',
    '::',
    'workshop',
    '192.168.1.1',
    '',
    'localhost.example',
    '127.0.0.256',
    '::11'
  ])
    expect(isLoopback(host)).toBe(false)
})
