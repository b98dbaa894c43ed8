import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { release, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  attachVhci,
  readVhciStatus,
  ttyOfUsbDevice,
  vhciDevice,
  vhciPorts,
  vhciStanding
} from '../../src-main/os/vhci.ts'
import { hasUdevRule, UDEV_RULE } from '../../src-main/os/vhci-names.ts'

/** As a kernel 6.1 says it. */
const HEAD = 'hub port sta spd dev      sockfd local_busid\n'
const STATUS = `${HEAD}hs  0000 006 003 00010002 000003 3-1
hs  0001 006 003 00010002 000003 0-0
hs  0002 007 000 00000000 000000 0-0
ss  0008 004 000 00000000 000000 0-0
`
const STATUS_1 = `${HEAD}hs  0016 004 000 00000000 000000 0-0
ss  0024 004 000 00000000 000000 0-0
`
const DEVICE = { id: 0x10002, speed: 3 }

let sys = ''
let controller = ''

beforeEach(() => {
  sys = mkdtempSync(join(tmpdir(), 'farport-vhci-'))
  controller = join(sys, 'devices/platform/vhci_hcd.0')
  mkdirSync(controller, { recursive: true })
  writeFileSync(join(controller, 'status'), STATUS)
  writeFileSync(join(controller, 'status.1'), STATUS_1)
  writeFileSync(join(controller, 'attach'), '')
})
afterEach(() => rmSync(sys, { recursive: true }))

describe('the virtual USB host controller of Linux', () => {
  it('says what is in its ports', () => {
    expect(readVhciStatus(STATUS)).toEqual([
      { number: 0, hub: 'hs', state: 'taken', busId: '3-1' },
      { number: 1, hub: 'hs', state: 'taken' },
      { number: 2, hub: 'hs', state: 'broken' },
      { number: 8, hub: 'ss', state: 'free' }
    ])
    expect(readVhciStatus('')).toEqual([])
    expect(readVhciStatus('prt sta spd bus dev socket           local_busid\n000 004 000 000\n')).toEqual([])
  })

  it('has the ports of all controllers', async () => {
    expect((await vhciPorts(sys)).map(({ number }) => number)).toEqual([0, 1, 2, 8, 16, 24])
  })

  it('takes a socket in its first free port of high speed', async () => {
    expect(await attachVhci(21, DEVICE, sys)).toBe(16)
    expect(readFileSync(join(controller, 'attach'), 'utf8')).toBe('16 21 65538 3')
  })

  it('has no free port', async () => {
    writeFileSync(join(controller, 'status.1'), HEAD)
    expect(await attachVhci(21, DEVICE, sys)).toBeUndefined()
    expect(readFileSync(join(controller, 'attach'), 'utf8')).toBe('')
  })

  it('is not there', async () => {
    rmSync(controller, { recursive: true })
    await expect(attachVhci(21, DEVICE, sys)).rejects.toThrow('ENOENT')
  })

  it('names the device in a port once it was read, and its serial port once a driver has it', async () => {
    expect(await vhciDevice(1, sys)).toBeUndefined()
    const device = join(sys, 'bus/usb/devices/3-1')
    expect(await vhciDevice(0, sys)).toBe(device)
    expect(await ttyOfUsbDevice(device)).toBeUndefined()
    mkdirSync(join(device, '3-1:1.1'), { recursive: true })
    mkdirSync(join(device, 'power'))
    expect(await ttyOfUsbDevice(device)).toBeUndefined()
    mkdirSync(join(device, '3-1:1.0/tty/ttyACM3'), { recursive: true })
    expect(await ttyOfUsbDevice(device)).toBe('ttyACM3')
  })
})

describe('who may plug something into it', () => {
  const modules = (): string => join(sys, 'modules')
  const standing = () => vhciStanding({ sys, modules: modules() })

  it('we, where its file can be written', async () => {
    expect(await standing()).toBe('ready')
  })

  it('nobody, where its module is not loaded or not there', async () => {
    rmSync(controller, { recursive: true })
    expect(await standing()).toBe('absent')
    const folder = join(modules(), release())
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'modules.dep'), 'kernel/drivers/usb/usbip/usbip-core.ko:\n')
    expect(await standing()).toBe('absent')
    writeFileSync(
      join(folder, 'modules.dep'),
      'kernel/drivers/usb/usbip/vhci-hcd.ko.zst: kernel/drivers/usb/usbip/usbip-core.ko\n'
    )
    expect(await standing()).toBe('unloaded')
  })
})

describe('the names that udev gives', () => {
  it('are awaited where the rule is', async () => {
    const [one, other] = [join(sys, 'none'), join(sys, 'rules.d')]
    expect(await hasUdevRule([one, other])).toBe(false)
    mkdirSync(other)
    writeFileSync(join(other, UDEV_RULE), '')
    expect(await hasUdevRule([one, other])).toBe(true)
  })
})
