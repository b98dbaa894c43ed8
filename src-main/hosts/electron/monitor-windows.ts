/**
 * Monitors in windows of their own, asked for by a page of ours. Each shows its monitor and nothing else, is closed without a question, and
 * goes with the app. Made by app.ts.
 */
import type { WebContents } from 'electron'
import type { DesktopFile, WindowPlace } from './desktop-settings.ts'
import { monitorPlace } from './monitor-place.ts'
import { PageWindow } from './page-window.ts'

/** Nobody looks at more; a page that went wild opens no more. */
export const MAX_MONITOR_WINDOWS = 16

/** A monitor alone has no rail beside it. */
const MIN_WIDTH = 520

/** Each one stands a bit below the one before, in pixels. */
const STEP = 28

export interface MonitorWindowsOptions {
  readonly file: DesktopFile
  readonly onSessionEnd: () => void
  readonly report: (text: string) => void
}

export class MonitorWindows {
  readonly #options: MonitorWindowsOptions
  /** By their places. */
  readonly #open = new Map<string, PageWindow>()

  constructor(options: MonitorWindowsOptions) {
    this.#options = options
  }

  owns(contents: WebContents): boolean {
    return [...this.#open.values()].some(
      ({ window }) => !window.isDestroyed() && window.webContents === contents
    )
  }

  /** `place`: as `monitorPlace` answers it. One that is there already comes to the front. */
  show(place: string): void {
    const there = this.#open.get(place)
    if (there) {
      there.show()
      return
    }
    const { onSessionEnd, report, file } = this.#options
    if (this.#open.size >= MAX_MONITOR_WINDOWS) {
      report(`No more than ${MAX_MONITOR_WINDOWS} monitors have windows of their own.`)
      return
    }
    const last = moved(file.settings.monitorPlace, this.#open.size * STEP)
    const page = new PageWindow({ last, place, again: place, minWidth: MIN_WIDTH, onSessionEnd, report })
    this.#open.set(place, page)
    page.window.on('close', () => this.#remember(page))
    page.window.on('closed', () => this.#open.delete(place))
    // A place within the page asks nobody.
    page.window.webContents.on('did-navigate-in-page', (_event, url) => {
      if (monitorPlace(url) !== place) page.load(place)
    })
  }

  /** Where the first of them is now is where the next one will be. */
  remember(): void {
    const [first] = this.#open.values()
    if (first) this.#remember(first)
  }

  #remember(page: PageWindow): void {
    if (!page.window.isDestroyed()) void this.#options.file.change({ monitorPlace: page.bounds })
  }
}

function moved(last: WindowPlace | undefined, by: number): WindowPlace | undefined {
  return last && { ...last, x: last.x + by, y: last.y + by }
}
