/**
 * The rows that are seen of a desk, and where the list stands. parts/monitor/row-list.svelte draws it and tells what was scrolled, typed and
 * clicked. The list is held by the row at its top: whatever comes below, goes above, or is filtered, what is read stays where it is.
 */
import { untrack } from 'svelte'
import { TIME_WIDTH } from '../../../src-main/traffic/time-words.ts'
import type { MonitorDesk } from './contract.ts'
import { drawRow, isSameSource, sourceOf, type DrawnRow, type RowFormat } from './drawn-row.ts'
import { elementHeight, lastPosition, positionAfter, scrollTopFor, type ListSize } from './list-scroll.ts'

/** Slots move together; where the list went so far that their places would be large numbers, they begin anew. */
const MAX_FAR_ROWS = 10_000
/** Until the bar is put where it belongs, after the last scrolling, in ms; only of a list that is higher than an element may be. */
const IDLE_MS = 200
/** Beside the bytes: direction, length, what is between columns and at the edges; in characters. */
const OTHER_CHARACTERS = 27
const MAX_HEX = 64

/** A row in its place. Rows come and go, slots stay. */
export interface Slot {
  readonly key: number
  readonly drawn: DrawnRow
  /** Of all shown ones, from 0. */
  readonly index: number
  /** In px, from the place where all slots begin. */
  readonly top: number
}

export interface ListMeasures {
  readonly width: number
  readonly height: number
  readonly rowHeight: number
  readonly characterWidth: number
}

export class RowList {
  readonly #desk: MonitorDesk
  #measures = $state.raw<ListMeasures>({ width: 0, height: 0, rowHeight: 22, characterWidth: 8 })
  /** The row at the top, and how much of it is hidden, where the list does not follow. */
  #anchor = $state.raw({ row: 0, px: 0 })
  #slots: (Slot | undefined)[] = []
  #slotFormat: RowFormat | undefined
  #base = 0
  /** Where the bar is, as far as it is known here. */
  #top = 0
  #isScrolling = $state(false)
  #isGone = false
  #idle: ReturnType<typeof setTimeout> | undefined

  /** Of the shown rows those from `low` on are in the list: the others were cleared, or came behind a pause. */
  readonly #span = $derived.by(() => {
    const { shown, clearedAt, pausedAt } = this.#desk
    const { count, version } = shown
    const low = clearedAt === undefined ? 0 : shown.indexOf(clearedAt)
    const high = pausedAt === undefined ? count : Math.min(count, shown.indexOf(pausedAt))
    return { low, count: Math.max(0, high - low), version }
  })
  readonly #size: ListSize = $derived({
    rows: this.#span.count * this.#measures.rowHeight,
    view: this.#measures.height
  })
  /** Of the top of what is seen, in px of the whole list. */
  readonly #position = $derived.by(() => {
    const last = lastPosition(this.#size)
    if (this.#desk.isFollowing) return last
    const { row, px } = this.#anchor
    const index = this.#desk.shown.indexOf(row) - this.#span.low
    return Math.min(last, Math.max(0, index * this.#measures.rowHeight + px))
  })
  readonly #format: RowFormat = $derived.by(() => {
    const { view, time, controls, decoder } = this.#desk.options
    const { width, characterWidth } = this.#measures
    const hasDecoded = view === 'decoded' || (decoder !== undefined && view !== 'text')
    const characters = (width / characterWidth - OTHER_CHARACTERS - TIME_WIDTH[time]) * (hasDecoded ? 0.5 : 1)
    const hexBytes = Math.min(MAX_HEX, Math.max(8, Math.floor((characters - 2) / 4)))
    return { view, time, controls, hasDecoded, hexBytes: view === 'hex' ? hexBytes : 0 }
  })
  /** In the order of their keys; and how far all of them are moved, in px. */
  readonly drawn = $derived.by(() => this.#draw())

  constructor(desk: MonitorDesk) {
    this.#desk = desk
  }

  get count(): number {
    return this.#span.count
  }

  get format(): RowFormat {
    return this.#format
  }

  /** Of the element that is scrolled. */
  get height(): number {
    return elementHeight(this.#size)
  }

  /** Where the bar belongs; undefined: it is left alone for now. */
  get scrollTop(): number | undefined {
    const isScaled = this.height < this.#size.rows
    return isScaled && this.#isScrolling && !this.#desk.isFollowing
      ? undefined
      : scrollTopFor(this.#position, this.#size)
  }

  set measures(measures: ListMeasures) {
    this.#measures = measures
  }

  /** The bar was put there by the list itself. */
  moved(top: number): void {
    this.#top = top
  }

  /** Somebody scrolled, or the browser tells of what the list did itself. */
  scrolled(top: number): void {
    const before = this.#top
    // The browser tells of what it scrolled a frame later, also where the list is gone by then.
    if (this.#isGone || Math.abs(top - before) < 1) return
    this.#top = top
    this.#isScrolling = true
    clearTimeout(this.#idle)
    this.#idle = setTimeout(() => (this.#isScrolling = false), IDLE_MS)
    const position = positionAfter(this.#position, before, top, this.#size)
    this.#go(position, top > before)
  }

  dispose(): void {
    this.#isGone = true
    clearTimeout(this.#idle)
  }

  /** The row number at a height of what is seen, in px; undefined: there is none. */
  rowAt(y: number): number | undefined {
    const index = Math.floor((this.#position + y) / this.#measures.rowHeight)
    return index >= 0 && index < this.#span.count ? this.#rowOf(index) : undefined
  }

  /** `toEnd`: everything between it and where the selection began is selected too. */
  select(row: number, toEnd = false): void {
    const desk = this.#desk
    const from = desk.selectedFrom ?? desk.selected
    desk.selectedFrom = toEnd && from !== row ? from : undefined
    if (desk.selected !== row) desk.range = undefined
    desk.selected = row
    this.show(row)
  }

  /** So many rows down, or up below 0; from the last row where none is selected. */
  step(by: number, toEnd = false): void {
    const { count } = this.#span
    if (count === 0) return
    const { selected } = this.#desk
    const from = selected === undefined ? count : this.#indexOf(selected)
    const to = Math.min(count - 1, Math.max(0, from + by))
    this.select(this.#rowOf(to), toEnd)
  }

  /** Rows that are seen at once. */
  get pageRows(): number {
    return Math.max(1, Math.floor(this.#measures.height / this.#measures.rowHeight) - 1)
  }

  toStart(toEnd = false): void {
    if (this.#span.count > 0) this.select(this.#rowOf(0), toEnd)
  }

  follow(): void {
    this.#desk.isFollowing = true
  }

  /** Scrolls no more than it must, and to the middle from far away. */
  show(row: number): void {
    const { count } = this.#span
    const { rowHeight, height } = this.#measures
    const index = this.#indexOf(row)
    const [top, position] = [index * rowHeight, this.#position]
    // What is selected stays in sight: behind the last row more may come.
    if (this.#desk.isFollowing && index < count - 1) this.#hold(position)
    if (top >= position && top + rowHeight <= position + height) return
    const isNear = top > position - 2 * height && top < position + 2 * height
    if (!isNear) this.#hold(top - (height - rowHeight) / 2)
    else this.#hold(top < position ? top : top + rowHeight - height)
  }

  /** The first row that is seen, where it does not follow. */
  get sight(): number | undefined {
    return this.#desk.isFollowing ? undefined : this.#anchor.row
  }

  /** The row has a slot: its key. */
  slotOf(row: number | undefined): number | undefined {
    return row === undefined ? undefined : this.drawn.slots.find(({ drawn }) => drawn.row === row)?.key
  }

  /** First and last row that are selected, both of them shown ones; undefined: none is. */
  get selection(): { readonly from: number; readonly to: number } | undefined {
    const { selected, selectedFrom = selected } = this.#desk
    if (selected === undefined || selectedFrom === undefined) return undefined
    return { from: Math.min(selected, selectedFrom), to: Math.max(selected, selectedFrom) }
  }

  #go(position: number, isDown: boolean): void {
    // Whoever comes to the end wants to see what comes next; and a list that became shorter, as rows are cut anew, was moved by nobody.
    const isEnd = position >= lastPosition(this.#size) - 1
    if (isEnd && (isDown || this.#desk.isFollowing)) this.#desk.isFollowing = true
    else this.#hold(position)
  }

  #hold(position: number): void {
    const { rowHeight } = this.#measures
    const at = Math.min(lastPosition(this.#size), Math.max(0, position))
    const index = Math.floor(at / rowHeight)
    if (this.#span.count > 0) this.#anchor = { row: this.#rowOf(index), px: at - index * rowHeight }
    this.#desk.isFollowing = false
  }

  #rowOf(index: number): number {
    return this.#desk.shown.rowAt(this.#span.low + index)
  }

  #indexOf(row: number): number {
    return this.#desk.shown.indexOf(row) - this.#span.low
  }

  #draw(): { readonly slots: readonly Slot[]; readonly offset: number } {
    const desk = this.#desk
    const { rowHeight, height } = this.#measures
    const { count, version } = this.#span
    const [position, format] = [this.#position, this.#format]
    const seen = Math.ceil(height / rowHeight) + 1
    const first = Math.min(Math.floor(position / rowHeight), Math.max(0, count - 1))
    if (Math.abs(first - this.#base) > MAX_FAR_ROWS) {
      this.#base = first
      this.#slots = []
    }
    if (this.#slotFormat !== format || this.#slots.length !== seen || version < 0) this.#slots = []
    this.#slotFormat = format
    this.#slots.length = seen
    const { table } = desk.traffic
    for (let index = first; index < first + seen; index++) {
      const key = index % seen
      if (index >= count) {
        this.#slots[key] = undefined
        continue
      }
      const row = this.#rowOf(index)
      const previous = index > 0 ? this.#rowOf(index - 1) : undefined
      const had = this.#slots[key]
      const isGone = row < table.first || row >= table.end
      const source = isGone ? undefined : sourceOf(desk, row)
      const isSame =
        had?.index === index &&
        had.drawn.row === row &&
        had.drawn.previous === previous &&
        source !== undefined &&
        had.drawn.size === table.length(row) &&
        isSameSource(had.drawn.of, source)
      if (isSame) continue
      const drawn = source && untrack(() => drawRow(desk, row, previous, format, source))
      this.#slots[key] = drawn && { key, drawn, index, top: (index - this.#base) * rowHeight }
    }
    const slots = this.#slots.filter((each) => each !== undefined)
    return { slots, offset: this.#base * rowHeight - position }
  }
}
