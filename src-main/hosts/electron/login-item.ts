/** Whether the app starts when the person signs in: by Electron on Windows and macOS, by an autostart entry on Linux. Called by app-host.ts. */
import { app } from 'electron'
import { autostartPath, isAutostarted, ownProgram, setAutostart } from './autostart.ts'
import { HIDDEN } from './start-arguments.ts'

/** Undefined: this system, or a build that is not installed, has no such thing. */
export function startsAtLogin(): boolean | undefined {
  if (process.platform === 'linux') return isAutostarted(autostartPath())
  if (!app.isPackaged) return undefined
  const { openAtLogin, executableWillLaunchAtLogin } = app.getLoginItemSettings({ args: [HIDDEN] })
  // Windows has a switch of its own beside ours, in its settings and its task manager.
  return openAtLogin && (process.platform !== 'win32' || executableWillLaunchAtLogin)
}

/** Nobody asked for a window: the system started the app when the person signed in. */
export function isStartedAtLogin(args: readonly string[]): boolean {
  if (args.includes(HIDDEN)) return true
  // macOS hands no arguments on, and says it afterwards.
  return process.platform === 'darwin' && app.getLoginItemSettings().wasOpenedAtLogin
}

/** Throws the Fault why not. */
export function startAtLogin(wanted: boolean): void {
  if (process.platform === 'linux') setAutostart(autostartPath(), wanted ? ownCommand() : undefined)
  else app.setLoginItemSettings({ openAtLogin: wanted, args: [HIDDEN] })
}

/** From the sources Electron has to be told what to run. */
function ownCommand(): string[] {
  return [ownProgram(process.env, process.execPath), ...(app.isPackaged ? [] : [app.getAppPath()]), HIDDEN]
}
