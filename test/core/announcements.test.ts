import { describe, expect, it } from 'vitest'
import type { BridgeState } from '../../src-main/contract/state.ts'
import {
  announcementsOf,
  type AnnouncedDevice,
  type AnnouncedShare
} from '../../src-main/core/announcements.ts'
import type { Announcement } from '../../src-main/peers/discovery/discovery.ts'

const ID = 'ab'.repeat(32)
const self = { id: ID, name: 'workshop', version: '1.2.3', listening: ['farport://[::]:22217'] }

interface Given {
  readonly addresses?: readonly string[]
  readonly awaited?: readonly string[]
  readonly name?: string
  readonly enabled?: boolean
  readonly kind?: BridgeState['kind']
  readonly share?: AnnouncedShare | null
  readonly device?: AnnouncedDevice
}

function announced(given: Given = {}): Announcement[] {
  const { addresses = ['rfc2217://0.0.0.0:7000'], share = { allow: ['192.0.2.0/24'] } } = given
  return announcementsOf({
    bridges: [
      {
        ...{
          id: 's1',
          kind: given.kind ?? 'share',
          name: given.name ?? 'gps',
          enabled: given.enabled ?? true
        },
        ...{ port: '/dev/ttyUSB0', addresses },
        ...(given.awaited && { awaited: given.awaited })
      }
    ],
    shareOf: () => share ?? undefined,
    deviceOf: () => given.device
  })
}

const names = (all: readonly Announcement[]): string[] => all.map(({ name }) => name)

describe('the computer', () => {
  const of = (...listening: string[]): Announcement[] =>
    announcementsOf({
      self: { ...self, listening },
      bridges: [],
      shareOf: () => undefined,
      deviceOf: () => undefined
    })

  it('is announced where others reach it, with its key and no share', () => {
    expect(of('farport://[::]:22217')).toEqual([
      {
        key: 'farport',
        type: 'farport',
        name: 'workshop',
        port: 22_217,
        txt: { v: '1', id: ID, version: '1.2.3' },
        hosts: []
      }
    ])
  })

  it('is not announced while it does not listen, or on loopback alone', () => {
    expect(of()).toEqual([])
    expect(of('farport://127.0.0.1:22217', 'farport://[::1]:22217')).toEqual([])
  })

  it('is announced with the addresses that it listens at', () => {
    expect(of('farport://127.0.0.1:300', 'farport://192.0.2.7:300')[0]).toMatchObject({
      port: 300,
      hosts: ['192.0.2.7']
    })
  })
})

describe('a share', () => {
  it.each([
    ['rfc2217://0.0.0.0:7000', 'telnet(rfc2217),tcp', ['0.0.0.0']],
    ['telnet://192.0.2.7:7000', 'telnet,tcp', ['192.0.2.7']],
    ['raw://[::]:7000', 'tcp', []],
    ['rfc2217+certauth://[::]:7000', 'telnet(rfc2217),mux,certauth,ssl,tcp', []]
  ])('at %s is announced as %s', (url, gensiostack, hosts) => {
    expect(announced({ addresses: [url] })).toMatchObject([
      { type: 'iostream', name: 'gps', port: 7000, txt: { provider: 'farport', gensiostack }, hosts }
    ])
  })

  it.each([
    ['on loopback', { addresses: ['rfc2217://127.0.0.1:7000', 'raw://[::1]:7001', 'raw://localhost:7002'] }],
    ['behind TLS', { addresses: ['rfc2217+tls://[::]:7000'] }],
    ['over UDP', { addresses: ['raw+udp://0.0.0.0:7000'] }],
    ['on a Unix socket', { addresses: ['raw+unix:///run/x.sock'] }],
    ['at an address that is not there yet', { awaited: ['rfc2217://0.0.0.0:7000'] }],
    ['that is switched off', { enabled: false }],
    ['that is a link', { kind: 'link' }],
    ['that somebody wants left out', { share: { allow: ['anyone'], announce: false } }],
    ['that lets in this computer alone', { share: { allow: ['loopback', '127.0.0.0/8'] } }],
    ['whose listener does', { share: { allow: ['anyone'], listen: [{ url: '', allow: ['loopback'] }] } }],
    ['of which nothing is known', { share: null }]
  ] satisfies [string, Given][])('%s is not', (_, given) => {
    expect(announced(given)).toEqual([])
  })

  it('has its own name for what tells most, and the protocol behind the others', () => {
    const addresses = ['raw://0.0.0.0:1', 'rfc2217://0.0.0.0:2', 'raw://0.0.0.0:3', 'telnet://0.0.0.0:4']
    const all = announced({ addresses })
    expect(all.map(({ name, port }) => [name, port])).toEqual([
      ['gps', 2],
      ['gps (telnet)', 4],
      ['gps (raw 1)', 1],
      ['gps (raw 3)', 3]
    ])
    expect(new Set(all.map(({ key }) => key)).size).toBe(4)
  })

  it('keeps its keys when it is renamed, and when a listener is added', () => {
    const [before] = announced()
    const [after, other] = announced({
      name: 'other',
      addresses: ['rfc2217://0.0.0.0:7000', 'raw://0.0.0.0:1']
    })
    expect(after!.key).toBe(before!.key)
    expect(other!.key).not.toBe(before!.key)
  })

  it('has no longer name than 63 bytes, with what tells it apart and no torn character', () => {
    const addresses = ['rfc2217://0.0.0.0:1', 'raw://0.0.0.0:2']
    const [plain, raw] = names(announced({ addresses, name: 'ä'.repeat(40) }))
    expect(plain).toBe('ä'.repeat(31))
    expect(raw).toBe(`${'ä'.repeat(28)} (raw)`)
  })
})

describe('a device', () => {
  it('is told as ser2net tells it', () => {
    const device = {
      vendorId: '0403',
      productId: '6001',
      serialNumber: 'A50285BI',
      manufacturer: 'FTDI',
      product: 'FT232R',
      interfaceNumber: 10,
      interfaceName: 'Port A'
    }
    expect(Object.entries(announced({ device })[0]!.txt)).toEqual([
      ['provider', 'farport'],
      ['gensiostack', 'telnet(rfc2217),tcp'],
      ['devicetype', 'serialusb'],
      ['idVendor', '0403'],
      ['idProduct', '6001'],
      ['serial', 'A50285BI'],
      ['manufacturer', 'FTDI'],
      ['product', 'FT232R'],
      ['bInterfaceNumber', '0a'],
      ['interface', 'Port A']
    ])
  })

  it('that is on no USB is a serial one', () => {
    expect(announced({ device: 'serial' })[0]!.txt).toMatchObject({ devicetype: 'serial' })
  })

  it('has no longer words than a TXT record takes', () => {
    const { txt } = announced({
      device: { vendorId: '0403', productId: '6001', product: 'ä'.repeat(300) }
    })[0]!
    expect(Buffer.byteLength(`product=${txt.product}`)).toBe(254)
  })
})
