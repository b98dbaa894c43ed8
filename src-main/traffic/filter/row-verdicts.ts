/**
 * What a filter says of many rows at once: a number for each of them, from the columns of the table and a search for bytes in whole pages, so
 * that a million rows cost some ms and not one object. What only a look at the row itself can tell (what a decoder says, an expression, the
 * kind of an event, bytes that do not stand in one piece) stays open.
 */
import { ROW_EVENT, ROW_FROM_DEVICE, type RowTable } from '../row-table.ts'
import type { BytePattern } from '../find-bytes.ts'
import type { Comparison, Filter, FilterTerm } from './filter.ts'

export const NO = 0
export const YES = 1
/** The row is to be looked at. */
export const OPEN = 2

/** Writes NO, YES or OPEN for each of the rows from `from` to below `to`: whether it has the bytes. */
export type SearchBytes = (pattern: BytePattern, from: number, to: number, into: Uint8Array) => void

/** Where only one row of so many is left, it is quicker to look at it than to search for the next bytes. */
const FEW = 16

const [BELOW, SAME, ABOVE] = [1, 2, 4]
const ALLOWED: Readonly<Record<Comparison, number>> = {
  '=': SAME,
  '!=': BELOW | ABOVE,
  '<': BELOW,
  '<=': BELOW | SAME,
  '>': ABOVE,
  '>=': ABOVE | SAME
}

export class RowVerdicts {
  readonly #table: RowTable
  readonly #filter: Filter
  readonly #search: SearchBytes
  /** Of each depth of the filter, one that is used again and again. */
  readonly #memory: Uint8Array[] = []

  constructor(table: RowTable, filter: Filter, search: SearchBytes) {
    this.#table = table
    this.#filter = cheapFirst(filter)
    this.#search = search
  }

  /** Of the rows from `from` to below `to`, all of the table. Good until the next call. */
  of(from: number, to: number): Uint8Array {
    const into = this.#memoryAt(0, to - from)
    this.#judge(this.#filter, from, to, into, 1)
    return into
  }

  #judge(filter: Filter, from: number, to: number, into: Uint8Array, depth: number): void {
    switch (filter.type) {
      case 'term':
        this.#term(filter.term, from, to, into)
        return
      case 'not':
        this.#judge(filter.part, from, to, into, depth)
        for (let i = 0; i < into.length; i++) into[i] = opposite(into[i] ?? NO)
        return
      case 'all':
        this.#together(filter.parts, from, to, into, depth, NO)
        return
      case 'any':
        this.#together(filter.parts, from, to, into, depth, YES)
    }
  }

  /** `decisive`: the answer of one part that settles it. */
  #together(
    parts: readonly Filter[],
    from: number,
    to: number,
    into: Uint8Array,
    depth: number,
    decisive: number
  ): void {
    into.fill(opposite(decisive))
    const one = this.#memoryAt(depth, into.length)
    for (const part of parts) {
      const left = countOpen(into, decisive)
      if (left === 0) return
      if (left * FEW < into.length && part.type === 'term' && part.term.type === 'bytes') {
        for (let i = 0; i < into.length; i++) if (into[i] !== decisive) into[i] = OPEN
        continue
      }
      this.#judge(part, from, to, one, depth + 1)
      for (let i = 0; i < into.length; i++) {
        const answer = one[i] ?? OPEN
        if (answer === decisive || (answer === OPEN && into[i] !== decisive)) into[i] = answer
      }
    }
  }

  #term(term: FilterTerm, from: number, to: number, into: Uint8Array): void {
    switch (term.type) {
      case 'bytes':
        this.#search(term.pattern, from, to, into)
        return
      case 'gap':
        this.#gaps(ALLOWED[term.comparison], term.ns, from, to, into)
        return
      case 'event':
        this.#flags(from, to, into, ROW_EVENT, ROW_EVENT, term.kind === undefined ? YES : OPEN)
        return
      case 'direction':
        this.#flags(from, to, into, ROW_EVENT | ROW_FROM_DEVICE, term.isFromDevice ? ROW_FROM_DEVICE : 0, YES)
        return
      case 'length':
        this.#numbers('length', ALLOWED[term.comparison], term.value, from, to, into)
        return
      case 'session':
        this.#numbers('session', SAME, term.session, from, to, into)
        return
      case 'decoded':
      case 'expression':
        this.#flags(from, to, into, ROW_EVENT, 0, OPEN)
    }
  }

  /** Rows whose flags are `wanted` among those of `mask` get `answer`. */
  #flags(from: number, to: number, into: Uint8Array, mask: number, wanted: number, answer: number): void {
    for (let row = from; row < to;) {
      const { flags, first, end } = this.#table.columns(row)
      for (const stop = Math.min(to, end); row < stop; row++)
        into[row - from] = ((flags[row - first] ?? 0) & mask) === wanted ? answer : NO
    }
  }

  #numbers(
    name: 'length' | 'session',
    allowed: number,
    value: number,
    from: number,
    to: number,
    into: Uint8Array
  ): void {
    for (let row = from; row < to;) {
      const { [name]: numbers, flags, first, end } = this.#table.columns(row)
      for (const stop = Math.min(to, end); row < stop; row++) {
        const fits = (allowed & order(numbers[row - first] ?? 0, value)) !== 0
        into[row - from] = fits && ((flags[row - first] ?? 0) & ROW_EVENT) === 0 ? YES : NO
      }
    }
  }

  #gaps(allowed: number, ns: number, from: number, to: number, into: Uint8Array): void {
    const table = this.#table
    // The first of all has none before it.
    let row = Math.max(from, table.first + 1)
    if (row > from) into[0] = NO
    for (let before = row < to ? table.endNs(row - 1) : 0; row < to;) {
      const { timeNs, endNs, first, end } = table.columns(row)
      for (const stop = Math.min(to, end); row < stop; row++) {
        into[row - from] = (allowed & order((timeNs[row - first] ?? 0) - before, ns)) !== 0 ? YES : NO
        before = endNs[row - first] ?? 0
      }
    }
  }

  #memoryAt(depth: number, size: number): Uint8Array {
    const had = this.#memory[depth]
    if (had && had.length >= size) return had.subarray(0, size)
    return (this.#memory[depth] = new Uint8Array(size))
  }
}

/** The bytes terms in it, each that there is. */
export function patternsOf(filter: Filter): BytePattern[] {
  if (filter.type === 'term') return filter.term.type === 'bytes' ? [filter.term.pattern] : []
  return filter.type === 'not' ? patternsOf(filter.part) : filter.parts.flatMap(patternsOf)
}

/** Some rows can only be judged by a look at them, however their bytes stand. */
export function needsLook(filter: Filter): boolean {
  if (filter.type === 'not') return needsLook(filter.part)
  if (filter.type !== 'term') return filter.parts.some(needsLook)
  const { term } = filter
  return (
    term.type === 'decoded' ||
    term.type === 'expression' ||
    (term.type === 'event' && term.kind !== undefined)
  )
}

/** Columns before bytes, long ones before short ones: what settles it early saves the rest. The answers are the same. */
function cheapFirst(filter: Filter): Filter {
  if (filter.type === 'term') return filter
  if (filter.type === 'not') return { type: 'not', part: cheapFirst(filter.part) }
  return { type: filter.type, parts: filter.parts.map(cheapFirst).sort((a, b) => cost(a) - cost(b)) }
}

function cost(filter: Filter): number {
  if (needsLook(filter)) return 3
  const patterns = patternsOf(filter)
  return patterns.length === 0 ? 0 : 1 + 1 / Math.max(...patterns.map(({ length }) => length))
}

function countOpen(verdicts: Uint8Array, decisive: number): number {
  let count = 0
  for (const verdict of verdicts) if (verdict !== decisive) count++
  return count
}

function opposite(verdict: number): number {
  return verdict === OPEN ? OPEN : 1 - verdict
}

function order(value: number, other: number): number {
  return value > other ? ABOVE : value < other ? BELOW : SAME
}
