/** What the app asks a person outside its page. Nothing here blocks: ports are served meanwhile. */
import { dialog, type BrowserWindow, type MessageBoxOptions } from 'electron'
import type { UsedPort } from './in-use.ts'
import { WORDS } from './words.ts'

async function ask(window: BrowserWindow | undefined, options: MessageBoxOptions): Promise<number> {
  const { response } = await (window?.isVisible()
    ? dialog.showMessageBox(window, options)
    : dialog.showMessageBox(options))
  return response
}

/** Whether to quit although these are in use. */
export async function askToQuit(
  window: BrowserWindow | undefined,
  used: readonly UsedPort[]
): Promise<boolean> {
  const words = WORDS.quit
  const response = await ask(window, {
    type: 'warning',
    title: WORDS.app,
    message: words.inUse(used.map(({ name }) => name)),
    detail: words.detail(used.slice(0, 10).map(({ name, users }) => words.user(name, users.join(', ')))),
    buttons: [words.quit, words.cancel],
    defaultId: 1,
    cancelId: 1,
    noLink: true
  })
  return response === 0
}

/** Where a hidden window has no icon to come back by. */
export async function askToKeep(window: BrowserWindow | undefined): Promise<'keep' | 'quit' | 'cancel'> {
  const words = WORDS.close
  const response = await ask(window, {
    type: 'question',
    title: WORDS.app,
    message: words.message,
    detail: words.detail,
    buttons: [words.keep, words.quit, words.cancel],
    defaultId: 0,
    cancelId: 2,
    noLink: true
  })
  return response === 0 ? 'keep' : response === 1 ? 'quit' : 'cancel'
}

/** Tells what did not work; resolves when it was read. */
export async function tellFault(
  window: BrowserWindow | undefined,
  title: string,
  message: string
): Promise<void> {
  await ask(window, {
    type: 'error',
    title: WORDS.app,
    message: title,
    detail: message,
    buttons: ['OK'],
    noLink: true
  })
}
