/**
 * A window with our page in it: without any right beyond that, loaded again where its process died. Made by main-window.ts and
 * monitor-windows.ts, which say where it stands and what becomes of it.
 */
import { BrowserWindow, nativeTheme, screen } from 'electron'
import { join } from 'node:path'
import type { WindowPlace } from './desktop-settings.ts'
import { icon } from './icons.ts'
import { PAGE_URL } from './page-channel.ts'
import { fittedPlace, MIN_HEIGHT, MIN_WIDTH } from './window-place.ts'

/** The page's own ground, so that nothing flashes before it is there. */
const GROUND = { light: '#f6f7f7', dark: '#15191a' }

/** The page is loaded again where its process died, but not forever: at most so often in a row. */
const MAX_RELOADS = 3

export interface PageWindowOptions {
  /** Where it was; absent: the usual size, in the middle. */
  readonly last: WindowPlace | undefined
  /** Behind the page's `#`; absent: nothing. */
  readonly place: string | undefined
  /** What is loaded again where its process died. */
  readonly again: string | undefined
  readonly minWidth?: number
  /** The person signs out, or the computer is switched off (Windows): there are seconds left. */
  readonly onSessionEnd: () => void
  readonly report: (text: string) => void
}

export class PageWindow {
  readonly window: BrowserWindow
  readonly #options: PageWindowOptions
  #reloads = 0

  constructor(options: PageWindowOptions) {
    const { last, minWidth = MIN_WIDTH } = options
    const areas = screen.getAllDisplays().map(({ workArea }) => workArea)
    const window = new BrowserWindow({
      ...fittedPlace(last, areas),
      minWidth,
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
    this.window = window
    this.#options = options
    if (last?.isMaximized) window.maximize()
    window.once('ready-to-show', () => window.show())
    window.on('session-end', () => options.onSessionEnd())
    window.webContents.on('render-process-gone', (_event, { reason }) => this.#reload(reason))
    window.webContents.on('did-finish-load', () => (this.#reloads = 0))
    this.load(options.place)
  }

  /** Where it is now, to be there again. */
  get bounds(): WindowPlace {
    return { ...this.window.getNormalBounds(), isMaximized: this.window.isMaximized() }
  }

  load(place: string | undefined): void {
    // It is told in the page where that is there, and else in nobody's way.
    this.window.loadURL(place === undefined ? PAGE_URL : `${PAGE_URL}#${place}`).catch((error: unknown) => {
      this.#options.report(`The page cannot be loaded: ${String(error)}`)
    })
  }

  /** In front of the others. */
  show(): void {
    if (this.window.isMinimized()) this.window.restore()
    this.window.show()
    this.window.focus()
  }

  #reload(reason: string): void {
    if (reason === 'clean-exit' || this.window.isDestroyed()) return
    this.#options.report(`The page's process ended (${reason}).`)
    if (++this.#reloads <= MAX_RELOADS) this.load(this.#options.again)
  }
}
