/**
 * "Show in folder" of the page: a file of the captures folder, by its name alone, in the system's file manager. The page gives no path: the folder
 * is what the core tells, and only a plain file in it is shown, so that nobody who got into the page has anything else shown or opened. Called by app.ts.
 */
import { lstat } from 'node:fs/promises'
import { ipcMain, shell, type WebContents } from 'electron'
import { Fault, toFault } from '../../contract/faults.ts'
import { CapturesFolder } from '../../core/recording/captures-folder.ts'
import { SHOW_CAPTURE_CHANNEL } from './page-channel.ts'
import { isOurPage } from './page-ports.ts'

/** `owns`: whose windows are ours. `folder`: of the Farport that is shown; undefined: not known. The port that comes with the name is told why not, or an empty text. */
export function serveShowCapture(
  owns: (contents: WebContents) => boolean,
  folder: () => string | undefined
): void {
  ipcMain.on(SHOW_CAPTURE_CHANNEL, (event, name: unknown) => {
    const [port, ...others] = event.ports
    if (!port) return
    if (others.length > 0 || !isOurPage(event, owns)) {
      for (const each of event.ports) each.close()
      return
    }
    port.start()
    void captureToShow(folder(), name).then(
      (path) => {
        shell.showItemInFolder(path)
        port.postMessage('')
      },
      (error: unknown) => port.postMessage(toFault(error).message)
    )
  })
}

/** Rejects with `usage` for what is no name of a capture, and `file-unusable` where it cannot be seen from here. */
export async function captureToShow(folder: string | undefined, name: unknown): Promise<string> {
  if (folder === undefined)
    throw new Fault('file-unusable', 'The captures folder is not known yet. Try again in a moment.')
  if (typeof name !== 'string') throw new Fault('usage', 'Which capture? Give its name.')
  const path = new CapturesFolder(folder).place(name)
  const stats = await lstat(path).catch((error: unknown) => {
    throw new Fault(
      'file-unusable',
      `${path} cannot be seen from here. It was deleted or renamed, or belongs to the system’s service.`,
      error
    )
  })
  if (stats.isFile()) return path
  throw new Fault('file-unusable', `${path} is no file of a capture.`)
}
