/**
 * Which rows of a long list are in the page: those near what is seen, and those that must not go. Called by parts/virtual-list.svelte, which
 * draws them; of a row it knows its height, its main control, and whether it is needed.
 */
import { flushSync, tick } from 'svelte'
import { RowElements, type OddHeights } from './row-elements.ts'
import {
  drawnRows,
  nextRange,
  oddRows,
  RowPlaces,
  within,
  type DrawnRow,
  type RowRange
} from './row-places.ts'
import { rowStep } from './row-step.ts'

/** With so many rows and fewer all are drawn. */
const FEW = 40
/** So far above and below what is seen rows are made ready, in px … */
const NEAR = 240
/** … and kept … */
const FAR = 400
/** … and so many are made in one frame. */
const STEP = 2
const NONE: OddHeights = new Map()

export interface VirtualRowsOptions<T> {
  readonly items: () => readonly T[]
  /** The height of a row as it usually is, in px. */
  readonly usual: () => number
  /** The key of a row that stays wherever it is. */
  readonly pinned: () => string | undefined
}

export class VirtualRows<T extends { readonly key: string }> {
  readonly #options: VirtualRowsOptions<T>
  readonly #elements: RowElements
  #range: RowRange = $state.raw({ first: 0, end: 0 })
  #heights: OddHeights = $state.raw(NONE)
  /** The key of the row that the focus is on its way to. */
  #called: string | undefined = $state.raw()
  readonly #places = $derived.by(() => {
    const [items, usual] = [this.#options.items(), this.#options.usual()]
    return new RowPlaces(items.length, usual, oddRows(items, this.#heights))
  })

  /** In their order. */
  readonly shown: readonly DrawnRow<T>[] = $derived.by(() => {
    const items = this.#options.items()
    const [pinned, called] = [this.#options.pinned(), this.#called]
    const others = [...this.#elements.keys, pinned ?? '', called ?? '']
    return drawnRows(
      items,
      this.#places,
      within(this.#range, items.length),
      others,
      (key) => key === pinned || key === called || this.#elements.isNeeded(key)
    )
  })
  #list: HTMLElement | undefined
  #scroller: Element | undefined
  #frame = 0

  constructor(options: VirtualRowsOptions<T>) {
    this.#options = options
    this.#elements = new RowElements(options.usual, (heights) => this.#measured(heights), NONE)
    // Nobody knows yet what stands above the list: what is missing comes a frame later.
    this.#range = { first: 0, end: Math.ceil((0.75 * window.innerHeight) / options.usual()) }
  }

  /** Of all rows together, in px. */
  get height(): number {
    return this.#places.height
  }

  /** The attachment of the list: follows what is seen of it, and takes the keys that go from row to row. */
  readonly list = (list: HTMLElement): (() => void) => {
    const scroller = scrollerOf(list)
    this.#list = list
    this.#scroller = scroller
    const life = new AbortController()
    const { signal } = life
    for (const each of [list, scroller]) this.#elements.watch(each)
    // In the frame that scrolls: what is new is drawn with it.
    scroller.addEventListener('scroll', () => this.#look(), { passive: true, signal })
    list.addEventListener('keydown', (event) => this.#take(event), { signal })
    return () => {
      life.abort()
      this.#elements.end()
      cancelAnimationFrame(this.#frame)
      this.#frame = 0
      this.#list = undefined
    }
  }

  /** The attachment of each row. */
  get row(): (element: HTMLElement) => () => void {
    return this.#elements.row
  }

  /** Before what was measured is drawn: what is seen stays where it is, whatever has grown above it. */
  #measured(heights: OddHeights): void {
    this.#lookSoon()
    if (heights === this.#heights) return
    const [before, scroller] = [this.#places, this.#scroller]
    const top = this.#above()
    this.#heights = heights
    if (!scroller || top === undefined || top <= 0) return
    const at = before.rowAt(top)
    const grown = this.#places.topOf(at) - before.topOf(at)
    if (grown === 0) return
    flushSync()
    scroller.scrollTop += grown
  }

  /** What of the list is above what is seen, in px; undefined where it is hidden. */
  #above(): number | undefined {
    const [list, scroller] = [this.#list?.getBoundingClientRect(), this.#scroller?.getBoundingClientRect()]
    return list && scroller && list.height > 0 ? scroller.top - list.top : undefined
  }

  #lookSoon(): void {
    if (this.#frame === 0 && this.#list) this.#frame = requestAnimationFrame(() => this.#look())
  }

  #look(): void {
    cancelAnimationFrame(this.#frame)
    this.#frame = 0
    const top = this.#above()
    // A page that is hidden has no heights.
    if (top === undefined) return
    const places = this.#places
    const bottom = top + (this.#scroller?.clientHeight ?? 0)
    const seen = places.between(top, bottom)
    const isShort = places.count <= FEW
    const all = { first: 0, end: places.count }
    const wanted = isShort ? all : places.between(top - NEAR, bottom + NEAR)
    const kept = isShort ? all : places.between(top - FAR, bottom + FAR)
    const { first, end } = nextRange(within(this.#range, places.count), seen, wanted, kept, STEP)
    if (first !== this.#range.first || end !== this.#range.end) this.#range = { first, end }
    if (first > wanted.first || end < wanted.end) this.#lookSoon()
  }

  #take(event: KeyboardEvent): void {
    const { target } = event
    if (!(target instanceof HTMLElement) || target.dataset.row === undefined) return
    const at = Number(target.closest<HTMLElement>('[data-at]')?.dataset.at)
    const seen = Math.floor((this.#scroller?.clientHeight ?? 0) / this.#options.usual())
    const step = rowStep(event, at, this.#places.count, Math.max(1, seen - 1))
    if (!step) return
    event.preventDefault()
    void this.#go(step.to, step.on)
  }

  /** To that row, or to the next one in that direction that has a control. */
  async #go(to: number, on: 1 | -1): Promise<void> {
    for (let at = to; ; at += on) {
      const key = this.#options.items()[at]?.key
      if (key === undefined) break
      this.#called = key
      await tick()
      const row = this.#elements.get(key)
      const control = row?.querySelector<HTMLElement>('[data-row]')
      if (!control) continue
      control.focus({ preventScroll: true })
      row?.scrollIntoView({ block: 'nearest' })
      break
    }
    this.#called = undefined
  }
}

/** What moves when the list is scrolled. */
function scrollerOf(list: Element): Element {
  for (let each = list.parentElement; each; each = each.parentElement)
    if (/auto|scroll/.test(getComputedStyle(each).overflowY)) return each
  return document.documentElement
}
