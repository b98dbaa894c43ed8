/**
 * What no page may do, whatever gets into it: go elsewhere, open windows, ask for devices, load things down. Called by app.ts before there
 * is a window.
 */
import { app, session, shell, type WebContents } from 'electron'
import { PAGE_URL } from './page-channel.ts'

/** The only addresses that are opened in the browser, character by character. */
export const EXTERNAL: ReadonlySet<string> = new Set<string>()

/** A text of ours, and the only thing that has a window of its own: nobody serves that a way to Farport (page-ports.ts). */
const NOTICES = `${PAGE_URL}THIRD-PARTY-NOTICES.txt`

/** Copying a line to the clipboard; reading what is there is not among it. */
const ALLOWED = 'clipboard-sanitized-write'

/** When the app is ready. */
export function lockDown(): void {
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
      if (url === NOTICES) return { action: 'allow', overrideBrowserWindowOptions: { autoHideMenuBar: true } }
      openExternal(url)
      return { action: 'deny' }
    })
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
