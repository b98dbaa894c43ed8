/** Watching by the commands: nothing reaches the device or changes its line, at a real ser2net and between two Farports. */
import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Program, farport, temporaryFolder } from '../e2e/cli.ts'
import { installed, pairedSettings } from '../e2e/two-instances.ts'
import { eventually } from '../eventually.ts'
import type { ShimmedPair } from '../shim/shim.ts'
import { Device } from './device.ts'
import { freePort } from './free-port.ts'
import { lacks, programPath } from './need.ts'
import { shimmedPair } from './shimmed.ts'

/** What was set or driven at the adapter so far, in order. */
const touched = (cable: ShimmedPair): string[] =>
  cable.log().flatMap(({ end, call, value }) => (end === 'a' ? [`${call} ${String(value)}`] : []))

/** ser2net with settings of its own on the adapter; resolves with its port, and what it does there for somebody who only listens. */
async function ser2net(cable: ShimmedPair, device: Device): Promise<{ port: number; asked: string[] }> {
  const port = await freePort()
  const file = join(temporaryFolder(), 'ser2net.yaml')
  const lines = [
    'connection: &test',
    `  accepter: telnet(rfc2217),tcp,127.0.0.1,${port}`,
    `  connector: serialdev,${cable.a.path},19200n81,local`,
    ''
  ]
  writeFileSync(file, lines.join('\n'))
  new Program(programPath('ser2net'), ['-n', '-c', file])
  // One that comes and leaves, and another one: that is all that it does by itself.
  for (let n = 0; n < 2; n++) await eventually(() => listens(port, device), 15_000)
  const asked = touched(cable)
  return { port, asked }
}

/** A client that says nothing comes, hears the device, and leaves. Rejects where it is refused: the adapter is let go first. */
async function listens(port: number, device: Device): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1' })
  let text = ''
  socket.on('data', (chunk) => (text += chunk.toString('latin1')))
  socket.on('error', () => undefined)
  try {
    await eventually(() => {
      device.write('first ')
      expect(text).toContain('first')
    }, 2000)
  } finally {
    socket.destroy()
  }
}

describe.skipIf(lacks('ser2net', 'socat', 'cc'))('watching a port of ser2net', () => {
  it.each([
    ['terminal', []],
    ['connect', ['--stdio']]
  ])('by farport %s leaves the device as it is', async (command, more) => {
    const cable = await shimmedPair()
    const device = new Device(cable.b.path)
    const { port, asked } = await ser2net(cable, device)
    const before = touched(cable).length
    const watcher = farport(command, `rfc2217://127.0.0.1:${port}`, '--watch', ...more)
    if (command === 'terminal') await watcher.printed(/Watching /, 'stderr')
    // It may still be on its way: said until it is heard.
    await eventually(() => {
      device.write('hello ')
      expect(watcher.stdout).toContain('hello')
    })
    watcher.process.stdin?.write('typed')
    device.write('again')
    await watcher.printed(/again/)
    // As for the one that said nothing: ser2net's own steps, and none besides.
    const others = touched(cable)
      .slice(before)
      .filter((each) => !asked.includes(each))
    expect(others).toEqual([])
    expect(cable.a.settings.baudRate).toBe(19_200)
    expect(cable.log().filter(({ end, call }) => end === 'a' && call === 'TIOCSBRK')).toEqual([])
    await watcher.stop()
    expect(device.got.toString()).toBe('')
  })
})

describe.skipIf(lacks('socat', 'cc'))('watching a port of another Farport', () => {
  it('by farport connect and farport terminal leaves its device and the control alone', async () => {
    const cable = await shimmedPair()
    const device = new Device(cable.b.path)
    const [alice, bob] = [await installed(), await installed(cable.env)]
    const raw = await freePort()
    const shares = [
      {
        id: 'desk',
        name: 'desk',
        port: { target: cable.a.path, settings: { baudRate: 19_200 } },
        listen: [`raw://127.0.0.1:${raw}`],
        openAtStart: true
      }
    ]
    bob.home.write(pairedSettings('bob', bob, alice, 'alice', 'control', { shares }))
    alice.home.write(pairedSettings('alice', alice, bob, 'bob', 'control'))
    await Promise.all([alice.home.serve(), bob.home.serve()])
    const sessions = async (): Promise<readonly object[]> => {
      const { stdout } = await bob.home.farport('list', 'desk', '--json').ended
      return (JSON.parse(stdout) as { sessions: object[] }).sessions
    }
    await eventually(() => expect(cable.a.settings.baudRate).toBe(19_200))
    const before = touched(cable)

    const path = join(alice.home.folder, 'tty')
    const added = await alice.home.farport(
      'connect',
      'farport://bob/desk',
      '--watch',
      '--hold',
      '--pty',
      path
    ).ended
    expect(added).toMatchObject({ code: 0 })
    const watches = { label: 'alice', writer: false, watches: true }
    await eventually(async () => expect(await sessions()).toMatchObject([watches]))
    // A program that writes and sets what it wants.
    const program = new Program('sh', [
      '-c',
      `exec 3<>${path}; stty -F ${path} 115200 raw; printf typed >&3; exec cat <&3`
    ])
    await eventually(() => {
      device.write('hello ')
      expect(program.stdout).toContain('hello')
    })

    const terminal = alice.home.farport('terminal', 'farport://bob/desk', '--watch')
    await terminal.printed(/Watching /, 'stderr')
    await eventually(async () => expect(await sessions()).toMatchObject([watches, watches]))
    terminal.process.stdin?.write('typed')
    device.write('again')
    await Promise.all([terminal.printed(/again/), program.printed(/again/)])
    expect(touched(cable)).toEqual(before)
    expect(device.got.toString()).toBe('')

    // The control is free for whoever wants it.
    const other = connect({ port: raw, host: '127.0.0.1' })
    other.write('written')
    await eventually(() => expect(device.got.toString()).toBe('written'))
    other.destroy()
    await terminal.stop()
    await program.stop()
  })
})
