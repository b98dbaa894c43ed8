/**
 * The WebSockets of pages that are signed in, each a Channel to the running Farport. Called by page-host.ts, after page-server.ts has
 * looked at who comes. One that vanished without a word is found out.
 */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer, type WebSocket } from 'ws'
import type { Clock } from '../../base/clock.ts'
import type { Disposable } from '../../base/event.ts'
import type { Channel } from '../../rpc/channel.ts'
import { MAX_REQUEST_BYTES } from '../../rpc/limits.ts'
import { socketChannel } from '../../rpc/socket-channel.ts'

/** Pages at a time; more than anybody looks at. */
export const MAX_PAGES = 64
/** A page that did not answer from one look to the next is gone, in ms. */
export const LOOK_MS = 15_000
/** For a page to take why it is closed, in ms. */
const LEAVE_MS = 200

export class PageSockets {
  readonly #clock: Clock
  readonly #connect: (channel: Channel) => void
  readonly #server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: MAX_REQUEST_BYTES
  })
  /** Whether it was heard of since the last look. */
  readonly #sockets = new Map<WebSocket, boolean>()
  readonly #pages = new Map<WebSocket, { readonly channel: Channel; readonly browser: string }>()
  readonly #looks: Disposable

  constructor(clock: Clock, connect: (channel: Channel) => void) {
    this.#clock = clock
    this.#connect = connect
    this.#looks = clock.every(LOOK_MS, () => this.#look(), 'idle')
  }

  get isFull(): boolean {
    return this.#sockets.size >= MAX_PAGES
  }

  /** Of this browser, or of all. */
  count(browser?: string): number {
    return [...this.#pages.values()].filter((each) => browser === undefined || each.browser === browser)
      .length
  }

  /** `browser`: its id. */
  take(request: IncomingMessage, socket: Duplex, head: Buffer, browser: string): void {
    this.#server.handleUpgrade(request, socket, head, (page) => {
      this.#sockets.set(page, true)
      page.on('pong', () => this.#sockets.set(page, true))
      const channel = socketChannel(page, 'server')
      this.#pages.set(page, { channel, browser })
      page.on('close', () => {
        this.#sockets.delete(page)
        this.#pages.delete(page)
      })
      this.#connect(channel)
    })
  }

  /**
   * Ends those that are there, of the browsers for which it is true, and tells them why; more may come. Resolves when they are gone: one
   * that takes nothing is cut off.
   */
  async end(message: string, isMeant: (browser: string) => boolean = () => true): Promise<void> {
    const all = [...this.#pages].filter(([, { browser }]) => isMeant(browser))
    const gone = all.map(([page]) => new Promise((resolve) => page.once('close', resolve)))
    for (const [, { channel }] of all) channel.close({ code: 'done', message })
    const late = this.#clock.after(LEAVE_MS, () => {
      for (const [page] of all) page.terminate()
    })
    await Promise.all(gone)
    late.dispose()
  }

  /** For good; resolves when all are gone. */
  async close(): Promise<void> {
    this.#looks.dispose()
    await this.end('Farport has ended')
  }

  #look(): void {
    for (const [page, wasHeard] of this.#sockets)
      if (wasHeard) {
        this.#sockets.set(page, false)
        page.ping()
      } else page.terminate()
  }
}
