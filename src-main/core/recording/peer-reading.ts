/** A peer that watches a recording: it sees who uses a share as the state shows it, and of what passed before it came what it may. */
import type { Recorder } from '../../capture/recorder.ts'
import { MAX_TRAFFIC_PAGE, type TrafficItem } from '../../contract/recording.ts'
import type { Subscriber } from '../../rpc/subscription.ts'
import type { Slice } from './cursor.ts'
import { peerPage } from './peer-page.ts'
import { Reading, type Reader } from './reading.ts'
import type { PeerWatcher } from './traffic-topic.ts'

/** Sessions whose label is remembered: those who left are in records for a while. */
const MAX_KNOWN = 1000

export class PeerReading extends Reading {
  readonly #peer: PeerWatcher
  /** Labels of sessions that were a paired computer's. */
  readonly #known = new Map<number, string>()
  /** What passed before it came ends there. */
  #came = 0

  constructor(reader: Reader, subscriber: Subscriber, peer: PeerWatcher) {
    super(reader, subscriber)
    this.#peer = peer
  }

  override look(): void {
    for (const { id, label, peer } of this.reader.bridge()?.sessions ?? [])
      if (peer !== undefined) this.#know(id, label)
    super.look()
  }

  protected override firstOf(recorder: Recorder, isNew: boolean): number {
    // A recording that takes the place of one that it watched began while it was here.
    this.#came = isNew ? 0 : recorder.log.end
    return super.firstOf(recorder, isNew)
  }

  protected override horizon(): number {
    return this.#mayReadHistory ? 0 : this.#came
  }

  protected override beginOf(
    begin: Extract<TrafficItem, { readonly type: 'begin' }>
  ): Extract<TrafficItem, { readonly type: 'begin' }> {
    const port = this.#peer.seenPort(begin.port)
    if (this.#mayReadHistory) return { ...begin, port }
    return { ...begin, port, first: begin.from, noHistory: true }
  }

  protected override pageOf(slice: Slice): Uint8Array {
    const labels = new Set(this.#known.values())
    return peerPage(slice, {
      isKnown: (session) => this.#known.has(session),
      isKnownLabel: (label) => labels.has(label),
      owner: this.reader.computer
    })
  }

  /** Labels may be longer there. */
  protected override get maxPage(): number {
    return MAX_TRAFFIC_PAGE / 2
  }

  get #mayReadHistory(): boolean {
    return this.#peer.mayReadHistory(this.reader.id)
  }

  #know(session: number, label: string): void {
    this.#known.set(session, label)
    const [oldest] = this.#known.keys()
    if (this.#known.size > MAX_KNOWN && oldest !== undefined) this.#known.delete(oldest)
  }
}
