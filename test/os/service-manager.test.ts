import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { serviceManager } from '../../src-main/os/service-manager.ts'
import { eventually } from '../eventually.ts'
import { FakeClock } from '../fake-clock.ts'
import { lacks, PYTHON } from '../peers/need.ts'

/** Node has no datagram sockets of this kind. */
const RECEIVER = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1].replace('@', '\\0', 1))
print('bound', flush=True)
while True:
    print(repr(s.recv(4096).decode()), flush=True)
`

async function manager(address: string): Promise<() => string[]> {
  const receiver = spawn(PYTHON, ['-c', RECEIVER, address], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void receiver.kill('SIGKILL'))
  let said = ''
  receiver.stdout.on('data', (bytes: Buffer) => (said += bytes.toString()))
  const lines = (): string[] => said.split('\n').slice(1, -1)
  await eventually(() => expect(said).toContain('bound'))
  return lines
}

function socketPath(): string {
  const directory = mkdtempSync(join(tmpdir(), 'notify-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return join(directory, 'notify')
}

describe.skipIf(lacks('python3'))('what systemd is told', () => {
  it.each(['a path', 'an abstract name'])('goes to %s, and to nobody further down', async (kind) => {
    const path = socketPath()
    const address = kind === 'a path' ? path : `@farport-test-${process.pid}`
    const said = await manager(address)
    const environment: NodeJS.ProcessEnv = { NOTIFY_SOCKET: address, HOME: '/root' }
    const service = serviceManager(environment)
    expect(environment).toEqual({ HOME: '/root' })
    service.ready('Farport 0.1.0: 2 shares')
    service.reloading()
    service.status('one\nREADY=0\x1b[1m')
    service.stopping()
    service.dispose()
    await eventually(() => expect(said()).toHaveLength(4))
    expect(said()[0]).toBe(String.raw`'READY=1\nSTATUS=Farport 0.1.0: 2 shares'`)
    expect(said()[1]).toMatch(/^'RELOADING=1\\nMONOTONIC_USEC=\d+'$/)
    expect(said().slice(2)).toEqual(["'STATUS=one READY=0 [1m'", "'STOPPING=1'"])
  })

  it('hears of a living event loop twice in the time that it waits', async () => {
    const path = socketPath()
    const said = await manager(path)
    const clock = new FakeClock()
    const environment = { NOTIFY_SOCKET: path, WATCHDOG_USEC: '20000000', WATCHDOG_PID: String(process.pid) }
    const service = serviceManager(environment, clock)
    await clock.advance(20_000)
    await eventually(() => expect(said()).toEqual(["'WATCHDOG=1'", "'WATCHDOG=1'"]))
    service.dispose()
    await clock.advance(20_000)
    service.stopping()
    await eventually(() => expect(said()).toHaveLength(3))
  })

  it('is nothing where there is no systemd, nor where it is gone or asks another process', async () => {
    const clock = new FakeClock()
    for (const environment of [
      {},
      { NOTIFY_SOCKET: socketPath() },
      { NOTIFY_SOCKET: socketPath(), WATCHDOG_USEC: '1000000', WATCHDOG_PID: '1' }
    ]) {
      const service = serviceManager(environment, clock)
      service.ready('here')
      await clock.advance(5000)
      service.dispose()
    }
  })
})
