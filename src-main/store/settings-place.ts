/** Where the settings file is. */
import { homedir } from 'node:os'
import { posix, win32 } from 'node:path'

export interface SettingsPlace {
  /** Absolute. */
  readonly path: string
  /** The folder is Farport's own, for nobody else to look into; false: somebody named the file, wherever it is. */
  readonly ownFolder: boolean
}

const FILE = 'settings.json'

/**
 * `$FARPORT_CONFIG` names the file itself. Else it is `settings.json` in the state directory that systemd gives a service; in
 * `%APPDATA%\Farport` on Windows; in `~/Library/Application Support/Farport` on macOS; in `$XDG_CONFIG_HOME/farport`, by default
 * `~/.config/farport`, elsewhere. The key of this computer is in the same folder.
 */
export function settingsPlace(
  environment: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
  home: string = homedir()
): SettingsPlace {
  const paths = platform === 'win32' ? win32 : posix
  const named = environment.FARPORT_CONFIG
  if (named) return { path: paths.resolve(named), ownFolder: false }
  return { path: paths.join(folder(environment, platform, home), FILE), ownFolder: true }
}

function folder(environment: NodeJS.ProcessEnv, platform: NodeJS.Platform, home: string): string {
  // systemd: of several, separated by colons, the first is the unit's main one.
  const state = environment.STATE_DIRECTORY?.split(':')[0]
  if (state && platform === 'linux') return state
  if (platform === 'win32')
    return win32.join(environment.APPDATA ?? win32.join(home, 'AppData', 'Roaming'), 'Farport')
  if (platform === 'darwin') return posix.join(home, 'Library', 'Application Support', 'Farport')
  // XDG Base Directory Specification: a relative path is as if it were not there.
  const base = environment.XDG_CONFIG_HOME
  return posix.join(base && posix.isAbsolute(base) ? base : posix.join(home, '.config'), 'farport')
}
