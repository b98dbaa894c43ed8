/** The desktop app of a test's own: its installation in a temporary folder, and a desktop that shows tray icons or not. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { Page } from 'playwright-core'
import type { AppRun } from '../electron-double/app-run.ts'
import type { ElectronApp, Launcher, SeenItem } from '../electron-double/electron-app.ts'
import { eventually } from '../eventually.ts'
import { InstanceHome } from './instance.ts'

export class AppHome extends InstanceHome {
  readonly #launcher: Launcher

  /** `tray`: whether somebody watches for icons on the session bus; a stand-in of gdbus says so. */
  constructor(launcher: Launcher, tray = true) {
    super()
    this.#launcher = launcher
    const bin = join(this.folder, 'bin')
    mkdirSync(bin)
    const gdbus = join(bin, 'gdbus')
    writeFileSync(gdbus, `#!/bin/sh\necho '(${String(tray)},)'\n`)
    chmodSync(gdbus, 0o755)
    this.env.PATH = `${bin}${delimiter}${process.env.PATH ?? ''}`
  }

  launch(...args: string[]): Promise<ElectronApp> {
    return this.#launcher.launch(this.env, ...args)
  }

  /** One that ends by itself. */
  run(...args: string[]): AppRun {
    return this.#launcher.run(this.env, ...args)
  }
}

/** Its window, when it shows the state of a Farport of that name. */
export async function windowOf(app: ElectronApp, name = 'workbench'): Promise<Page> {
  const page = await app.firstWindow()
  await page.getByText(name).first().waitFor()
  return page
}

/** The labels of the tray's menu, submenus as lists behind theirs. */
export type MenuText = string | readonly [string, ...MenuText[]]

export function trayOf(app: ElectronApp): Promise<readonly MenuText[]> {
  return app.evaluate(() => {
    const read = (items: readonly SeenItem[]): MenuText[] =>
      items.map(({ type, label, checked, submenu }) => {
        const text =
          type === 'separator' ? '-' : `${type === 'checkbox' ? (checked ? '[x] ' : '[ ] ') : ''}${label}`
        return submenu ? [text, ...read(submenu.items)] : text
      })
    return read(globalThis.farportSeen.menu?.items ?? [])
  }, undefined)
}

/** As a click on the item at these labels; waits until it is there. */
export async function chooseInTray(app: ElectronApp, ...labels: string[]): Promise<void> {
  await eventually(() =>
    app.evaluate((_electron, path) => {
      let items = globalThis.farportSeen.menu?.items ?? []
      path.forEach((label, index) => {
        const item = items.find((each) => each.label === label)
        if (!item) throw new Error(`the tray's menu has no "${label}"`)
        if (index === path.length - 1) item.click()
        else items = item.submenu?.items ?? []
      })
    }, labels)
  )
}

/** What was shown in its folder, the last one last. */
export function shownInFolders(app: ElectronApp): Promise<readonly string[]> {
  return app.evaluate(() => globalThis.farportSeen.shown, undefined)
}

/** The question that stands there, when there is one. */
export function question(
  app: ElectronApp
): Promise<{ message: string; detail: string; buttons: readonly string[] }> {
  return eventually(() =>
    app.evaluate(() => {
      const [first] = globalThis.farportSeen.questions
      if (!first) throw new Error('nothing is asked')
      const { message, detail, buttons } = first
      return { message, detail, buttons }
    }, undefined)
  )
}

export function answer(app: ElectronApp, button: string): Promise<void> {
  return app.evaluate((_electron, label) => {
    const [first] = globalThis.farportSeen.questions
    first?.answer(first.buttons.indexOf(label))
  }, button)
}

export function isShown(app: ElectronApp): Promise<boolean> {
  return app.evaluate(
    ({ BrowserWindow }) => BrowserWindow.getAllWindows().some((each) => each.isVisible()),
    undefined
  )
}
