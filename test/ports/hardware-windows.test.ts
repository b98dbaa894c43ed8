/** COM ports on a driver in memory: what any port of hardware must do, and what only Windows has. */
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { DONE } from '../../src-main/contract/close.ts'
import type { FaultCode } from '../../src-main/contract/faults.ts'
import { Fault } from '../../src-main/contract/faults.ts'
import type { ModemState } from '../../src-main/contract/line.ts'
import { ERROR } from '../../src-main/os/win32/windows-error.ts'
import type { HardwareOptions } from '../../src-main/ports/hardware.ts'
import { openHardwareWindows } from '../../src-main/ports/hardware-windows.ts'
import type { Port } from '../../src-main/ports/port.ts'
import { FakeKernel } from '../os/win32/fake-kernel.ts'
import type { PortUnderTest } from '../suites/device-port.ts'
import { devicePortSuite } from '../suites/device-port.ts'
import { portSuite } from '../suites/port.ts'

const live = new AbortController().signal

function open(kernel: FakeKernel, options: HardwareOptions = {}, settings = {}): Promise<Port> {
  return openHardwareWindows('COM4', options, settings, live, kernel)
}

async function make(): Promise<PortUnderTest> {
  const kernel = new FakeKernel()
  return {
    port: await open(kernel),
    send: (bytes) => kernel.send(bytes),
    arrived: () => kernel.output,
    stall: () => kernel.take(0),
    flow: () => kernel.take(Infinity),
    unplug: () => {
      kernel.unplug()
      return Promise.resolve()
    },
    dispose: () => Promise.resolve()
  }
}

describe('a COM port', () => {
  devicePortSuite(make)
  portSuite(async () => (await make()).port)
})

describe('a COM port', () => {
  let kernel: FakeKernel
  beforeEach(() => {
    kernel = new FakeKernel()
  })

  it('is opened with its settings, and with DTR and RTS as they are', async () => {
    kernel.dcb.writeUInt32LE(0x0001, 8) // a driver that leaves both off
    const port = await open(kernel, {}, { baudRate: 19_200, dataBits: 7, parity: 'odd', stopBits: 2 })
    expect(port.settings).toMatchObject({ baudRate: 19_200, dataBits: 7, parity: 'odd', stopBits: 2 })
    expect(port.lines).toMatchObject({ dtr: false, rts: false })
    expect(kernel.dcb.readUInt32LE(8) & 0x3030).toBe(0)
    port.abort(DONE)
  })

  it('drives the lines asked for, which later settings keep', async () => {
    const port = await open(kernel, { initialDtr: false })
    expect(kernel.calls).toContain('EscapeCommFunction 6')
    await port.control({ rts: false })
    await port.apply({ baudRate: 9600 }, live)
    expect(kernel.dcb.readUInt32LE(8) & 0x3030).toBe(0)
    expect(port.lines).toMatchObject({ dtr: false, rts: false })
    port.abort(DONE)
  })

  it('takes what the driver can of a wish, and says what is in force', async () => {
    const port = await open(kernel)
    expect(await port.apply({ baudRate: 4_000_000, dataBits: 7, parity: 'even' }, live)).toMatchObject({
      baudRate: 38_400,
      dataBits: 7,
      parity: 'even'
    })
    expect(await port.apply({ stopBits: 1.5 }, live)).toMatchObject({ stopBits: 2 })
    expect(await port.apply({ dataBits: 5, stopBits: 2 }, live)).toMatchObject({ dataBits: 5, stopBits: 1.5 })
    port.abort(DONE)
  })

  it('tells of its lines when the driver does, also of a ring that was short', async () => {
    const port = await open(kernel)
    const states: ModemState[] = []
    port.onModemState((state) => states.push(state))
    expect(port.modemState).toEqual({ cts: true, dsr: true, dcd: false, ri: false })
    kernel.modem = 0x90
    kernel.event(0x30)
    await vi.waitFor(() => expect(states).toEqual([{ cts: true, dsr: false, dcd: true, ri: false }]))
    await new Promise(setImmediate)
    kernel.event(0x100)
    await vi.waitFor(() => expect(states.slice(1).map(({ ri }) => ri)).toEqual([true, false]))
    port.abort(DONE)
  })

  it('tells what went wrong on the line', async () => {
    const port = await open(kernel)
    const reports = vi.fn()
    port.onLineState(reports)
    kernel.errors = 0x0c
    kernel.event(0x80)
    await vi.waitFor(() =>
      expect(reports).toHaveBeenCalledWith({ overrun: 0, parity: 1, framing: 1, break: 0 })
    )
    port.abort(DONE)
  })

  it('looks at its lines by itself where the driver cannot wait for them', async () => {
    kernel.fails.set('WaitCommEvent', ERROR.notSupported)
    const port = await open(kernel)
    const states = vi.fn()
    port.onModemState(states)
    kernel.modem = 0
    await vi.waitFor(() =>
      expect(states).toHaveBeenCalledWith({ cts: false, dsr: false, dcd: false, ri: false })
    )
    port.abort(DONE)
  })

  it('has no lines where the driver has none', async () => {
    kernel.fails.set('GetCommModemStatus', ERROR.notSupported)
    kernel.fails.set('EscapeCommFunction', ERROR.notSupported)
    const port = await open(kernel)
    expect(port.capabilities.modem.size).toBe(0)
    expect(port.modemState.cts).toBe('unknown')
    await port.control({ dtr: false })
    port.abort(DONE)
  })

  it('counts what a close cuts off, and what had gone before is not among it', async () => {
    const port = await open(kernel)
    kernel.take(0)
    port.write(Buffer.alloc(1000))
    kernel.take(60)
    expect(await port.close(DONE, 30)).toBe(940)
    expect(kernel.closed).toBe(true)
  })

  it('waits at its close for what only the driver has', async () => {
    const port = await open(kernel)
    kernel.unsentInDriver = 10
    port.write(Buffer.from('x'))
    const closing = port.close(DONE, 5000)
    setTimeout(() => (kernel.unsentInDriver = 0), 30)
    expect(await closing).toBe(0)
    kernel = new FakeKernel()
    const other = await open(kernel)
    kernel.unsentInDriver = 10
    expect(await other.close(DONE, 20)).toBe(10)
  })

  it.each([
    [ERROR.fileNotFound, 'device-missing', /COM4 is not there: plug it in/],
    [ERROR.accessDenied, 'device-busy', /COM4 is open in another program: close it there/],
    [ERROR.sharingViolation, 'device-busy', /COM4 is open in another program/],
    [ERROR.semaphoreTimeout, 'device-io', /COM4 did not answer in time/],
    [ERROR.genFailure, 'device-io', /COM4 cannot be opened .*error 31, the device does not work/]
  ] satisfies [number, FaultCode, RegExp][])(
    'that fails with error %i says what to do',
    async (error, code, message) => {
      kernel.fails.set('open', error)
      await expect(open(kernel)).rejects.toSatisfy(
        (fault) => fault instanceof Fault && fault.code === code && message.test(fault.message)
      )
    }
  )

  it('is none where it has no settings; nothing stays open', async () => {
    kernel.fails.set('GetCommState', ERROR.invalidFunction)
    await expect(open(kernel)).rejects.toMatchObject({ code: 'device-not-serial' })
    expect(kernel.closed).toBe(true)
  })

  it('that nobody wants any more when it is open is closed', async () => {
    const abort = new AbortController()
    const opening = openHardwareWindows('COM4', {}, {}, abort.signal, kernel)
    abort.abort(new Error('not any more'))
    await expect(opening).rejects.toThrow('not any more')
    expect(kernel.closed).toBe(true)
  })

  it('is opened by its own name, whatever its number', async () => {
    const { deviceName } = await import('../../src-main/os/win32/kernel.ts')
    for (const path of ['COM12', 'com12:', '\\\\.\\COM12', '\\\\?\\COM12'])
      expect(deviceName(path).toUpperCase()).toBe('\\??\\COM12')
  })
})
