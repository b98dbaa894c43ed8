import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { listPorts } from '../../src-main/ports/list-ports.ts'
import { ADAPTERS, SysfsFixture } from '../os/sysfs-fixture.ts'

let fixture: SysfsFixture

beforeEach(() => {
  fixture = new SysfsFixture()
})
afterEach(() => {
  fixture.dispose()
})

it('lists ports with who uses them', async () => {
  fixture.plug(ADAPTERS.ft232r, '1-1', 'ttyUSB0')
  fixture.plug(ADAPTERS.arduino, '1-2', 'ttyACM0')
  const procRoot = join(fixture.root, 'proc')
  mkdirSync(join(procRoot, '4711/fd'), { recursive: true })
  writeFileSync(join(procRoot, '4711/comm'), 'minicom\n')
  symlinkSync(fixture.node('ttyACM0'), join(procRoot, '4711/fd/3'))
  const ports = await listPorts({ ...fixture.places, procRoot, platform: 'linux' })
  expect(ports.map((port) => [basename(port.path), port.users])).toEqual([
    ['ttyACM0', [{ pid: 4711, command: 'minicom' }]],
    ['ttyUSB0', []]
  ])
})

it('macOS: the call-out devices', async () => {
  for (const name of ['cu.usbserial-A5', 'tty.usbserial-A5', 'cu.Bluetooth-Incoming-Port', 'null']) {
    writeFileSync(fixture.node(name), '')
  }
  const ports = await listPorts({ ...fixture.places, platform: 'darwin' })
  expect(ports.map((port) => basename(port.path))).toEqual(['cu.Bluetooth-Incoming-Port', 'cu.usbserial-A5'])
})

it('an unknown system has no list', async () => {
  expect(await listPorts({ platform: 'freebsd' })).toEqual([])
})

it('answers on this machine', async () => {
  for (const port of await listPorts()) expect(port.path).toMatch(/^\/dev\//)
})
