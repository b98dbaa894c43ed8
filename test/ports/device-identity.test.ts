import { describe, expect, it } from 'vitest'
import type { PortInfo } from '../../src-main/contract/state.ts'
import {
  deviceName,
  findDevice,
  howToBringBack,
  identityOf,
  watchForTwins
} from '../../src-main/ports/device-identity.ts'

function port(path: string, values: Partial<PortInfo> = {}): PortInfo {
  return {
    path,
    byId: [],
    byPath: [],
    users: [],
    manufacturer: 'FTDI',
    product: 'FT232R USB UART',
    vendorId: '0403',
    productId: '6001',
    serialNumber: 'A50285BI',
    interfaceNumber: 0,
    physicalPath: 'usb-1-1.2:1.0',
    ...values
  }
}

const moved = { physicalPath: 'usb-2-3:1.0' }
const nameless = { serialNumber: undefined, vendorId: '1a86', productId: '7523' }

/** What was there at first, what is there now, and where our device (the first of the first) is then. */
const CASES: readonly [string, readonly PortInfo[], readonly PortInfo[], string | undefined][] = [
  ['still there', [port('0')], [port('0')], '0'],
  ['same socket, other name', [port('0')], [port('1')], '1'],
  ['other socket', [port('0')], [port('1', moved)], '1'],
  ['another of its model', [port('0')], [port('0', { serialNumber: 'B' })], undefined],
  ['another interface', [port('0')], [port('0', { interfaceNumber: 1 })], undefined],
  ['another vendor in its socket', [port('0')], [port('0', { vendorId: '10c4' })], undefined],
  ['gone', [port('0')], [], undefined],
  ['no serial number, same socket', [port('0', nameless)], [port('1', nameless)], '1'],
  [
    'no serial number, other socket',
    [port('0', nameless)],
    [port('0', { ...nameless, ...moved })],
    undefined
  ],
  ['a twin, both there', [port('0'), port('1', moved)], [port('0', moved), port('1')], '1'],
  ['a twin, alone now', [port('0'), port('1', moved)], [port('1', moved)], undefined],
  [
    'one of several ports on an interface',
    [port('0'), port('1', { physicalPath: 'usb-1-1.2:1.0-port1' })],
    [port('0', { physicalPath: 'usb-2-3:1.0-port1' }), port('1', moved)],
    '1'
  ]
]

describe('findDevice', () => {
  it.each(CASES)('%s', (_, before, now, path) => {
    const identity = identityOf(before[0]!, before)!
    expect(findDevice(identity, now)?.path).toBe(path)
  })

  it('remembers a twin that came later, also when it is alone', () => {
    const twin = port('1', moved)
    const identity = watchForTwins(identityOf(port('0'), [port('0')])!, [port('0'), twin])
    expect(findDevice(identity, [twin])).toBeUndefined()
    expect(findDevice(watchForTwins(identity, [port('2')]), [port('2')])?.path).toBe('2')
  })
})

it('knows no identity without USB ids', () => {
  const board = port('/dev/ttyS0', { vendorId: undefined, productId: undefined })
  expect(identityOf(board, [board])).toBeUndefined()
})

it.each([
  [{}, 'FTDI FT232R USB UART, serial number A50285BI'],
  [{ manufacturer: 'FT' }, 'FT232R USB UART, serial number A50285BI'],
  [{ serialNumber: undefined, manufacturer: undefined }, 'FT232R USB UART'],
  [{ product: undefined, manufacturer: undefined, serialNumber: undefined }, 'USB device 0403:6001'],
  [{ product: undefined, vendorId: undefined, serialNumber: undefined }, '/dev/ttyX']
])('names a device for people: %j', (values, name) => {
  expect(deviceName(port('/dev/ttyX', values))).toBe(name)
})

it('says into which socket a device without a serial number has to go', () => {
  expect(howToBringBack(identityOf(port('0', nameless), [])!)).toContain('usb-1-1.2:1.0')
  expect(howToBringBack(identityOf(port('0'), [])!)).toContain('any socket')
})
