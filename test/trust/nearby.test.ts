import { describe, expect, it } from 'vitest'
import type { Heard, ServiceType } from '../../src-main/peers/discovery/discovery.ts'
import { farportsIn, nearbyOf } from '../../src-main/peers/nearby.ts'

const ID = 'cd'.repeat(32)

function heard(type: ServiceType, given: Partial<Heard> = {}): Heard {
  const { name = 'gps' } = given
  return {
    key: `${name}._${type}._tcp.local`,
    type,
    name,
    host: 'box.local',
    addresses: ['192.0.2.7', '2001:db8::7'],
    port: 7000,
    txt: {},
    present: true,
    since: 1,
    seen: 2,
    ...given
  }
}

describe('what is spoken', () => {
  it.each([
    ['tcp', 'raw://192.0.2.7:7000'],
    ['telnet,tcp', 'telnet://192.0.2.7:7000'],
    ['telnet(rfc2217),tcp', 'rfc2217://192.0.2.7:7000'],
    ['ssl,tcp', 'raw+tls://192.0.2.7:7000'],
    ['telnet(rfc2217),ssl,tcp', 'rfc2217+tls://192.0.2.7:7000'],
    ['telnet(rfc2217),mux,certauth,ssl,tcp', 'rfc2217+certauth://192.0.2.7:7000'],
    ['telnet(rfc2217), mux, certauth(), ssl(key=/x), tcp', 'rfc2217+certauth://192.0.2.7:7000'],
    ['msgdelim,tcp', undefined],
    ['telnet(mode=client),tcp', undefined],
    ['exec,tcp', undefined],
    ['tcp,telnet', undefined],
    ['', undefined]
  ])('behind the stack "%s" is %s', (gensiostack, url) => {
    const [state] = nearbyOf([heard('iostream', { txt: { provider: 'ser2net', gensiostack } })], {})
    expect(state).toMatchObject({ kind: 'port', provider: 'ser2net', stack: gensiostack, confidence: 'high' })
    expect(state!.url).toBe(url)
  })

  it('at other services is in their names', () => {
    const all = nearbyOf([heard('rfc2217', { port: 1 }), heard('telnet', { port: 2, name: 'x' })], {})
    expect(all).toMatchObject([
      { url: 'rfc2217://192.0.2.7:1', confidence: 'high' },
      { url: 'telnet://192.0.2.7:2', confidence: 'low' }
    ])
  })

  it('at an address of IPv6 stands in brackets, with its zone', () => {
    const [state] = nearbyOf([heard('rfc2217', { addresses: ['fe80::1%eth0'] })], {})
    expect(state!.url).toBe('rfc2217://[fe80::1%eth0]:7000')
  })

  it('is nothing that could be dialled without an address', () => {
    expect(nearbyOf([heard('rfc2217', { addresses: [] })], {})[0]).not.toHaveProperty('url')
  })
})

describe('one port', () => {
  it('that is announced twice is one entry, the one that says most', () => {
    const all = [
      heard('telnet', { host: 'BOX.local', addresses: [] }),
      heard('rfc2217', { host: 'other.local', addresses: ['192.0.2.7'] }),
      heard('iostream', { txt: { gensiostack: 'telnet(rfc2217),tcp' } })
    ]
    expect(nearbyOf(all, {})).toMatchObject([{ id: 'gps._iostream._tcp.local' }])
  })

  it('is shown as it is now where another announcement of it is gone', () => {
    const all = [heard('iostream', { present: false }), heard('rfc2217')]
    expect(nearbyOf(all, {})).toMatchObject([{ id: 'gps._rfc2217._tcp.local', present: true }])
  })

  it('is not another one of the same computer', () => {
    expect(nearbyOf([heard('rfc2217'), heard('iostream', { port: 7001 })], {})).toHaveLength(2)
  })
})

it('tells the adapter in our words', () => {
  const txt = {
    ...{ idVendor: '0403', idProduct: '6001', serial: 'A5', manufacturer: 'FTDI', product: 'FT232R' },
    ...{ bInterfaceNumber: '0a', interface: 'Port A' }
  }
  expect(nearbyOf([heard('iostream', { txt })], {})[0]!.usb).toEqual({
    vendorId: '0403',
    productId: '6001',
    serialNumber: 'A5',
    manufacturer: 'FTDI',
    product: 'FT232R',
    interfaceNumber: 10,
    interfaceName: 'Port A'
  })
  expect(
    nearbyOf([heard('iostream', { txt: { idVendor: 'zz', idProduct: '6001' } })], {})[0]
  ).not.toHaveProperty('usb')
})

describe('a Farport', () => {
  const other = heard('farport', { name: 'workshop', port: 22_217, txt: { v: '1', id: ID } })

  it('is shown with what it claims, and what we call the one who has that key', () => {
    const peerCalled = (id: string): string | undefined => (id === ID ? 'bench' : undefined)
    expect(nearbyOf([other], { peerCalled })).toMatchObject([
      { kind: 'farport', name: 'workshop', url: 'farport://192.0.2.7:22217', claims: ID, peer: 'bench' }
    ])
  })

  it('that says nothing of its key, or nonsense, claims nothing', () => {
    for (const txt of [{}, { id: 'AB'.repeat(32) }, { id: '1' }] as Record<string, string>[])
      expect(nearbyOf([{ ...other, txt }], { ownId: ID })[0]).not.toHaveProperty('claims')
  })

  it('is left out where it is this one', () => {
    expect(nearbyOf([other], { ownId: ID })).toEqual([])
  })

  it('is not lost beside a port of the same number', () => {
    expect(nearbyOf([heard('rfc2217', { port: 22_217 }), other], {})).toHaveLength(2)
  })

  it('is a place to look for it, present ones first', () => {
    const gone = { ...other, name: 'old', present: false, addresses: ['192.0.2.8'] }
    expect(farportsIn([gone, heard('rfc2217'), other])).toEqual([
      {
        name: 'workshop',
        claims: ID,
        present: true,
        places: [
          { host: '192.0.2.7', port: 22_217 },
          { host: '2001:db8::7', port: 22_217 }
        ]
      },
      { name: 'old', claims: ID, present: false, places: [{ host: '192.0.2.8', port: 22_217 }] }
    ])
  })
})
