/**
 * Reads a filter. Terms side by side must all hold; `or` between them, `not` (or `!`) before one, and parentheses as usual. A word or a
 * text in quotes alone is looked for as it stands. Pure; what is wrong is told with its place.
 */
import type { Filter } from './filter.ts'
import { FilterError } from './filter.ts'
import { Scanner } from './scanner.ts'
import { readTerm } from './terms.ts'

/** A longer one is a mistake. */
const MAX_FILTER = 4096
const MAX_DEPTH = 50

/** Throws a FilterError. Undefined: there is nothing to filter by. `keys`: the words of decoders (`fc`, `crc`, …). */
export function parseFilter(text: string, keys: readonly string[]): Filter | undefined {
  if (text.length > MAX_FILTER)
    throw new FilterError('the filter is too long', MAX_FILTER, text.length - MAX_FILTER)
  return new Parser(text, keys).all()
}

class Parser {
  readonly #scanner: Scanner
  readonly #keys: readonly string[]
  #depth = 0

  constructor(text: string, keys: readonly string[]) {
    this.#scanner = new Scanner(text)
    this.#keys = keys
  }

  all(): Filter | undefined {
    const scanner = this.#scanner
    scanner.skipSpace()
    if (scanner.isDone()) return undefined
    const filter = this.#any()
    if (!scanner.isDone()) scanner.fail('there is no ( for this )', scanner.at, 1)
    return filter
  }

  #any(): Filter {
    const parts = [this.#every()]
    while (this.#word(/or(?=[\s()!]|$)/iy)) parts.push(this.#every())
    return parts.length === 1 && parts[0] ? parts[0] : { type: 'any', parts }
  }

  #every(): Filter {
    const scanner = this.#scanner
    const parts: Filter[] = []
    for (;;) {
      scanner.skipSpace()
      if (scanner.isDone() || scanner.next === ')' || scanner.ahead(/or(?=[\s()!]|$)/iy)) break
      if (parts.length > 0) this.#word(/and(?=[\s()!]|$)/iy)
      parts.push(this.#one())
    }
    if (parts.length === 0) scanner.fail('something to look for is missing here', scanner.at, 1)
    return parts.length === 1 && parts[0] ? parts[0] : { type: 'all', parts }
  }

  #one(): Filter {
    const scanner = this.#scanner
    scanner.skipSpace()
    const start = scanner.at
    if (scanner.take(/!/y) || this.#word(/not(?=[\s()!]|$)/iy))
      return { type: 'not', part: this.#nested(start, () => this.#one()) }
    if (!scanner.take(/\(/y)) return { type: 'term', term: readTerm(scanner, this.#keys) }
    const inner = this.#nested(start, () => this.#any())
    if (!scanner.take(/\)/y)) scanner.fail('this ( is never closed', start, 1)
    return inner
  }

  #nested(start: number, read: () => Filter): Filter {
    if (++this.#depth > MAX_DEPTH) this.#scanner.fail('this is nested too deep', start, 1)
    const filter = read()
    this.#depth--
    return filter
  }

  /** Takes the word where it stands alone. */
  #word(word: RegExp): boolean {
    this.#scanner.skipSpace()
    return this.#scanner.take(word) !== undefined
  }
}
