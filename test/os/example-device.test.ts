import { expect, it } from 'vitest'
import { accessFix } from '../../src-main/os/device-access.ts'
import { exampleDevice, withOwnDevices } from '../../src-main/os/example-device.ts'

const TEXT = 'farport share /dev/ttyUSB0 -b 9600 with /dev/ttyACM1 as /dev/ttyV0'

it.each([
  ['linux', '/dev/ttyUSB0', TEXT],
  ['win32', 'COM5', 'farport share COM5 -b 9600 with COM6 as /dev/ttyV0'],
  [
    'darwin',
    '/dev/cu.usbserial-0001',
    'farport share /dev/cu.usbserial-0000 -b 9600 with /dev/cu.usbserial-0001 as /dev/ttyV0'
  ]
] as const)('names ports as %s does', (platform, example, text) => {
  expect(exampleDevice(platform)).toBe(example)
  expect(withOwnDevices(TEXT, platform)).toBe(text)
})

it('tells nobody on macOS of commands that Linux alone has', () => {
  const device = { owner: 'root', group: 'wheel', mode: 0o660, groupHelps: true, joinedSince: false }
  const fix = (groupHelps: boolean): string =>
    accessFix('/dev/cu.usbserial-1', { ...device, groupHelps } as Parameters<typeof accessFix>[1], 'darwin')
  expect(fix(true)).toBe('run `sudo dseditgroup -o edit -a $USER -t user wheel`, then sign out and in')
  expect(fix(false)).not.toMatch(/dialout|usermod/)
})
