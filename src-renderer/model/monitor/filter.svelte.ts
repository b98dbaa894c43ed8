/**
 * The rows that stand in the list: all of them, or those that a filter found so far. Plugged into a desk. A new filter begins with the rows in
 * sight, the newest where the list follows, and its first slice is done at once, so that they are there in the next frame; the others follow
 * some ms at a time, and what comes in behind all of them.
 */
import type { Disposable } from '../../../src-main/base/event.ts'
import type { Filter } from '../../../src-main/traffic/filter/filter.ts'
import type { ByteRange, Decoding, Filtering, Traffic, TypedProblem, ViewOptions } from './contract.ts'
import { whenever } from './filter-effect.svelte.ts'
import { Expressions } from './filter-expressions.ts'
import { Matches } from './filter-matches.ts'
import { Slices } from './filter-slices.ts'
import { readFilter } from './find-query.ts'
import { RowFinder } from './find.svelte.ts'
import { rooted } from './rooted.svelte.ts'
import { pageTurns, type Turns } from './turns.ts'

/** What is found is told no more often than this, in ms: each time the list is drawn anew. */
const TELL_MS = 50
/** The first slice of a new filter: within a frame. */
const FIRST_MS = 8

export interface FilterTools {
  readonly turns?: Turns
  readonly expressions?: Expressions
}

export class FilteredRows implements Filtering {
  readonly find: RowFinder
  problem = $state.raw<TypedProblem>()
  isSearching = $state(false)
  sight: number | undefined
  readonly #traffic: Traffic
  readonly #options: ViewOptions
  readonly #decoding: Decoding
  readonly #turns: Turns
  readonly #expressions: Expressions
  readonly #slices: Slices
  readonly #corrected: Disposable
  readonly #end: () => void
  #filter: Filter | undefined
  #matches = $state.raw<Matches>()
  /** Grows whenever something was found or given up. */
  #told = $state(0)
  #toldAt = -Infinity
  readonly #span: { readonly first: number; readonly end: number } = $derived.by(() => {
    const { version, cut, table } = this.#traffic
    return version + cut === 0 ? { first: 0, end: 0 } : { first: table.first, end: table.end }
  })

  constructor(traffic: Traffic, options: ViewOptions, decoding: Decoding, tools: FilterTools = {}) {
    this.#traffic = traffic
    this.#options = options
    this.#decoding = decoding
    this.#turns = tools.turns ?? pageTurns()
    this.#expressions = tools.expressions ?? new Expressions()
    this.#slices = new Slices(this.#turns, (budgetMs) => this.#step(budgetMs))
    this.#corrected = decoding.onCorrected(({ from, to }) => {
      this.#matches?.repeat(from, to)
      if (this.#matches) this.#slices.wake()
    })
    this.find = new RowFinder({
      traffic,
      decoding,
      turns: this.#turns,
      expressions: this.#expressions,
      within: () => (this.#isHiding() ? this.#filter : undefined),
      start: () => this.#start()
    })
    const [, end] = rooted(() => {
      whenever(
        () => [options.filter, options.decoder, traffic.cut, decoding.generation],
        () => this.#read(options.filter, options.decoder)
      )
      whenever(() => traffic.version, this.#slices.wake)
    })
    this.#end = end
  }

  get version(): number {
    return this.#told + this.#traffic.version + this.find.version
  }

  get count(): number {
    const rows = this.#shown()
    return rows ? rows.count : this.#span.end - this.#span.first
  }

  get matching(): number | undefined {
    return this.#told >= 0 ? this.#matches?.rows.count : undefined
  }

  rowAt(index: number): number {
    const rows = this.#shown()
    return rows ? rows.at(index) : this.#span.first + index
  }

  indexOf(row: number): number {
    const rows = this.#shown()
    return rows ? rows.indexOf(row) : Math.min(Math.max(0, row - this.#span.first), this.count)
  }

  isDim(row: number): boolean {
    const matches = this.#current()
    if (!matches || this.#options.filterMode !== 'dim') return false
    return this.#told >= 0 && matches.isKnown(row) && !matches.rows.has(row)
  }

  found(row: number): readonly ByteRange[] {
    return this.find.found(row)
  }

  warm(): void {
    this.#expressions.warm()
  }

  dispose(): void {
    this.#end()
    this.#corrected.dispose()
    this.#slices.dispose()
    this.find.dispose()
    this.#expressions.dispose()
  }

  /** Undefined: all rows are. */
  #shown(): Matches['rows'] | undefined {
    return this.#told >= 0 && this.#isHiding() ? this.#current()?.rows : undefined
  }

  /** Undefined: there is no filter, or the rows were just cut anew. */
  #current(): Matches | undefined {
    return this.#matches?.table === this.#traffic.table ? this.#matches : undefined
  }

  #isHiding(): boolean {
    return this.#matches !== undefined && this.#options.filterMode === 'hide'
  }

  #start(): number {
    return this.sight ?? this.#traffic.table.end
  }

  /** The filter, its decoder, or the rows are others. */
  #read(text: string, decoder: string | undefined): void {
    const read = readFilter(text, decoder)
    this.problem = 'problem' in read ? read.problem : undefined
    // What is half typed leaves the list as it is.
    if (!('problem' in read)) this.#filter = read.filter
    this.#begin()
  }

  #begin(): void {
    const filter = this.#filter
    this.#matches = filter && this.#matchesOf(filter)
    this.#toldAt = -Infinity
    if (this.#matches && this.#step(FIRST_MS)) this.#slices.wake()
    if (!filter) this.#tell(false)
    this.find.restart()
  }

  #matchesOf(filter: Filter): Matches {
    const { log, table, reader, openRow } = this.#traffic
    return new Matches({
      traffic: { log, table, reader, openRow },
      filter,
      keys: (row) => this.#decoding.keys(row),
      expressions: this.#expressions.run,
      start: this.#start(),
      nowMs: () => this.#turns.nowMs()
    })
  }

  #step(budgetMs: number): boolean {
    const matches = this.#current()
    if (!matches) return false
    const state = matches.step(budgetMs, this.#slices.wake)
    if (matches.fault !== undefined) this.problem = { message: wordsOf(matches.fault) }
    this.#tell(state !== 'done')
    return state === 'more'
  }

  #tell(isSearching: boolean): void {
    const now = this.#turns.nowMs()
    if (isSearching && this.isSearching && now - this.#toldAt < TELL_MS) return
    this.isSearching = isSearching
    this.#toldAt = now
    this.#told++
  }
}

export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
