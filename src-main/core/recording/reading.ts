/** One who watches a recording: where it is in it, and what it is sent. Called by traffic-topic.ts. */
import type { Clock } from '../../base/clock.ts'
import type { Disposable } from '../../base/event.ts'
import { Lifetime } from '../../base/lifetime.ts'
import type { Recorder } from '../../capture/recorder.ts'
import { Fault } from '../../contract/faults.ts'
import {
  MAX_TRAFFIC_PAGE,
  TRAFFIC_CREDIT,
  TRAFFIC_PACE_MS,
  type TrafficFrom,
  type TrafficItem
} from '../../contract/recording.ts'
import type { BridgeState } from '../../contract/state.ts'
import type { Subscriber } from '../../rpc/subscription.ts'
import { copyRecords } from '../../traffic/page-writer.ts'
import { Cursor, recordSince, type Slice } from './cursor.ts'

const NS_PER_MS = 1e6

export interface Reader {
  readonly id: string
  readonly from: TrafficFrom
  readonly clock: Clock
  readonly computer: string
  readonly recorder: () => Recorder | undefined
  readonly bridge: () => BridgeState | undefined
  /** It is sent something no more often than this, in ms; asked again and again. */
  readonly paceMs: () => number
  /** Tells a recording from all others. */
  readonly nameOf: (recorder: Recorder) => string
}

type Begin = Extract<TrafficItem, { readonly type: 'begin' }>

export class Reading implements Disposable {
  protected readonly reader: Reader
  readonly #subscriber: Subscriber
  /** With the recording that it reads. */
  #life = new Lifetime()
  #recorder: Recorder | undefined
  #cursor: Cursor | undefined
  /** It is to be sent first. */
  #begin: (() => Begin) | undefined
  #rest: Disposable | undefined
  /** The recording tells when it grew … */
  #growing: Disposable | undefined
  /** … or, where many are watched, is not asked before this is over. */
  #pause: Disposable | undefined
  #ended = false
  /** Nothing more comes: it is over when all of it was sent. */
  #isRemoved = false

  constructor(reader: Reader, subscriber: Subscriber) {
    this.reader = reader
    this.#subscriber = subscriber
    subscriber.onCredit = () => this.#pump()
  }

  /** The state changed: another recording may be in its place, or none. */
  look(): void {
    if (this.#ended) return
    const recorder = this.reader.recorder()
    if (recorder === this.#recorder) return
    // What came since the last look is sent first.
    this.#isRemoved = !recorder
    this.#pump()
    if (recorder) this.#take(recorder)
    else this.#endIfRead()
  }

  dispose(): void {
    this.#ended = true
    this.#rest?.dispose()
    this.#life.dispose()
  }

  // What a peer sees otherwise.

  /** The first record that is sent, of a recording that was there before it came or not. */
  protected firstOf(recorder: Recorder, isNew: boolean): number {
    return isNew ? 0 : this.#resolve(recorder)
  }

  /** No record before this one is sent; asked again and again. */
  protected horizon(): number {
    return 0
  }

  protected beginOf(begin: Begin): Begin {
    return begin
  }

  protected pageOf({ page, from, to }: Slice): Uint8Array {
    return copyRecords(page, from, to)
  }

  protected get maxPage(): number {
    return MAX_TRAFFIC_PAGE
  }

  #take(recorder: Recorder): void {
    const isNew = this.#recorder !== undefined
    this.#life.dispose()
    this.#life = new Lifetime()
    this.#recorder = recorder
    const { log } = recorder
    const cursor = new Cursor(log, this.firstOf(recorder, isNew))
    this.#cursor = cursor
    this.#begin = () => {
      cursor.skipTo(this.horizon())
      cursor.skipTo(log.first)
      const { id, computer, nameOf, bridge } = this.reader
      const { name = id, port = '' } = bridge() ?? {}
      return this.beginOf({
        ...{ type: 'begin', id, name, port, computer, recording: nameOf(recorder) },
        ...{ first: log.first, next: log.end, from: cursor.next }
      })
    }
    // What it holds is there until it was read, also where its share is removed.
    this.#life.add(recorder.keep())
    this.#life.add({ dispose: () => this.#stopListening() })
    this.#listen(recorder)
    this.#pump()
  }

  #listen(recorder: Recorder): void {
    this.#growing = recorder.onGrow(() => this.#grew(recorder))
  }

  #stopListening(): void {
    this.#growing?.dispose()
    this.#pause?.dispose()
  }

  /** A recording that nobody listens to spends nothing on telling that it grew. */
  #grew(recorder: Recorder): void {
    this.#pump()
    const paceMs = this.reader.paceMs()
    // The recording keeps to the usual pace by itself.
    if (this.#ended || recorder !== this.#recorder || paceMs <= TRAFFIC_PACE_MS) return
    this.#stopListening()
    this.#pause = this.reader.clock.after(paceMs, () => {
      this.#listen(recorder)
      if (this.#cursor?.isBehind) this.#grew(recorder)
    })
  }

  #pump(): void {
    const [subscriber, cursor] = [this.#subscriber, this.#cursor]
    if (this.#ended || !cursor || subscriber.credit === 0) return
    if (this.#begin) {
      const begin = this.#begin()
      this.#begin = undefined
      subscriber.send(begin)
    }
    for (let pages = 0; this.#credit > 0; pages++) {
      if (pages >= TRAFFIC_CREDIT) {
        this.#pumpLater()
        return
      }
      cursor.skipTo(this.horizon())
      const slice = cursor.read(this.maxPage)
      if (!slice) break
      subscriber.send({ type: 'page', page: this.pageOf(slice) } satisfies TrafficItem)
    }
    this.#endIfRead()
  }

  /** 0 at the end, which sending may bring. */
  get #credit(): number {
    return this.#ended ? 0 : this.#subscriber.credit
  }

  #endIfRead(): void {
    if (this.#ended || !this.#isRemoved || this.#cursor?.isBehind) return
    this.#subscriber.end(new Fault('peer-closed', 'It is not there any more: it was removed.'))
  }

  /** Whoever has much to catch up with leaves time for others. */
  #pumpLater(): void {
    this.#rest ??= this.reader.clock.after(TRAFFIC_PACE_MS, () => {
      this.#rest = undefined
      this.#pump()
    })
  }

  #resolve(recorder: Recorder): number {
    const { log } = recorder
    const { from, clock, nameOf } = this.reader
    if (from === 'now') return log.end
    if (from === 'start') return log.first
    if ('lastMs' in from) return recordSince(log, (clock.nowMs() - from.lastMs) * NS_PER_MS)
    return from.recording === nameOf(recorder) ? Math.min(from.record, log.end) : log.first
  }
}
