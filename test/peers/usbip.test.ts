import { execFile } from 'node:child_process'
import { createServer, type AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { DEFAULT_SETTINGS } from '../../src-main/contract/line.ts'
import { UsbipAdapter } from '../../src-main/protocol/usbip-adapter.ts'
import { UsbipDoor } from '../../src-main/sessions/usbip-door.ts'
import { lacks } from './need.ts'

const TEXTS = { manufacturer: 'farport.example', product: 'GPS at pi', serialNumber: 'abcd1234' }

interface Said {
  readonly code: number
  readonly output: string
}

/** Linux's own usbip. Its driver is not needed for what is asked here. */
function usbip(port: number, ...words: readonly string[]): Promise<Said> {
  return new Promise((resolve) => {
    execFile('/usr/sbin/usbip', ['--tcp-port', String(port), ...words], (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, output: stdout + stderr })
    )
  })
}

const list = (port: number): Promise<Said> => usbip(port, 'list', '-r', '127.0.0.1')
const attach = (port: number, busId: string): Promise<Said> =>
  usbip(port, 'attach', '-r', '127.0.0.1', '-b', busId)

async function door(): Promise<UsbipDoor> {
  const opened = await UsbipDoor.open()
  onTestFinished(() => opened.close())
  return opened
}

describe.skipIf(lacks('usbip'))('the usbip of Linux', () => {
  it('lists an adapter', async () => {
    const server = createServer((socket) => {
      const adapter = new UsbipAdapter('gps', TEXTS, DEFAULT_SETTINGS)
      socket.on('data', (bytes) => {
        for (const event of adapter.receive(bytes)) {
          if (event.type === 'send') socket.write(event.bytes)
          if (event.type === 'end') socket.end()
        }
      })
    })
    onTestFinished(() => void server.close())
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { code, output } = await list((server.address() as AddressInfo).port)
    expect(code).toBe(0)
    expect(output).toContain('gps: ')
    expect(output).toContain('(16c0:05e1)')
    expect(output).toMatch(/0 - .*\(02\/02\/00\)/)
    expect(output).toMatch(/1 - .*\(0a\/00\/00\)/)
  })

  it('is shown nothing at a door', async () => {
    const { port, busId } = await door()
    const { output } = await list(port)
    expect(output).toContain('no exportable devices found on 127.0.0.1')
    expect(output).not.toContain(busId)
  })

  it('is told at a door that there is no such device, and gets the one whose name it knows', async () => {
    const { port, busId, imported } = await door()
    expect((await attach(port, '1-1')).output).toContain('Device not found')
    const asked = attach(port, busId)
    const wire = await imported
    const adapter = new UsbipAdapter(busId, TEXTS, DEFAULT_SETTINGS)
    wire.onData((bytes) => {
      for (const event of adapter.receive(bytes)) if (event.type === 'send') wire.write(event.bytes)
    })
    wire.resume()
    // Where the kernel has no driver for it, that is what it says next: it has the adapter in its hand by then.
    expect((await asked).output).not.toContain('Attach Request')
  })
})
