import { spawn } from 'node:child_process'
import { closeSync, constants, openSync } from 'node:fs'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { Pty } from '../../src-main/os/pty.ts'
import { FARPORT } from './cli.ts'

/** `farport …` in a terminal window of its own; resolves once it has printed something there. */
async function inWindow(...args: string[]) {
  const window = Pty.open({ baudRate: 38_400, stopBits: 1, flowControl: 'none' })
  const fd = openSync(window.slave, constants.O_RDWR | constants.O_NOCTTY)
  // -c: its controlling terminal, so that closing it is felt as SIGHUP.
  const child = spawn('setsid', ['-c', process.execPath, FARPORT, ...args], { stdio: [fd, fd, fd] })
  closeSync(fd)
  onTestFinished(() => void child.kill('SIGKILL'))
  const ended = new Promise((resolve) => child.on('exit', (code, signal) => resolve(signal ?? code)))
  await vi.waitFor(() => expect(String(window.read())).toMatch(/Connected|listening|\$GP/), 10_000)
  return { window, ended }
}

describe.skipIf(process.platform !== 'linux')('a terminal window that is closed', () => {
  it.each([
    ['terminal', 'sim:gps'],
    ['share', 'sim:echo', '--listen', 'raw://127.0.0.1:0'],
    ['connect', 'sim:gps', '--stdio']
  ])('ends %s without a crash', async (...args) => {
    const { window, ended } = await inWindow(...args)
    window.close()
    expect(await ended).toBe(0)
  })
})
