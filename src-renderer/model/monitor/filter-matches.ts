/**
 * The rows that fit, of a recording that goes on: those from one row on first, then those before it. Filter and find have one each; a bit for
 * each row is all that it keeps. Rows that the recording gave up are given up here too.
 */
import type { Decoded } from '../../../src-main/traffic/decoder.ts'
import type { Filter } from '../../../src-main/traffic/filter/filter.ts'
import {
  RowSearch,
  type RunExpressions,
  type SearchState
} from '../../../src-main/traffic/filter/row-search.ts'
import { RowSet } from '../../../src-main/traffic/filter/row-set.ts'
import type { Traffic } from './contract.ts'

export interface MatchesOptions {
  readonly traffic: Pick<Traffic, 'log' | 'table' | 'reader' | 'openRow'>
  readonly filter: Filter
  readonly keys: (row: number) => Decoded['keys']
  readonly expressions: RunExpressions
  /** Begins with this row and those behind it. */
  readonly start: number
  readonly nowMs: () => number
}

export class Matches {
  readonly rows = new RowSet()
  /** Whose rows they are. */
  readonly table: Traffic['table']
  readonly #options: MatchesOptions
  readonly #forward: RowSearch
  readonly #backward: RowSearch
  /** Rows whose decoder had second thoughts. */
  readonly #again: { readonly from: number; readonly to: number }[] = []
  #repeat: RowSearch | undefined
  #low: number
  #high: number

  constructor(options: MatchesOptions) {
    this.#options = options
    const { start, traffic } = options
    const { table } = traffic
    this.table = table
    const middle = Math.max(table.first, Math.min(start, traffic.openRow() ?? table.end, table.end))
    this.#low = middle
    this.#high = middle
    this.rows.dropBefore(table.first)
    this.#forward = this.#search({ from: middle }, (to) => (this.#high = Math.max(this.#high, to)))
    this.#backward = this.#search({ to: middle, backward: true }, (_, from) => (this.#low = from))
  }

  /** Of the recording's rows, from `low` to below `high` were looked at. */
  isKnown(row: number): boolean {
    return row >= this.#low && row < this.#high
  }

  /** An expression that took too long, or could not be run: nothing more is found. */
  get fault(): unknown {
    return this.#forward.fault ?? this.#backward.fault ?? this.#repeat?.fault
  }

  /** These rows are looked at again. */
  repeat(from: number, to: number): void {
    this.#again.push({ from, to })
  }

  /** `answered`: called when `waiting` is over. */
  step(budgetMs: number, answered: () => void): SearchState {
    const { table } = this.#options.traffic
    this.rows.dropBefore(table.first)
    this.#low = Math.max(this.#low, table.first)
    if (this.fault !== undefined) return 'done'
    const ahead = this.#forward.step(budgetMs, answered)
    if (ahead !== 'done') return ahead
    const back = this.#backward.step(budgetMs, answered)
    if (back !== 'done') return back
    return this.#stepAgain(budgetMs, answered)
  }

  #stepAgain(budgetMs: number, answered: () => void): SearchState {
    if (!this.#repeat) {
      const next = this.#again.shift()
      if (!next) return 'done'
      this.#repeat = this.#search({ from: next.from, to: next.to }, (to, from, fitting) => {
        const fits = new Set(fitting)
        for (let row = from; row < to; row++) if (!fits.has(row)) this.rows.delete(row)
      })
    }
    const state = this.#repeat.step(budgetMs, answered)
    if (state !== 'done') return state
    if (this.#repeat.fault === undefined) this.#repeat = undefined
    return 'more'
  }

  #search(
    range: { readonly from?: number; readonly to?: number; readonly backward?: boolean },
    looked: (to: number, from: number, fitting: readonly number[]) => void
  ): RowSearch {
    const { traffic, filter, keys, expressions, nowMs } = this.#options
    const { log, table, reader, openRow } = traffic
    return new RowSearch({
      ...{ log, table, reader, openRow, filter, keys, expressions, nowMs },
      ...range,
      found: (fitting, from, to) => {
        looked(to, from, fitting)
        for (const row of fitting) this.rows.add(row)
      }
    })
  }
}
