/** Every way in which opening a device fails leaves nothing open and nothing locked. */
import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readdirSync,
  readlinkSync,
  rmSync,
  writeFileSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { DONE } from '../../src-main/contract/close.ts'
import { grantpt, posixOpenpt, ptsname, unlockpt } from '../../src-main/os/libc.ts'
import { tryFlock } from '../../src-main/os/locks.ts'
import { openHardware, type HardwareOptions } from '../../src-main/ports/hardware.ts'
import { lacks } from '../peers/need.ts'

const FLAGS = constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK
const TRIES = 20

let master: number
let device: string
let lockDirectory: string

beforeEach(() => {
  master = posixOpenpt(FLAGS)
  grantpt(master)
  unlockpt(master)
  device = ptsname(master)
  lockDirectory = mkdtempSync(join(tmpdir(), 'locks-'))
})
afterEach(() => {
  closeSync(master)
  rmSync(lockDirectory, { recursive: true })
})

/** How many descriptors of this process lead to the device. */
function descriptors(): number {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === device
    } catch {
      return false // the one that read the directory
    }
  }).length
}

const lockFile = (): string => join(lockDirectory, `LCK..pts_${basename(device)}`)

interface Failure {
  readonly what: string
  readonly options?: HardwareOptions
  /** Makes it fail; answers what takes that back. */
  readonly arrange?: () => () => void
  readonly signal?: () => AbortSignal
  readonly rejects: object
}

const FAILURES: readonly Failure[] = [
  {
    what: 'another one has its flock',
    arrange: () => {
      const fd = openSync(device, FLAGS)
      tryFlock(fd)
      return () => closeSync(fd)
    },
    rejects: { code: 'device-busy' }
  },
  {
    what: 'another one has its lock file',
    arrange: () => {
      writeFileSync(lockFile(), `${String(process.ppid).padStart(10)}\n`)
      return () => rmSync(lockFile())
    },
    rejects: { code: 'device-busy' }
  },
  { what: 'its driver has no RS-485 mode', options: { rs485: {} }, rejects: { code: 'unsupported' } },
  {
    what: 'a listener for warnings throws',
    options: {
      lowLatency: true,
      onWarning: () => {
        throw new Error('a bug')
      }
    },
    rejects: { message: 'a bug' }
  },
  {
    what: 'nobody wants it before it is looked at',
    signal: () => AbortSignal.abort(new Error('enough')),
    rejects: { message: 'enough' }
  },
  {
    what: 'nobody wants it any more while it opens',
    signal: () => {
      const stop = new AbortController()
      setImmediate(() => stop.abort(new Error('enough')))
      return stop.signal
    },
    rejects: { message: 'enough' }
  }
]

describe.skipIf(lacks.linux('pseudo-terminals and /proc'))('a device that cannot be opened', () => {
  it.each(FAILURES)('because $what', async ({ options, arrange, signal, rejects }) => {
    const undo = arrange?.() ?? (() => undefined)
    const before = descriptors()
    for (let i = 0; i < TRIES; i += 1) {
      const stop = signal?.() ?? new AbortController().signal
      await expect(openHardware(device, { lockDirectory, ...options }, {}, stop)).rejects.toMatchObject(
        rejects
      )
    }
    await vi.waitFor(() => expect(descriptors()).toBe(before))
    undo()
    expect(readdirSync(lockDirectory)).toEqual([])
    // Nothing is left that would keep us out.
    const port = await openHardware(device, { lockDirectory }, {}, new AbortController().signal)
    expect(readdirSync(lockDirectory)).toEqual([basename(lockFile())])
    await port.close(DONE, 1000)
    expect([descriptors(), readdirSync(lockDirectory)]).toEqual([0, []])
  })
})

it.skipIf(lacks.linux('pseudo-terminals'))(
  'counts what it was given after the device went, and before anybody could notice',
  async () => {
    const port = await openHardware(device, { lockDirectory }, {}, new AbortController().signal)
    const lost = new Promise<number>((resolve) => port.onClose(() => resolve(port.queued)))
    port.resume()
    closeSync(master)
    // The number is closed once more at the end of the test.
    master = openSync('/dev/null', constants.O_RDWR)
    port.write(new Uint8Array(4096))
    port.write(new Uint8Array(100))
    expect(port.queued).toBe(4196)
    expect(await lost).toBe(4196)
    await port.close(DONE, 0)
  }
)
