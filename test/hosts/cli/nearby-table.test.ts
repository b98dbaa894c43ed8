import { expect, it } from 'vitest'
import type { NearbyState } from '../../../src-main/contract/state.ts'
import { nearbyTable, type KnownPeer } from '../../../src-main/hosts/cli/nearby-table.ts'

const ID = 'ab'.repeat(32)

function state(given: Partial<NearbyState>): NearbyState {
  return {
    ...{ id: 'x', kind: 'port', name: 'gps', host: 'box.local', addresses: ['192.0.2.7'], port: 7000 },
    ...{ confidence: 'high', origin: 'mdns', present: true, since: 1, seen: 1 },
    ...given
  }
}

const bench: KnownPeer = { id: ID, name: 'bench', trust: 'trusted', addresses: [], connections: 0 }
const farport = state({
  ...{ id: 'f', kind: 'farport', name: 'workshop', host: 'work.local', port: 22_217 },
  ...{ claims: ID, url: 'farport://192.0.2.9:22217' }
})
const port = state({ url: 'rfc2217://192.0.2.7:7000', provider: 'ser2net' })

const body = (...given: Parameters<typeof nearbyTable>): string[][] => nearbyTable(...given).slice(1)

it('is nothing where nobody is', () => {
  expect(nearbyTable([], [])).toEqual([])
})

it('tells a port, and how to reach it', () => {
  const usb = { manufacturer: 'FTDI', product: 'FT232R' }
  expect(body([{ ...port, usb }], [])).toEqual([
    ['gps', 'FTDI FT232R (ser2net) at box.local', 'not encrypted', 'rfc2217://192.0.2.7:7000']
  ])
})

it('groups the ports of a computer under its Farport, the gone ones last', () => {
  const at = { host: 'WORK.local' }
  const gone = state({ ...at, id: 'a', name: 'aux', present: false, url: 'raw://192.0.2.9:1' })
  const tls = state({ ...at, id: 'b', name: 'lab', url: 'raw+tls://192.0.2.9:2' })
  expect(body([gone, tls, { ...farport, peer: 'bench' }], [bench])).toEqual([
    ['bench', 'Farport abababababababab at work.local', 'paired', 'farport://bench'],
    ['  lab', 'serial port', 'encrypted', 'raw+tls://192.0.2.9:2'],
    ['  aux', 'serial port', 'gone, not encrypted', 'raw://192.0.2.9:1']
  ])
})

it('says how to pair with one that is not', () => {
  expect(body([farport], [])).toEqual([
    ['workshop', 'Farport abababababababab at work.local', 'not paired', 'farport pair 192.0.2.9:22217']
  ])
})

it('has a paired computer once, however it is known, and also where it is not heard', () => {
  const manual = state({
    ...{ id: 'm', kind: 'farport', name: 'bench', host: '10.8.0.3', origin: 'manual', present: false },
    ...{ claims: ID, peer: 'bench', url: 'farport://10.8.0.3' }
  })
  expect(body([manual, { ...farport, peer: 'bench' }], [bench])).toHaveLength(1)
  expect(body([], [bench, { ...bench, id: 'cd'.repeat(32), name: 'bad', trust: 'blocked' }])).toEqual([
    ['bench', 'Farport abababababababab', 'paired, not heard', 'farport://bench']
  ])
})

it('says why nobody answers at a place', () => {
  const fault = { code: 'peer-refused', kind: 'peer', message: 'Nobody listens there.' } as const
  const manual = state({
    ...{ kind: 'farport', name: 'lab', host: 'lab', origin: 'manual', present: false },
    ...{ url: 'farport://lab', fault }
  })
  expect(body([manual], [])).toEqual([
    ['lab', 'Farport at lab', 'not paired, Nobody listens there.', 'farport pair lab']
  ])
})

it('says what is no good', () => {
  const strange = state({ stack: 'msgdelim,tcp' })
  const telnet = state({
    id: 't',
    name: 'router',
    host: 'r.local',
    confidence: 'low',
    url: 'telnet://192.0.2.1:23'
  })
  expect(body([strange, telnet], []).map(([, , what, use]) => [what, use])).toEqual([
    ['speaks what Farport does not', 'box.local:7000'],
    ['perhaps no serial port, not encrypted', 'telnet://192.0.2.1:23']
  ])
})
