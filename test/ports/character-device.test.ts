import { execFileSync } from 'node:child_process'
import {
  constants,
  mkdtempSync,
  openSync,
  readdirSync,
  readlinkSync,
  rmSync,
  writeSync,
  readSync,
  closeSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { once } from '../../src-main/base/event.ts'
import { DONE } from '../../src-main/contract/close.ts'
import type { CloseReason } from '../../src-main/contract/close.ts'
import { CharacterDevicePort } from '../../src-main/ports/character-device.ts'
import { openHardware } from '../../src-main/ports/hardware.ts'
import type { Port } from '../../src-main/ports/port.ts'
import { FakeClock } from '../fake-clock.ts'
import { lacks } from '../peers/need.ts'

const live = new AbortController().signal

let directory: string
let port: Port | undefined

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'device-'))
})
afterEach(async () => {
  await port?.close(DONE, 0)
  port = undefined
  rmSync(directory, { recursive: true, force: true })
})

const open = async (path: string): Promise<Port> =>
  (port = await openHardware(path, { lockDirectory: directory }, {}, live))

function opens(path: string): number {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === path
    } catch {
      return false // the directory's own descriptor, gone by now
    }
  }).length
}

describe.skipIf(lacks.linux('/dev/null and /dev/full as devices'))(
  'a character device without settings',
  () => {
    it('takes bytes, remembers settings, has no lines: /dev/null', async () => {
      const before = opens('/dev/null')
      const device = await open('/dev/null')
      expect(opens('/dev/null')).toBe(before + 1)
      expect(device.capabilities).toEqual({ settings: new Set(), control: new Set(), modem: new Set() })
      expect(device.modemState.cts).toBe('unknown')
      expect(await device.apply({ baudRate: 300 }, live)).toMatchObject({ baudRate: 300, dataBits: 8 })
      expect(await device.control({ dtr: false })).toEqual({ dtr: false, rts: true, break: false })
      await device.sendBreak(250)
      device.onData(() => expect.unreachable('it says nothing'))
      device.resume()
      device.write(Buffer.alloc(100_000))
      expect(await device.close(DONE, 5000)).toBe(0)
      expect(opens('/dev/null')).toBe(before)
      expect(readdirSync(directory)).toEqual([])
      await expect(device.apply({}, live)).rejects.toMatchObject({ code: 'device-unplugged' })
    })

    it('closes with the reason when the device takes no more: /dev/full', async () => {
      const device = await open('/dev/full')
      const reasons: CloseReason[] = []
      device.onClose((reason) => reasons.push(reason))
      const closed = once(device.onClose)
      device.write(Buffer.from('page'))
      expect(await closed).toMatchObject({
        code: 'error',
        message: expect.stringContaining('ENOSPC') as string
      })
      expect(device.queued).toBe(4)
      expect(await device.close(DONE, 1000)).toBe(4)
      expect(reasons).toHaveLength(1)
    })

    it('reads without end: /dev/zero, and stops when paused', async () => {
      const device = await open('/dev/zero')
      let bytes = 0
      device.onData((chunk) => {
        bytes += chunk.length
        if (bytes > 20_000) device.pause()
      })
      device.resume()
      await vi.waitFor(() => expect(bytes).toBeGreaterThan(20_000))
      await device.close(DONE, 1000)
      expect(bytes).toBeLessThan(30_000)
    })
  }
)

/** A FIFO stands for a printer that is slow, silent or switched off: the same calls, with the far end in our hand. */
it.skipIf(lacks.linux('/dev/zero as a device'))(
  'counts what a device that can only be read was given',
  async () => {
    const device = new CharacterDevicePort({
      path: '/dev/zero',
      fd: openSync('/dev/zero', constants.O_RDONLY | constants.O_NONBLOCK),
      readable: true,
      writable: false,
      lockFiles: { dispose: () => undefined },
      clock: new FakeClock(),
      settings: {}
    })
    expect(device.write(Buffer.from('hello'))).toBe(true)
    expect(device.queued).toBe(0)
    expect(await device.close(DONE, 1000)).toBe(5)
  }
)

describe.skipIf(lacks.linux('FIFOs as devices'))('a device that is busy', () => {
  let clock: FakeClock
  let far: number
  let device: CharacterDevicePort

  beforeEach(() => {
    const path = join(directory, 'printer')
    execFileSync('mkfifo', [path])
    far = openSync(path, constants.O_RDWR | constants.O_NONBLOCK)
    clock = new FakeClock()
    const fd = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK)
    device = new CharacterDevicePort({
      path,
      fd,
      readable: false,
      writable: true,
      lockFiles: { dispose: () => undefined },
      clock,
      settings: {}
    })
    port = device
  })
  afterEach(() => {
    closeSync(far)
  })

  const drain = (): number => {
    const buffer = Buffer.alloc(1 << 20)
    let sum = 0
    for (;;) {
      try {
        sum += readSync(far, buffer)
      } catch {
        return sum // EAGAIN: empty
      }
    }
  }

  it('is asked again later, says false meanwhile, and loses nothing', async () => {
    const chunk = Buffer.alloc(50_000)
    let written = 0
    while (device.write(chunk)) {
      written += chunk.length
      await clock.advance(0)
    }
    written += chunk.length
    // The pipe is full: the retry timer stands.
    await vi.waitFor(() => expect(clock.pending).toBe(1))
    const drained = once(device.onDrain)
    let sum = 0
    await vi.waitFor(
      async () => {
        sum += drain()
        await clock.advance(20)
        expect(sum).toBe(written)
      },
      { interval: 1 }
    )
    await drained
    expect(device.queued).toBe(0)
  })

  it('gives up at the limit of close and says what was left', async () => {
    writeSync(far, Buffer.alloc(65536))
    device.write(Buffer.alloc(1000))
    await vi.waitFor(() => expect(clock.pending).toBe(1))
    const closing = device.close(DONE, 2000)
    await clock.advance(1990)
    expect(device.write(Buffer.alloc(10))).toBe(true)
    const closed = once(device.onClose)
    await clock.advance(10)
    expect(await closed).toEqual(DONE)
    expect(await closing).toBe(1000)
  })

  it('forgets what waits when it is purged', async () => {
    writeSync(far, Buffer.alloc(65536))
    device.write(Buffer.alloc(100_000))
    await vi.waitFor(() => expect(clock.pending).toBe(1))
    device.purge('receive')
    expect(device.queued).toBe(100_000)
    device.purge('transmit')
    expect(device.queued).toBe(0)
  })
})
