import { beforeEach, expect, it, vi } from 'vitest'
import { Fault } from '../../src-main/contract/faults.ts'
import { CommSource } from '../../src-main/ports/comm-source.ts'
import type { Port } from '../../src-main/ports/port.ts'
import { FakeClock } from '../fake-clock.ts'
import { DEVICES, MemoryRegistry } from '../os/win32/memory-registry.ts'

const { arduino, ch340, onBoard } = DEVICES
const live = new AbortController().signal

let registry: MemoryRegistry
let clock: FakeClock
let opened: string[]
let refuse: Error | undefined

beforeEach(() => {
  registry = new MemoryRegistry()
  clock = new FakeClock()
  opened = []
  refuse = undefined
})

function source(path: string): CommSource {
  const open = (name: string): Promise<Port> => {
    opened.push(name)
    return refuse ? Promise.reject(refuse) : Promise.resolve({} as Port)
  }
  return new CommSource(path, {}, { registry, clock, open })
}

it.each(['COM10', 'com10', '\\\\.\\COM10', 'COM10:'])('opens %s', async (path) => {
  registry.device(arduino.instance, arduino.values, 'COM10')
  await source(path).open({}, live)
  expect(opened).toEqual(['COM10'])
})

it('follows its device to another number, and never opens another one that took its own', async () => {
  registry.device(arduino.instance, arduino.values, 'COM10')
  const port = source('COM10')
  await port.open({}, live)
  registry.unplug(arduino.instance)
  await expect(port.open({}, live)).rejects.toThrow(
    /COM10 is not there \(Arduino .*serial number 85736323838351F0E1E1\): plug it in again, into any socket/
  )
  registry.device(ch340.instance, ch340.values, 'COM10')
  await expect(port.check()).rejects.toThrow(/COM10 is another device now \(.*CH340\), not Arduino/)
  registry.plug(arduino.instance, 'COM11')
  await port.open({}, live)
  expect(opened).toEqual(['COM10', 'COM11'])
})

it('knows one without a serial number by its socket', async () => {
  registry.device(ch340.instance, ch340.values, 'COM5')
  const port = source('COM5')
  await port.open({}, live)
  registry.unplug(ch340.instance)
  const elsewhere = 'USB\\VID_1A86&PID_7523\\5&2c3f1b0&0&3'
  registry.device(elsewhere, { ...ch340.values, LocationInformation: 'Port_#0007.Hub_#0001' }, 'COM6')
  await expect(port.open({}, live)).rejects.toThrow(/into the socket it was in \(Port_#0002.Hub_#0001\)/)
  registry.plug(ch340.instance, 'COM7')
  await port.open({}, live)
  expect(opened).toEqual(['COM5', 'COM7'])
})

it('says so when there is none, and when the name is empty', async () => {
  await expect(source('COM9').check()).rejects.toMatchObject({ code: 'device-missing' })
  await expect(source('').check()).rejects.toMatchObject({ code: 'usage' })
})

it('tries a name that no list has', async () => {
  await source('\\\\.\\CNCA0').open({}, live)
  expect(opened).toEqual(['\\\\.\\CNCA0'])
})

it('tells within a second that its device is back', async () => {
  registry.device(arduino.instance, arduino.values, 'COM10')
  const port = source('COM10')
  await port.open({}, live)
  registry.unplug(arduino.instance)
  await expect(port.open({}, live)).rejects.toBeInstanceOf(Fault)
  const available = vi.fn()
  const subscription = port.onAvailable(available)
  await clock.advance(5000)
  expect(available).not.toHaveBeenCalled()
  registry.device(ch340.instance, ch340.values, 'COM10')
  await clock.advance(1000)
  expect(available).not.toHaveBeenCalled()
  registry.plug(arduino.instance, 'COM3')
  await clock.advance(1000)
  expect(available).toHaveBeenCalledOnce()
  subscription.dispose()
  expect(clock.pending).toBe(0)
})

it('is not tried again and again while another program has it', async () => {
  registry.device(onBoard.instance, onBoard.values, 'COM1')
  const port = source('COM1')
  refuse = new Fault('device-busy', 'COM1 is open in another program: close it there')
  await expect(port.open({}, live)).rejects.toBe(refuse)
  const available = vi.fn()
  port.onAvailable(available)
  await clock.advance(5000)
  expect(available).not.toHaveBeenCalled()
})
