/**
 * Does a row fit a filter? All but users' expressions is answered at once; those may take for ever, so they are run elsewhere
 * (`expressionsOf`), and their answers given here. Pure.
 */
import { findBytes } from '../find-bytes.ts'
import type { Comparison, Filter, FilterTerm } from './filter.ts'

/** What a filter can ask of a row: nothing in it is looked up before it is asked for. */
export interface RowFacts {
  isFromDevice(): boolean
  length(): number
  /** The silence before it; undefined: it is the first one. */
  gapNs(): number | undefined
  session(): number
  bytes(): Uint8Array
  /** The kind of event; undefined: it has bytes. */
  event(): string | undefined
  /** What a decoder says by this word, in lower case. */
  decoded(key: string): string | undefined
  /** Whether an expression fits; undefined: not known yet. */
  expression(expression: RegExp): boolean | undefined
}

/** Undefined: that hangs on expressions that are not known yet. */
export function matches(filter: Filter, row: RowFacts): boolean | undefined {
  switch (filter.type) {
    case 'all':
      return together(filter.parts, row, false)
    case 'any':
      return together(filter.parts, row, true)
    case 'not': {
      const part = matches(filter.part, row)
      return part === undefined ? undefined : !part
    }
    case 'term':
      return holds(filter.term, row)
  }
}

/** The expressions in it, each once. */
export function expressionsOf(filter: Filter): RegExp[] {
  switch (filter.type) {
    case 'all':
    case 'any':
      return filter.parts.flatMap(expressionsOf)
    case 'not':
      return expressionsOf(filter.part)
    case 'term':
      return filter.term.type === 'expression' ? [filter.term.expression] : []
  }
}

/** One bytes term that every row that fits must have: a search for it finds all candidates. The longest; undefined: there is none. */
export function requiredBytes(filter: Filter): readonly (number | undefined)[] | undefined {
  if (filter.type === 'term') return filter.term.type === 'bytes' ? filter.term.pattern : undefined
  if (filter.type !== 'all') return undefined
  const found = filter.parts.map(requiredBytes).filter((each) => each !== undefined)
  return found.sort((a, b) => b.length - a.length)[0]
}

/** Does it ask what a decoder says? */
export function needsDecoder(filter: Filter): boolean {
  switch (filter.type) {
    case 'all':
    case 'any':
      return filter.parts.some(needsDecoder)
    case 'not':
      return needsDecoder(filter.part)
    case 'term':
      return filter.term.type === 'decoded'
  }
}

/** `decisive`: the answer of one part that settles it. */
function together(parts: readonly Filter[], row: RowFacts, decisive: boolean): boolean | undefined {
  let answer: boolean | undefined = !decisive
  for (const part of parts) {
    const one = matches(part, row)
    if (one === decisive) return decisive
    if (one === undefined) answer = undefined
  }
  return answer
}

function holds(term: FilterTerm, row: RowFacts): boolean | undefined {
  const event = row.event()
  if (term.type === 'event') return event !== undefined && (term.kind === undefined || term.kind === event)
  if (term.type === 'gap') {
    const gap = row.gapNs()
    return gap !== undefined && compare(gap, term.comparison, term.ns)
  }
  if (event !== undefined) return false
  switch (term.type) {
    case 'direction':
      return row.isFromDevice() === term.isFromDevice
    case 'length':
      return compare(row.length(), term.comparison, term.value)
    case 'session':
      return row.session() === term.session
    case 'bytes':
      return row.length() >= term.pattern.length && findBytes(row.bytes(), term.pattern) >= 0
    case 'decoded':
      // A row with several frames has several values.
      return row.decoded(term.key)?.split(' ').includes(term.value) === true
    case 'expression':
      return row.expression(term.expression)
  }
}

function compare(value: number, comparison: Comparison, other: number): boolean {
  switch (comparison) {
    case '=':
      return value === other
    case '!=':
      return value !== other
    case '<':
      return value < other
    case '<=':
      return value <= other
    case '>':
      return value > other
    case '>=':
      return value >= other
  }
}
