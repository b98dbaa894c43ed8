/** The lines of "Copy address for…", taken from the page and run by the very programs. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { Program, temporaryFolder } from '../e2e/cli.ts'
import { InstanceHome } from '../e2e/instance.ts'
import { eventually } from '../eventually.ts'
import { bootSectorArguments } from '../peers/boot-sector.ts'
import { Device } from '../peers/device.ts'
import { FakeStk500 } from '../peers/fake-stk500.ts'
import { lacks, PYTHON } from '../peers/need.ts'
import { useBrowser } from './browser.ts'

/** One record of Intel HEX: four bytes at 0, and the end. */
const FIRMWARE = ':04000000C0FFEE420D\n:00000001FF\n'

interface Cable {
  readonly near: string
  readonly device: Device
}

async function cable(): Promise<Cable> {
  const folder = temporaryFolder()
  const [near, far] = [join(folder, 'near'), join(folder, 'far')]
  const socat = new Program('socat', ['-d', '-d', `PTY,link=${near},rawer`, `PTY,link=${far},rawer`])
  await socat.printed(/starting data transfer/, 'stderr')
  return { near, device: new Device(far) }
}

const python = (...lines: readonly string[]): Program => new Program(PYTHON, ['-c', lines.join('\n')])

describe.skipIf(lacks('chromium', 'socat'))('the line of copy address for', () => {
  const browser = useBrowser()

  async function pageOf(target: string, settings = {}): Promise<Page> {
    const home = new InstanceHome()
    home.write({ name: 'workbench', shares: [{ id: 'desk', name: 'My desk', port: { target, settings } }] })
    const program = await home.serve('--http', '127.0.0.1:0')
    const [, link = ''] = await program.printed(/^page (\S+)$/m)
    const page = await browser.open(link)
    page.setDefaultTimeout(10_000)
    return page
  }

  /** The share gets the address that the program needs, for this computer only, as the page proposes it. */
  async function lineFor(page: Page, program: string): Promise<string> {
    await page.getByRole('button', { name: 'More for My desk' }).click()
    await page.getByRole('menuitem', { name: 'Copy address for' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('combobox', { name: 'Program' }).selectOption(program)
    await dialog.getByRole('button', { name: 'Open it' }).click()
    const line = dialog.getByRole('code')
    await line.waitFor()
    return line.innerText()
  }

  it.skipIf(lacks('pyserial'))('is what pyserial opens, with the line of the device', async () => {
    const page = await pageOf('sim:modbus-ascii', { baudRate: 9600, dataBits: 7, parity: 'even' })
    const line = await lineFor(page, 'pyserial')
    expect(line).toContain("baudrate=9600, bytesize=7, parity='E'")
    const { stdout, stderr } = await python(
      'import serial',
      line,
      'port.timeout = 5',
      // Modbus ASCII: the first holding register of unit 1.
      "port.write(b':010300000001FB\\r\\n')",
      'print(port.read_until(b"\\n"))'
    ).ended
    expect(stdout, stderr).toMatch(/^b':010302/)
  })

  it.skipIf(lacks('pyserial', 'pymodbus'))('is what pymodbus reads a register through', async () => {
    const page = await pageOf('sim:modbus', { baudRate: 19_200, parity: 'even' })
    const line = await lineFor(page, 'pymodbus')
    const { stdout, stderr } = await python(
      'from pymodbus.client import ModbusSerialClient',
      line,
      'assert client.connect()',
      'print(len(client.read_holding_registers(0, 3, slave=1).registers))'
    ).ended
    expect(stdout.trim(), stderr).toBe('3')
  })

  it.each(['socat', 'octoprint'])('makes a port that programs open, for %s', async (program) => {
    const { near, device } = await cable()
    device.echo()
    const page = await pageOf(near)
    const line = await lineFor(page, program)
    const home = temporaryFolder()
    new Program('sh', ['-c', `exec ${line}`], { env: { HOME: home } })
    // It connects when its port is there and set up.
    await page.getByText('In use by 127.0.0.1').first().waitFor()
    const user = new Device(join(home, 'ttyMy_desk'))
    user.write('hello\r\n')
    await eventually(() => expect(user.got.toString()).toBe('hello\r\n'))
  })

  it.skipIf(lacks('qemu-system-x86_64'))('is a serial port of QEMU', async () => {
    const { near, device } = await cable()
    const page = await pageOf(near)
    const line = await lineFor(page, 'qemu')
    const guest = await bootSectorArguments(join(temporaryFolder(), 'boot.img'))
    new Program('qemu-system-x86_64', [...guest, ...line.split(' ')])
    await eventually(() => expect(device.got.toString('latin1')).toContain('READY'))
  })

  it.skipIf(lacks('avrdude'))('is how avrdude flashes a board', async () => {
    const { near, device } = await cable()
    const board = new FakeStk500(device, () => true)
    const page = await pageOf(near)
    const line = await lineFor(page, 'avrdude')
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'firmware.hex'), FIRMWARE)
    const { stderr, code } = await new Program('sh', ['-c', `exec ${line}`], { cwd: folder }).ended
    expect(stderr).toMatch(/4 bytes of flash verified/)
    expect(code).toBe(0)
    expect([...board.flash.subarray(0, 4)]).toEqual([0xc0, 0xff, 0xee, 0x42])
  })
})
