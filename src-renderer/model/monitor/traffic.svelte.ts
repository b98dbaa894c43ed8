/**
 * A recording in this window: subscribes it, keeps its newest part in memory of its own, cuts it into rows as it comes. Made for a desk,
 * disposed of with it; comes back by itself where the core was gone, and goes on where it was. Tells once a frame that it grew.
 *
 * Who cuts slower than it comes gives no credit meanwhile: the recording in the core is the queue, and where its ring overtakes this
 * window, an event says what is missing.
 */
import { untrack } from 'svelte'
import type { Disposable } from '../../../src-main/base/event.ts'
import type { Fault } from '../../../src-main/contract/faults.ts'
import type { LineSettings } from '../../../src-main/contract/line.ts'
import { TRAFFIC_CREDIT, type CaptureItem, type TrafficItem } from '../../../src-main/contract/recording.ts'
import type { TopicInput } from '../../../src-main/contract/topics.ts'
import type { InForce } from '../../../src-main/traffic/event-words.ts'
import { TrafficLog } from '../../../src-main/traffic/log.ts'
import type { RowMarks } from '../../../src-main/traffic/row-marks.ts'
import type { RowReader } from '../../../src-main/traffic/row-reader.ts'
import type { RowTable } from '../../../src-main/traffic/row-table.ts'
import { TEXT_ROWS, type RowRules } from '../../../src-main/traffic/row.ts'
import type { Core } from '../../core.svelte.ts'
import {
  MAX_WINDOW_BYTES,
  type MonitorBegin,
  type MonitorTarget,
  type Traffic,
  type TrafficStatus
} from './contract.ts'
import { Cutting } from './cutting.ts'
import { JoinedPages } from './joined-pages.ts'
import { pageTurns, type Turns } from './turns.ts'

/** The largest record of any recording, and what stands around it. */
const PAGE_BYTES = 1024 * 1024 + 4096
/** A row costs 37 bytes beside its own: with more of them, the table would be larger than the log. */
export const MAX_WINDOW_ROWS = 2_000_000
/** Of one slice of work, in ms. */
const SLICE_MS = 3

export interface LiveTrafficOptions {
  readonly core: Pick<Core, 'subscribe' | 'status' | 'tree'>
  readonly target: MonitorTarget
  readonly rules?: RowRules
  readonly turns?: Turns
  readonly maxBytes?: number
}

export class LiveTraffic implements Traffic {
  readonly target: MonitorTarget
  readonly log: TrafficLog
  readonly #core: LiveTrafficOptions['core']
  readonly #turns: Turns
  readonly #pages: JoinedPages
  readonly #spare: Uint8Array[] = []
  readonly #endRoot: () => void
  #cutting: Cutting
  #subscription: Disposable | undefined
  #isOver = false
  #isWorking = false
  #frame: Disposable | undefined
  /** Those who wait until all is cut. */
  #caughtUp: (() => void)[] = []
  #bytes = 0

  status = $state.raw<TrafficStatus>({ type: 'opening' })
  begin = $state.raw<MonitorBegin>()
  recordings = $state.raw<readonly MonitorBegin[]>([])
  version = $state(0)
  cut = $state(0)
  isCut = $state(true)

  constructor({
    core,
    target,
    rules = TEXT_ROWS,
    turns = pageTurns(),
    maxBytes = MAX_WINDOW_BYTES
  }: LiveTrafficOptions) {
    this.#core = core
    this.target = target
    this.#turns = turns
    this.log = new TrafficLog({
      store: {
        take: () => this.#spare.pop() ?? new Uint8Array(PAGE_BYTES),
        give: (bytes) => void this.#spare.push(bytes)
      },
      maxPages: Math.max(2, Math.floor(maxBytes / PAGE_BYTES)),
      // Of an event of our own: as what stands before it.
      wallOffsetMs: () => this.log.pages.at(-1)?.wallOffsetMs ?? 0
    })
    this.#pages = new JoinedPages(this.log)
    this.#cutting = this.#cut(rules)
    this.#endRoot = $effect.root(() => {
      const place = $derived(this.#place())
      let before: typeof place = 'lost'
      $effect(() => {
        // What ended is asked for again when the core is back, or a share of that id is.
        if (place === 'there' || (place === 'core' && before === 'lost')) untrack(() => this.#subscribe())
        before = place
      })
    })
  }

  get table(): RowTable {
    return this.#cutting.table
  }

  get reader(): RowReader {
    return this.#cutting.reader
  }

  get marks(): RowMarks {
    return this.#cutting.marks
  }

  readonly openRow = (): number | undefined => this.#cutting.openRow

  cutBy(rules: RowRules): void {
    if (this.#isOver) return
    const { marks, table } = this.#cutting
    const settings = this.#cutting.settingsAt(this.log.first) ?? this.#settings
    this.#cutting = this.#cut(
      rules,
      settings,
      table.end > table.first ? marks.inForce(table.first) : undefined
    )
    this.cut++
    this.isCut = false
    this.#work()
  }

  dispose(): void {
    this.#isOver = true
    this.#endRoot()
    this.#subscription?.dispose()
    this.#frame?.dispose()
    for (const resolve of this.#caughtUp.splice(0)) resolve()
  }

  #cut(rules: RowRules, settings?: LineSettings, inForce: InForce = { settings }): Cutting {
    return new Cutting({ log: this.log, rules, settings, inForce, maxRows: MAX_WINDOW_ROWS })
  }

  /** Of a file: in force at its first record. */
  get #settings(): LineSettings | undefined {
    return this.begin && 'settings' in this.begin ? this.begin.settings : undefined
  }

  /** Where the target may be found now; another value: it is worth to look. */
  #place(): 'lost' | 'core' | 'there' {
    const { status, tree } = this.#core
    if (status.type !== 'open') return 'lost'
    // Of a share that never ran there is none.
    return this.target.type === 'recording' && tree.bridges[this.target.id]?.recording ? 'there' : 'core'
  }

  #subscribe(): void {
    if (this.#subscription || this.#isOver || this.status.type === 'read') return
    const { target } = this
    if (!this.begin) this.status = { type: 'opening' }
    // An answer of a subscription before is none of this one.
    let isCurrent = true
    const ended = (fault?: Fault): void => {
      if (!isCurrent) return
      this.#subscription = undefined
      if (this.status.type !== 'read') this.status = { type: 'over', ...(fault && { fault: fault.toJSON() }) }
    }
    const subscription =
      target.type === 'file'
        ? this.#core.subscribe('capture', { name: target.name }, (item) => this.#readItem(item), ended)
        : this.#core.subscribe('traffic', this.#wish(target), (item) => this.#liveItem(item), ended, {
            credit: TRAFFIC_CREDIT
          })
    this.#subscription = {
      dispose: () => {
        isCurrent = false
        subscription.dispose()
      }
    }
  }

  #wish(target: Exclude<MonitorTarget, { readonly type: 'file' }>): TopicInput<'traffic'> {
    const { begin } = this
    const from =
      begin && 'next' in begin ? { record: this.#pages.next, recording: begin.recording } : ('start' as const)
    return target.type === 'port' ? { port: target.port, from } : { id: target.id, from }
  }

  #liveItem(item: TrafficItem): Promise<void> | undefined {
    if (item.type === 'page') return this.#page(item.page)
    const before = this.begin
    if (before && 'next' in before && before.recording !== item.recording) this.#pages.begin(item.from)
    this.begin = item
    this.recordings = [item]
    this.status = { type: 'live' }
    return undefined
  }

  #readItem(item: CaptureItem): Promise<void> | undefined {
    const wanted = this.target.type === 'file' ? this.target.recording : 0
    switch (item.type) {
      case 'begin':
        if (!this.recordings.some((each) => 'isOwn' in each && each.recording === item.recording))
          this.recordings = [...this.recordings, item]
        if (item.recording === wanted && !this.begin) {
          this.begin = item
          this.#cutting = this.#cut(this.#cutting.rules, item.settings)
        }
        this.status = { type: 'reading', bytes: this.#bytes }
        return undefined
      case 'page':
        return item.recording === wanted ? this.#page(item.page) : undefined
      case 'end':
        this.status = { type: 'read', problems: item.problems }
        return undefined
    }
  }

  /** Resolves when it is cut: more is only asked for then. */
  #page(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#isOver) return undefined
    this.#pages.append(bytes)
    this.#bytes += bytes.length
    this.#work()
    return this.#isWorking ? new Promise((resolve) => this.#caughtUp.push(resolve)) : undefined
  }

  #work(): void {
    if (this.#isWorking) return
    this.#isWorking = true
    this.#slice()
  }

  readonly #slice = (): void => {
    if (this.#isOver) return
    this.#growSoon()
    if (this.#cutting.step(SLICE_MS, () => this.#turns.nowMs())) {
      this.#turns.soon(this.#slice)
      return
    }
    this.#isWorking = false
    for (const resolve of this.#caughtUp.splice(0)) resolve()
  }

  #growSoon(): void {
    this.#frame ??= this.#turns.frame(() => {
      this.#frame = undefined
      this.version++
      this.isCut = !this.#isWorking
      if (this.status.type === 'reading') this.status = { type: 'reading', bytes: this.#bytes }
    })
  }
}
