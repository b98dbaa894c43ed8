/**
 * Opens a serial device of this computer as a Port: looks whether somebody else has it, takes the locks, makes it raw, and only
 * then changes what was wished. Called through ports/hardware-source. Never touches the settings of a port that another
 * program holds, and leaves nothing open when it fails or is aborted.
 */
import { fstatSync, realpathSync } from 'node:fs'
import { constants } from 'node:os'
import { systemClock } from '../base/clock.ts'
import type { Clock } from '../base/clock.ts'
import type { Disposable } from '../base/event.ts'
import { Fault } from '../contract/faults.ts'
import type { LineWish } from '../contract/line.ts'
import { isSystemError, SystemError } from '../os/libc.ts'
import { allowOpens, opensAreRefused, refuseOpens, takeLockFiles, tryFlock } from '../os/locks.ts'
import { driveBreak, driveLines, readLines } from '../os/modem.ts'
import { setLowLatency, setRs485 } from '../os/serial-driver.ts'
import type { Rs485 } from '../os/serial-driver.ts'
import { applySettings, readSettings } from '../os/termios.ts'
import { isPseudoTerminal } from '../os/tty-buffers.ts'
import { TtyStream } from '../os/tty-stream.ts'
import { CharacterDevicePort } from './character-device.ts'
import { checkNode, closeNode, openNode } from './device-node.ts'
import { busyFault, openFault, usersOf } from './hardware-faults.ts'
import { HardwarePort } from './hardware-port.ts'
import type { Port } from './port.ts'
import { TtyDriver } from './tty-driver.ts'

export interface HardwareOptions {
  /** HUPCL: the last close drops DTR. Default false. */
  readonly hangUpOnClose?: boolean
  /** CLOCAL: DCD is only looked at. Default true; with false a lost carrier hangs the port up. */
  readonly local?: boolean
  /** What DTR and RTS are set to right after opening; absent: left as the system made them (Linux raises both). */
  readonly initialDtr?: boolean
  readonly initialRts?: boolean
  /** Asks the driver to hand on received bytes at once; where it refuses, `onWarning` says so. */
  readonly lowLatency?: boolean
  /** RS-485 mode of the driver; a driver without it is a Fault, as the line could not be used. */
  readonly rs485?: Rs485
  /** False: no locks are taken or looked at. Default true. */
  readonly lock?: boolean
  /** Where UUCP lock files are. Default /var/lock. */
  readonly lockDirectory?: string
  /** Names who has a busy device open, for its Fault; undefined: nobody knows. Default: what /proc tells. */
  readonly whoHolds?: (path: string) => Promise<string | undefined>
  /** What the device could not do, in one line, for the log. */
  readonly onWarning?: (message: string) => void
  readonly clock?: Clock
}

const { errno } = constants

/** In place of baud 0, in which some programs leave a terminal: what a fresh one has on Linux, in bit/s. */
const FALLBACK_BAUD_RATE = 9600

const NO_LOCK_FILES: Disposable = { dispose: () => undefined }

/**
 * Opens `path` with these settings; absent ones are left as the device has them. A character device that is no terminal
 * (`/dev/lp0`) becomes a Port without settings. The Port is paused.
 *
 * Rejects with `device-missing`, `device-permission`, `device-busy`, `device-not-serial`, `device-io`, `unsupported` (RS-485), or
 * the signal's reason; then nothing is open or locked.
 */
export async function openHardware(
  path: string,
  options: HardwareOptions,
  settings: LineWish,
  signal: AbortSignal
): Promise<Port> {
  signal.throwIfAborted()
  let lockFiles = NO_LOCK_FILES
  try {
    await checkNode(path)
    signal.throwIfAborted()
    if (options.lock ?? true) lockFiles = takeLockFiles(path, options.lockDirectory)
    return await openLocked(path, options, settings, lockFiles, signal)
  } catch (error) {
    lockFiles.dispose()
    if (signal.aborted) throw signal.reason
    if (!isSystemError(error, 'EBUSY')) throw await openFault(path, error)
    throw await busyFault(path, options.whoHolds ?? usersOf, error)
  }
}

/** The second half, with the lock files taken. */
async function openLocked(
  path: string,
  options: HardwareOptions,
  settings: LineWish,
  lockFiles: Disposable,
  signal: AbortSignal
): Promise<Port> {
  const { fd, readable, writable } = await openNode(path)
  let stream: TtyStream | undefined
  try {
    signal.throwIfAborted()
    const clock = options.clock ?? systemClock
    if (!isTerminal(fd)) {
      return new CharacterDevicePort({ path, fd, readable, writable, lockFiles, clock, settings })
    }
    if (!readable || !writable) throw new SystemError(errno.EACCES, 'open')
    const pseudoTerminal = isPseudoTerminal(realpathSync(path), fstatSync(fd))
    const locked = options.lock ?? true
    if (locked) refuseIfHeld(fd, pseudoTerminal)

    // Raw at once: with the echo that a fresh terminal has, the device would hear its own words. CLOCAL: see TtyStream.
    applySettings(fd, { ignoreCarrier: true })
    const hasLines = readLines(fd) !== undefined
    const plain = pseudoTerminal && !hasLines
    stream = new TtyStream(fd, { clock, pseudoTerminal: plain })
    if (locked) lockForGood(stream.fd)
    setUp(path, stream.fd, plain, options, settings)
    return new HardwarePort({
      path,
      stream,
      driver: new TtyDriver(stream, { clock, pseudoTerminal, locked }),
      pseudoTerminal,
      lockFiles,
      clock,
      wish: settings,
      lines: { dtr: options.initialDtr, rts: options.initialRts }
    })
  } catch (error) {
    await (stream ? abandon(stream) : closeNode(fd))
    throw error
  }
}

function isTerminal(fd: number): boolean {
  try {
    readSettings(fd)
    return true
  } catch (error) {
    if (isSystemError(error, 'ENOTTY', 'EINVAL', 'ENOSYS')) return false
    throw error
  }
}

/** Throws EBUSY. A PTY's mark is not looked at: it survives its holder's crash, and would keep root out for ever. */
function refuseIfHeld(fd: number, pseudoTerminal: boolean): void {
  if (!tryFlock(fd)) throw new SystemError(errno.EBUSY, 'flock')
  if (!pseudoTerminal && opensAreRefused(fd)) throw new SystemError(errno.EBUSY, 'open')
}

/** The first lock went with the open file that the stream replaced. Throws EBUSY for who came between. */
function lockForGood(fd: number): void {
  if (!tryFlock(fd)) throw new SystemError(errno.EBUSY, 'flock')
  refuseOpens(fd)
}

/** `plain`: a terminal without lines and break. */
function setUp(path: string, fd: number, plain: boolean, options: HardwareOptions, settings: LineWish): void {
  const hungUp = settings.baudRate === undefined && readSettings(fd).baudRate === 0
  applySettings(fd, {
    ...settings,
    ...(hungUp ? { baudRate: FALLBACK_BAUD_RATE } : {}),
    ignoreCarrier: options.local ?? true,
    hangUpOnClose: options.hangUpOnClose ?? false
  })
  // What a program that was killed left on: with it nothing that is sent arrives.
  if (!plain) driveBreak(fd, false)
  driveLines(fd, { dtr: options.initialDtr, rts: options.initialRts })
  if (options.rs485) {
    try {
      setRs485(fd, options.rs485)
    } catch (error) {
      throw new Fault(
        'unsupported',
        `The driver of ${path} has no RS-485 mode: leave RS-485 off, or use an adapter that switches by itself`,
        error
      )
    }
  }
  if (options.lowLatency) {
    try {
      setLowLatency(fd, true)
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      options.onWarning?.(`${path} stays at its usual latency, as its driver refused a lower one (${why})`)
    }
  }
}

async function abandon(stream: TtyStream): Promise<void> {
  try {
    allowOpens(stream.fd)
  } catch {
    // The device is gone, and its mark with it.
  }
  await stream.close()
}
