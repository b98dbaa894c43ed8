import {
  closeSync,
  constants,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { grantpt, posixOpenpt, ptsname, unlockpt } from '../../src-main/os/libc.ts'
import { portUsers } from '../../src-main/os/proc-users.ts'
import { lacks } from '../peers/need.ts'

let root: string
let port: string
let proc: string

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'farport-proc-')))
  port = join(root, 'ttyUSB0')
  proc = join(root, 'proc')
  writeFileSync(port, '')
  mkdirSync(proc)
  for (const name of ['self', 'sys', 'net']) mkdirSync(join(proc, name))
})
afterEach(() => {
  rmSync(root, { recursive: true })
})

function run(pid: number, comm: string, words: readonly string[], ...open: readonly string[]): void {
  const directory = join(proc, String(pid))
  mkdirSync(join(directory, 'fd'), { recursive: true })
  writeFileSync(join(directory, 'comm'), `${comm}\n`)
  writeFileSync(join(directory, 'cmdline'), words.map((word) => `${word}\0`).join(''))
  for (const [fd, target] of ['/dev/null', 'socket:[4711]', ...open].entries()) {
    symlinkSync(target, join(directory, 'fd', String(fd)))
  }
}

const users = async (...paths: string[]): Promise<unknown> => Object.fromEntries(await portUsers(paths, proc))

describe('a table of processes', () => {
  it('names each one that has the port open, by ascending pid, once', async () => {
    run(1200, 'minicom', ['minicom', '-D', port], port, port)
    run(77, 'agetty', ['/sbin/agetty'], port)
    run(3, 'sshd', ['sshd: user'], '/dev/ptmx')
    expect(await users(port)).toEqual({
      [port]: [
        { pid: 77, command: 'agetty' },
        { pid: 1200, command: 'minicom' }
      ]
    })
  })

  it('names Node, and not its first thread', async () => {
    run(9, 'MainThread', ['node (vitest 1)'], port)
    symlinkSync('/usr/bin/node', join(proc, '9/exe'))
    run(10, 'MainThread', ['gone'], port)
    expect(await users(port)).toEqual({
      [port]: [
        { pid: 9, command: 'node' },
        { pid: 10, command: 'MainThread' }
      ]
    })
  })

  it('answers under the name it was asked by, a link too', async () => {
    const link = join(root, 'gps')
    symlinkSync('ttyUSB0', link)
    run(5, 'gpsd', ['gpsd'], port)
    expect(await users(link, port)).toEqual({
      [link]: [{ pid: 5, command: 'gpsd' }],
      [port]: [{ pid: 5, command: 'gpsd' }]
    })
  })

  it('knows a device by its number under another name', async () => {
    run(5, 'tmux', ['tmux'], '/dev/pts/ptmx')
    expect(await users('/dev/ptmx')).toEqual({ '/dev/ptmx': [{ pid: 5, command: 'tmux' }] })
  })

  it.each([
    ['python3', ['/usr/bin/python3', '/opt/tools/logger.py', '--password', 'secret'], 'python3 logger.py'],
    ['python3', ['python3', '-m', 'serial.tools.miniterm'], 'python3 serial.tools.miniterm'],
    ['node', ['node', '--inspect', 'x.js'], 'node'],
    ['avahi-daemon: r', ['avahi-daemon: running [box.local]'], 'avahi-daemon: r'],
    ['a-very-long-nam', ['/usr/bin/a-very-long-name-of-a-program'], 'a-very-long-name-of-a-program'],
    ['evil\u001b[31m', ['x'], 'evil [31m'],
    ['kworker', [], 'kworker']
  ])('%s %j is called %s', async (comm, words, command) => {
    run(9, comm, words, port)
    expect(await users(port)).toEqual({ [port]: [{ pid: 9, command }] })
  })

  it('skips processes that cannot be read, and ports that nobody has or that are gone', async () => {
    run(5, 'picocom', ['picocom'], port)
    mkdirSync(join(proc, '6')) // no fd directory: as closed as one of another user
    expect(await users(port, join(root, 'gone'), join(root, 'proc'))).toEqual({
      [port]: [{ pid: 5, command: 'picocom' }]
    })
    expect(await portUsers([port], '/nonexistent')).toEqual(new Map())
  })

  it('is done soon with 1000 processes, and lets timers through meanwhile', async () => {
    // One directory of descriptors for all of them: making thousands of links takes long.
    run(1, 'idle', ['idle'], ...Array<string>(20).fill('pipe:[1]'))
    for (let pid = 2; pid <= 1000; pid++) {
      mkdirSync(join(proc, String(pid)))
      symlinkSync('../1/fd', join(proc, String(pid), 'fd'))
    }
    run(1001, 'cu', ['cu'], port)
    let turns = 0
    const turning = setInterval(() => turns++, 1)
    const started = performance.now()
    expect(await users(port)).toEqual({ [port]: [{ pid: 1001, command: 'cu' }] })
    clearInterval(turning)
    // Some 100 ms on an idle machine; the limit is for a busy one.
    expect(performance.now() - started).toBeLessThan(5000)
    expect(turns).toBeGreaterThan(3)
  })
})

describe('this machine', () => {
  it.skipIf(lacks.linux('pseudo-terminals'))('finds who has a PTY open', async () => {
    const master = posixOpenpt(constants.O_RDWR | constants.O_NOCTTY)
    grantpt(master)
    unlockpt(master)
    const slave = ptsname(master)
    expect((await portUsers([slave])).has(slave)).toBe(false)
    const held = await open(slave, constants.O_RDWR | constants.O_NOCTTY)
    const found = (await portUsers([slave])).get(slave)
    expect(found?.map((user) => user.pid)).toEqual([process.pid])
    expect(found?.[0]?.command).toMatch(/^node/)
    await held.close()
    closeSync(master)
  })
})
