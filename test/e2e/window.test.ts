import { spawn } from 'node:child_process'
import { closeSync, constants, openSync } from 'node:fs'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { Pty } from '../../src-main/os/pty.ts'
import { FARPORT } from './cli.ts'
import { lacks } from '../peers/need.ts'

/** `farport …` in a terminal window of its own: what is seen there so far, and how it ends. */
function inWindow(...args: string[]) {
  const window = Pty.open({ baudRate: 38_400, stopBits: 1, flowControl: 'none' })
  const fd = openSync(window.slave, constants.O_RDWR | constants.O_NOCTTY)
  // -c: its controlling terminal, so that closing it is felt as SIGHUP.
  const child = spawn('setsid', ['-c', process.execPath, FARPORT, ...args], { stdio: [fd, fd, fd] })
  closeSync(fd)
  let open = true
  let text = ''
  const close = (): void => {
    if (open) window.close()
    open = false
  }
  onTestFinished(() => {
    child.kill('SIGKILL')
    close()
  })
  const seen = (): string => {
    for (let packet = window.read(); typeof packet !== 'string'; packet = window.read())
      text += packet.subarray(1).toString('latin1')
    return text
  }
  const shows = (what: RegExp): Promise<void> => vi.waitFor(() => expect(seen()).toMatch(what), 10_000)
  const ended = new Promise((resolve) => child.on('exit', (code, signal) => resolve(signal ?? code)))
  return { child, close, shows, ended }
}

async function server(onSocket: (socket: Socket) => void): Promise<string> {
  const listening = createServer(onSocket)
  onTestFinished(() => void listening.close())
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve))
  return `127.0.0.1:${(listening.address() as AddressInfo).port}`
}

describe.skipIf(lacks.linux('a terminal of script(1)'))('in a terminal window', () => {
  it.each([
    ['terminal', 'sim:gps'],
    ['share', 'sim:echo', '--listen', 'raw://127.0.0.1:0'],
    ['connect', 'sim:gps', '--stdio']
  ])('%s ends without a crash when the window is closed', async (...args) => {
    const window = inWindow(...args)
    await window.shows(/Connected|listening|\$GP/)
    window.close()
    expect(await window.ended).toBe(0)
  })

  it('messages stand on lines of their own, and the prompt after the end too', async () => {
    const sockets: Socket[] = []
    const far = await server((socket) => {
      socket.on('error', () => undefined)
      sockets.push(socket)
      socket.write('login: ')
    })
    const window = inWindow('terminal', `raw://${far}`)
    await window.shows(/Connected to raw:.*Ctrl\+\] leaves\.\s+login: $/)
    sockets[0]?.destroy()
    await window.shows(/login: \r+\nfarport: raw:/)
    await window.shows(/login: [^]*Connected[^]*login: $/)
    window.child.kill('SIGTERM')
    await window.shows(/login: \r+\n$/)
    expect(await window.ended).toBe(0)
    sockets[1]?.destroy()
  })

  it('terminal says what it waits for, and how to leave', async () => {
    const far = await server((socket) => {
      socket.on('error', () => undefined)
      onTestFinished(() => void socket.destroy())
    })
    const window = inWindow('terminal', `rfc2217://${far}`)
    await window.shows(/Connecting to rfc2217:.*Ctrl\+\] leaves/)
  })
})
