/**
 * Start at login on Linux: an entry in the folder that desktops look into (freedesktop.org, Desktop Application Autostart and Desktop
 * Entry specifications). Called by login-item.ts.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'
import { Fault } from '../../contract/faults.ts'

/** `$XDG_CONFIG_HOME/autostart/farport.desktop`. */
export function autostartPath(environment: NodeJS.ProcessEnv = process.env, home = homedir()): string {
  const { XDG_CONFIG_HOME: given = '' } = environment
  return join(isAbsolute(given) ? given : join(home, '.config'), 'autostart/farport.desktop')
}

/**
 * What to start: an AppImage runs from a folder that is gone after it, and names its file. What it says is inherited by all that was
 * started from it: it counts where `running`, this process's own program, lies in that folder.
 */
export function ownProgram(environment: NodeJS.ProcessEnv, running: string): string {
  const { APPIMAGE, APPDIR } = environment
  return APPIMAGE && APPDIR && running.startsWith(`${APPDIR}/`) ? APPIMAGE : running
}

/** The whole entry: `command` is a program and its arguments. */
export function autostartEntry(command: readonly string[]): string {
  return [
    '[Desktop Entry]',
    'Type=Application',
    'Name=Farport',
    'Comment=Share serial ports and use remote ones',
    `Exec=${command.map(quoted).join(' ')}`,
    'Icon=farport',
    'Terminal=false',
    'X-GNOME-Autostart-enabled=true',
    ''
  ].join('\n')
}

/** A desktop's own switch writes `Hidden` or its own key into it. */
export function isAutostarted(path: string): boolean {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    return false
  }
  return !/^(?:Hidden=true|X-GNOME-Autostart-enabled=false)\s*$/m.test(text)
}

/** Throws `settings-unwritable` where it cannot. */
export function setAutostart(path: string, command: readonly string[] | undefined): void {
  try {
    if (!command) {
      rmSync(path, { force: true })
      return
    }
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, autostartEntry(command), { mode: 0o644 })
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new Fault('settings-unwritable', `Cannot write ${path} (${why}). See who may write there.`, error)
  }
}

/** An argument of `Exec`: in quotes, with the escapes of quotes, then of the file's texts; `%` begins a field code. */
function quoted(argument: string): string {
  if (/^[\w@+=:,./-]+$/.test(argument)) return argument
  const inQuotes = argument.replace(/["`$\\]/g, (mark) => `\\${mark}`)
  const inText = inQuotes.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r')
  return `"${inText.replaceAll('%', '%%')}"`
}
