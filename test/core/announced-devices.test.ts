import { expect, it } from 'vitest'
import type { PortInfo } from '../../src-main/contract/state.ts'
import { AnnouncedDevices } from '../../src-main/core/announced-devices.ts'

const none = { byId: [], byPath: [], users: [] }
const usb: PortInfo = {
  ...none,
  path: '/dev/ttyUSB0',
  byId: ['/dev/serial/by-id/x'],
  vendorId: '0403',
  productId: '6001'
}

it('knows a device by each of its names, and what is none', async () => {
  const devices = new AnnouncedDevices(() => Promise.resolve([usb, { ...none, path: '/dev/ttyS0' }]))
  await devices.look([
    '/dev/ttyUSB0',
    '/dev/serial/by-id/x',
    '/dev/ttyS0',
    '/dev/pts/9',
    'sim:gps',
    'exec:cat'
  ])
  expect(devices.of('/dev/ttyUSB0')).toEqual({ vendorId: '0403', productId: '6001' })
  expect(devices.of('/dev/serial/by-id/x')).toEqual({ vendorId: '0403', productId: '6001' })
  expect(devices.of('/dev/ttyS0')).toBe('serial')
  for (const target of ['/dev/pts/9', 'sim:gps', 'exec:cat', 'rfc2217://box:7000']) {
    expect(devices.of(target)).toBeUndefined()
    expect(devices.has(target)).toBe(true)
  }
  expect(devices.has('/dev/ttyACM0')).toBe(false)
})

it('remembers what was unplugged, and learns what came in its place', async () => {
  let ports: PortInfo[] = [usb]
  const devices = new AnnouncedDevices(() => Promise.resolve(ports))
  await devices.look(['/dev/ttyUSB0'])
  ports = []
  await devices.look(['/dev/ttyUSB0'])
  expect(devices.of('/dev/ttyUSB0')).toMatchObject({ vendorId: '0403' })
  ports = [{ ...usb, vendorId: '10c4' }]
  await devices.look(['/dev/ttyUSB0'])
  expect(devices.of('/dev/ttyUSB0')).toMatchObject({ vendorId: '10c4' })
})
