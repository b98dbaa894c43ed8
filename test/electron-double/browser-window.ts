/** `BrowserWindow` of the double: a page of Chromium, and a window's state without a screen. */
import { EventEmitter } from 'node:events'
import type { BrowserWindowConstructorOptions } from 'electron'
import type { BrowserContext } from 'playwright-core'
import { preventable, type DoubleApp } from './app.ts'
import type { DoublePort } from './message-port.ts'
import { strict } from './strict.ts'
import { WebPage, type Handler } from './web-page.ts'

export interface Surroundings {
  readonly app: DoubleApp
  readonly context: () => Promise<BrowserContext>
  readonly handlers: ReadonlyMap<string, Handler>
  readonly posted: (channel: string, event: object, message: unknown) => void
}

interface Frame {
  readonly processId: number
  readonly routingId: number
  readonly url: string
}

type WindowOpenHandler = (details: { readonly url: string }) => { readonly action: 'allow' | 'deny' }

/** Rendering processes have numbers of their own. */
let lastProcess = 100

class DoubleContents extends EventEmitter {
  readonly mainFrame: Frame
  #mayOpen: WindowOpenHandler = () => ({ action: 'allow' })
  readonly getURL: () => string

  constructor(getURL: () => string) {
    super()
    this.getURL = getURL
    const processId = ++lastProcess
    this.mainFrame = {
      processId,
      routingId: 1,
      get url() {
        return getURL()
      }
    }
  }

  setWindowOpenHandler(handler: WindowOpenHandler): void {
    this.#mayOpen = handler
  }

  /** Of the double. */
  open(url: string): void {
    const details = {
      url,
      frameName: '',
      features: '',
      disposition: 'foreground-tab',
      referrer: { url: '', policy: 'default' }
    }
    if (this.#mayOpen(strict('HandlerDetails', details)).action !== 'deny')
      throw new Error(`the double opens no window for ${url}`)
  }
}

const all: DoubleWindow[] = []
let surroundings: Surroundings | undefined

function around(): Surroundings {
  if (!surroundings) throw new Error('the double has not begun')
  return surroundings
}

export class DoubleWindow extends EventEmitter {
  readonly options: BrowserWindowConstructorOptions
  readonly webContents: DoubleContents
  readonly #web: Promise<WebPage>
  #open: WebPage | undefined
  #left: () => void
  #isShown: boolean
  #isMaximized = false
  #isMinimized = false
  #isDestroyed = false
  #row: Promise<void> = Promise.resolve()

  constructor(options: BrowserWindowConstructorOptions = {}) {
    super()
    const { app } = around()
    if (!app.isReady()) throw new Error('Cannot create BrowserWindow before app is ready')
    const { preload, sandbox, contextIsolation, nodeIntegration } = options.webPreferences ?? {}
    if (sandbox !== true || contextIsolation !== true || nodeIntegration !== false || preload === undefined)
      throw new Error('the double runs sandboxed, isolated pages with a preload alone')
    this.options = options
    this.#isShown = options.show !== false
    this.webContents = strict('webContents', new DoubleContents(() => this.#open?.url ?? ''))
    this.#left = app.addCloser(() => !this.#close())
    this.#web = this.#begin(preload)
    all.push(this)
    app.emit('web-contents-created', {}, this.webContents)
  }

  /** Of the double: before the first one. */
  static in(given: Surroundings): void {
    surroundings = given
  }

  static getAllWindows(): DoubleWindow[] {
    return all.filter((each) => !each.isDestroyed())
  }

  /** Of the double. */
  async resize(width: number, height: number): Promise<void> {
    await (await this.#web).page.setViewportSize({ width, height })
  }

  loadURL(url: string): Promise<void> {
    const loaded = this.#row.then(async () => {
      const web = await this.#web
      const wasEmpty = web.url === 'about:blank'
      await web.load(url)
      this.webContents.emit('did-finish-load')
      if (wasEmpty) this.emit('ready-to-show')
    })
    this.#row = loaded.catch(() => undefined)
    return loaded
  }

  show(): void {
    this.#isShown = true
    this.emit('show')
  }

  hide(): void {
    this.#isShown = false
    this.emit('hide')
  }

  focus(): void {
    this.emit('focus')
  }

  isFocused(): boolean {
    return this.#isShown
  }

  isVisible(): boolean {
    return this.#isShown && !this.#isMinimized
  }

  isMinimized(): boolean {
    return this.#isMinimized
  }

  minimize(): void {
    this.#isMinimized = true
  }

  restore(): void {
    this.#isMinimized = false
  }

  isMaximized(): boolean {
    return this.#isMaximized
  }

  maximize(): void {
    this.#isMaximized = true
  }

  isDestroyed(): boolean {
    return this.#isDestroyed
  }

  getNormalBounds(): { x: number; y: number; width: number; height: number } {
    const { x = 480, y = 200, width = 800, height = 600 } = this.options
    return { x, y, width, height }
  }

  /** As a click on its cross. */
  close(): void {
    this.#close()
  }

  destroy(): void {
    if (this.#isDestroyed) return
    this.#isDestroyed = true
    this.#open?.end()
    void this.#web.then((web) => web.page.close()).catch(() => undefined)
    this.emit('closed')
    this.#left()
  }

  #close(): boolean {
    if (this.#isDestroyed) return true
    const event = preventable()
    this.emit('close', event)
    if (event.defaultPrevented) return false
    this.destroy()
    return true
  }

  async #begin(preload: string): Promise<WebPage> {
    const { context, handlers, posted } = around()
    const page = await (await context()).newPage()
    const { width = 800, height = 600 } = this.options
    await page.setViewportSize({ width, height })
    const web = await WebPage.open({
      ...{ page, preload, handlers },
      posted: (channel, message, ports) => posted(channel, this.#event(ports), message),
      opens: (url) => this.webContents.open(url)
    })
    this.#open = web
    let document = ''
    page.on('framenavigated', (frame) => {
      if (frame !== page.mainFrame()) return
      const [before, now = ''] = [document, web.url.split('#')[0]]
      document = now
      if (before === now) this.webContents.emit('did-navigate-in-page', {}, web.url, true)
    })
    page.on('crash', () => {
      web.end()
      this.webContents.emit('render-process-gone', {}, { reason: 'crashed', exitCode: 1 })
    })
    return web
  }

  #event(ports: readonly DoublePort[]): object {
    return strict('IpcMainEvent', {
      sender: this.webContents,
      senderFrame: this.webContents.mainFrame,
      ports
    })
  }
}
