/**
 * What a service tells systemd about itself (sd_notify(3)): it is ready, reloads, ends, how it does, and that it is alive.
 * Called by the host that serves. Without systemd around, every call does nothing.
 */
import { closeSync, constants, writeSync } from 'node:fs'
import type { Clock } from '../base/clock.ts'
import { systemClock } from '../base/clock.ts'
import type { Disposable } from '../base/event.ts'
import { plainText } from '../base/plain-text.ts'
import { connectToPath, fcntl, localDatagramSocket } from './libc.ts'

const F_SETFL = 4

/** What `systemctl status` shows of it. */
const MAX_STATUS = 200

export interface ServiceManager extends Disposable {
  /** It serves, for the first time or again after a reload. `status`: one line for `systemctl status`. */
  ready(status: string): void
  /** It reads its settings again; `ready` ends that. */
  reloading(): void
  /** It ends. */
  stopping(): void
  status(text: string): void
}

/**
 * Takes the manager's address out of `environment`, so that no program started later speaks in our name. While the process is
 * alive and its event loop turns, the watchdog is fed, where one was asked for. Disposing ends that.
 */
export function serviceManager(
  environment: NodeJS.ProcessEnv = process.env,
  clock: Clock = systemClock
): ServiceManager {
  const { NOTIFY_SOCKET: address, WATCHDOG_USEC: watchdogUs, WATCHDOG_PID: watchdogPid } = environment
  for (const name of ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID'])
    Reflect.deleteProperty(environment, name)
  const tell = (...lines: readonly string[]): void => {
    if (address !== undefined) send(address, lines.join('\n'))
  }
  const periodMs = Number(watchdogUs) / 2000
  const isOurs = watchdogPid === undefined || watchdogPid === String(process.pid)
  const watchdog =
    address !== undefined && isOurs && periodMs >= 1
      ? clock.every(periodMs, () => tell('WATCHDOG=1'), 'idle')
      : undefined
  const line = (text: string): string => `STATUS=${plainText(text, MAX_STATUS)}`
  return {
    ready: (text) => tell('READY=1', line(text)),
    reloading: () => tell('RELOADING=1', `MONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`),
    stopping: () => tell('STOPPING=1'),
    status: (text) => tell(line(text)),
    dispose: () => watchdog?.dispose()
  }
}

/** One datagram. `@name` is an abstract address. */
function send(address: string, text: string): void {
  const fd = localDatagramSocket()
  try {
    // A manager that hangs must not hang us.
    fcntl(fd, F_SETFL, constants.O_NONBLOCK)
    connectToPath(fd, address.replace(/^@/, '\0'))
    writeSync(fd, text)
  } catch {
    // The manager is gone or takes nothing now: no reason to disturb what is served.
  } finally {
    closeSync(fd)
  }
}
