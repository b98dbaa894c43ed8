import { chmodSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { PortInfo } from '../../src-main/contract/state.ts'
import { listSysfsPorts } from '../../src-main/os/sysfs-ports.ts'
import { ADAPTERS, SysfsFixture } from './sysfs-fixture.ts'

let fixture: SysfsFixture

beforeEach(() => {
  fixture = new SysfsFixture()
})
afterEach(() => {
  fixture.dispose()
})

const list = (): Promise<PortInfo[]> => listSysfsPorts(fixture.places)

/** Paths and links without the directory of the fixture. */
function bare(ports: readonly PortInfo[]): unknown[] {
  return ports.map((port) => ({
    ...port,
    path: basename(port.path),
    byId: port.byId.map((each) => basename(each)),
    byPath: port.byPath.map((each) => basename(each))
  }))
}

const names = async (): Promise<string[]> => (await list()).map((port) => basename(port.path))

describe('adapters', () => {
  it('FTDI FT232R behind a hub', async () => {
    fixture.plug(ADAPTERS.ft232r, '1-1.2', 'ttyUSB0')
    expect(bare(await list())).toEqual([
      {
        path: 'ttyUSB0',
        byId: ['usb-FTDI_FT232R_USB_UART_A50285BI-if00-port0'],
        byPath: ['pci-0000:00:14.0-usb-0:1.2:1.0-port0'],
        manufacturer: 'FTDI',
        product: 'FT232R USB UART',
        serialNumber: 'A50285BI',
        vendorId: '0403',
        productId: '6001',
        interfaceNumber: 0,
        driver: 'ftdi_sio',
        physicalPath: 'usb-1-1.2:1.0',
        users: []
      }
    ])
  })

  it.each([
    ['cp2102', { vendorId: '10c4', productId: 'ea60', serialNumber: '0001', driver: 'cp210x' }],
    ['ch340', { vendorId: '1a86', productId: '7523', product: 'USB Serial', driver: 'ch341' }],
    ['pl2303', { manufacturer: 'Prolific Technology Inc.', product: 'USB-Serial Controller' }]
  ] as const)('%s', async (name, expected) => {
    fixture.plug(ADAPTERS[name], '2-3', 'ttyUSB7')
    const [port] = await list()
    expect(port).toMatchObject({ ...expected, physicalPath: 'usb-2-3:1.0' })
  })

  it('CH340 has no serial number, and never gets its hub’s', async () => {
    fixture.plug(ADAPTERS.ch340, '1-1.4', 'ttyUSB0')
    const [port] = await list()
    expect(port?.serialNumber).toBeUndefined()
    expect(port?.manufacturer).toBeUndefined()
  })

  it('CDC-ACM, whose tty hangs on the USB interface itself', async () => {
    fixture.plug(ADAPTERS.arduino, '1-2', 'ttyACM0')
    expect(bare(await list())).toEqual([
      {
        path: 'ttyACM0',
        byId: ['usb-Arduino__www.arduino.cc__75833353035351F0A1C2-if00'],
        byPath: ['pci-0000:00:14.0-usb-0:2:1.0'],
        manufacturer: 'Arduino (www.arduino.cc)',
        product: undefined,
        serialNumber: '75833353035351F0A1C2',
        vendorId: '2341',
        productId: '0043',
        interfaceNumber: 0,
        driver: 'cdc_acm',
        physicalPath: 'usb-1-2:1.0',
        users: []
      }
    ])
  })

  it('two identical ones without serial numbers differ by their socket, and share one by-id name', async () => {
    fixture.plug(ADAPTERS.ch340, '1-1.1', 'ttyUSB0')
    fixture.plug(ADAPTERS.ch340, '1-1.2', 'ttyUSB1')
    const ports = await list()
    expect(ports.map((port) => port.physicalPath)).toEqual(['usb-1-1.1:1.0', 'usb-1-1.2:1.0'])
    expect(ports.map((port) => port.byId.length)).toEqual([0, 1])
    expect(ports.map((port) => port.byPath.length)).toEqual([1, 1])
  })

  it('a 4-port FTDI has one serial number and four interfaces', async () => {
    fixture.plug(ADAPTERS.ft4232h, '3-4', 'ttyUSB8', 'ttyUSB9', 'ttyUSB10', 'ttyUSB11')
    const ports = await list()
    expect(ports.map((port) => port.interfaceNumber)).toEqual([0, 1, 2, 3])
    expect(new Set(ports.map((port) => port.serialNumber))).toEqual(new Set(['FT5QUAD1']))
    expect(ports.map((port) => port.physicalPath)).toEqual([0, 1, 2, 3].map((each) => `usb-3-4:1.${each}`))
  })

  it('several ports on one interface are told apart by their number', async () => {
    fixture.plug(ADAPTERS.mos7840, '1-6', 'ttyUSB0', 'ttyUSB1')
    expect((await list()).map((port) => port.physicalPath)).toEqual(['usb-1-6:1.0', 'usb-1-6:1.0-port1'])
  })

  it('cleans what a device says of itself', async () => {
    fixture.plug({ ...ADAPTERS.ch340, product: 'Evil\u001b[2J\u202eUART', serial: '  ' }, '1-1', 'ttyUSB0')
    const [port] = await list()
    expect(port?.product).toBe('Evil [2J UART')
    expect(port?.serialNumber).toBeUndefined()
  })
})

describe('ports on the board', () => {
  it('shows a UART and leaves out the placeholders of the 8250 driver', async () => {
    fixture.board('ttyS0', 'pnp0/00:05', 'pnp', 'serial', { type: '4', port: '0x3F8' })
    fixture.board('ttyS1', 'platform/serial8250', 'platform', 'serial8250', { type: '0', port: '0x2F8' })
    expect(bare(await list())).toEqual([
      { path: 'ttyS0', byId: [], byPath: [], driver: 'serial', physicalPath: 'pnp-00:05', users: [] }
    ])
  })

  it('looks through the serial-base devices of Linux 6.5', async () => {
    fixture.board('ttyS0', 'pnp0/00:05', 'pnp', 'serial', { type: '4' }, 0)
    fixture.board('ttyS3', 'platform/serial8250', 'platform', 'serial8250', { type: '0' }, 3)
    expect(await list()).toMatchObject([{ driver: 'serial', physicalPath: 'pnp-00:05' }])
  })

  it('where the type cannot be read, a placeholder is known by its driver', async () => {
    fixture.board('ttyS0', 'pnp0/00:05', 'pnp', 'serial', {})
    fixture.board('ttyS1', 'platform/serial8250', 'platform', 'serial8250', {})
    expect(await names()).toEqual(['ttyS0'])
  })

  it('a Raspberry Pi’s ttyAMA0', async () => {
    fixture.board('ttyAMA0', 'platform/soc/3f201000.serial', 'amba', 'uart-pl011', { type: '32' })
    expect(await list()).toMatchObject([{ driver: 'uart-pl011', physicalPath: 'amba-3f201000.serial' }])
  })

  it('two UARTs of one card have two places', async () => {
    fixture.board('ttyS4', 'pci0000:00/0000:05:00.0', 'pci', 'serial', { type: '4' })
    fixture.board('ttyS5', 'pci0000:00/0000:05:00.0', 'pci', 'serial', { type: '4' })
    expect((await list()).map((port) => port.physicalPath)).toEqual([
      'pci-0000:05:00.0-ttyS4',
      'pci-0000:05:00.0-ttyS5'
    ])
  })

  it('Bluetooth and gadget ports stay, consoles and PTYs do not', async () => {
    fixture.virtual('tty', 'tty0', 'tty1', 'tty63', 'console', 'ptmx', 'ttyp0', 'ptyp0', 'ttyprintk', 'hvc0')
    fixture.virtual('rfcomm0', 'ttyGS0')
    expect(await names()).toEqual(['rfcomm0', 'ttyGS0'])
  })
})

describe('the list', () => {
  it('sorts numbers as numbers', async () => {
    for (const [index, number] of [10, 2, 1, 21].entries()) {
      fixture.plug(ADAPTERS.ch340, `1-${index + 1}`, `ttyUSB${number}`)
    }
    expect(await names()).toEqual(['ttyUSB1', 'ttyUSB2', 'ttyUSB10', 'ttyUSB21'])
  })

  it('leaves out what vanishes meanwhile or is broken, and never throws', async () => {
    fixture.plug(ADAPTERS.ft232r, '1-1', 'ttyUSB0')
    fixture.plug(ADAPTERS.cp2102, '1-2', 'ttyUSB1')
    fixture.plug(ADAPTERS.pl2303, '1-3', 'ttyUSB2')
    fixture.dangling('ttyUSB3')
    rmSync(fixture.node('ttyUSB1')) // udev was faster than sysfs
    const device = join(fixture.sysRoot, 'devices/pci0000:00/0000:00:14.0/usb1/1-3')
    rmSync(join(device, 'idVendor'))
    chmodSync(join(device, 'product'), 0)
    expect(await names()).toEqual(['ttyUSB0', 'ttyUSB2'])
  })

  it('is empty without sysfs', async () => {
    expect(await listSysfsPorts({ sysRoot: '/nonexistent', devRoot: '/nonexistent' })).toEqual([])
  })

  it('does not throw on this machine', async () => {
    for (const port of await listSysfsPorts()) expect(port.path).toMatch(/^\/dev\//)
  })
})
