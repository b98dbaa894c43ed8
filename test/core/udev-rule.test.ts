import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

/**
 * Enough of udev(7) to run our rule file: matches with == and !=, assignments, GOTO and LABEL. That the real udev takes
 * the file without complaint was tried with version 252.
 */
interface Device {
  readonly kernel: string
  readonly subsystem: 'tty' | 'usb'
  /** The device and those above it: what SUBSYSTEMS and DRIVERS look for, on one of them together. */
  readonly chain: readonly { readonly subsystem: string; readonly driver?: string }[]
  readonly ids: `${string}:${string}`
}

interface Term {
  readonly key: string
  readonly operator: '==' | '!=' | '='
  readonly value: string
}

const LINES = readFileSync(new URL('../../assets/60-farport.rules', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))

const RULES = LINES.map((line) =>
  line.split(', ').map((term): Term => {
    const match = /^([A-Z]+(?:\{\w+\})?)(==|!=|=)"([^"]*)"$/.exec(term)
    if (!match) throw new Error(`not a udev term: ${term}`)
    return { key: match[1] ?? '', operator: match[2] as Term['operator'], value: match[3] ?? '' }
  })
)

/** Alternatives with `|`; of patterns only `[0-9]` and `*` occur. */
function matches(pattern: string, value: string): boolean {
  return pattern.split('|').some((each) => new RegExp(`^${each.replaceAll('*', '.*')}$`).test(value))
}

function run(device: Device): Record<string, string> {
  const [vendor = '', product = ''] = device.ids.split(':')
  const own: Record<string, string> = {
    KERNEL: device.kernel,
    SUBSYSTEM: device.subsystem,
    ACTION: 'add',
    'ENV{DEVTYPE}': device.subsystem === 'usb' ? 'usb_device' : '',
    'ATTR{idVendor}': device.subsystem === 'usb' ? vendor : '',
    'ATTR{idProduct}': device.subsystem === 'usb' ? product : ''
  }
  const set: Record<string, string> = {}
  let label: string | undefined
  for (const rule of RULES) {
    if (label !== undefined) {
      if (rule[0]?.key === 'LABEL' && rule[0].value === label) label = undefined
      continue
    }
    const tests = rule.filter((term) => term.operator !== '=')
    const above = tests.filter((term) => term.key === 'SUBSYSTEMS' || term.key === 'DRIVERS')
    const fits =
      tests.every(
        (term) =>
          above.includes(term) || matches(term.value, own[term.key] ?? '') === (term.operator === '==')
      ) &&
      (above.length === 0 ||
        device.chain.some((each) =>
          above.every((term) =>
            matches(term.value, term.key === 'DRIVERS' ? (each.driver ?? '') : each.subsystem)
          )
        ))
    if (!fits) continue
    for (const { key, value } of rule.filter((term) => term.operator === '=')) {
      if (key === 'GOTO') label = value
      else if (key === 'IMPORT{builtin}') own['ENV{ID_VENDOR_ID}'] = vendor
      else if (key !== 'LABEL') set[key] = value
    }
  }
  expect(label).toBeUndefined()
  return set
}

const IGNORED_PORT = { 'ENV{ID_MM_PORT_IGNORE}': '1', GROUP: 'dialout', MODE: '0660' }
const IGNORED_DEVICE = { 'ENV{ID_MM_DEVICE_IGNORE}': '1' }

function usbSerial(driver: string, ids: Device['ids']): Device {
  const chain = [{ subsystem: 'tty' }, { subsystem: 'usb-serial', driver }, { subsystem: 'usb', driver }]
  return { kernel: 'ttyUSB0', subsystem: 'tty', chain, ids }
}

function acm(ids: Device['ids']): Device {
  const chain = [{ subsystem: 'tty' }, { subsystem: 'usb', driver: 'cdc_acm' }]
  return { kernel: 'ttyACM0', subsystem: 'tty', chain, ids }
}

function usbDevice(ids: Device['ids']): Device {
  return { kernel: '1-2', subsystem: 'usb', chain: [{ subsystem: 'usb', driver: 'usb' }], ids }
}

it.each<[string, Device, object]>([
  ['FT232R', usbSerial('ftdi_sio', '0403:6001'), IGNORED_PORT],
  ['CH340', usbSerial('ch341-uart', '1a86:7523'), IGNORED_PORT],
  ['CP2102', usbSerial('cp210x', '10c4:ea60'), IGNORED_PORT],
  ['an Arduino', acm('2341:0043'), IGNORED_PORT],
  ['a modem with a driver of its own', usbSerial('option', '2c7c:0125'), {}],
  ['a modem of the class CDC-ACM', acm('1199:68a3'), {}],
  [
    'a port on the board',
    { kernel: 'ttyS0', subsystem: 'tty', chain: [{ subsystem: 'pnp', driver: 'serial' }], ids: ':' },
    {}
  ],
  ['the CH340 as a USB device', usbDevice('1a86:7523'), IGNORED_DEVICE],
  ['a hub of the same maker', usbDevice('1a86:8091'), {}],
  ['a modem as a USB device', usbDevice('2c7c:0125'), {}]
])('%s', (_, device, expected) => {
  expect(run(device)).toEqual(expected)
})
