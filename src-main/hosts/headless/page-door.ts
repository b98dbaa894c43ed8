/**
 * The page of a running Farport, where somebody wants one: opened, moved and closed as the settings say. Called by hosts. Loads the
 * HTTP server only then.
 */
import type { Clock } from '../../base/clock.ts'
import { Fault } from '../../contract/faults.ts'
import type { Channel } from '../../rpc/channel.ts'
import type { PageHost, PageLink } from './page-host.ts'
import { checkPlace, type PagePlace } from './place.ts'
import { pageTls } from './page-tls.ts'

export interface PageDoorOptions {
  /** Where the installation keeps what is its own. */
  readonly folder: string
  readonly clock: Clock
  readonly connect: (channel: Channel) => void
  readonly report: (level: 'info' | 'warning', text: string) => void
}

export class PageDoor {
  readonly #options: PageDoorOptions
  #host: PageHost | undefined

  constructor(options: PageDoorOptions) {
    this.#options = options
  }

  /** Serves it there. Rejects with the Fault why it cannot. */
  async open(place: PagePlace): Promise<void> {
    checkPlace(place)
    const { host, port } = place
    const tls = await pageTls(place, this.#options.folder)
    const { PageHost } = await import('./page-host.ts')
    this.#host = await PageHost.open({ ...this.#options, host, port, ...(tls && { tls }) })
  }

  /** For people: `http://127.0.0.1:7373/`; undefined: there is none. */
  get url(): string | undefined {
    return this.#host?.url
  }

  /** For one browser. Throws `unsupported` where there is no page. */
  link(): PageLink {
    return this.#needed().link()
  }

  /** Every browser has to sign in again; resolves with the number of pages that were open. */
  signOut(): Promise<number> {
    return this.#needed().signOut()
  }

  async close(): Promise<void> {
    const host = this.#host
    this.#host = undefined
    await host?.close()
  }

  #needed(): PageHost {
    if (this.#host) return this.#host
    throw new Fault(
      'unsupported',
      'The Farport that runs here serves no page. Start it so that it does: farport serve --http 127.0.0.1:7373'
    )
  }
}
