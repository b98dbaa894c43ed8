/** The icon in the tray, and its menu. Made by app.ts where there is a tray. */
import { Menu, Tray, nativeImage, type MenuItemConstructorOptions } from 'electron'
import type { Disposable } from '../../base/event.ts'
import { icon } from './icons.ts'
import type { TrayAction, TrayItem } from './tray-menu.ts'

export class TrayIcon implements Disposable {
  readonly #tray: Tray
  readonly #act: (action: TrayAction) => void
  #shown = ''

  constructor(act: (action: TrayAction) => void) {
    this.#act = act
    // On macOS "Template" in its name has the system draw it in its own colours.
    const name = process.platform === 'darwin' ? 'trayTemplate.png' : 'tray.png'
    this.#tray = new Tray(nativeImage.createFromPath(icon(name)))
    // Where clicks arrive; elsewhere the menu has "Open".
    if (process.platform !== 'darwin') this.#tray.on('click', () => act({ type: 'show' }))
  }

  /** What is the same as before is left alone: a menu that is open would be closed. */
  show(items: readonly TrayItem[], tip: string): void {
    const shown = JSON.stringify([items, tip])
    if (shown === this.#shown) return
    this.#shown = shown
    this.#tray.setToolTip(tip)
    this.#tray.setContextMenu(Menu.buildFromTemplate(items.map((item) => this.#option(item))))
  }

  dispose(): void {
    this.#tray.destroy()
  }

  #option(item: TrayItem): MenuItemConstructorOptions {
    switch (item.type) {
      case 'text':
        return { label: literal(item.label), enabled: false }
      case 'line':
        return { type: 'separator' }
      case 'check':
        return {
          type: 'checkbox',
          label: literal(item.label),
          checked: item.checked,
          click: () => this.#act(item.action)
        }
      case 'action':
        return { label: literal(item.label), click: () => this.#act(item.action) }
      case 'menu':
        return { label: literal(item.label), submenu: item.items.map((each) => this.#option(each)) }
    }
  }
}

/** A lone & underlines the letter behind it. */
function literal(label: string): string {
  return label.replaceAll('&', '&&')
}
