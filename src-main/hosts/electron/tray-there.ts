/**
 * Whether this desktop shows tray icons. Windows and macOS always do; on Linux somebody has to watch for them on the session bus, and
 * GNOME without an extension has nobody: a window that hides there is gone. Electron cannot tell.
 */
import { execFile } from 'node:child_process'
import { sleep, type Clock } from '../../base/clock.ts'

/** Of KDE's specification of status icons, which all others took over. */
const WATCHER = 'org.kde.StatusNotifierWatcher'

/** A bus answers at once, or is not there, in ms. */
const ANSWER_MS = 2000

/** What a desktop starts at login it starts all at once, and its panel may come last: looked for so often, so long, in ms. */
const LOOK_MS = 2000
const COME_MS = 60_000

/** Programs that can ask a bus; one of them is on every desktop. */
const ASKERS: readonly (readonly [string, ...string[]])[] = [
  [
    'gdbus',
    ...['call', '--session', '--dest', 'org.freedesktop.DBus', '--object-path', '/org/freedesktop/DBus'],
    ...['--method', 'org.freedesktop.DBus.NameHasOwner', WATCHER]
  ],
  [
    'busctl',
    ...['--user', 'call', 'org.freedesktop.DBus', '/org/freedesktop/DBus', 'org.freedesktop.DBus'],
    ...['NameHasOwner', 's', WATCHER]
  ],
  [
    'dbus-send',
    ...['--session', '--print-reply', '--dest=org.freedesktop.DBus', '/org/freedesktop/DBus'],
    ...['org.freedesktop.DBus.NameHasOwner', `string:${WATCHER}`]
  ]
]

/** False also where nobody can say. */
export async function isTrayThere(platform: NodeJS.Platform = process.platform): Promise<boolean> {
  if (platform !== 'linux') return true
  for (const [command, ...args] of ASKERS) {
    const answer = await ask(command, args)
    if (answer !== undefined) return /\btrue\b/.test(answer)
  }
  return false
}

/** For where there is none yet: true when one came, false when it is not waited for any more. Never rejects. */
export async function waitForTray(
  clock: Clock,
  signal: AbortSignal,
  isThere: () => Promise<boolean> = isTrayThere
): Promise<boolean> {
  const isOver = (): boolean => signal.aborted
  const end = clock.nowMs() + COME_MS
  while (clock.nowMs() < end && !isOver()) {
    await sleep(clock, LOOK_MS, signal).catch(() => undefined)
    if (!isOver() && (await isThere())) return !isOver()
  }
  return false
}

/** Undefined: it is not installed, or there is no bus. */
function ask(command: string, args: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(command, args, { timeout: ANSWER_MS }, (error, stdout) => resolve(error ? undefined : stdout))
  })
}
