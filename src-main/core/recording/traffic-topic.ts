/**
 * Those who watch recordings as they grow: the topic `traffic`. Each has a cursor into a recording and nothing that waits for it, is told
 * what came no more often than the recording says it grew, the less often the more are watched, and ends with the share or link. Called by
 * the backend of an instance, and by a command that runs by itself. It reads recordings and nothing else: no port is opened, no session is made but for a port of its own.
 */
import { randomBytes } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'
import type { Disposable, Event } from '../../base/event.ts'
import { Lifetime } from '../../base/lifetime.ts'
import type { Recorder } from '../../capture/recorder.ts'
import type { PortSpec } from '../../contract/commands.ts'
import { Fault, toFault } from '../../contract/faults.ts'
import { MAX_PEER_WATCHES, READINGS_AT_FULL_PACE, TRAFFIC_PACE_MS } from '../../contract/recording.ts'
import type { BridgeState } from '../../contract/state.ts'
import type { TopicArguments } from '../../contract/topics.ts'
import type { Subscriber } from '../../rpc/subscription.ts'
import { WatchingSession } from '../../sessions/watching-session.ts'
import type { Session, Terms } from '../../sessions/session.ts'
import type { Joined } from '../users.ts'
import { PeerReading } from './peer-reading.ts'
import { Reading, type Reader } from './reading.ts'

/** What is watched, by ids of the state. */
export interface Recorded {
  /** Undefined: there is no such share or link, or it never ran. */
  recorder(id: string): Recorder | undefined
  bridge(id: string): BridgeState | undefined
  /** What these answer may be something else now. */
  readonly onState: Event<void>
  /** As `Core.join`. */
  join(
    port: PortSpec,
    session: Session,
    terms: Terms,
    shown: (link: Joined, session: number | undefined) => void
  ): Promise<void>
}

/** A peer that watches. */
export interface PeerWatcher {
  readonly id: string
  /** May it read what passed before it came? Asked again and again, for that may change. */
  readonly mayReadHistory: (share: string) => boolean
  /** The port as it may know it. */
  readonly seenPort: (port: string) => string
}

export interface TrafficTopicOptions {
  readonly recorded: Recorded
  readonly clock: Clock
  /** What this computer is called. */
  readonly computer: () => string
}

export class TrafficTopic implements Disposable {
  readonly #options: TrafficTopicOptions
  readonly #readings = new Set<Reading>()
  /** How many each peer has. */
  readonly #peers = new Map<string, number>()
  readonly #names = new WeakMap<Recorder, string>()
  readonly #life = new Lifetime()

  constructor(options: TrafficTopicOptions) {
    this.#options = options
    this.#life.add(
      options.recorded.onState(() => {
        for (const reading of [...this.#readings]) reading.look()
      })
    )
  }

  /** How many watch. */
  get count(): number {
    return this.#readings.size
  }

  /**
   * `args.id`: of the state, whatever the subscriber called it. `peer`: it is one, and sees no more than a peer may. Throws the Fault `usage`
   * where there is no such recording, or a peer watches too much already.
   */
  subscribe(args: TopicArguments<'traffic'>, subscriber: Subscriber, peer?: PeerWatcher): Disposable {
    if ('port' in args) return this.#watchPort(args, subscriber)
    const { recorded } = this.#options
    if (!recorded.recorder(args.id)) {
      const known = recorded.bridge(args.id)
      const what = known
        ? `${known.name} has not run yet`
        : `There is no share or link with the id ${args.id}`
      throw new Fault('usage', `${what}, so nothing was recorded. Switch it on first.`)
    }
    const life = new Lifetime()
    if (peer) life.add(this.#counted(peer.id))
    life.add(this.#read(args, subscriber, peer))
    return life
  }

  dispose(): void {
    this.#life.dispose()
    for (const reading of [...this.#readings]) reading.dispose()
  }

  #read(
    { id, from }: Pick<TopicArguments<'traffic'>, 'from'> & { readonly id: string },
    subscriber: Subscriber,
    peer?: PeerWatcher
  ): Disposable {
    const { recorded, clock, computer } = this.#options
    const reader: Reader = {
      ...{ id, from, clock, computer: computer() },
      recorder: () => recorded.recorder(id),
      bridge: () => recorded.bridge(id),
      paceMs: () => TRAFFIC_PACE_MS * Math.ceil(this.#readings.size / READINGS_AT_FULL_PACE),
      nameOf: (recorder) => this.#nameOf(recorder)
    }
    const reading = peer ? new PeerReading(reader, subscriber, peer) : new Reading(reader, subscriber)
    this.#readings.add(reading)
    reading.look()
    return {
      dispose: () => {
        this.#readings.delete(reading)
        reading.dispose()
      }
    }
  }

  #watchPort(
    { port, from }: Extract<TopicArguments<'traffic'>, { readonly port: unknown }>,
    subscriber: Subscriber
  ): Disposable {
    const session = new WatchingSession()
    const life = new Lifetime()
    session.onClose((reason) => {
      life.dispose()
      subscriber.end(new Fault('peer-closed', `The port is watched no more: ${reason.message}.`))
    })
    const shown = (link: Joined): void => {
      life.add(this.#read({ id: link.state.id, from }, subscriber))
      life.add(ifFirstFails(link, (fault) => subscriber.end(fault)))
    }
    this.#options.recorded
      .join(port, session, { observe: true }, shown)
      .catch((error: unknown) => subscriber.end(toFault(error)))
    return {
      dispose: () => {
        life.dispose()
        session.leave()
      }
    }
  }

  /** Counts until it is disposed. */
  #counted(peer: string): Disposable {
    const count = (this.#peers.get(peer) ?? 0) + 1
    if (count > MAX_PEER_WATCHES)
      throw new Fault(
        'usage',
        `No more than ${MAX_PEER_WATCHES} shares of this computer are watched at once: end one of them first.`
      )
    this.#peers.set(peer, count)
    return {
      dispose: () => {
        const left = (this.#peers.get(peer) ?? 1) - 1
        if (left > 0) this.#peers.set(peer, left)
        else this.#peers.delete(peer)
      }
    }
  }

  #nameOf(recorder: Recorder): string {
    const name = this.#names.get(recorder) ?? randomBytes(8).toString('hex')
    this.#names.set(recorder, name)
    return name
  }
}

/** Whoever watches a port that cannot be opened is told why; one that breaks later is opened again, and its recording says so. */
function ifFirstFails(link: Joined, failed: (fault: Fault) => void): Disposable {
  const life = new Lifetime()
  const look = (): void => {
    const { state } = link.state
    if (state.type !== 'open' && state.type !== 'waiting') return
    life.dispose()
    if (state.type === 'waiting') failed(new Fault(state.fault.code, state.fault.message))
  }
  life.add(link.onState(look))
  look()
  return life
}
