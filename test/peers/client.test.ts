import { writeFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { eventually } from '../eventually.ts'
import { Program, farport, shared, temporaryFolder } from '../e2e/cli.ts'
import { makeShimmedPair, type ShimmedPair } from '../shim/shim.ts'
import { Device } from './device.ts'
import { freePort } from './free-port.ts'
import { PYTHON, lacks, programPath } from './need.ts'
import { payload } from './payload.ts'

const MIB = 1024 * 1024

async function pair(): Promise<ShimmedPair> {
  const made = await makeShimmedPair()
  onTestFinished(() => made.dispose())
  return made
}

/** ser2net 4 on one end of the cable, by the accepter given; resolves with its port once it accepts. */
async function ser2net(cable: ShimmedPair, accepter: string): Promise<number> {
  const port = await freePort()
  const file = `${temporaryFolder()}/ser2net.yaml`
  writeFileSync(
    file,
    `connection: &test\n  accepter: ${accepter},127.0.0.1,${port}\n  connector: serialdev,${cable.a.path},9600n81,local\n`
  )
  new Program(programPath('ser2net'), ['-n', '-c', file])
  await eventually(() => accepts(port))
  return port
}

function accepts(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ port, host: '127.0.0.1' })
    socket.on('connect', () => {
      socket.destroy()
      resolve()
    })
    socket.on('error', reject)
  })
}

/** Through `farport connect URL --stdio`, to the device and back. */
async function roundTrip(url: string, device: Device): Promise<void> {
  device.echo()
  const ours = farport('connect', url, '--stdio')
  const sent = payload(MIB)
  ours.process.stdin!.write(sent)
  await eventually(() => expect(ours.stdout.length).toBe(MIB), 25_000)
  expect(Buffer.from(ours.stdout, 'latin1').equals(sent)).toBe(true)
  expect(device.got.equals(sent)).toBe(true)
  await ours.stop()
  expect(await ours.ended).toMatchObject({ code: 0, stderr: '' })
}

describe.skipIf(lacks('ser2net', 'socat', 'cc'))('our client and ser2net', () => {
  it.each([
    ['raw', 'tcp'],
    ['telnet', 'telnet,tcp'],
    ['rfc2217', 'telnet(rfc2217),tcp']
  ])('carries 1 MiB both ways as %s', async (protocol, accepter) => {
    const cable = await pair()
    const port = await ser2net(cable, accepter)
    await roundTrip(`${protocol}://127.0.0.1:${port}`, new Device(cable.b.path))
  })

  it.each([
    ['rfc2217', 'telnet(rfc2217),tcp'],
    ['telnet', 'telnet,tcp'],
    ['raw', 'tcp']
  ])('tells its reason when it refuses, as %s', async (protocol, accepter) => {
    const cable = await pair()
    const port = await ser2net(cable, accepter)
    const url = `${protocol}://127.0.0.1:${port}`
    const first = farport('connect', url, '--stdio')
    const device = new Device(cable.b.path)
    first.process.stdin!.write('here')
    await eventually(() => expect(device.got.toString()).toBe('here'))
    const second = await farport('connect', url, '--stdio').ended
    expect(second.code).toBe(4)
    expect(second.stderr).toContain('Port already in use')
  })

  it('makes its settings and control lines reach the device', async () => {
    const cable = await pair()
    const port = await ser2net(cable, 'telnet(rfc2217),tcp')
    const url = `rfc2217://127.0.0.1:${port}`
    const ours = farport('connect', url, '--stdio', '-b', '57600', '--line', '7E2', '--dtr', 'off')
    await eventually(() => {
      expect(cable.a.state).toMatchObject({ dataBits: 7, parity: 'even', dtr: false })
      expect(cable.a.settings).toMatchObject({ baudRate: 57_600, stopBits: 2 })
    }, 10_000)
    await ours.stop()
    expect(await ours.ended).toMatchObject({ code: 0, stderr: '' })
  })
})

describe.skipIf(lacks('pyserial', 'socat', 'cc'))("our client and pyserial's server", () => {
  it('carries 1 MiB both ways, settings applied', async () => {
    const cable = await pair()
    const server = new Program(PYTHON, [`${import.meta.dirname}/pyserial-server.py`, cable.a.path])
    const [, port] = await server.printed(/listening (\d+)/)
    await roundTrip(`rfc2217://127.0.0.1:${port!}`, new Device(cable.b.path))
    const sent = farport('send', `rfc2217://127.0.0.1:${port!}`, 'x', '-b', '19200', '--line', '7O1')
    expect((await sent.ended).stderr + server.stderr).toBe('')
    expect(cable.a.state).toMatchObject({ dataBits: 7, parity: 'odd' })
  })
})

describe.skipIf(lacks('socat', 'cc'))('our client and our server', () => {
  it.each(['raw', 'telnet', 'rfc2217'])('carry 1 MiB both ways as %s', async (protocol) => {
    const cable = await pair()
    const { urls } = await shared([cable.a.path, '--listen', `${protocol}://127.0.0.1:0`])
    await roundTrip(urls[0]!, new Device(cable.b.path))
  })

  it('carry settings, lines and a break', async () => {
    const cable = await pair()
    const { urls } = await shared([cable.a.path, '--listen', 'rfc2217://127.0.0.1:0'])
    const line = ['-b', '74880', '--line', '5M1.5', '-f', 'xonxoff', '--dtr', 'off', '--rts', 'on']
    const ours = farport('terminal', urls[0]!, ...line)
    await ours.printed(/Connected to .* at 74880 5M1.5 xonxoff/, 'stderr')
    expect(cable.a.settings).toMatchObject({ baudRate: 74_880, stopBits: 1.5, flowControl: 'xonxoff' })
    expect(cable.a.state).toMatchObject({ dataBits: 5, parity: 'mark', dtr: false, rts: true })
    ours.process.stdin!.write('\x1d')
    await ours.ended
    expect((await farport('send', urls[0]!, '--break').ended).code).toBe(0)
    expect(cable.log().map(({ call }) => call)).toEqual(expect.arrayContaining(['TIOCSBRK', 'TIOCCBRK']))
  })
})

describe.skipIf(lacks('socat', 'cc'))('our client and socat', () => {
  it('carries 1 MiB both ways', async () => {
    const cable = await pair()
    const device = new Device(cable.b.path)
    const socat = new Program('socat', [
      '-d',
      '-d',
      'TCP-LISTEN:0,bind=127.0.0.1,nodelay',
      `${cable.a.path},rawer`
    ])
    const [, port] = await socat.printed(/listening on .*:(\d+)/, 'stderr')
    const ours = farport('connect', `raw://127.0.0.1:${port!}`, '--stdio')
    const sent = payload(MIB)
    // One way after the other: socat's blocking writes would stand still with both full.
    ours.process.stdin!.write(sent)
    await eventually(() => expect(device.size).toBe(MIB), 20_000)
    device.write(sent)
    await eventually(() => expect(ours.stdout.length).toBe(MIB), 20_000)
    expect(device.got.equals(sent)).toBe(true)
    expect(Buffer.from(ours.stdout, 'latin1').equals(sent)).toBe(true)
  })
})
