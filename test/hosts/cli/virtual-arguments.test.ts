import { describe, expect, it } from 'vitest'
import { CARRIED, WAY_CARRIES } from '../../../src-main/contract/virtual.ts'
import { carriedWords } from '../../../src-main/hosts/cli/commands/ways.ts'
import { parse } from '../../../src-main/hosts/cli/options.ts'
import {
  readPlace,
  readRights,
  readVia,
  VIRTUAL_OPTIONS
} from '../../../src-main/hosts/cli/virtual-arguments.ts'

function read(line: string, second?: string): unknown {
  const { given } = parse(line.split(' ').filter(Boolean), VIRTUAL_OPTIONS, 0)
  const to = readPlace(second, given)
  return { to, ...readVia(given), ...readRights(to, given) }
}

describe('where programs are to find the far port', () => {
  it.each([
    ['--pty /tmp/gps', { to: 'pty:/tmp/gps' }],
    ['--pty /tmp/gps --mode 660 --group dialout', { to: 'pty:/tmp/gps', mode: 0o660, group: 'dialout' }],
    ['--usb gps', { to: 'usb:gps' }],
    ['--com COM7', { to: 'com:COM7' }],
    ['--com COM7 --via hub4com', { to: 'com:COM7', via: 'hub4com' }],
    ['--as auto', { to: 'auto:' }],
    ['--as USB', { to: 'usb:' }],
    ['--as com --via usbip', { to: 'com:', via: 'usbip' }],
    ['', { to: process.platform === 'win32' ? 'auto:' : 'pty:' }]
  ])('%s', (line, expected) => {
    expect(read(line)).toEqual(expected)
  })

  it('an end of its own is one as well', () => {
    expect(read('', 'usb:gps')).toEqual({ to: 'usb:gps' })
    expect(read('--mode 600', 'pty:/tmp/x')).toEqual({ to: 'pty:/tmp/x', mode: 0o600 })
  })

  it.each([
    ['--usb gps --com COM7', undefined, /--usb gps and --com COM7 are two places/],
    ['--pty /tmp/x --as auto', undefined, /--pty \/tmp\/x and --as auto are two places/],
    ['--usb gps', 'pty:/tmp/x', /--usb gps is the second end already\. Leave out "pty:\/tmp\/x"/],
    ['--as lpt', undefined, /--as lpt is not possible\. Choose one of: pty, usb, com, auto/],
    ['--com COM7 --via magic', undefined, /--via magic .*com0com, usbip, hub4com/],
    ['--usb gps --mode 660', undefined, /--mode is for a pseudo-terminal \(--pty\), and this is usb:/],
    ['--group dialout', 'sim:gps', /--group is for a virtual port \(--pty\), and here is none/],
    ['--mode 999', undefined, /--mode 999 is no file mode/],
    ['--usb=', undefined, /--usb is empty/]
  ])('%s with %s: cause and next step', (line, second, message) => {
    expect(() => read(line, second)).toThrow(message)
  })
})

it('what a way carries, in a few words', () => {
  expect(carriedWords({ carries: CARRIED })).toBe('carries everything')
  expect(carriedWords({ carries: WAY_CARRIES.usbip })).toBe('carries all but CTS')
  expect(carriedWords({ carries: WAY_CARRIES.pty })).toBe(
    'carries data, baud rate, stop bits; not data bits, parity, DTR, RTS, break, CTS, DSR, DCD, RI'
  )
})
