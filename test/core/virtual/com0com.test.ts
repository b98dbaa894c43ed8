import { describe, expect, it } from 'vitest'
import { DONE } from '../../../src-main/contract/close.ts'
import { Fault } from '../../../src-main/contract/faults.ts'
import { CARRIED } from '../../../src-main/contract/virtual.ts'
import { com0comOn } from '../../../src-main/core/virtual/com0com.ts'
import type { VirtualPort } from '../../../src-main/core/virtual/maker.ts'
import { OUR_FAR, OUR_NEAR } from '../../../src-main/os/win32/com0com-driver.ts'
import type { CommDevice } from '../../../src-main/os/win32/comm.ts'
import { ERROR, WindowsError } from '../../../src-main/os/win32/windows-error.ts'
import type { OpenComm } from '../../../src-main/sessions/com0com-end.ts'
import { FakeClock } from '../../fake-clock.ts'
import { Com0comWindows, type WindowsOptions } from '../../os/win32/com0com-windows.ts'
import { Com0comPair, type PairWiring } from '../../sessions/com0com-pair.ts'
import { turns } from '../../suites/connection.ts'

interface Made {
  readonly port: VirtualPort
}

/** A Windows on which our ends can be opened. */
class Computer {
  readonly windows: Com0comWindows
  readonly clock = new FakeClock()
  readonly opened: string[] = []
  readonly said: string[] = []
  wiring: PairWiring = {}
  /** Opens that fail before one succeeds. */
  fails: number[] = []
  readonly #pairs = new Map<string, Com0comPair>()

  constructor(options: WindowsOptions = {}) {
    this.windows = new Com0comWindows(options)
  }

  readonly open: OpenComm = async (path, options): Promise<CommDevice> => {
    this.opened.push(path)
    const failure = this.fails.shift()
    if (failure !== undefined) throw new WindowsError(failure, 'CreateFile')
    const id = path.slice(4)
    const pair = this.#pairs.get(id) ?? new Com0comPair(this.wiring)
    this.#pairs.set(id, pair)
    const device = await pair.open(path, options)
    this.windows.hold(id, true)
    device.onClose(() => this.windows.hold(id, false))
    return device
  }

  get maker() {
    const { registry, setupc } = this.windows
    return com0comOn(() =>
      Promise.resolve({ registry, setupc: () => setupc, open: this.open, clock: this.clock })
    )
  }

  /** Until nobody waits for a pair any more. */
  async wait(): Promise<void> {
    for (let at = 0; at < 160; at++) {
      await new Promise((resolve) => setImmediate(resolve))
      await this.clock.advance(100)
    }
  }

  async make(at = ''): Promise<Made> {
    const wish = { name: 'gps', at, far: 'gps on pi', identity: 'x', settings: {} }
    const port = await this.maker.make(wish, { report: ({ text }) => this.said.push(text) })
    return { port }
  }

  async fault(at = ''): Promise<string> {
    return this.make(at).then(
      () => expect.fail(),
      (error: unknown) => (error instanceof Fault ? `${error.code}: ${error.message}` : String(error))
    )
  }
}

describe('com0com on this computer', () => {
  it('is nothing where this is no Windows', async () => {
    const maker = com0comOn(() => Promise.resolve(undefined))
    expect(await maker.look()).toMatchObject({ state: 'never', why: 'com0com is a driver of Windows.' })
  })

  it('can be installed, with what to know about it', async () => {
    const found = await new Computer({ isInstalled: false }).maker.look()
    expect(found).toMatchObject({ state: 'install', install: { elevation: true } })
    expect(found.install?.beware).toContain('error 52')
    expect(await new Computer({ isInstalled: false }).fault()).toContain(
      'unsupported: com0com is not installed'
    )
  })

  it('that Windows refuses is said to be, with why and what instead', async () => {
    const computer = new Computer({ isRefused: true, secureBoot: true })
    computer.windows.pair({ PortName: 'COM7', ...OUR_NEAR }, OUR_FAR)
    const { state, why, fix, driver } = await computer.maker.look()
    expect([state, driver]).toEqual(['never', 'com0com 3.0.0.0'])
    expect(why).toContain('error 52')
    expect(why).toContain('Secure Boot')
    expect(fix).toContain('--via usbip')
    expect(await computer.fault()).toMatch(/^unsupported: .*error 52.*--via usbip/)
  })

  it('is ready with a pair of ours that is free, and asks for rights without', async () => {
    const computer = new Computer()
    expect((await computer.maker.look()).state).toBe('rights')
    computer.windows.pair({ PortName: 'COM9' }, {})
    expect((await computer.maker.look()).state).toBe('rights')
    computer.windows.pair({ PortName: 'COM7', ...OUR_NEAR }, OUR_FAR)
    expect((await computer.maker.look()).state).toBe('ready')
    expect(computer.windows.asked).toEqual([])
  })
})

describe('a COM port by com0com', () => {
  it('is a new pair at the first free number, with one question that is told before', async () => {
    const computer = new Computer()
    const { port } = await computer.make()
    expect([port.address, port.carries]).toEqual(['COM3', CARRIED])
    expect(computer.said).toEqual(["Windows asks whether com0com's setup may add COM3: say yes."])
    expect(computer.windows.asked).toEqual([
      'install PortName=COM3,PlugInMode=yes,dcd=rout1,ri=rout2 PortName=-,ExclusiveMode=yes,EmuOverrun=yes,dcd=ropen'
    ])
  })

  it('stays when its link is gone, and is used again without a question', async () => {
    const computer = new Computer()
    const first = await computer.make()
    await first.port.close(DONE)
    await turns()
    const second = await computer.make()
    expect(second.port.address).toBe('COM3')
    expect(computer.windows.asked).toHaveLength(1)
    expect((await computer.make()).port.address).toBe('COM6')
    expect(computer.windows.asked).toHaveLength(2)
  })

  it('has the number that was asked for', async () => {
    const computer = new Computer()
    expect((await computer.make('COM77')).port.address).toBe('COM77')
    expect(await computer.fault('COM77')).toMatch(/^device-busy: COM77 is linked already/)
    expect(await computer.fault('COM4')).toMatch(/^path-taken: COM4 is another port/)
    expect(await computer.fault('COM5')).toMatch(/^path-taken: COM5 is another port .* unplugged/)
  })

  it('takes the next pair where somebody is faster', async () => {
    const computer = new Computer()
    computer.windows.pair({ PortName: 'COM7', ...OUR_NEAR }, OUR_FAR)
    computer.windows.pair({ PortName: 'COM8', ...OUR_NEAR }, OUR_FAR)
    computer.fails = [ERROR.accessDenied]
    expect((await computer.make()).port.address).toBe('COM8')
  })

  it('waits for a new pair to come, and not for ever', async () => {
    const computer = new Computer()
    computer.fails = [ERROR.fileNotFound, ERROR.fileNotFound]
    const made = computer.make()
    await turns()
    await computer.clock.advance(100)
    await turns()
    await computer.clock.advance(100)
    expect((await made).port.address).toBe('COM3')
    computer.fails = Array.from({ length: 1000 }, () => ERROR.fileNotFound)
    const never = computer.fault()
    await computer.wait()
    expect(await never).toContain('cannot be opened')
  })

  it('that a refused driver never brings says why', async () => {
    const computer = new Computer({ isRefused: true })
    computer.fails = Array.from({ length: 1000 }, () => ERROR.fileNotFound)
    const never = computer.fault()
    await computer.wait()
    expect(await never).toMatch(/^unsupported: .*error 52/)
  })

  it('is not made where the person says no', async () => {
    const computer = new Computer()
    computer.windows.isRefusing = true
    expect(await computer.fault()).toBe(
      'needs-rights: COM3 was not made: The operation was canceled by the user. Say yes when Windows asks, or have an administrator do it.'
    )
  })

  it('of a pair that somebody made is wired as ours are, both ends with one question', async () => {
    const computer = new Computer()
    computer.windows.pair({ PortName: 'COM20' }, { PortName: '-' })
    expect((await computer.make('COM20')).port.address).toBe('COM20')
    expect(computer.windows.asked).toEqual([
      'change CNCA0 PlugInMode=yes,dcd=rout1,ri=rout2 & CNCB0 ExclusiveMode=yes,EmuOverrun=yes,dcd=ropen'
    ])
  })

  it('of such a pair that somebody has open is refused without a question', async () => {
    const computer = new Computer()
    computer.windows.pair({ PortName: 'COM20' }, { PortName: '-', ExclusiveMode: 'yes' })
    computer.windows.hold('CNCB0', true)
    expect(await computer.fault('COM20')).toMatch(/^device-busy: COM20 is linked already/)
    expect(computer.windows.asked).toEqual([])
  })

  it('of such a pair works as it is where that is not allowed', async () => {
    const computer = new Computer()
    computer.wiring = { dcd: 'rdtr' }
    computer.windows.pair({ PortName: 'COM20' }, { PortName: '-' })
    computer.windows.isRefusing = true
    const { port } = await computer.make('COM20')
    expect(computer.said.at(-1)).toContain('COM20 is used as it is')
    expect(port.address).toBe('COM20')
  })

  it('tells what does not pass where the driver tells nothing', async () => {
    const computer = new Computer()
    computer.wiring = { capabilities: 0 }
    expect((await computer.make()).port.carries).toEqual(['data', 'dtr', 'rts', 'cts', 'dsr'])
  })
})
