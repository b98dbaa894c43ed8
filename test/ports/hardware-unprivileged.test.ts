/**
 * What only a user without root's rights can see: the kernel's refusal of a second open, and libuv's fall-back to writes that
 * block when it cannot open the device by path. Where the tests run as root, this file steps down for each test.
 */
import { spawn } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  writeSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { join } from 'node:path'
import { systemClock } from '../../src-main/base/clock.ts'
import { once } from '../../src-main/base/event.ts'
import { DONE } from '../../src-main/contract/close.ts'
import { flock, grantpt, posixOpenpt, ptsname, unlockpt } from '../../src-main/os/libc.ts'
import { allowOpens, refuseOpens } from '../../src-main/os/locks.ts'
import { applySettings } from '../../src-main/os/termios.ts'
import { TtyStream } from '../../src-main/os/tty-stream.ts'
import { openHardware } from '../../src-main/ports/hardware.ts'
import type { Port } from '../../src-main/ports/port.ts'
import { lacks } from '../peers/need.ts'

const NOBODY = 65534
const root = process.geteuid?.() === 0
const live = new AbortController().signal
const OPEN = constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK

/** A test that hangs the whole process cannot fail by itself: somebody else has to end it. */
const WATCHDOG_SECONDS = 20

let master: number
let path: string
let lockDirectory: string
let watchdog: ReturnType<typeof spawn>
let port: Port | undefined

beforeEach(() => {
  watchdog = spawn('sh', ['-c', `sleep ${WATCHDOG_SECONDS} && kill -KILL ${process.pid}`], { detached: true })
  lockDirectory = mkdtempSync(join(tmpdir(), 'locks-'))
  chmodSync(lockDirectory, 0o777)
  master = posixOpenpt(OPEN)
  grantpt(master)
  unlockpt(master)
  path = ptsname(master)
  if (!root) return
  chownSync(path, NOBODY, 0)
  chmodSync(path, 0o600)
  process.seteuid!(NOBODY)
})

afterEach(async () => {
  if (root) process.seteuid!(0)
  await port?.close(DONE, 0)
  port = undefined
  closeSync(master)
  rmSync(lockDirectory, { recursive: true, force: true })
  process.kill(-watchdog.pid!, 'SIGKILL')
})

async function open(): Promise<Port> {
  return await openHardware(path, { lockDirectory }, { baudRate: 115200 }, live)
}

/** Reads what the device got so far. */
function arrived(): number {
  const buffer = Buffer.alloc(65536)
  let sum = 0
  for (;;) {
    try {
      sum += readSync(master, buffer)
    } catch {
      return sum // EAGAIN: all of it
    }
  }
}

describe.skipIf(lacks.linux('pseudo-terminals'))('a hardware port of an ordinary user', () => {
  it('lets nobody else open the device, and holds its lock against root too', async () => {
    port = await open()
    expect(() => openSync(path, OPEN)).toThrow('EBUSY')
    rmSync(join(lockDirectory, `LCK..pts_${path.slice(9)}`))
    await expect(open()).rejects.toMatchObject({ code: 'device-busy' })
    if (root) {
      process.seteuid!(0)
      const fd = openSync(path, OPEN)
      expect(() => flock(fd, 2 | 4)).toThrow('flock')
      closeSync(fd)
      process.seteuid!(NOBODY)
    }
    await port.close(DONE, 0)
    closeSync(openSync(path, OPEN))
  })

  it('leaves the process alive while the device takes nothing', async () => {
    port = await open()
    const chunk = Buffer.alloc(4096)
    let written = 0
    do written += chunk.length
    while (port.write(chunk))
    expect(port.queued).toBeGreaterThan(4096)

    await new Promise((resolve) => setTimeout(resolve, 5))
    const data = once(port.onData)
    port.resume()
    writeSync(master, 'still reading')
    expect(Buffer.from(await data).toString()).toBe('still reading')

    let sum = 0
    await vi.waitFor(
      () => {
        sum += arrived()
        expect(sum).toBe(written)
      },
      { interval: 1 }
    )
  })

  it('does so too where libuv cannot open the device a second time', async () => {
    const fd = openSync(path, OPEN)
    applySettings(fd, { ignoreCarrier: true })
    refuseOpens(fd)
    const stream = new TtyStream(fd, { clock: systemClock, pseudoTerminal: true })
    const received: string[] = []
    stream.owner = {
      received: (chunk) => received.push(Buffer.from(chunk).toString()),
      written: () => undefined,
      ended: () => undefined
    }
    const sent = Buffer.alloc(100_000, 'x')
    stream.write(sent)
    expect(stream.queued).toBeGreaterThan(0)
    stream.resume()
    writeSync(master, 'still reading')
    let sum = 0
    await vi.waitFor(
      () => {
        sum += arrived()
        expect(sum).toBe(sent.length)
        expect(received).toEqual(['still reading'])
      },
      { interval: 1 }
    )
    await vi.waitFor(() => expect(stream.queued).toBe(0))
    allowOpens(stream.fd)
    await stream.close()
  })

  it.skipIf(lacks.root('to become another user'))('is told which group to join', async () => {
    process.seteuid!(0)
    chownSync(path, 0, 20)
    chmodSync(path, 0o660)
    process.seteuid!(NOBODY)
    await expect(open()).rejects.toMatchObject({
      code: 'device-permission',
      message: expect.stringMatching(
        /^You may not open .*mode 0660\): run `sudo usermod -aG \S+ \$USER`/
      ) as string
    })
  })
})
