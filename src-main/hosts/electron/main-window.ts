/**
 * The one window: its page, its place, and what becomes of it when it is closed. Made by app.ts, and made anew when somebody wants it
 * after it was gone.
 */
import { BrowserWindow, nativeTheme, screen } from 'electron'
import { join } from 'node:path'
import type { DesktopFile } from './desktop-settings.ts'
import { icon } from './icons.ts'
import { PAGE_URL } from './page-channel.ts'
import { fittedPlace, MIN_HEIGHT, MIN_WIDTH } from './window-place.ts'

/** The page's own ground, so that nothing flashes before it is there. */
const GROUND = { light: '#f6f7f7', dark: '#15191a' }

/** The page is loaded again where its process died, but not forever: at most so often in a row. */
const MAX_RELOADS = 3

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
  #window: BrowserWindow | undefined
  #reloads = 0

  constructor(options: MainWindowOptions) {
    this.#options = options
  }

  /** Undefined: there is none now. */
  get window(): BrowserWindow | undefined {
    return this.#window
  }

  /** The person has it before him. */
  get isWatched(): boolean {
    return this.#window?.isVisible() === true && this.#window.isFocused()
  }

  /** In front of the others; `place`: behind the page's `#`, absent: as it is. */
  show(place?: string): void {
    const window = this.#window
    if (!window) {
      this.#open(place)
      return
    }
    if (place !== undefined) this.#load(window, place)
    if (window.isMinimized()) window.restore()
    window.show()
    window.focus()
  }

  hide(): void {
    this.#window?.hide()
  }

  /** Where it is now is where it will be. */
  remember(): void {
    if (!this.#window || this.#window.isDestroyed()) return
    const place = { ...this.#window.getNormalBounds(), isMaximized: this.#window.isMaximized() }
    void this.#options.file.change({ place })
  }

  #open(place: string | undefined): void {
    const { file, mayClose, onSessionEnd } = this.#options
    const { place: last } = file.settings
    const window = new BrowserWindow({
      ...fittedPlace(
        last,
        screen.getAllDisplays().map(({ workArea }) => workArea)
      ),
      minWidth: MIN_WIDTH,
      minHeight: MIN_HEIGHT,
      show: false,
      title: 'Farport',
      icon: icon('256.png'),
      backgroundColor: nativeTheme.shouldUseDarkColors ? GROUND.dark : GROUND.light,
      webPreferences: {
        preload: join(import.meta.dirname, 'preload.cjs'),
        contextIsolation: true,
        sandbox: true,
        nodeIntegration: false,
        nodeIntegrationInWorker: false,
        nodeIntegrationInSubFrames: false,
        webSecurity: true,
        webviewTag: false,
        navigateOnDragDrop: false,
        spellcheck: false
      }
    })
    this.#window = window
    if (last?.isMaximized) window.maximize()
    window.once('ready-to-show', () => window.show())
    window.on('close', (event) => {
      this.remember()
      if (!mayClose()) event.preventDefault()
    })
    window.on('session-end', () => onSessionEnd())
    window.on('closed', () => (this.#window = undefined))
    window.webContents.on('render-process-gone', (_event, { reason }) => this.#reload(window, reason))
    window.webContents.on('did-finish-load', () => (this.#reloads = 0))
    this.#load(window, place)
  }

  #load(window: BrowserWindow, place: string | undefined): void {
    // It is told in the page where that is there, and else in nobody's way.
    window.loadURL(place === undefined ? PAGE_URL : `${PAGE_URL}#${place}`).catch((error: unknown) => {
      this.#options.report(`The page cannot be loaded: ${String(error)}`)
    })
  }

  #reload(window: BrowserWindow, reason: string): void {
    if (reason === 'clean-exit' || window.isDestroyed()) return
    this.#options.report(`The page's process ended (${reason}).`)
    if (++this.#reloads <= MAX_RELOADS) this.#load(window, undefined)
  }
}
