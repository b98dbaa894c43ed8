/** The topic `traffic` of a running instance: which recording is meant, and what a peer may have of it. Called by the backend. */
import type { Clock } from '../../base/clock.ts'
import type { Disposable, Event } from '../../base/event.ts'
import { permissionFor, shareCalled, type Settings } from '../../contract/settings.ts'
import type { TopicArguments } from '../../contract/topics.ts'
import type { TrustStore } from '../../peers/trust.ts'
import type { Identity } from '../../rpc/permitted.ts'
import type { Subscriber } from '../../rpc/subscription.ts'
import type { Core } from '../core.ts'
import { TrafficTopic } from '../recording/traffic-topic.ts'
import { reaches, seenPort } from './permits.ts'

export interface WatchingTrafficOptions {
  readonly core: Core
  readonly clock: Clock
  readonly trust: TrustStore
  readonly settings: () => Settings
  readonly computer: () => string
  /** What runs may be something else now. */
  readonly onState: Event<void>
}

export class WatchingTraffic implements Disposable {
  readonly #options: WatchingTrafficOptions
  readonly #topic: TrafficTopic

  constructor(options: WatchingTrafficOptions) {
    const { core, clock, computer, onState } = options
    this.#options = options
    this.#topic = new TrafficTopic({
      clock,
      computer,
      recorded: {
        onState,
        recorder: (id) => core.recorder(id),
        bridge: (id) => {
          const state = core.stateOf(id)
          return state?.kind === 'rotator' ? undefined : state
        },
        join: (port, session, terms, shown) => core.join(port, session, terms, shown)
      }
    })
  }

  /** Throws as TrafficTopic does. */
  subscribe(args: TopicArguments<'traffic'>, who: Identity, subscriber: Subscriber): Disposable {
    if ('port' in args) return this.#topic.subscribe(args, subscriber)
    const { settings, trust } = this.#options
    const meant = { ...args, id: idOf(settings(), args.id) }
    if (who.type === 'owner') return this.#topic.subscribe(meant, subscriber)
    const { id } = who
    return this.#topic.subscribe(meant, subscriber, {
      id,
      seenPort,
      mayReadHistory: (share) => {
        const peer = trust.get(id)
        const may = peer && permissionFor(peer, share)
        return may !== undefined && may.history && reaches(may.level, 'observe')
      }
    })
  }

  dispose(): void {
    this.#topic.dispose()
  }
}

/** Of a share or link that people call so; what is in no settings has its id alone. */
export function idOf(settings: Settings, text: string): string {
  const { links } = settings
  const share = shareCalled(settings, text)
  const link = links.find(({ id }) => id === text) ?? links.find(({ name }) => name === text)
  return (share?.id === text ? share : link?.id === text ? link : (share ?? link))?.id ?? text
}
