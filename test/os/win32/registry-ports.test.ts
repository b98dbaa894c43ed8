import { beforeEach, describe, expect, it } from 'vitest'
import { listRegistryPorts } from '../../../src-main/os/win32/registry-ports.ts'
import { RegistryWatch } from '../../../src-main/os/win32/registry-watch.ts'
import { listPorts } from '../../../src-main/ports/list-ports.ts'
import { FakeClock } from '../../fake-clock.ts'
import { DEVICES, MemoryRegistry } from './memory-registry.ts'

let registry: MemoryRegistry
beforeEach(() => {
  registry = new MemoryRegistry()
})

function plug(device: { readonly instance: string; readonly values: Record<string, string> }, port: string) {
  registry.device(device.instance, device.values, port)
}

const NOTHING = { byId: [], byPath: [], users: [] }

describe('the list of COM ports', () => {
  it('has what is plugged in, in the order of the numbers', async () => {
    plug(DEVICES.arduino, 'COM10')
    plug(DEVICES.ftdi, 'COM3')
    plug(DEVICES.onBoard, 'COM1')
    const ports = await listPorts({ platform: 'win32', registry })
    expect(ports.map(({ path }) => path)).toEqual(['COM1', 'COM3', 'COM10'])
  })

  it('tells each one by its USB identity', () => {
    plug(DEVICES.ftdi, 'COM3')
    plug(DEVICES.arduino, 'COM10')
    plug(DEVICES.ch340, 'COM5')
    plug(DEVICES.onBoard, 'COM1')
    expect(listRegistryPorts(registry)).toEqual([
      { ...NOTHING, path: 'COM1', product: 'Communications Port', driver: 'Serial' },
      {
        ...NOTHING,
        path: 'COM3',
        manufacturer: 'FTDI',
        product: 'USB Serial Port',
        vendorId: '0403',
        productId: '6001',
        serialNumber: 'A50285BI',
        interfaceNumber: 0,
        physicalPath: 'A50285BIA',
        driver: 'FTSER2K'
      },
      {
        ...NOTHING,
        path: 'COM5',
        manufacturer: 'wch.cn',
        product: 'USB-SERIAL CH340',
        vendorId: '1a86',
        productId: '7523',
        physicalPath: 'Port_#0002.Hub_#0001',
        driver: 'CH341SER_A64'
      },
      {
        ...NOTHING,
        path: 'COM10',
        manufacturer: 'Arduino LLC (www.arduino.cc)',
        product: 'Arduino Uno',
        vendorId: '2341',
        productId: '0043',
        serialNumber: '85736323838351F0E1E1',
        physicalPath: 'Port_#0003.Hub_#0001',
        driver: 'usbser'
      }
    ])
  })

  it('finds the serial number of one interface at the device that it belongs to', () => {
    registry.device(DEVICES.probeWhole.instance, DEVICES.probeWhole.values)
    plug(DEVICES.probe, 'COM7')
    expect(listRegistryPorts(registry)).toEqual([
      {
        ...NOTHING,
        path: 'COM7',
        product: 'JLink CDC UART Port',
        vendorId: '1366',
        productId: '0105',
        interfaceNumber: 2,
        serialNumber: '000260112233',
        physicalPath: 'Port_#0004.Hub_#0001:02',
        driver: 'usbser'
      }
    ])
  })

  it('is not misled by one that had the number before', () => {
    plug(DEVICES.ch340, 'COM5')
    registry.unplug(DEVICES.ch340.instance)
    plug(DEVICES.arduino, 'COM5')
    // Its entry stays, before or behind that of the one that is there.
    const later = { ...DEVICES.ch340, instance: 'USB\\VID_FFFF&PID_7523\\5&2c3f1b0&0&9' }
    plug(later, 'COM5')
    registry.unplug(later.instance)
    expect(listRegistryPorts(registry)).toMatchObject([{ path: 'COM5', product: 'Arduino Uno' }])
  })

  it('has a port of which nothing is known but that it is there', () => {
    registry.set('HARDWARE\\DEVICEMAP\\SERIALCOMM', { '\\Device\\com0com10': 'CNCA0', other: 7 })
    expect(listRegistryPorts(registry)).toEqual([{ ...NOTHING, path: 'CNCA0' }])
  })

  it('is empty on a computer that never had one', () => {
    expect(listRegistryPorts(registry)).toEqual([])
  })
})

it('what watches it tells of each change once', async () => {
  const clock = new FakeClock()
  plug(DEVICES.arduino, 'COM10')
  const watch = new RegistryWatch(registry, clock)
  let changes = 0
  watch.onChange(() => changes++)
  await clock.advance(1000)
  expect(changes).toBe(1) // the first look
  registry.unplug(DEVICES.arduino.instance)
  await clock.advance(1000)
  expect(changes).toBe(2)
  registry.plug(DEVICES.arduino.instance, 'COM11')
  await clock.advance(1000)
  expect(changes).toBe(3)
  watch.dispose()
  registry.unplug(DEVICES.arduino.instance)
  await clock.advance(1000)
  expect(changes).toBe(3)
})
