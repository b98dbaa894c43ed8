/**
 * A desk without a core: a real log, table and reader, filled by the test. What is reactive in the real one is so here too (a `SvelteMap`
 * tells who reads), so parts can be rendered with it. `desk.bytes(…)`, `desk.event(…)` add records and cut them at once.
 */
import { SvelteMap } from 'svelte/reactivity'
import type { Direction, TrafficEvent } from '../../../src-main/contract/traffic.ts'
import type { Decoded } from '../../../src-main/traffic/decoder.ts'
import { TrafficLog } from '../../../src-main/traffic/log.ts'
import { RowMarks } from '../../../src-main/traffic/row-marks.ts'
import { RowReader } from '../../../src-main/traffic/row-reader.ts'
import { RowSplitter } from '../../../src-main/traffic/row-splitter.ts'
import { RowTable } from '../../../src-main/traffic/row-table.ts'
import { TEXT_ROWS, type RowRules } from '../../../src-main/traffic/row.ts'
import type { Core } from '../../../src-renderer/core.svelte.ts'
import { Actions } from '../../../src-renderer/model/monitor/actions.svelte.ts'
import type {
  ByteRange,
  FilterMode,
  Filtering,
  Finder,
  MonitorBegin,
  MonitorDesk,
  MonitorTarget,
  MonitorView,
  ShownRows,
  Traffic,
  TrafficStatus,
  ViewOptions
} from '../../../src-renderer/model/monitor/contract.ts'

/** 2026-11-21T13:02:09.000Z, in ms. */
export const START_MS = Date.UTC(2026, 10, 21, 13, 2, 9)

/** Reactive values by their names. */
class Values {
  readonly #map = new SvelteMap<string, unknown>()

  get<T>(name: string, unset: T): T {
    return (this.#map.get(name) as T | undefined) ?? unset
  }

  set(name: string, value: unknown): void {
    this.#map.set(name, value)
  }
}

export class FakeTraffic implements Traffic {
  readonly #values = new Values()
  readonly target: MonitorTarget
  readonly log: TrafficLog
  table = new RowTable()
  reader: RowReader
  marks: RowMarks
  #splitter: RowSplitter
  #timeNs = 1e9

  constructor(rules: RowRules = TEXT_ROWS, target: MonitorTarget = { type: 'recording', id: 'gps' }) {
    this.target = target
    this.log = new TrafficLog({
      store: { take: () => new Uint8Array(64 * 1024), give: () => undefined },
      maxPages: 1000,
      wallOffsetMs: () => START_MS - 1000
    })
    this.#splitter = new RowSplitter(this.table, rules)
    this.reader = this.#read()
    this.marks = new RowMarks(this.table, this.reader)
  }

  get status(): TrafficStatus {
    return this.#values.get<TrafficStatus>('status', { type: 'live' })
  }

  set status(status: TrafficStatus) {
    this.#values.set('status', status)
  }

  get begin(): MonitorBegin | undefined {
    return this.#values.get<MonitorBegin | undefined>('begin', undefined)
  }

  set begin(begin: MonitorBegin | undefined) {
    this.#values.set('begin', begin)
  }

  get recordings(): readonly MonitorBegin[] {
    return this.begin ? [this.begin] : []
  }

  get version(): number {
    return this.#values.get('version', 0)
  }

  get cut(): number {
    return this.#values.get('cut', 0)
  }

  get isCut(): boolean {
    return this.#values.get('isCut', true)
  }

  readonly openRow = (): number | undefined => this.#splitter.openRow

  /** So many ms after the record before. Text is taken as Latin-1. */
  bytes(direction: Direction, bytes: string | Uint8Array, afterMs = 1, session = 0): void {
    this.#timeNs += afterMs * 1e6
    const all = typeof bytes === 'string' ? Uint8Array.from(bytes, (each) => each.charCodeAt(0)) : bytes
    this.log.bytes(this.#timeNs, direction, session, all)
    this.#grown()
  }

  event(event: TrafficEvent, afterMs = 1): void {
    this.#timeNs += afterMs * 1e6
    this.log.event(this.#timeNs, event)
    this.#grown()
  }

  cutBy(rules: RowRules): void {
    this.table = new RowTable()
    this.#splitter = new RowSplitter(this.table, rules)
    this.reader = this.#read()
    this.marks = new RowMarks(this.table, this.reader)
    this.#values.set('cut', this.cut + 1)
    this.#grown()
  }

  dispose(): void {
    this.status = { type: 'over' }
  }

  #grown(): void {
    this.#splitter.push(this.log)
    this.marks.extend()
    this.#values.set('version', this.version + 1)
  }

  #read(): RowReader {
    return new RowReader({
      log: this.log,
      table: this.table,
      settingsAt: (record) => this.#splitter.settingsAt(record)
    })
  }
}

class FakeOptions implements ViewOptions {
  readonly #values = new Values()

  get view(): MonitorView {
    return this.#values.get<MonitorView>('view', 'lines')
  }
  set view(view: MonitorView) {
    this.#values.set('view', view)
  }
  get time(): ViewOptions['time'] {
    return this.#values.get<ViewOptions['time']>('time', 'clock')
  }
  set time(time: ViewOptions['time']) {
    this.#values.set('time', time)
  }
  get controls(): ViewOptions['controls'] {
    return this.#values.get<ViewOptions['controls']>('controls', 'pictures')
  }
  set controls(controls: ViewOptions['controls']) {
    this.#values.set('controls', controls)
  }
  get rules(): ViewOptions['rules'] {
    return this.#values.get<ViewOptions['rules']>('rules', 'auto')
  }
  set rules(rules: ViewOptions['rules']) {
    this.#values.set('rules', rules)
  }
  get decoder(): string | undefined {
    return this.#values.get<string | undefined>('decoder', undefined)
  }
  set decoder(decoder: string | undefined) {
    this.#values.set('decoder', decoder)
  }
  get filter(): string {
    return this.#values.get('filter', '')
  }
  set filter(filter: string) {
    this.#values.set('filter', filter)
  }
  get filterMode(): FilterMode {
    return this.#values.get<FilterMode>('filterMode', 'hide')
  }
  set filterMode(mode: FilterMode) {
    this.#values.set('filterMode', mode)
  }
}

/** All rows of the table; the test may dim some. Nothing is filtered, and find finds nothing. */
class FakeShown implements ShownRows, Filtering {
  readonly find: Finder = {
    text: '',
    problem: undefined,
    count: 0,
    isSearching: false,
    placeOf: () => undefined,
    next: () => Promise.resolve(undefined)
  }
  readonly problem = undefined
  readonly isSearching = false
  readonly matching = undefined
  sight: number | undefined

  readonly #traffic: Traffic
  readonly dim = new Set<number>()

  constructor(traffic: Traffic) {
    this.#traffic = traffic
  }

  get version(): number {
    return this.#traffic.version
  }

  get count(): number {
    const { version, table } = this.#traffic
    return version === 0 ? 0 : table.end - table.first
  }

  rowAt(index: number): number {
    return this.#traffic.table.first + index
  }

  indexOf(row: number): number {
    const { first } = this.#traffic.table
    return Math.min(Math.max(0, row - first), this.count)
  }

  isDim(row: number): boolean {
    return this.dim.has(row)
  }

  found(): readonly ByteRange[] {
    return []
  }

  readonly warm = (): void => undefined

  readonly dispose = (): void => undefined
}

export interface FakeDeskOptions {
  readonly name?: string
  readonly core?: Partial<Core>
  readonly rules?: RowRules
  readonly target?: MonitorTarget
  /** In place of the one that shows all rows. */
  readonly filtering?: (desk: FakeDesk) => Filtering
}

export class FakeDesk implements MonitorDesk {
  readonly #values = new Values()
  readonly core: Core
  readonly name: string
  readonly traffic: FakeTraffic
  readonly options: ViewOptions = new FakeOptions()
  readonly shown: FakeShown
  readonly filtering: Filtering
  readonly actions = new Actions()
  /** What `decoded` and `found` answer, by row. */
  readonly decodings = new Map<number, Decoded>()
  readonly finds = new Map<number, readonly ByteRange[]>()
  readonly unanswered = new Set<number>()

  constructor({ name = 'gps', core = {}, rules, target, filtering }: FakeDeskOptions = {}) {
    this.name = name
    const tree = { bridges: {}, rotators: {} }
    this.core = { tree, status: { type: 'open' }, notices: [], ...core } as unknown as Core
    this.traffic = new FakeTraffic(rules, target)
    this.shown = new FakeShown(this.traffic)
    this.filtering = filtering?.(this) ?? this.shown
  }

  get selected(): number | undefined {
    return this.#values.get<number | undefined>('selected', undefined)
  }
  set selected(row: number | undefined) {
    this.#values.set('selected', row)
  }
  get selectedFrom(): number | undefined {
    return this.#values.get<number | undefined>('selectedFrom', undefined)
  }
  set selectedFrom(row: number | undefined) {
    this.#values.set('selectedFrom', row)
  }
  get range(): ByteRange | undefined {
    return this.#values.get<ByteRange | undefined>('range', undefined)
  }
  set range(range: ByteRange | undefined) {
    this.#values.set('range', range)
  }
  get isFollowing(): boolean {
    return this.#values.get('isFollowing', true)
  }
  set isFollowing(isFollowing: boolean) {
    this.#values.set('isFollowing', isFollowing)
  }
  get pausedAt(): number | undefined {
    return this.#values.get<number | undefined>('pausedAt', undefined)
  }
  set pausedAt(row: number | undefined) {
    this.#values.set('pausedAt', row)
  }
  get clearedAt(): number | undefined {
    return this.#values.get<number | undefined>('clearedAt', undefined)
  }
  set clearedAt(row: number | undefined) {
    this.#values.set('clearedAt', row)
  }
  get finding(): MonitorDesk['finding'] {
    return this.#values.get<MonitorDesk['finding']>('finding', undefined)
  }
  set finding(finding: MonitorDesk['finding']) {
    this.#values.set('finding', finding)
  }
  get suggestion(): string | undefined {
    return this.#values.get<string | undefined>('suggestion', undefined)
  }
  set suggestion(suggestion: string | undefined) {
    this.#values.set('suggestion', suggestion)
  }
  get revealed(): { readonly row: number } | undefined {
    return this.#values.get<{ readonly row: number } | undefined>('revealed', undefined)
  }

  decoded(row: number): Decoded | undefined {
    return this.decodings.get(row)
  }

  isUnanswered(row: number): boolean {
    return this.unanswered.has(row)
  }

  found(row: number): readonly ByteRange[] {
    return this.finds.get(row) ?? []
  }

  reveal(row: number): void {
    this.isFollowing = false
    this.selected = row
    this.selectedFrom = undefined
    this.#values.set('revealed', { row })
  }

  dispose(): void {
    this.traffic.dispose()
  }
}
