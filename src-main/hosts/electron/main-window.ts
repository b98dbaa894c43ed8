/**
 * The one window with all pages: its place, and what becomes of it when it is closed. Made by app.ts, and made anew when somebody wants it
 * after it was gone.
 */
import type { BrowserWindow, WebContents } from 'electron'
import type { DesktopFile } from './desktop-settings.ts'
import { PageWindow } from './page-window.ts'

export interface MainWindowOptions {
  readonly file: DesktopFile
  /** The person closes it: true where it goes, false where it stays or hides. */
  readonly mayClose: () => boolean
  /** The person signs out, or the computer is switched off (Windows): there are seconds left. */
  readonly onSessionEnd: () => void
  readonly report: (text: string) => void
}

export class MainWindow {
  readonly #options: MainWindowOptions
  #page: PageWindow | undefined

  constructor(options: MainWindowOptions) {
    this.#options = options
  }

  /** Undefined: there is none now. */
  get window(): BrowserWindow | undefined {
    return this.#page?.window
  }

  /** The person has it before him. */
  get isWatched(): boolean {
    return this.window?.isVisible() === true && this.window.isFocused()
  }

  owns(contents: WebContents): boolean {
    return this.window?.isDestroyed() === false && this.window.webContents === contents
  }

  /** In front of the others; `place`: behind the page's `#`, absent: as it is. */
  show(place?: string): void {
    if (!this.#page) {
      this.#open(place)
      return
    }
    if (place !== undefined) this.#page.load(place)
    this.#page.show()
  }

  hide(): void {
    this.window?.hide()
  }

  /** Where it is now is where it will be. */
  remember(): void {
    if (!this.#page || this.#page.window.isDestroyed()) return
    void this.#options.file.change({ place: this.#page.bounds })
  }

  #open(place: string | undefined): void {
    const { file, mayClose, onSessionEnd, report } = this.#options
    const { place: last } = file.settings
    const page = new PageWindow({ last, place, again: undefined, onSessionEnd, report })
    this.#page = page
    page.window.on('close', (event) => {
      this.remember()
      if (!mayClose()) event.preventDefault()
    })
    page.window.on('closed', () => (this.#page = undefined))
  }
}
