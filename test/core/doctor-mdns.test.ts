import { createSocket } from 'node:dgram'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Preferences } from '../../src-main/contract/settings.ts'
import type { Facts } from '../../src-main/core/doctor-facts.ts'
import { checkMdns, mdnsFacts, type MdnsFacts } from '../../src-main/core/doctor-mdns.ts'
import type { Interfaces } from '../../src-main/peers/discovery/links.ts'
import { lacks } from '../peers/need.ts'

const ALL: Preferences['discovery'] = { announce: true, browse: true, interfaces: [], places: [] }
const ETH: MdnsFacts = { links: [{ name: 'eth0', multicast: true }], port: 'shared' }

function found(mdns: Partial<MdnsFacts>, discovery: Partial<Preferences['discovery']> = {}): string {
  const self = { id: 'a', name: 'lab', version: '1', settingsPath: '/etc/settings.json' }
  const state = { type: 'running', self, reach: [], discovery: { ...ALL, ...discovery } } as const
  const instances = [{ kind: 'user', socket: '/run/x', state }] as const
  const all = checkMdns({ mdns: { ...ETH, ...mdns }, instances } as unknown as Facts)
  return all.map(({ level, message, fix }) => `${level}: ${message} > ${fix ?? ''}`).join('\n')
}

describe('what the doctor says of mDNS', () => {
  it.each<[string, Partial<MdnsFacts>, Partial<Preferences['discovery']>, RegExp]>([
    ['all well', {}, {}, /^ok: others are looked for on eth0, UDP port 5353 can be shared > $/],
    ['off', {}, { announce: false, browse: false }, /^warning: switched off: .* \/etc\/settings\.json$/],
    [
      'not announced',
      {},
      { announce: false },
      /^warning: .* others do not find this Farport by themselves > /
    ],
    ['not looked for', {}, { browse: false }, /^warning: .* this Farport looks for nobody > /],
    [
      'the port taken',
      { port: 'taken' },
      {},
      /^warning: another program has UDP port 5353 .* > .*sudo ss -lunp/
    ],
    ['the port forbidden', { port: 'forbidden' }, {}, /^warning: UDP port 5353 may not be used here/],
    ['a system that does not say', { port: 'unknown' }, {}, /^ok: others are looked for on eth0 > $/],
    ['no network', { links: [] }, {}, /^warning: no network is connected/],
    [
      'an interface that is gone',
      {},
      { interfaces: ['wlan0'] },
      /^warning: wlan0 of .* there is eth0 > Name one/
    ],
    [
      'VPNs alone',
      { links: [{ name: 'tun0', multicast: false }] },
      {},
      /^warning: nothing here carries multicast \(tun0\).* > Name them: farport peers add HOST$/
    ]
  ])('%s', (_what, mdns, discovery, expected) => {
    expect(found(mdns, discovery)).toMatch(expected)
  })
})

describe.skipIf(lacks.unix('a list of the programs on a port'))('what is known of mDNS here', () => {
  const address = {
    address: '192.0.2.7',
    netmask: '255.255.255.0',
    family: 'IPv4' as const,
    mac: '',
    cidr: null
  }
  const interfaces: Interfaces = {
    lo: [{ ...address, internal: true }],
    eth0: [{ ...address, internal: false }],
    tun0: [{ ...address, internal: false }],
    odd0: [{ ...address, internal: false }]
  }

  it('is which interfaces carry multicast, by their flags', async () => {
    const sysRoot = mkdtempSync(join(tmpdir(), 'farport-net-'))
    onTestFinished(() => rmSync(sysRoot, { recursive: true }))
    for (const [name, flags] of [
      ['eth0', '0x1003'],
      ['tun0', '0x91']
    ] as const) {
      mkdirSync(join(sysRoot, 'class/net', name), { recursive: true })
      writeFileSync(join(sysRoot, 'class/net', name, 'flags'), `${flags}\n`)
    }
    expect((await mdnsFacts(sysRoot, interfaces)).links).toEqual([
      { name: 'eth0', multicast: true },
      { name: 'tun0', multicast: false },
      { name: 'odd0', multicast: undefined }
    ])
  })

  it.each([
    [false, 'taken'],
    [true, 'shared']
  ])('is whether another program shares the port: reuseAddr %s', async (reuseAddr, expected) => {
    const other = createSocket({ type: 'udp4', reuseAddr })
    onTestFinished(() => void other.close())
    const port = await new Promise<number>((resolve) =>
      other.bind(0, '0.0.0.0', () => resolve(other.address().port))
    )
    expect((await mdnsFacts('/nowhere', {}, port)).port).toBe(expected)
    expect((await mdnsFacts('/nowhere', {}, port)).port).toBe(expected)
  })
})
