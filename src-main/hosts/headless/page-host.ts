/**
 * The page of a running Farport, for browsers: its files, who may see them, and a Channel for each that does. Loaded by page-door.ts
 * where somebody wants it, and by nobody else: it has the HTTP server with it. Knows nothing of settings.
 */
import { X509Certificate } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'
import type { BrowserState, PageLink, SignOutWish } from '../../contract/host.ts'
import { Fault } from '../../contract/faults.ts'
import { RefusalLog } from '../../core/instance/refusal-log.ts'
import type { RenewedKeys } from '../../net/tls-renewal.ts'
import type { Channel } from '../../rpc/channel.ts'
import { BrowserSessions } from './browser-sessions.ts'
import { readPageFiles } from './page-files.ts'
import { PageServer, refuseRaw } from './page-server.ts'
import { PageSockets } from './page-sockets.ts'
import { LINK_MS, SignInLinks } from './sign-in-links.ts'

/** For an answer to be on its way, in ms. */
const ANSWER_MS = 20

export interface PageHostOptions {
  readonly host: string
  readonly port: number
  /** Needed where other computers come. */
  readonly tls?: RenewedKeys
  /** By an authority that browsers may know: its certificate needs no comparing, and says by which names people come. */
  readonly isVouchedFor?: boolean
  /** Where the installation keeps what is its own. */
  readonly folder: string
  /** Of the page's files; absent: those that were built. */
  readonly files?: string
  /** Of the captures that a browser may fetch; absent: none. */
  readonly captures?: string
  readonly clock: Clock
  /** A page came: for its owner. */
  readonly connect: (channel: Channel) => void
  readonly report: (level: 'info' | 'warning', text: string) => void
}

export class PageHost {
  readonly #links: SignInLinks
  readonly #sessions: BrowserSessions
  readonly #sockets: PageSockets
  readonly #server: PageServer
  readonly #refusals: RefusalLog
  readonly #clock: Clock
  readonly #fingerprint: string | undefined

  private constructor(parts: {
    readonly links: SignInLinks
    readonly sessions: BrowserSessions
    readonly sockets: PageSockets
    readonly server: PageServer
    readonly refusals: RefusalLog
    readonly clock: Clock
    readonly fingerprint: string | undefined
  }) {
    this.#links = parts.links
    this.#sessions = parts.sessions
    this.#sockets = parts.sockets
    this.#server = parts.server
    this.#refusals = parts.refusals
    this.#clock = parts.clock
    this.#fingerprint = parts.fingerprint
  }

  /** Rejects with the Fault why it cannot listen there, or why its files cannot be read. */
  static async open(options: PageHostOptions): Promise<PageHost> {
    const { clock, report, tls, isVouchedFor = false } = options
    const fingerprint = isVouchedFor ? undefined : tls && fingerprintOf(tls)
    const [files, sessions] = await Promise.all([
      readPageFiles(options.files),
      BrowserSessions.open(options.folder)
    ])
    const links = new SignInLinks(clock)
    const sockets = new PageSockets(clock, options.connect)
    const refusals = new RefusalLog(clock, (text) => report('warning', `page: turned away: ${text}`))
    try {
      const server = await PageServer.listen({
        ...{ host: options.host, port: options.port, clock, files, sessions, links },
        ...(tls && { tls, isVouchedFor }),
        ...(options.captures !== undefined && { captures: options.captures }),
        upgrade: (request, socket, head, browser) => {
          if (sockets.isFull) refuseRaw(socket, 503)
          else sockets.take(request, socket, head, browser)
        },
        refused: (text) => refusals.add(text),
        told: (text) => report('info', `page: ${text}`),
        unkept: (why) =>
          report('warning', `page: who is signed in is known until the end of this run: ${why}`)
      })
      return new PageHost({ links, sessions, sockets, server, refusals, clock, fingerprint })
    } catch (error) {
      await sockets.close()
      throw error
    }
  }

  /** Without a token. */
  get url(): string {
    return `${this.#server.names.origin}/`
  }

  link(): PageLink {
    const url = `${this.url}?token=${this.#links.issue()}`
    return {
      url,
      validMs: LINK_MS,
      ...(this.#fingerprint !== undefined && { fingerprint: this.#fingerprint })
    }
  }

  /** Those that are signed in, the one that was here last first. */
  browsers(): readonly BrowserState[] {
    return this.#sessions.all.map(({ id, browser, address, sinceMs, seenMs }) => {
      const pages = this.#sockets.count(id)
      // One that looks at it is here.
      return { id, browser, address, since: sinceMs, seen: pages > 0 ? Date.now() : seenMs, pages }
    })
  }

  /**
   * Every browser has to sign in again, or those that are meant; resolves with the number of pages that were open. Rejects with
   * `usage` where that browser is not signed in.
   */
  async signOut({ browser, others }: SignOutWish = {}): Promise<number> {
    const isMeant = (id: string): boolean =>
      browser === undefined ? others === undefined || id !== others : id === browser
    const meant = this.#sessions.all.filter(({ id }) => isMeant(id))
    if (browser !== undefined && meant.length === 0) throw notSignedIn()
    const count = meant.reduce((sum, { id }) => sum + this.#sockets.count(id), 0)
    const isAll = browser === undefined && others === undefined
    // Nobody knows who has them.
    if (browser === undefined) this.#links.clear()
    try {
      await (isAll ? this.#sessions.signOutAll() : this.#sessions.signOut(isMeant))
    } finally {
      // Whoever asked is a page itself, and hears the answer first.
      this.#clock.after(ANSWER_MS, () => void this.#sockets.end('signed out', isMeant))
    }
    return count
  }

  /** Resolves when nobody is there any more, and the address is free. */
  async close(): Promise<void> {
    this.#refusals.dispose()
    // First: nobody comes while those that are here leave.
    const closed = this.#server.close()
    await this.#sockets.close()
    await closed
    await this.#sessions.settled()
  }
}

function notSignedIn(): Fault {
  return new Fault(
    'usage',
    'No browser of that id is signed in. farport page --browsers lists those that are.'
  )
}

function fingerprintOf({ current: { own } }: RenewedKeys): string {
  return new X509Certificate(own.certificate).fingerprint256
}
