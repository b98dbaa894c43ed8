/**
 * The page of a running Farport, where somebody wants one: opened, moved and closed as the command line and the settings say. Called by
 * hosts. Loads the HTTP server only then.
 */
import type { Clock } from '../../base/clock.ts'
import type { Disposable, Event } from '../../base/event.ts'
import { Emitter } from '../../base/event.ts'
import { Fault, toFault } from '../../contract/faults.ts'
import type { BrowserState, HostState, PageLink, SignOutWish } from '../../contract/host.ts'
import { OWN_CERTIFICATE, type Preferences } from '../../contract/settings.ts'
import type { PageDesk } from '../../core/instance/host.ts'
import type { Channel } from '../../rpc/channel.ts'
import type { PageHost } from './page-host.ts'
import { pageTls } from './page-tls.ts'
import { checkPlace, type PagePlace } from './place.ts'

/** How often a place that could not be had is tried again, in ms. */
export const PAGE_TRY_MS = 1000

export interface PageDoorOptions {
  /** Where the installation keeps what is its own. */
  readonly folder: string
  readonly clock: Clock
  /** A page came: for its owner. */
  readonly connect: (channel: Channel) => void
  readonly report: (level: 'info' | 'warning', text: string) => void
  /** Of the page's files; absent: those that were built. */
  readonly files?: string
  /** Of the captures that a browser may fetch; absent: none. */
  readonly captures?: string
}

export class PageDoor implements PageDesk {
  readonly #options: PageDoorOptions
  readonly #changes = new Emitter<void>()
  #given: PagePlace | undefined
  #wanted: PagePlace | undefined
  #host: PageHost | undefined
  #fault: Fault | undefined
  #again: Disposable | undefined
  #row: Promise<void> = Promise.resolve()
  #closed = false

  /** `state` changed. */
  readonly onChange: Event<void> = this.#changes.event

  constructor(options: PageDoorOptions) {
    this.#options = options
  }

  /** Undefined: nobody wants one. */
  get state(): HostState['page'] {
    if (this.#host) return { url: this.#host.url }
    return this.#fault && { fault: this.#fault.toJSON() }
  }

  /** Serves it there, whatever the settings say. Rejects with the Fault why it cannot. */
  async give(place: PagePlace): Promise<void> {
    this.#given = place
    this.#wanted = place
    await this.#then(() => this.#open(place))
  }

  /** What the settings say; where it cannot be had that is told, and tried on. Resolves when it was tried once; never rejects. */
  obey({ enabled, ...place }: Preferences['page']): Promise<void> {
    const wanted = enabled ? place : undefined
    if (this.#given || isSame(wanted, this.#wanted)) return this.#row
    this.#wanted = wanted
    return this.#then(async () => {
      await this.#shut()
      this.#fault = undefined
      if (wanted) await this.#try(wanted)
      this.#changes.fire()
    })
  }

  async link(): Promise<PageLink> {
    return (await this.#needed()).link()
  }

  async browsers(): Promise<readonly BrowserState[]> {
    return (await this.#needed()).browsers()
  }

  async signOut(wish: SignOutWish): Promise<number> {
    return (await this.#needed()).signOut(wish)
  }

  /** Resolves when nobody is there any more, and the address is free. */
  close(): Promise<void> {
    this.#closed = true
    this.#again?.dispose()
    return this.#then(() => this.#shut())
  }

  /** One after the other. */
  #then(next: () => Promise<void>): Promise<void> {
    const done = this.#row.then(next)
    this.#row = done.catch(() => undefined)
    return done
  }

  async #try(place: PagePlace): Promise<void> {
    try {
      await this.#open(place)
      this.#fault = undefined
    } catch (error) {
      const { code, message, cause } = toFault(error)
      const text = `The page cannot be served: ${message}`
      if (this.#fault?.message !== text) this.#options.report('warning', text)
      this.#fault = new Fault(code, text, cause)
      this.#again = this.#options.clock.after(
        PAGE_TRY_MS,
        () =>
          void this.#then(async () => {
            if (this.#closed || !isSame(place, this.#wanted)) return
            await this.#try(place)
            this.#changes.fire()
          }),
        'idle'
      )
    }
  }

  async #open(place: PagePlace): Promise<void> {
    if (this.#closed) return
    checkPlace(place)
    const { clock, connect, report, files, folder, captures } = this.#options
    const { host, port, certificate } = place
    const tls = await pageTls(place, { folder, clock, warn: (text) => report('warning', `page: ${text}`) })
    const { PageHost } = await import('./page-host.ts')
    this.#host = await PageHost.open({
      ...{ host, port, folder, clock, connect, report },
      ...(tls && { tls, isVouchedFor: certificate !== OWN_CERTIFICATE }),
      ...(files !== undefined && { files }),
      ...(captures !== undefined && { captures })
    })
    report('info', `page: at ${this.#host.url}`)
  }

  async #shut(): Promise<void> {
    const host = this.#host
    this.#host = undefined
    this.#again?.dispose()
    await host?.close()
  }

  async #needed(): Promise<PageHost> {
    await this.#row
    if (this.#host) return this.#host
    throw (
      this.#fault ??
      new Fault(
        'unsupported',
        'The Farport that runs here serves no page. Switch it on: farport page --on, or farport serve --http 127.0.0.1:7373'
      )
    )
  }
}

function isSame(one: PagePlace | undefined, other: PagePlace | undefined): boolean {
  return (['host', 'port', 'certificate', 'key'] as const).every((each) => one?.[each] === other?.[each])
}
