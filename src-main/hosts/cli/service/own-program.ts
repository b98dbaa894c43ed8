/**
 * The words that start this very command again, for a service and for what people are told to say: by Node.js, or by the launcher of the
 * desktop app, which runs nobody's scripts as Node (assets/installer). Called by the command `service`. Pure but for `isThere`.
 */
import { posix, win32 } from 'node:path'
import { Fault } from '../../../contract/faults.ts'

export interface Started {
  readonly platform: NodeJS.Platform
  /** The program of this process. */
  readonly execPath: string
  /** By Node.js: its name, which stays when it is updated, and the `farport.js` that runs. */
  readonly node: readonly [node: string, script: string]
  /** This process is the desktop app. */
  readonly isApp: boolean
  readonly environment: NodeJS.ProcessEnv
  readonly isThere: (path: string) => boolean
}

/** As the launchers say it. */
const COMMAND = ['--cli', '--'] as const
const LINUX_COMMAND = ['--ozone-platform=headless', ...COMMAND] as const

/** Throws a Fault where what runs will not be there any more. */
export function ownProgram(started: Started): readonly [string, ...string[]] {
  const { platform, execPath, node, isApp, environment, isThere } = started
  if (!isApp) return node
  // The launcher of Windows is a batch file: a task would open a console for it.
  if (platform === 'win32') return [win32.normalize(execPath), ...COMMAND]
  if (platform === 'darwin') {
    // Where macOS runs what was downloaded and never moved: another place each time.
    if (/\/AppTranslocation\/|^\/Volumes\//.test(execPath))
      throw new Fault(
        'unsupported',
        'Farport runs from a place that will not last. Move Farport to Applications in the Finder, and say this again from there.'
      )
    const launcher = posix.join(posix.dirname(execPath), 'farport-cli')
    return isThere(launcher) ? [launcher] : [execPath, ...COMMAND]
  }
  // Of an AppImage only the file itself stays: what it runs is unpacked anew under another path each time.
  const { APPIMAGE: image, APPDIR: unpacked } = environment
  // Whoever was started by another AppImage, an editor's terminal for one, has the names of that one.
  const isOurs = unpacked !== undefined && execPath.startsWith(`${unpacked}/`)
  if (image !== undefined && isOurs && isThere(image)) return [image, ...LINUX_COMMAND]
  const launcher = posix.join(posix.dirname(execPath), 'bin/farport')
  return isThere(launcher) ? [launcher] : [execPath, ...LINUX_COMMAND]
}
