import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { Device } from '../peers/device.ts'
import { freePort } from '../peers/free-port.ts'
import { lacks } from '../peers/need.ts'
import { payload } from '../peers/payload.ts'
import { makeShimmedPair, type ShimmedPair } from '../shim/shim.ts'
import { Client, Program, farport, portOf, shared, temporaryFolder } from './cli.ts'

async function pair(): Promise<ShimmedPair> {
  const made = await makeShimmedPair()
  onTestFinished(() => made.dispose())
  return made
}

describe.skipIf(lacks('socat', 'cc'))('what must survive', () => {
  it('a share that goes and comes back: the link keeps its port, counts the loss, sets the device again', async () => {
    const cable = await pair()
    const device = new Device(cable.b.path)
    const link = `${temporaryFolder()}/ttyFar`
    const first = await shared([cable.a.path, '--listen', 'rfc2217://127.0.0.1:0'])
    const url = first.urls[0]!
    const ours = farport('connect', url, '--pty', link)
    await ours.printed(/^ready/m)
    // The program sets 57600 and stays.
    const program = new Program('sh', [
      '-c',
      'exec 3<>"$0"; stty 57600 <&3; while read line; do echo "$line" >&3; done',
      link
    ])
    await vi.waitFor(() => expect(cable.a.settings.baudRate).toBe(57_600))
    program.process.stdin!.write('one\n')
    await vi.waitFor(() => expect(device.got.toString()).toBe('one\n'))

    await first.program.stop()
    await ours.printed(/closed|ended|refused/i, 'stderr')
    program.process.stdin!.write('into the void\n')
    await ours.printed(/lost 14 bytes/, 'stderr')

    const again = await shared([cable.a.path, '-b', '9600', '--listen', url])
    await again.program.printed(/connected/, 'stderr')
    await vi.waitFor(() => expect(cable.a.settings.baudRate).toBe(57_600), 10_000)
    program.process.stdin!.write('two\n')
    await vi.waitFor(() => expect(device.got.toString()).toBe('one\ntwo\n'))
  })

  it('bytes sent just before the client closes reach a slow device', async () => {
    const cable = await pair()
    const { urls } = await shared([cable.a.path, '--listen', 'raw://127.0.0.1:0'])
    const client = new Client(portOf(urls[0]!))
    await once(client.socket, 'connect')
    const sent = payload(100_000)
    client.socket.end(sent)
    const device = new Device(cable.b.path)
    await vi.waitFor(() => expect(device.size).toBe(sent.length), 10_000)
    expect(device.got.equals(sent)).toBe(true)
  })
})

describe('a link and its far end', () => {
  it('dials when a program opens it, hangs up when it closes, and sends what was written meanwhile', async () => {
    const { server, port, got } = await recorder()
    const link = `${temporaryFolder()}/tty`
    const ours = farport('connect', `raw://127.0.0.1:${port}`, '--pty', link)
    await ours.printed(/^ready/m)
    expect(await connections(server)).toBe(0)
    await new Program('sh', ['-c', 'printf hello > "$0"', link]).ended
    await vi.waitFor(() => expect(got()).toBe('hello'))
    await vi.waitFor(async () => expect(await connections(server)).toBe(0))
  })

  it('stays connected with --hold', async () => {
    const { server, port } = await recorder()
    const link = `${temporaryFolder()}/tty`
    const ours = farport('connect', `raw://127.0.0.1:${port}`, '--pty', link, '--hold')
    await ours.printed(/^ready/m)
    await vi.waitFor(async () => expect(await connections(server)).toBe(1))
  })

  it.each(['--wait', '--wait --hold'])('waits for a far port that is not there yet: %s', async (options) => {
    const port = await freePort()
    const link = `${temporaryFolder()}/tty`
    const ours = farport('connect', `raw://127.0.0.1:${port}`, '--pty', link, ...options.split(' '))
    await ours.printed(/^ready/m)
    const program = new Program('sh', ['-c', 'exec 3<>"$0"; head -n 1 <&3', link])
    await ours.printed(/refuse/i, 'stderr')
    const server = createServer((socket) => void socket.write('here\n')).listen(port, '127.0.0.1')
    onTestFinished(() => void server.close())
    await program.printed(/here/)
    await ours.stop()
    expect(await ours.ended).toMatchObject({ code: 0 })
    expect(ours.stderr.match(/refuse/gi)).toHaveLength(1)
  })

  it.skipIf(lacks('socat')).each([
    ['a link', (device: string, link: string) => [device, '--pty', link], /port open/],
    ['a cable', (device: string) => ['sim:gps', device], /connected: \S+device/]
  ])('waits for a device that is not there yet, with --wait: %s', async (_, argsOf, there) => {
    const folder = temporaryFolder()
    const args = argsOf(`${folder}/device`, `${folder}/tty`)
    const without = await farport('connect', ...args).ended
    expect(without).toMatchObject({ code: 3, stdout: '' })
    const ours = farport('connect', ...args, '--wait', '--hold')
    await ours.printed(/^ready/m)
    await ours.printed(/device is not there/, 'stderr')
    expect(ours.process.exitCode).toBeNull()
    new Program('socat', [`PTY,link=${folder}/device,rawer`, `PTY,link=${folder}/far,rawer`])
    await ours.printed(there, 'stderr')
    await ours.stop()
    expect(await ours.ended).toMatchObject({ code: 0 })
  })

  it('replaces no file that is not its own', async () => {
    const link = `${temporaryFolder()}/precious`
    await new Program('sh', ['-c', 'echo mine > "$0"', link]).ended
    const ended = await farport('connect', 'sim:echo', '--pty', link).ended
    expect(ended.code).toBe(2)
    expect(ended.stderr).toContain(link)
    expect((await new Program('cat', [link]).ended).stdout).toBe('mine\n')
  })
})

async function recorder() {
  const sockets: Socket[] = []
  let text = ''
  const server = createServer((socket) => {
    sockets.push(socket)
    socket.on('data', (bytes) => (text += bytes.toString()))
    socket.on('error', () => undefined)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { server, port: (server.address() as AddressInfo).port, got: () => text }
}

function connections(server: ReturnType<typeof createServer>): Promise<number> {
  return new Promise((resolve) => {
    server.getConnections((_error, count) => {
      resolve(count)
    })
  })
}
