/** The recording of another process: the Farport that runs here, or a paired one. */
import {
  TRAFFIC_CREDIT,
  type TrafficFrom,
  type TrafficItem,
  type TrafficSpec
} from '../../../contract/recording.ts'
import type { LineSettings } from '../../../contract/line.ts'
import type { RpcClient } from '../../../rpc/client.ts'
import { Page } from '../../../traffic/page.ts'
import type { Feed, FeedReader } from './feed.ts'

/** What is watched, without where to begin. */
export type FarWhat =
  | { readonly id: string; readonly settings?: LineSettings; readonly idle?: string }
  | { readonly port: Extract<TrafficSpec, { port: unknown }>['port'] }

export class FarFeed implements Feed {
  readonly isLive = true
  readonly #client: Pick<RpcClient, 'subscribe'>
  readonly #what: FarWhat

  /** `client`: lent, and not disposed here. */
  constructor(client: Pick<RpcClient, 'subscribe'>, what: FarWhat) {
    this.#client = client
    this.#what = what
  }

  get idle(): string | undefined {
    return 'id' in this.#what ? this.#what.idle : undefined
  }

  run(from: TrafficFrom, reader: FeedReader, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (settle: () => void): void => {
        signal.removeEventListener('abort', stop)
        subscription.dispose()
        settle()
      }
      const stop = (): void => end(resolve)
      let broken: Error | undefined
      const spec: TrafficSpec =
        'id' in this.#what ? { id: this.#what.id, from } : { port: this.#what.port, from }
      const subscription = this.#client.subscribe(
        'traffic',
        spec,
        (item) =>
          this.#item(item, reader).catch((error: unknown) => {
            broken = toError(error)
            throw error
          }),
        {
          credit: TRAFFIC_CREDIT,
          ended: (fault) => end(() => (fault ? reject(broken ?? fault) : resolve()))
        }
      )
      if (signal.aborted) stop()
      else signal.addEventListener('abort', stop, { once: true })
    })
  }

  async #item(item: TrafficItem, reader: FeedReader): Promise<void> {
    if (item.type === 'page') {
      await reader.page(Page.from(item.page))
      return
    }
    const { name, port, computer, noHistory } = item
    const settings = 'id' in this.#what ? this.#what.settings : undefined
    await reader.begin({
      name,
      port,
      computer,
      ...(settings && { settings }),
      ...(noHistory && { noHistory })
    })
  }
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
