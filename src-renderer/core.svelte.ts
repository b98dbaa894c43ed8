/**
 * The page's mirror of the running Farport: its state, its notices, and the way to ask it for something. The only file of the page that
 * touches rpc. Comes back by itself when the other side was gone.
 */
import { Backoff } from '../src-main/base/backoff.ts'
import { sleep } from '../src-main/base/clock.ts'
import type { Disposable } from '../src-main/base/event.ts'
import { Fault, toFault } from '../src-main/contract/faults.ts'
import type { ServiceCommand, ServiceInput, ServiceResult } from '../src-main/contract/service-commands.ts'
import type { StateTree } from '../src-main/contract/state.ts'
import {
  MAX_PAST_NOTICES,
  type NoticeLine,
  type TopicInput,
  type TopicItem,
  type TopicName
} from '../src-main/contract/topics.ts'
import type { Channel } from '../src-main/rpc/channel.ts'
import { RpcClient } from '../src-main/rpc/client.ts'
import { StateMirror } from '../src-main/rpc/state-mirror.ts'
import { pageClock } from './clock.ts'
import { words } from './words/words.ts'

/** Notices that the page keeps: the drawer of a share shows the last 20 of its own. */
const MAX_NOTICES = 500

/** Tries to come back: at once at first, and each few seconds later, in ms. */
const FIRST_TRY_MS = 250
const LAST_TRY_MS = 4000

/** What moves in the page moves so often, in ms … */
const COUNTS_MS = 100
/** … where somebody looks: a page that nobody sees has no frames, and takes what is new so often. */
const UNSEEN_MS = 1000

/** `lost`: it was there, or never came; it is tried again. */
export type CoreStatus =
  | { readonly type: 'connecting' }
  | { readonly type: 'open' }
  | { readonly type: 'lost'; readonly fault: Fault; readonly since: number }

const EMPTY: StateTree = { bridges: {}, rotators: {} }

export class Core implements Disposable {
  readonly #open: (signal: AbortSignal) => Promise<Channel>
  readonly #end = new AbortController()
  readonly #backoff = new Backoff(FIRST_TRY_MS, LAST_TRY_MS)
  #client: RpcClient | undefined

  status = $state.raw<CoreStatus>({ type: 'connecting' })
  /** What did not change in it is the same object as before. The last one stays while the core is lost. */
  tree = $state.raw<StateTree>(EMPTY)
  /** The newest last. */
  notices = $state.raw<readonly NoticeLine[]>([])

  constructor(open: (signal: AbortSignal) => Promise<Channel>) {
    this.#open = open
    void this.#run()
  }

  /** Rejects with the Fault that the core tells, or with the one why it is lost. */
  call<Name extends ServiceCommand>(
    name: Name,
    args: ServiceInput<Name>,
    signal?: AbortSignal
  ): Promise<ServiceResult<Name>> {
    const client = this.#client
    if (client) return client.call(name, args, signal)
    const { status } = this
    return Promise.reject(status.type === 'lost' ? status.fault : new Fault('peer-closed', words.app.notYet))
  }

  /**
   * Ends with the connection; `ended` is called then, and whoever still wants it subscribes again. `credit`: items that may be on their way,
   * where they are large.
   */
  subscribe<Name extends TopicName>(
    topic: Name,
    args: TopicInput<Name>,
    item: (item: TopicItem<Name>) => void | Promise<void>,
    ended: (fault?: Fault) => void,
    { credit }: { readonly credit?: number } = {}
  ): Disposable {
    if (this.#client)
      return this.#client.subscribe(topic, args, item, { ended, ...(credit !== undefined && { credit }) })
    void Promise.resolve().then(() => ended())
    return { dispose: () => undefined }
  }

  dispose(): void {
    this.#end.abort(new Fault('peer-closed', words.app.closed))
    this.#client?.dispose()
  }

  async #run(): Promise<void> {
    const { signal } = this.#end
    const ended = (): boolean => signal.aborted
    while (!ended()) {
      try {
        this.#lost(await this.#stay(await this.#open(signal)))
      } catch (error) {
        this.#lost(toFault(error))
      }
      // Rejects where the page was closed, and nothing else is waited for.
      await sleep(pageClock, this.#backoff.next(), signal).catch(() => undefined)
    }
  }

  /** Resolves with why it is over. */
  #stay(channel: Channel): Promise<Fault> {
    const client = new RpcClient(channel, { clock: pageClock })
    const mirror = new StateMirror(client, { clock: pageClock, countsMs: COUNTS_MS, ready: nextFrame })
    this.#client = client
    return new Promise((resolve) => {
      const over = (fault: Fault): void => {
        this.#client = undefined
        mirror.dispose()
        client.dispose()
        resolve(fault)
      }
      mirror.onChange((tree) => {
        this.tree = tree
        if (this.status.type === 'open') return
        this.status = { type: 'open' }
        this.#backoff.reset()
      })
      mirror.onEnd((fault) => over(fault ?? new Fault('peer-closed', words.app.silent)))
      client.onClose(over)
      this.notices = []
      client.subscribe('notices', { past: MAX_PAST_NOTICES }, (item) => this.#hear(item))
    })
  }

  #hear(item: TopicItem<'notices'>): void {
    if ('leftOut' in item) return
    this.notices = [...this.notices, item].slice(-MAX_NOTICES)
  }

  #lost(fault: Fault): void {
    const since = this.status.type === 'lost' ? this.status.since : Date.now()
    this.status = { type: 'lost', fault, since }
  }
}

/** What came before it is drawn. */
function nextFrame(): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      cancelAnimationFrame(frame)
      unseen.dispose()
      resolve()
    }
    const frame = requestAnimationFrame(done)
    const unseen = pageClock.after(UNSEEN_MS, done)
  })
}
