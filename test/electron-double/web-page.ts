/**
 * The page behind a window of the double: one of Chromium, with the real preload in a world of its own, and every request answered by what
 * the app handles. Chromium knows no scheme of ours, so `app://ui/` is `http://ui.app.localhost/` there.
 */
import { readFileSync } from 'node:fs'
import type { CDPSession, Page, Route } from 'playwright-core'
import { DoublePort, type Encoded } from './message-port.ts'
import { BINDING, MAIN_WORLD, preloadWorld, WORLD } from './worlds.ts'

export type Handler = (request: Request) => Response | Promise<Response>

type FromPreload =
  | { type: 'post'; channel: string; message: unknown; ports: number[] }
  | { type: 'port'; id: number; data: Encoded }
  | { type: 'port-closed'; id: number }
  | { type: 'window'; url: string }

export interface WebPageOptions {
  readonly page: Page
  readonly preload: string
  readonly handlers: ReadonlyMap<string, Handler>
  readonly posted: (channel: string, message: unknown, ports: readonly DoublePort[]) => void
  /** The page wants a window of its own. */
  readonly opens: (url: string) => void
}

const HTTP = /^http:\/\/([\w-]+)\.([\w-]+)\.localhost\//

/** `app://ui/x` → `http://ui.app.localhost/x`. */
function toHttp(url: string): string {
  return url.replace(/^([\w-]+):\/\/([\w-]+)\//, 'http://$2.$1.localhost/')
}

export function toApp(url: string): string {
  return url.replace(HTTP, '$2://$1/')
}

export class WebPage {
  readonly page: Page
  readonly #options: WebPageOptions
  readonly #ports = new Map<number, DoublePort>()
  #session: CDPSession | undefined
  #context = 0

  private constructor(options: WebPageOptions) {
    this.page = options.page
    this.#options = options
  }

  static async open(options: WebPageOptions): Promise<WebPage> {
    const web = new WebPage(options)
    const { page } = options
    const session = await page.context().newCDPSession(page)
    web.#session = session
    await page.route('**/*', (route) => web.#answer(route))
    session.on('Runtime.executionContextCreated', ({ context }) => {
      if (context.name === WORLD) web.#began(context.id)
    })
    session.on('Runtime.bindingCalled', ({ name, payload, executionContextId }) => {
      if (name === BINDING) {
        if (executionContextId !== web.#context) web.#began(executionContextId)
        web.#take(JSON.parse(payload) as FromPreload)
      }
    })
    await session.send('Runtime.enable')
    await session.send('Page.enable')
    await session.send('Runtime.addBinding', { name: BINDING, executionContextName: WORLD })
    await session.send('Page.addScriptToEvaluateOnNewDocument', { source: MAIN_WORLD })
    const source = preloadWorld(readFileSync(options.preload, 'utf8'))
    await session.send('Page.addScriptToEvaluateOnNewDocument', { source, worldName: WORLD })
    return web
  }

  get url(): string {
    return toApp(this.page.url())
  }

  async load(url: string): Promise<void> {
    await this.page.goto(toHttp(url))
  }

  end(): void {
    for (const port of [...this.#ports.values()]) port.end()
  }

  /** Another document: what the one before it held is gone. */
  #began(context: number): void {
    if (context === this.#context) return
    this.end()
    this.#context = context
  }

  #take(message: FromPreload): void {
    switch (message.type) {
      case 'post':
        this.#options.posted(
          message.channel,
          message.message,
          message.ports.map((id) => this.#port(id))
        )
        return
      case 'port':
        this.#ports.get(message.id)?.receive(message.data)
        return
      case 'port-closed':
        this.#ports.get(message.id)?.end()
        return
      case 'window':
        this.#options.opens(toApp(message.url))
    }
  }

  #port(id: number): DoublePort {
    const context = this.#context
    const port = new DoublePort(id, {
      tell: (message) => {
        // A document that is gone takes nothing any more.
        this.#session
          ?.send('Runtime.evaluate', {
            expression: `__deliver(${JSON.stringify(message)})`,
            contextId: context
          })
          .catch(() => undefined)
      },
      gone: () => this.#ports.delete(id)
    })
    this.#ports.set(id, port)
    return port
  }

  async #answer(route: Route): Promise<void> {
    const request = route.request()
    const url = toApp(request.url())
    const handler = this.#options.handlers.get(new URL(url).protocol.slice(0, -1))
    if (!handler) {
      await route.abort('blockedbyclient')
      return
    }
    const response = await handler(new Request(url, { method: request.method() }))
    await route.fulfill({
      status: response.status,
      headers: Object.fromEntries(response.headers),
      body: Buffer.from(await response.arrayBuffer())
    })
  }
}
