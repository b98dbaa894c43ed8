/** Whether the app starts when the person signs in: by Electron on Windows and macOS, by an autostart entry on Linux. Called by app-host.ts. */
import { app } from 'electron'
import { autostartPath, isAutostarted, setAutostart } from './autostart.ts'

/** Among the arguments: no window until somebody wants one. */
export const HIDDEN = '--hidden'

/** Undefined: this system, or a build that is not installed, has no such thing. */
export function startsAtLogin(): boolean | undefined {
  if (process.platform === 'linux') return isAutostarted(autostartPath())
  if (!app.isPackaged) return undefined
  return app.getLoginItemSettings({ args: [HIDDEN] }).openAtLogin
}

/** Throws the Fault why not. */
export function startAtLogin(wanted: boolean): void {
  if (process.platform === 'linux') setAutostart(autostartPath(), wanted ? ownCommand() : undefined)
  else app.setLoginItemSettings({ openAtLogin: wanted, args: [HIDDEN] })
}

/** An AppImage runs from a folder that is gone after it; from the sources Electron has to be told what to run. */
function ownCommand(): string[] {
  const { APPIMAGE } = process.env
  return [APPIMAGE ?? process.execPath, ...(app.isPackaged ? [] : [app.getAppPath()]), HIDDEN]
}
