import { constants, closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe } from 'vitest'
import { grantpt, posixOpenpt, ptsname, unlockpt } from '../../src-main/os/libc.ts'
import { openHardware } from '../../src-main/ports/hardware.ts'
import { describeWithShim, makeShimmedPair } from '../shim/shim.ts'
import type { PortUnderTest } from '../suites/device-port.ts'
import { devicePortSuite } from '../suites/device-port.ts'
import { portSuite } from '../suites/port.ts'
import { lacks } from '../peers/need.ts'

const live = new AbortController().signal
const OPEN = constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK

/** The far end of a terminal, read and written by the test. `stalled`: nobody reads, as with a blocked device. */
function deviceAt(fd: number): Pick<PortUnderTest, 'send' | 'arrived' | 'stall' | 'flow'> {
  let all = Buffer.alloc(0)
  let stalled = false
  const buffer = Buffer.alloc(65536)
  return {
    send: (bytes) => void writeSync(fd, bytes),
    stall: () => (stalled = true),
    flow: () => (stalled = false),
    arrived() {
      while (!stalled) {
        try {
          const length = readSync(fd, buffer)
          if (length === 0) break // hung up
          all = Buffer.concat([all, buffer.subarray(0, length)])
        } catch {
          break // EAGAIN: all of it; EIO: the port is closed
        }
      }
      return all
    }
  }
}

async function freshPty(): Promise<PortUnderTest> {
  const master = posixOpenpt(OPEN)
  grantpt(master)
  unlockpt(master)
  const path = ptsname(master)
  const lockDirectory = mkdtempSync(join(tmpdir(), 'locks-'))
  const port = await openHardware(path, { lockDirectory }, {}, live)
  let open = true
  const hangUp = (): void => {
    if (open) closeSync(master)
    open = false
  }
  // A closing port waits for its reader: someone has to read on.
  const device = deviceAt(master)
  const reader = setInterval(() => open && device.arrived(), 1)
  return {
    port,
    ...device,
    unplug() {
      hangUp()
      return Promise.resolve()
    },
    dispose() {
      clearInterval(reader)
      hangUp()
      rmSync(lockDirectory, { recursive: true, force: true })
      return Promise.resolve()
    }
  }
}

async function shimmed(): Promise<PortUnderTest> {
  const pair = await makeShimmedPair()
  const lockDirectory = mkdtempSync(join(tmpdir(), 'locks-'))
  const port = await openHardware(pair.a.path, { lockDirectory }, {}, live)
  const far = openSync(pair.b.path, OPEN)
  const device = deviceAt(far)
  const reader = setInterval(() => device.arrived(), 1)
  return {
    port,
    ...device,
    stall() {
      device.stall()
      pair.freeze()
    },
    flow() {
      device.flow()
      pair.thaw()
    },
    unplug: () => pair.unplug(),
    async dispose() {
      clearInterval(reader)
      closeSync(far)
      await pair.dispose()
      rmSync(lockDirectory, { recursive: true, force: true })
    }
  }
}

/** Both suites; the second only wants the port, so its device is put away here. */
function suites(make: () => Promise<PortUnderTest>): void {
  devicePortSuite(make)
  describe('as any port', () => {
    let device: PortUnderTest
    portSuite(async () => {
      device = await make()
      return device.port
    })
    afterEach(() => device.dispose())
  })
}

// As fresh as a terminal can be: cooked, with echo and IXON.
describe.skipIf(lacks.linux('pseudo-terminals'))('hardware port without modem lines (PTY)', () => {
  suites(freshPty)
})
describeWithShim('hardware port', () => {
  suites(shimmed)
})
