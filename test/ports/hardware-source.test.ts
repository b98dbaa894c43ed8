import { chmodSync, closeSync, constants, mkdtempSync, rmSync, symlinkSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { once } from '../../src-main/base/event.ts'
import { DONE } from '../../src-main/contract/close.ts'
import { grantpt, posixOpenpt, ptsname, unlockpt } from '../../src-main/os/libc.ts'
import { listSysfsPorts } from '../../src-main/os/sysfs-ports.ts'
import { openHardware as openRealHardware } from '../../src-main/ports/hardware.ts'
import { HardwareSource, type OpenHardware, type SourcePlaces } from '../../src-main/ports/hardware-source.ts'
import { Fault, type FaultCode } from '../../src-main/contract/faults.ts'
import type { Port } from '../../src-main/ports/port.ts'
import { ADAPTERS, SysfsFixture } from '../os/sysfs-fixture.ts'
import { lacks } from '../peers/need.ts'

let fixture: SysfsFixture
const opened: string[] = []
/** Stands for ports/hardware.ts: only the path matters here. */
const openHardware: OpenHardware = (path) => {
  opened.push(path.slice(fixture.devRoot.length + 1))
  return Promise.resolve({} as Port)
}

beforeEach(() => {
  fixture = new SysfsFixture()
  opened.length = 0
})
afterEach(() => {
  fixture.dispose()
})

const at = (path: string, places: SourcePlaces = {}): HardwareSource =>
  new HardwareSource(path, {}, openHardware, { ...fixture.places, ...places })

const source = (name: string, places?: SourcePlaces): HardwareSource => at(fixture.node(name), places)

function makePty(): { master: number; slave: string } {
  const master = posixOpenpt(constants.O_RDWR | constants.O_NOCTTY)
  grantpt(master)
  unlockpt(master)
  return { master, slave: ptsname(master) }
}

/** A Fault with this code whose message says so much. */
const fault = (code: FaultCode, message: RegExp) => (error: unknown) =>
  error instanceof Fault && error.code === code && message.test(error.message)

async function open(from: HardwareSource): Promise<string | undefined> {
  await from.open({}, AbortSignal.timeout(5000))
  return opened.at(-1)
}

describe('open', () => {
  it('finds the same device under another name, and never another one under its name', async () => {
    fixture.plug(ADAPTERS.ft232r, '1-1.2', 'ttyUSB0')
    const port = source('ttyUSB0')
    expect(await open(port)).toBe('ttyUSB0')
    fixture.unplug('1-1.2', 'ttyUSB0')
    await expect(open(port)).rejects.toSatisfy(
      fault('device-missing', /ttyUSB0 is not there \(FTDI FT232R USB UART, serial number A50285BI\)/)
    )
    fixture.plug(ADAPTERS.ch340, '1-1.2', 'ttyUSB0')
    await expect(open(port)).rejects.toSatisfy(
      fault('device-missing', /is another device now \(USB Serial\), not FTDI FT232R/)
    )
    fixture.plug(ADAPTERS.ft232r, '2-4', 'ttyUSB1')
    expect(await open(port)).toBe('ttyUSB1')
    expect(port.label).toBe(fixture.node('ttyUSB0'))
    expect(opened).toEqual(['ttyUSB0', 'ttyUSB1'])
  })

  it('tells identical adapters without serial numbers by their sockets', async () => {
    fixture.plug(ADAPTERS.ch340, '1-1', 'ttyUSB0')
    fixture.plug(ADAPTERS.ch340, '1-2', 'ttyUSB1')
    const port = source('ttyUSB0')
    await open(port)
    fixture.unplug('1-1', 'ttyUSB0')
    fixture.unplug('1-2', 'ttyUSB1')
    fixture.plug(ADAPTERS.ch340, '1-2', 'ttyUSB0')
    await expect(open(port)).rejects.toMatchObject({ code: 'device-missing' })
    fixture.plug(ADAPTERS.ch340, '1-1', 'ttyUSB1')
    expect(await open(port)).toBe('ttyUSB1')
  })

  it('takes no device with the same serial number for its own, once it saw both', async () => {
    fixture.plug(ADAPTERS.cp2102, '1-1', 'ttyUSB0')
    const port = source('ttyUSB0')
    await open(port)
    fixture.plug(ADAPTERS.cp2102, '1-2', 'ttyUSB1') // this maker's serial number is 0001 on all of them
    expect(await open(port)).toBe('ttyUSB0')
    fixture.unplug('1-1', 'ttyUSB0')
    await expect(open(port)).rejects.toSatisfy(
      fault('device-missing', /into the socket it was in \(usb-1-1:1.0\)/)
    )
  })

  it('keeps to its interface of a 4-port adapter', async () => {
    fixture.plug(ADAPTERS.ft4232h, '1-1', 'ttyUSB0', 'ttyUSB1', 'ttyUSB2', 'ttyUSB3')
    const port = source('ttyUSB2')
    await open(port)
    fixture.unplug('1-1', 'ttyUSB0', 'ttyUSB1', 'ttyUSB2', 'ttyUSB3')
    fixture.plug(ADAPTERS.ft4232h, '1-3', 'ttyUSB4', 'ttyUSB5', 'ttyUSB6', 'ttyUSB7')
    expect(await open(port)).toBe('ttyUSB6')
  })

  it('a by-id name means the device: with twins, the one that it was first', async () => {
    fixture.plug(ADAPTERS.ch340, '1-1', 'ttyUSB0')
    const port = source('serial/by-id/usb-1a86_USB_Serial-if00-port0')
    expect(await open(port)).toBe('ttyUSB0')
    fixture.plug(ADAPTERS.ch340, '1-2', 'ttyUSB1') // udev moves the link to the newcomer
    expect(await open(port)).toBe('ttyUSB0')
  })

  it('a by-path name means the socket: whatever is there', async () => {
    fixture.plug(ADAPTERS.ch340, '1-1', 'ttyUSB0')
    const port = source('serial/by-path/pci-0000:00:14.0-usb-0:1:1.0-port0')
    await open(port)
    fixture.unplug('1-1', 'ttyUSB0')
    fixture.plug(ADAPTERS.ch340, '1-2', 'ttyUSB0')
    await expect(open(port)).rejects.toMatchObject({ code: 'device-missing' })
    fixture.plug(ADAPTERS.ft232r, '1-1', 'ttyUSB3')
    expect(await open(port)).toBe('ttyUSB3')
  })

  it('follows a link anew each time, and finds the device when the link was left behind', async () => {
    fixture.plug(ADAPTERS.ft232r, '1-1', 'ttyUSB0')
    fixture.plug(ADAPTERS.cp2102, '1-2', 'ttyUSB1')
    const link = fixture.node('gps')
    symlinkSync('ttyUSB0', link)
    const port = source('gps')
    expect(await open(port)).toBe('ttyUSB0')
    rmSync(link)
    symlinkSync('ttyUSB1', link)
    expect(await open(port)).toBe('ttyUSB1')
    fixture.unplug('1-2', 'ttyUSB1')
    fixture.plug(ADAPTERS.cp2102, '1-2', 'ttyUSB5')
    expect(await open(port)).toBe('ttyUSB5')
  })

  it('opens ports of the board by their path', async () => {
    fixture.board('ttyAMA0', 'platform/soc/3f201000.serial', 'amba', 'uart-pl011', { type: '32' })
    expect(await open(source('ttyAMA0'))).toBe('ttyAMA0')
  })

  it('does not open when it was called off meanwhile', async () => {
    fixture.plug(ADAPTERS.ft232r, '1-1', 'ttyUSB0')
    const reason = new Error('no more')
    await expect(source('ttyUSB0').open({}, AbortSignal.abort(reason))).rejects.toBe(reason)
    expect(opened).toEqual([])
  })

  it.skipIf(lacks.linux('pseudo-terminals'))(
    'really opens a PTY behind a link, and anew when the link is made again',
    async () => {
      const link = fixture.node('vmodem')
      const port = new HardwareSource(link, { lock: false }, openRealHardware)
      for (let round = 0; round < 2; round++) {
        const pty = makePty()
        rmSync(link, { force: true })
        symlinkSync(pty.slave, link)
        const real = await port.open({ baudRate: 9600 }, AbortSignal.timeout(5000))
        expect(real.settings.baudRate).toBe(9600)
        const received = once(real.onData, AbortSignal.timeout(5000))
        real.resume()
        writeSync(pty.master, `round ${round}`)
        expect(new TextDecoder().decode(await received)).toBe(`round ${round}`)
        const closed = once(real.onClose)
        real.abort(DONE)
        await closed
        closeSync(pty.master)
      }
    }
  )

  it('a path that was never there', async () => {
    await expect(open(source('ttyUSB9'))).rejects.toSatisfy(fault('device-missing', /farport list/))
  })
})

describe('onAvailable', () => {
  const next = (port: HardwareSource): Promise<void> => once(port.onAvailable, AbortSignal.timeout(3000))

  /** A source whose device was not there when it was opened. */
  async function waiting(path: string, places?: SourcePlaces): Promise<HardwareSource> {
    const port = at(path, places)
    await expect(open(port)).rejects.toMatchObject({ code: 'device-missing' })
    return port
  }

  /** Two changes in /dev told and looked at: whoever subscribed before has looked as well. */
  async function settled(): Promise<void> {
    const port = await waiting(fixture.node('ttyUSB99'))
    const first = next(port)
    fixture.plug(ADAPTERS.pl2303, '1-9', 'ttyUSB99')
    await first
    const second = next(port)
    chmodSync(fixture.node('ttyUSB99'), 0o600)
    await second
  }

  it('fires when the device is back under another name, not for another one', async () => {
    const other = await waiting(fixture.node('ttyUSB0'))
    fixture.plug(ADAPTERS.ft232r, '1-1', 'ttyUSB0')
    const port = source('ttyUSB0')
    await open(port)
    const fired = vi.fn()
    const subscription = port.onAvailable(fired)
    fixture.unplug('1-1', 'ttyUSB0')
    const taken = next(other)
    fixture.plug(ADAPTERS.ch340, '1-1', 'ttyUSB0')
    await taken
    await settled()
    expect(fired).not.toHaveBeenCalled()
    const back = next(port)
    fixture.plug(ADAPTERS.ft232r, '1-2', 'ttyUSB1')
    await back
    expect(fired).toHaveBeenCalledTimes(1)
    expect(await open(port)).toBe('ttyUSB1')
    subscription.dispose()
    subscription.dispose()
  })

  it('fires for a device that came between the failed try and the watch', async () => {
    const port = await waiting(fixture.node('ttyUSB0'))
    fixture.plug(ADAPTERS.ft232r, '1-1', 'ttyUSB0')
    await next(port)
    expect(await open(port)).toBe('ttyUSB0')
  })

  it('does not fire for a device that is there as it was', async () => {
    fixture.plug(ADAPTERS.ft232r, '1-1', 'ttyUSB0')
    const tried = source('ttyUSB0')
    await open(tried)
    const fresh = source('ttyUSB0')
    const fired = vi.fn()
    const subscriptions = [tried.onAvailable(fired), fresh.onAvailable(fired)]
    await settled()
    expect(fired).not.toHaveBeenCalled()
    for (const each of subscriptions) each.dispose()
  })

  it('fires when the rights come after the node', async () => {
    let allowed = false
    const looked = vi.fn(() => Promise.resolve(allowed))
    const port = await waiting(fixture.node('ttyUSB0'), { mayUse: looked })
    const fired = vi.fn()
    const subscription = port.onAvailable(fired)
    fixture.plug(ADAPTERS.ft232r, '1-1', 'ttyUSB0')
    await vi.waitFor(() => {
      expect(looked).toHaveBeenCalled()
    })
    expect(fired).not.toHaveBeenCalled()
    const back = next(port)
    allowed = true
    chmodSync(fixture.node('ttyUSB0'), 0o600)
    await back
    subscription.dispose()
  })

  it('fires for a link outside /dev', async () => {
    fixture.plug(ADAPTERS.ft232r, '1-1', 'ttyUSB0')
    const directory = mkdtempSync(join(tmpdir(), 'farport-links-'))
    const port = await waiting(join(directory, 'gps'))
    const back = next(port)
    // The first look, which would find the link as well, is over by then; nothing in /dev tells anything.
    for (let round = 0; round < 10; round++) await listSysfsPorts(fixture.places)
    symlinkSync(fixture.node('ttyUSB0'), join(directory, 'gps'))
    await back
    expect(await open(port)).toBe('ttyUSB0')
    rmSync(directory, { recursive: true })
  })
})

describe('check', () => {
  it.skipIf(lacks.linux('pseudo-terminals'))(
    'passes a PTY by its path and by a link, on this machine',
    async () => {
      const { master, slave } = makePty()
      await new HardwareSource(slave, {}, openHardware).check()
      symlinkSync(slave, fixture.node('vmodem'))
      await new HardwareSource(fixture.node('vmodem'), {}, openHardware).check()
      closeSync(master)
      await expect(new HardwareSource(slave, {}, openHardware).check()).rejects.toMatchObject({
        code: 'device-missing'
      })
    }
  )

  it('passes a character device without termios', async () => {
    await new HardwareSource('/dev/null', {}, openHardware).check()
  })

  it.each([
    ['/nonexistent/ttyUSB0', 'device-missing', /plug it in.*`farport list`$/],
    ['meter03', 'device-missing', /a share is named by its address/],
    ['/tmp', 'device-not-serial', /is a directory/],
    [import.meta.filename, 'device-not-serial', /is a file/],
    ['/etc/passwd/ttyUSB0', 'device-missing', /not there/],
    ['', 'usage', /farport list/],
    ['/dev/tty\0S0', 'usage', /farport list/]
  ] as const)('%j: %s', async (path, code, message) => {
    await expect(new HardwareSource(path, {}, openHardware).check()).rejects.toSatisfy(fault(code, message))
  })

  it('says which group owns a device that is closed to us', async () => {
    const port = new HardwareSource('/dev/null', {}, openHardware, { mayUse: () => Promise.resolve(false) })
    await expect(port.check()).rejects.toSatisfy(
      fault('device-permission', /You may not open \/dev\/null \(root:root, mode 0666\): run `sudo /)
    )
  })

  it('never opens the device', async () => {
    fixture.plug(ADAPTERS.ft232r, '1-1', 'ttyUSB0')
    await expect(source('ttyUSB0').check()).rejects.toMatchObject({ code: 'device-not-serial' })
    expect(opened).toEqual([])
  })
})
