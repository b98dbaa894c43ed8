/** What clients of a running instance get: its commands, its state and its notices. Permission was asked for before. Called by instance.ts. */
import type { Clock } from '../../base/clock.ts'
import type { Disposable, Event } from '../../base/event.ts'
import { Lifetime } from '../../base/lifetime.ts'
import type { ServiceCommand } from '../../contract/service-commands.ts'
import type { NoticeItem, NoticeLine, TopicArguments, TopicName } from '../../contract/topics.ts'
import type { StateTree } from '../../contract/state.ts'
import type { Backend, Identity } from '../../rpc/permitted.ts'
import { RingTopic } from '../../rpc/ring-topic.ts'
import { StateTopic, type View } from '../../rpc/state-topic.ts'
import type { Subscriber } from '../../rpc/subscription.ts'
import type { Captures } from '../recording/captures.ts'
import type { Handlers } from './house.ts'
import { PastNotices } from './past-notices.ts'
import type { Terminals } from './terminals.ts'
import type { WatchingTraffic } from './watching-traffic.ts'

/** What a reader of notices may leave lying. */
const MAX_NOTICES = 500

type AnyHandler = (args: unknown, who: Identity, signal: AbortSignal) => Promise<unknown>

export interface BackendOptions {
  readonly handlers: Handlers
  readonly state: () => StateTree
  /** It changed in more than its byte counts, or what somebody may see of it did. */
  readonly changes: Event<void>
  /** What this one sees of it. */
  readonly viewOf: (who: Identity) => View
  readonly clock: Clock
  readonly terminals: Pick<Terminals, 'subscribe'>
  readonly traffic: Pick<WatchingTraffic, 'subscribe'>
  readonly captures: Pick<Captures, 'subscribe' | 'replay'>
  /** An owner watches the state, or none does any more. */
  readonly ownerWatches?: (watches: boolean) => void
}

export class InstanceBackend implements Backend, Disposable {
  readonly #options: BackendOptions
  readonly #notices = new RingTopic<NoticeItem>({ maxItems: MAX_NOTICES })
  readonly #past = new PastNotices()
  readonly #state: StateTopic
  readonly #life = new Lifetime()
  /** Of those who watch the state: who own this computer. */
  #owners = 0

  constructor(options: BackendOptions) {
    this.#options = options
    this.#state = this.#life.add(new StateTopic(options.state, options.changes, options.clock))
    this.#life.add(this.#notices)
  }

  call(name: ServiceCommand, args: unknown, who: Identity, signal: AbortSignal): Promise<unknown> {
    // The name's own schema has read the arguments.
    return (this.#options.handlers[name] as AnyHandler)(args, who, signal)
  }

  subscribe(topic: TopicName, args: unknown, who: Identity, subscriber: Subscriber): Disposable {
    switch (topic) {
      case 'notices':
        // The topic's own schema has read the arguments.
        return this.#heard(subscriber, args as TopicArguments<'notices'>)
      case 'terminal':
        return this.#options.terminals.subscribe(args as TopicArguments<'terminal'>, subscriber)
      case 'traffic':
        // The topic's own schema has read the arguments.
        return this.#options.traffic.subscribe(args as TopicArguments<'traffic'>, who, subscriber)
      case 'capture':
        // The topic's own schema has read the arguments.
        return this.#options.captures.subscribe(args as TopicArguments<'capture'>, subscriber)
      case 'replay':
        // The topic's own schema has read the arguments.
        return this.#options.captures.replay(args as TopicArguments<'replay'>, subscriber)
      case 'state':
        return this.#watched(
          // The topic's own schema has read the arguments.
          this.#state.subscribe(subscriber, {
            view: this.#options.viewOf(who),
            // Another computer looks each second: each look costs this one a whole tree.
            ...(who.type === 'owner' && (args as TopicArguments<'state'>))
          }),
          who
        )
    }
  }

  /** For whoever reads notices. */
  tell(line: NoticeLine): void {
    this.#past.add(line)
    this.#notices.publish(line)
  }

  dispose(): void {
    this.#life.dispose()
  }

  #heard(subscriber: Subscriber, { past }: TopicArguments<'notices'>): Disposable {
    return this.#notices.subscribe(subscriber, { first: this.#past.last(past) })
  }

  #watched(subscription: Disposable, who: Identity): Disposable {
    const isOwner = who.type === 'owner'
    if (isOwner && ++this.#owners === 1) this.#options.ownerWatches?.(true)
    let isThere = true
    return {
      dispose: () => {
        subscription.dispose()
        if (!isThere) return
        isThere = false
        if (isOwner && --this.#owners === 0) this.#options.ownerWatches?.(false)
      }
    }
  }
}
