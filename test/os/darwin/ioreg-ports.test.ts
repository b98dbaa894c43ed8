import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { readIdentities } from '../../../src-main/os/darwin/ioreg-ports.ts'
import { parsePlist } from '../../../src-main/os/darwin/plist.ts'
import { listPorts } from '../../../src-main/ports/list-ports.ts'

type Property = string | number | readonly string[]

/** As `ioreg -a` writes one entry. */
function entry(properties: Readonly<Record<string, Property>>, ...children: readonly string[]): string {
  const lines = Object.entries(properties).map(([name, value]) => {
    if (typeof value === 'number') return `<key>${name}</key><integer>${value}</integer>`
    if (typeof value === 'string') return `<key>${name}</key>\n\t<string>${value}</string>`
    return `<key>${name}</key><array>${value.map((each) => `<string>${each}</string>`).join('')}</array>`
  })
  const below =
    children.length === 0 ? '' : `<key>IORegistryEntryChildren</key>\n<array>${children.join('\n')}</array>`
  return `<dict>\n\t${lines.join('\n\t')}\n<key>IOPowerManagement</key><dict/><key>b</key><true/><key>d</key><data>AAE=</data>${below}</dict>`
}

function plist(...entries: readonly string[]): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "x.dtd">\n<plist version="1.0">\n<array>${entries.join('\n')}</array></plist>\n`
}

const port = (name: string) =>
  entry(
    { IOObjectClass: 'IORS232SerialStreamSync' },
    entry({
      IOObjectClass: 'IOSerialBSDClient',
      IOCalloutDevice: `/dev/cu.${name}`,
      IODialinDevice: `/dev/tty.${name}`
    })
  )

const FTDI = entry(
  {
    IOObjectClass: 'IOUSBHostDevice',
    idVendor: 0x0403,
    idProduct: 0x6001,
    'USB Vendor Name': 'FTDI',
    'USB Product Name': 'FT232R &amp; &#x2018;UART&#8217;',
    'USB Serial Number': 'A50285BI',
    locationID: 0x14120000
  },
  entry({ IOObjectClass: 'AppleUSBHostCompositeDevice' }),
  entry(
    {
      IOObjectClass: 'IOUSBHostInterface',
      bInterfaceNumber: 0,
      idVendor: 0x0403,
      idProduct: 0x6001,
      'USB Interface Name': 'FT232R'
    },
    entry({ IOObjectClass: 'AppleUSBFTDI' }, port('usbserial-A50285BI'))
  )
)

const QUAD = entry(
  {
    IOObjectClass: 'IOUSBHostDevice',
    idVendor: 0x10c4,
    idProduct: 0xea71,
    kUSBSerialNumberString: '0123',
    locationID: 0x14130000
  },
  ...[0, 1].map((number) =>
    entry(
      { IOObjectClass: 'IOUSBHostInterface', bInterfaceNumber: number },
      entry({ IOObjectClass: 'AppleUSBSLCOM' }, port(`SLAB_${number}`))
    )
  )
)

const HUB = entry(
  {
    IOObjectClass: 'IOUSBHostDevice',
    idVendor: 0x05e3,
    idProduct: 0x0610,
    'USB Product Name': 'Hub',
    'USB Serial Number': 'H'
  },
  FTDI,
  QUAD
)

describe('the identities of USB ports on a Mac', () => {
  const found = readIdentities(plist(HUB, FTDI, QUAD))

  it('are those of the adapter, not of the hub above it', () => {
    expect(found.get('/dev/cu.usbserial-A50285BI')).toEqual({
      manufacturer: 'FTDI',
      product: 'FT232R & ‘UART’',
      serialNumber: 'A50285BI',
      vendorId: '0403',
      productId: '6001',
      interfaceNumber: 0,
      interfaceName: 'FT232R',
      driver: 'AppleUSBFTDI',
      physicalPath: 'usb-14120000:0'
    })
  })

  it('tell the ports of one adapter apart', () => {
    expect([...found.keys()].sort()).toEqual([
      '/dev/cu.SLAB_0',
      '/dev/cu.SLAB_1',
      '/dev/cu.usbserial-A50285BI'
    ])
    expect(found.get('/dev/cu.SLAB_1')).toMatchObject({
      serialNumber: '0123',
      interfaceNumber: 1,
      physicalPath: 'usb-14130000:1'
    })
  })

  it('are none where the answer is none', () => {
    for (const text of ['', 'ioreg: error', '<plist><array><dict>', '<plist><string>x</string></plist>'])
      expect(readIdentities(text).size).toBe(0)
  })

  it('never throw, whatever a device calls itself', () => {
    const piece = fc.constantFrom(
      '<dict>',
      '</dict>',
      '<array>',
      '</array>',
      '<key>',
      '</key>',
      '<string>',
      '&#99999999;',
      '<true/>',
      'x',
      '<integer>'
    )
    fc.assert(fc.property(fc.array(piece), (pieces) => void readIdentities(pieces.join(''))))
    expect(parsePlist('<array>'.repeat(100_000))).toBeUndefined()
  })

  it('stand in the list of ports, and ports of no USB are there without', async () => {
    const devRoot = await mkdtemp(join(tmpdir(), 'farport-dev-'))
    onTestFinished(() => rm(devRoot, { recursive: true }))
    for (const name of ['cu.usbserial-A50285BI', 'tty.usbserial-A50285BI', 'cu.Bluetooth-Incoming-Port'])
      await writeFile(join(devRoot, name), '')
    const asked: string[] = []
    const ports = await listPorts({
      devRoot,
      platform: 'darwin',
      run: (file, words) => {
        asked.push([file, ...words].join(' '))
        return Promise.resolve({ code: 0, stdout: plist(HUB), stderr: '' })
      }
    })
    expect(asked).toEqual(['/usr/sbin/ioreg -a -r -l -c IOUSBHostDevice'])
    expect(ports.map(({ path, serialNumber }) => [path, serialNumber])).toEqual([
      [join(devRoot, 'cu.Bluetooth-Incoming-Port'), undefined],
      [join(devRoot, 'cu.usbserial-A50285BI'), 'A50285BI']
    ])
  })
})
