/**
 * Where Electron begins: one Farport window for each installation, and what has to be said before Electron is ready. Nothing here waits at
 * the top: Electron is not ready before this file has run.
 */
import { app } from 'electron'
import { join } from 'node:path'
import { toFault, type Fault } from '../../contract/faults.ts'
import { instancePaths, prepareInstance } from '../../core/instance-paths.ts'
import { endWithNpm } from '../cli/npm-parent.ts'
import { DesktopApp } from './app.ts'
import { runCommand } from './command.ts'
import { registerScheme } from './page-protocol.ts'
import { tellFault } from './questions.ts'
import { commandArguments, TRIAL } from './start-arguments.ts'
import { WORDS } from './words.ts'

const LINK_SCHEME = 'farport'

function start(): void {
  const paths = instancePaths('user')
  app.setName(WORDS.app)
  const args = process.argv.slice(1)
  // `npm start` has a Farport of its own beside the person's, and a window of its own for it.
  const folder = args.includes(TRIAL) ? join(paths.directory, 'trial') : paths.directory
  // Chromium's own files, and the lock that is asked for below.
  app.setPath('userData', join(folder, 'window'))
  if (process.platform === 'win32') app.setAppUserModelId('app.farport')
  // First, with its own mode: Electron makes its folder in there.
  const unprepared = faultOf(() => prepareInstance(paths))
  if (!app.requestSingleInstanceLock()) {
    app.quit()
    return
  }
  endWithNpm()
  registerScheme()
  if (app.isPackaged) app.setAsDefaultProtocolClient(LINK_SCHEME)

  let desktop = undefined as DesktopApp | undefined
  // What comes while it begins is done then, in its order: a click on the icon behind a link leaves the link there.
  let later: readonly ((desktop: DesktopApp) => void)[] = []
  const when = (act: (desktop: DesktopApp) => void): void => {
    if (desktop) act(desktop)
    else later = [...later, act]
  }
  app.on('second-instance', (_event, others) => when((each) => each.again(others)))
  app.on('activate', () => when((each) => each.again([])))
  app.on('open-url', (event, link) => {
    event.preventDefault()
    when((each) => each.openLink(link))
  })
  // The tray goes on without a window.
  app.on('window-all-closed', () => undefined)
  app.on('before-quit', (event) => {
    if (desktop && !desktop.mayQuit()) event.preventDefault()
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => {
      if (desktop) void desktop.leave()
      else app.quit()
    })

  app
    .whenReady()
    .then(() => {
      if (unprepared) throw unprepared
      return DesktopApp.open(folder, args)
    })
    .then((opened) => {
      desktop = opened
      for (const act of later) act(opened)
    })
    .catch(async (error: unknown) => {
      const { message } = toFault(error)
      process.stderr.write(`farport: ${message}\n`)
      await tellFault(undefined, WORDS.failed.title, message)
      app.exit(1)
    })
}

function faultOf(act: () => void): Fault | undefined {
  try {
    act()
    return undefined
  } catch (error) {
    return toFault(error)
  }
}

const command = commandArguments(process.argv)
if (command) runCommand(command)
else start()
