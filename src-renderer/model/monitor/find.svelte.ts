/** Find: which rows have what is looked for, the next and the one before, and where in them it stands. Works in slices, as the filter does. */
import type { Disposable } from '../../../src-main/base/event.ts'
import type { Filter } from '../../../src-main/traffic/filter/filter.ts'
import { findBytes, type BytePattern } from '../../../src-main/traffic/find-bytes.ts'
import type { ByteRange, Decoding, Finder, Traffic, TypedProblem } from './contract.ts'
import { whenever } from './filter-effect.svelte.ts'
import type { Expressions } from './filter-expressions.ts'
import { Matches } from './filter-matches.ts'
import { Slices } from './filter-slices.ts'
import { readFind, termOf } from './find-query.ts'
import { rooted } from './rooted.svelte.ts'
import type { Turns } from './turns.ts'

/** Places of one row that are marked. */
const MAX_PLACES = 100
/** Rows whose places an expression was asked for. */
const MAX_KNOWN = 500
const TELL_MS = 50
const NOTHING: readonly ByteRange[] = []

export interface FinderOptions {
  readonly traffic: Traffic
  readonly decoding: Decoding
  readonly turns: Turns
  readonly expressions: Expressions
  /** Only rows that fit this are shown; undefined: all are. */
  readonly within: () => Filter | undefined
  /** Where it begins. */
  readonly start: () => number
}

interface Wish {
  readonly row: number | undefined
  readonly isBack: boolean
  readonly resolve: (row: number | undefined) => void
}

export class RowFinder implements Finder, Disposable {
  text = $state('')
  problem = $state.raw<TypedProblem>()
  isSearching = $state(false)
  version = $state(0)
  readonly #options: FinderOptions
  readonly #slices: Slices
  readonly #end: () => void
  #filter: Filter | undefined
  #matches: Matches | undefined
  #wishes: Wish[] = []
  #toldAt = -Infinity
  /** Of expressions, by row: asked for, or known. */
  #places = new Places()

  constructor(options: FinderOptions) {
    this.#options = options
    this.#slices = new Slices(options.turns, (budgetMs) => this.#step(budgetMs))
    const [, end] = rooted(() => {
      whenever(
        () => this.text,
        () => this.#read()
      )
      whenever(() => options.traffic.version, this.#slices.wake)
    })
    this.#end = end
  }

  get count(): number {
    return this.version >= 0 ? (this.#matches?.rows.count ?? 0) : 0
  }

  placeOf(row: number): number | undefined {
    const rows = this.version >= 0 ? this.#matches?.rows : undefined
    return rows?.has(row) ? rows.indexOf(row) + 1 : undefined
  }

  next(row: number | undefined, isBack: boolean): Promise<number | undefined> {
    return new Promise((resolve) => {
      this.#wishes.push({ row, isBack, resolve })
      this.#grant()
      this.#slices.wake()
    })
  }

  found(row: number): readonly ByteRange[] {
    const term = termOf(this.#filter)
    if (!term || this.version < 0 || this.#matches?.rows.has(row) !== true) return NOTHING
    if (term.type === 'bytes') return rangesOf(this.#options.traffic.reader.bytes(row), term.pattern)
    return term.type === 'expression' ? this.#placesOf(row, term.expression) : NOTHING
  }

  /** The rows are cut anew, or others are shown. */
  restart(): void {
    for (const { resolve } of this.#wishes.splice(0)) resolve(undefined)
    this.#places = new Places()
    this.#matches = this.#filter && this.#matchesOf(this.#filter)
    this.#toldAt = -Infinity
    if (this.#matches) this.#slices.wake()
    this.#tell(this.#matches !== undefined)
  }

  dispose(): void {
    this.#end()
    this.#slices.dispose()
    for (const { resolve } of this.#wishes.splice(0)) resolve(undefined)
  }

  #read(): void {
    const read = readFind(this.text)
    this.problem = 'problem' in read ? read.problem : undefined
    this.#filter = 'problem' in read ? undefined : read.filter
    this.restart()
  }

  #matchesOf(filter: Filter): Matches {
    const { traffic, decoding, expressions, within, start, turns } = this.#options
    const { log, table, reader, openRow } = traffic
    const shown = within()
    return new Matches({
      traffic: { log, table, reader, openRow },
      filter: shown ? { type: 'all', parts: [filter, shown] } : filter,
      keys: (row) => decoding.keys(row),
      expressions: expressions.run,
      start: start(),
      nowMs: () => turns.nowMs()
    })
  }

  #step(budgetMs: number): boolean {
    const matches = this.#matches
    if (matches?.table !== this.#options.traffic.table) return false
    const state = matches.step(budgetMs, this.#slices.wake)
    if (matches.fault instanceof Error) this.problem = { message: matches.fault.message }
    this.#tell(state !== 'done')
    this.#grant(state === 'done')
    return state === 'more'
  }

  /** Answers those who wait, as far as that is known. */
  #grant(isDone = !this.isSearching): void {
    this.#wishes = this.#wishes.filter((wish) => {
      const row = this.#near(wish)
      if (row === undefined && !isDone) return true
      wish.resolve(row ?? (wish.row === undefined ? undefined : this.#turned(wish)))
      return false
    })
  }

  /** Rows are looked at from one on both ways, so what is the nearest among those that are known is the nearest. */
  #near({ row, isBack }: Wish): number | undefined {
    const rows = this.#matches?.rows
    if (!rows || rows.count === 0) return undefined
    if (row === undefined) return rows.at(rows.count - 1)
    return isBack ? rows.previous(row) : rows.next(row)
  }

  /** At the end it goes on at the other one. */
  #turned({ isBack }: Wish): number | undefined {
    const rows = this.#matches?.rows
    if (!rows || rows.count === 0) return undefined
    return rows.at(isBack ? rows.count - 1 : 0)
  }

  #tell(isSearching: boolean): void {
    const now = this.#options.turns.nowMs()
    if (isSearching && this.isSearching && now - this.#toldAt < TELL_MS) return
    this.isSearching = isSearching
    this.#toldAt = now
    this.version++
  }

  #placesOf(row: number, expression: RegExp): readonly ByteRange[] {
    const known = this.#places.get(row)
    if (known) return known
    const places = this.#places
    if (places.size >= MAX_KNOWN) places.clear()
    places.set(row, NOTHING)
    const { expressions, traffic } = this.#options
    expressions.places(expression, traffic.reader.bytes(row).slice()).then(
      (found) => {
        const ranges: ByteRange[] = []
        for (let at = 0; at + 1 < found.length; at += 2)
          ranges.push({ from: found[at] ?? 0, to: found[at + 1] ?? 0 })
        places.set(row, ranges)
        if (places === this.#places) this.version++
      },
      // The search over all rows says so: this is the same expression.
      () => undefined
    )
    return NOTHING
  }
}

/** Of rows, by their numbers. `version` tells of them: nothing in it is reactive by itself. */
class Places extends Map<number, readonly ByteRange[]> {}

function rangesOf(bytes: Uint8Array, pattern: BytePattern): readonly ByteRange[] {
  const ranges: ByteRange[] = []
  for (let at = 0; ranges.length < MAX_PLACES;) {
    const from = findBytes(bytes, pattern, at)
    if (from < 0) break
    at = from + pattern.length
    ranges.push({ from, to: at })
  }
  return ranges
}
