/** OpenBSD's netcat on our shares, and we on one that listens. */
import { describe, expect, it } from 'vitest'
import { eventually } from '../eventually.ts'
import { Program, farport, portOf, shared } from '../e2e/cli.ts'
import { Device } from './device.ts'
import { accepting, freePort } from './free-port.ts'
import { lacks } from './need.ts'
import { payload } from './payload.ts'
import { shimmedPair } from './shimmed.ts'

interface Served {
  readonly device: Device
  readonly port: string
}

async function served(): Promise<Served> {
  const cable = await shimmedPair()
  const { urls } = await shared([cable.a.path, '--listen', 'raw://127.0.0.1:0'])
  return { device: new Device(cable.b.path), port: String(portOf(urls[0]!)) }
}

describe.skipIf(lacks('nc', 'socat', 'cc'))('our server and netcat', () => {
  it('carries 256 KiB both ways', async () => {
    const { device, port } = await served()
    device.echo()
    const sent = payload(256 * 1024)
    const nc = new Program('nc', ['127.0.0.1', port])
    nc.process.stdin!.write(sent)
    await eventually(() => expect(nc.stdout.length).toBe(sent.length))
    expect(Buffer.from(nc.stdout, 'latin1').equals(sent)).toBe(true)
  })

  it.each([
    ['echo AT | nc: still hears the answer', []],
    ['echo AT | nc -N, which closes its half: still hears the answer', ['-N']]
  ])('%s', async (_, options) => {
    const { device, port } = await served()
    const nc = new Program('nc', [...options, '127.0.0.1', port])
    nc.process.stdin!.end('AT\n')
    await eventually(() => expect(device.got.toString()).toBe('AT\n'))
    device.write('OK\r\n')
    await nc.printed(/^OK\r\n$/)
  })

  it('nc -N: a file of 256 KiB and away, with every byte at the device', async () => {
    const { device, port } = await served()
    const sent = payload(256 * 1024)
    const nc = new Program('nc', ['-N', '-q', '0', '127.0.0.1', port])
    nc.process.stdin!.end(sent)
    await eventually(() => expect(device.size).toBe(sent.length))
    expect(device.got.equals(sent)).toBe(true)
    expect(await nc.ended).toMatchObject({ code: 0, stderr: '' })
  })
})

describe.skipIf(lacks('nc', 'socat', 'cc'))('our client and netcat', () => {
  it('talks both ways with nc -l', async () => {
    const port = await freePort()
    const nc = new Program('nc', ['-l', '-k', '127.0.0.1', String(port)])
    await accepting(port)
    const ours = farport('connect', `raw://127.0.0.1:${port}`, '--stdio')
    ours.process.stdin!.write('hello\n')
    await nc.printed(/^hello\n$/)
    nc.process.stdin!.write('and back\n')
    await ours.printed(/^and back\n$/)
  })
})
