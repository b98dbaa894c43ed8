/**
 * What no page may do, whatever gets into it: go elsewhere, open windows, ask for devices, load things down. Called by app.ts before there
 * is a window.
 */
import { app, session, shell, type WebContents } from 'electron'
import { monitorPlace } from './monitor-place.ts'
import { PAGE_URL } from './page-channel.ts'

/** The only addresses that are opened in the browser, character by character. */
export const EXTERNAL: ReadonlySet<string> = new Set<string>()

/**
 * The one thing that is not denied: writing plain content to the clipboard, which Chromium allows every page in front of which somebody
 * is. "Copy address for…", ids and the terminal's selection use it, and their only other way would be a command of ours with the same
 * power and less checks. What lies in the clipboard cannot be read by it: that is `clipboard-read`, and denied.
 */
const ALLOWED = 'clipboard-sanitized-write'

/** When the app is ready. `onMonitor`: a page of ours wants this monitor in a window of its own; the app makes it, as it makes its others. */
export function lockDown(onMonitor: (place: string) => void): void {
  const { defaultSession } = session
  defaultSession.setPermissionRequestHandler((contents, permission, answer, { isMainFrame }) =>
    answer(permission === ALLOWED && isMainFrame && isOurs(contents))
  )
  defaultSession.setPermissionCheckHandler(
    (contents, permission) => permission === ALLOWED && contents !== null && isOurs(contents)
  )
  defaultSession.setDevicePermissionHandler(() => false)
  defaultSession.on('will-download', (event) => event.preventDefault())
  app.on('web-contents-created', (_event, contents) => {
    contents.setWindowOpenHandler(({ url }) => {
      const place = isOurs(contents) ? monitorPlace(url) : undefined
      if (place === undefined) openExternal(url)
      else onMonitor(place)
      return { action: 'deny' }
    })
    // Of every frame: `will-navigate` tells of the outermost alone.
    contents.on('will-frame-navigate', (event) => event.preventDefault())
    contents.on('will-navigate', (event) => event.preventDefault())
    contents.on('will-redirect', (event) => event.preventDefault())
    contents.on('will-attach-webview', (event) => event.preventDefault())
  })
}

function isOurs(contents: WebContents): boolean {
  return contents.getURL().startsWith(PAGE_URL)
}

function openExternal(url: string): void {
  if (EXTERNAL.has(url)) void shell.openExternal(url)
}
