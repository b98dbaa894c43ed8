import { describe, expect, it, onTestFinished } from 'vitest'
import { type Clock, systemClock } from '../../../src-main/base/clock.ts'
import { DONE } from '../../../src-main/contract/close.ts'
import type { Fault } from '../../../src-main/contract/faults.ts'
import { DEFAULT_SETTINGS } from '../../../src-main/contract/line.ts'
import type { Context } from '../../../src-main/core/context.ts'
import { usbipOnWindows } from '../../../src-main/core/virtual/usbip-windows.ts'
import { makeBusId } from '../../../src-main/sessions/usbip-door.ts'
import type { Session } from '../../../src-main/sessions/session.ts'
import { eventually } from '../../eventually.ts'
import { FakeWindows } from './fake-usbip-win2.ts'

const WISH = { name: 'GPS', at: '', far: 'GPS at pi', identity: 'rfc2217://pi:7000', settings: {} }
const CONTEXT: Context = { report: () => undefined }

async function made(windows = new FakeWindows(), wish: Partial<typeof WISH> = {}) {
  const maker = usbipOnWindows(() => Promise.resolve(windows.parts))
  const source = await maker.make({ ...WISH, ...wish }, CONTEXT)
  onTestFinished(() => source.close(DONE))
  const sessions: Session[] = []
  const faults: Fault[] = []
  source.onSession((session) => sessions.push(session))
  source.onFault?.((fault) => faults.push(fault))
  return { windows, source, sessions, faults }
}

/** Where nothing may be left. */
async function refused(windows: FakeWindows, wish: Partial<typeof WISH> = {}): Promise<Fault> {
  const maker = usbipOnWindows(() => Promise.resolve(windows.parts))
  const fault: unknown = await maker.make({ ...WISH, ...wish }, CONTEXT).catch((error: unknown) => error)
  expect(windows.adapters).toEqual([])
  return fault as Fault
}

const look = (windows: FakeWindows) => usbipOnWindows(() => Promise.resolve(windows.parts)).look()

/** A hundred times as fast. */
const FAST: Clock = {
  nowMs: () => systemClock.nowMs() * 100,
  after: (delayMs, call, idle) => systemClock.after(delayMs / 100, call, idle),
  every: (periodMs, call, idle) => systemClock.every(periodMs / 100, call, idle)
}

describe('what usbip-win2 is worth', () => {
  it('is ready with a version that is new enough, and says which', async () => {
    for (const version of ['0.9.7.7', '0.9.8', '0.9.10.0', '1.0.0.0']) {
      const windows = new FakeWindows()
      windows.version = version
      expect(await look(windows)).toMatchObject({ state: 'ready', driver: `usbip-win2 ${version}` })
    }
  })

  it('is found where its installer says that it is', async () => {
    const windows = new FakeWindows()
    windows.isInstalled = false
    expect(await look(windows)).toMatchObject({ state: 'install' })
    const key =
      'HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\{199505b0-b93d-4521-a8c7-897818e0205a}_is1'
    windows.values.set(`${key}|InstallLocation`, 'D:\\Tools\\USBip\\')
    const asked: string[] = []
    const run = (file: string) => {
      asked.push(file)
      return Promise.resolve({ code: 0, stdout: '0.9.7.7', stderr: '' })
    }
    const maker = usbipOnWindows(() => Promise.resolve({ ...windows.parts, run }))
    expect(await maker.look()).toMatchObject({ state: 'ready' })
    expect(asked[0]).toBe('D:\\Tools\\USBip\\usbip.exe')
  })

  it('says how it is installed where it is not, or is too old', async () => {
    const absent = new FakeWindows()
    absent.isInstalled = false
    const way = await look(absent)
    expect(way).toMatchObject({ state: 'install', install: { elevation: true, restart: true } })
    expect(way.install?.check).toContain('Get-FileHash')
    for (const version of ['0.9.6.9', '0.9.7.4', '0.9.7.6', '0.9.7']) {
      const old = new FakeWindows()
      old.version = version
      expect((await look(old)).why).toContain(`usbip-win2 ${version} is too old`)
      expect(await refused(old)).toMatchObject({ code: 'unsupported' })
      expect(old.said.join()).not.toContain('attach')
    }
  })

  it('asks for a restart where its driver does not run', async () => {
    const windows = new FakeWindows()
    windows.hasDriver = false
    expect(await look(windows)).toMatchObject({
      state: 'install',
      driver: 'usbip-win2 0.9.7.7',
      fix: expect.stringMatching(/^Restart Windows/) as string
    })
    expect(await refused(windows)).toMatchObject({ code: 'unsupported' })
  })

  it('says what its command says where that fails', async () => {
    const windows = new FakeWindows()
    const run = () =>
      Promise.resolve({ code: 1, stdout: '', stderr: "critical: can't load 'resources.dll'\r\n" })
    const maker = usbipOnWindows(() => Promise.resolve({ ...windows.parts, run }))
    expect((await maker.look()).why).toContain("its command fails: can't load 'resources.dll'")
  })
})

describe('a link as a COM port by usbip-win2', () => {
  it('has the number that Windows gives it, and gives it back', async () => {
    const { windows, source } = await made()
    expect(source.address).toBe('COM4')
    expect(windows.adapters).toHaveLength(1)
    await source.close(DONE)
    expect(windows.adapters).toEqual([])
    // Its driver was told first: it looks for nothing.
    expect([...windows.looksFor]).toEqual([])
    expect((await made(windows)).source.address).toBe('COM4')
  })

  it('carries bytes both ways, settings, lines and breaks', async () => {
    const { windows, sessions } = await made()
    const { host } = windows.adapters[0]!
    host.open()
    await eventually(() => expect(sessions).toHaveLength(1))
    const [session] = sessions
    const heard: unknown[] = []
    const bytes: Uint8Array[] = []
    session!.onApply((request) => {
      heard.push(request.wish)
      request.answer({ ...DEFAULT_SETTINGS, ...request.wish })
    })
    session!.onControl((request) => heard.push(request.wish))
    session!.onBreak((ms) => heard.push(ms))
    session!.onData((chunk) => bytes.push(chunk))
    session!.resume()
    heard.length = 0
    await host.coding(57_600, 2, 2, 7)
    await host.lines(true, false)
    await host.sendBreak(250)
    expect(heard).toEqual([
      { baudRate: 57_600, stopBits: 2, parity: 'even', dataBits: 7 },
      { dtr: true, rts: false },
      250
    ])
    const sent = Buffer.alloc(300_000, 'far and near ')
    await host.write(sent)
    expect(Buffer.concat(bytes).equals(sent)).toBe(true)
    session!.write(sent)
    await eventually(() => expect(host.got.length).toBe(sent.length))
    expect(Buffer.from(host.got).equals(sent)).toBe(true)
    expect(host.violations).toEqual([])
  })

  it('tells the two texts by which people know it, and a number of its own for each link', async () => {
    const windows = new FakeWindows()
    await made(windows)
    await made(windows, { name: 'GPS (2)' })
    const [first, second] = windows.adapters
    expect(await first!.host.text(2)).toContain('GPS')
    expect(first!.serial).toMatch(/^[0-9A-F]{16}$/)
    expect(second!.serial).not.toBe(first!.serial)
  })

  it('is plugged in again when somebody took it out, with the same number', async () => {
    const { windows, faults, sessions } = await made()
    const [first] = windows.adapters
    await windows.run('C:\\Program Files\\USBip\\usbip.exe', ['detach', '--port', String(first!.hubPort)])
    await eventually(() => expect(windows.adapters).toHaveLength(1))
    const [again] = windows.adapters
    expect(again).not.toBe(first)
    expect(again!.busId).not.toBe(first!.busId)
    expect(faults.map(({ code }) => code)).toEqual(['device-unplugged'])
    again!.host.open()
    await eventually(() => expect(sessions).toHaveLength(1))
    expect(windows.texts('HKLM\\HARDWARE\\DEVICEMAP\\SERIALCOMM')).toEqual(['COM1', 'COM4'])
  })

  it('has its driver stop looking for an adapter whose connection broke', async () => {
    const { windows } = await made()
    const [first] = windows.adapters
    first!.socket.resetAndDestroy()
    await eventually(() => expect(windows.adapters[0]?.busId).not.toBe(first!.busId))
    await eventually(() => expect([...windows.looksFor]).toEqual([]))
  })

  it('takes out what a Farport that crashed left plugged in, and nothing else', async () => {
    const windows = new FakeWindows()
    windows.alive.add(4242)
    windows.leave(7, '127.0.0.1', makeBusId(99_999))
    windows.leave(8, '127.0.0.1', makeBusId(4242))
    windows.leave(9, '192.168.1.9', '1-1')
    await made(windows)
    expect(windows.left.map(({ hubPort }) => hubPort)).toEqual([8, 9])
  })

  it('says what the command says where it cannot be plugged in', async () => {
    const windows = new FakeWindows()
    const run: typeof windows.run = (file, words) =>
      words.includes('attach')
        ? Promise.resolve({ code: 1, stdout: '', stderr: 'error: No free port on USB/IP hub.\r\n' })
        : windows.run(file, words)
    const maker = usbipOnWindows(() => Promise.resolve({ ...windows.parts, run }))
    await expect(maker.make(WISH, CONTEXT)).rejects.toMatchObject({
      code: 'device-io',
      message: expect.stringContaining('No free port on USB/IP hub') as string
    })
  })

  it('says so where Windows makes no COM port of it', async () => {
    const windows = new FakeWindows()
    windows.hasPortDriver = false
    const maker = usbipOnWindows(() => Promise.resolve({ ...windows.parts, clock: FAST }))
    await expect(maker.make(WISH, CONTEXT)).rejects.toThrow('Windows made no COM port')
    expect(windows.adapters).toEqual([])
  })
})

describe('a link that shall be COM7', () => {
  it('is that, once somebody allowed it, and from then on', async () => {
    const { windows, source } = await made(new FakeWindows(), { at: 'COM7' })
    expect(source.address).toBe('COM7')
    expect(windows.taken).toEqual([1, 3, 7])
    await source.close(DONE)
    windows.allows = false
    expect((await made(windows, { at: 'COM7' })).source.address).toBe('COM7')
  })

  it('asks nobody where it is that already', async () => {
    const windows = new FakeWindows()
    windows.allows = false
    expect((await made(windows, { at: 'COM4' })).source.address).toBe('COM4')
  })

  it.each([
    [
      'COM1',
      'COM1 is another port of this computer. Choose another number, or leave it out: Windows gave COM4.'
    ],
    ['COM3', 'COM3 is reserved']
  ])('is not %s where that is taken', async (at, message) => {
    const fault = await refused(new FakeWindows(), { at })
    expect(fault).toMatchObject({ code: 'path-taken' })
    expect(fault.message).toContain(message)
  })

  it('is not where the rights are not given', async () => {
    const windows = new FakeWindows()
    windows.allows = false
    const fault = await refused(windows, { at: 'COM7' })
    expect(fault).toMatchObject({ code: 'needs-rights' })
    expect(fault.message).toContain('leave the number out: Windows gave COM4')
    expect(windows.taken).toEqual([1, 3, 4])
  })

  it('is a number of two and more digits, for which the list of Windows grows', async () => {
    const { windows, source } = await made(new FakeWindows(), { at: 'COM77' })
    expect(source.address).toBe('COM77')
    expect(windows.taken).toEqual([1, 3, 77])
  })
})
