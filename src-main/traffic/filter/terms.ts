/** Reads one term of a filter: a word with its value, a text, an expression. Called by parse.ts. Pure. */
import { EVENTS, OWN_WORDS, type Comparison, type FilterTerm } from './filter.ts'
import { readQuoted } from './quoted.ts'
import type { Scanner } from './scanner.ts'
import { overBytes, utf8 } from './text-bytes.ts'

const UNIT_NS: Readonly<Record<string, number>> = { us: 1e3, µs: 1e3, ms: 1e6, s: 1e9 }

const COMPARISONS: Readonly<Record<string, Comparison>> = {
  ':': '=',
  '=': '=',
  '!=': '!=',
  '<': '<',
  '<=': '<=',
  '>': '>',
  '>=': '>='
}

/** A word and what stands between it and its value. */
interface Head {
  readonly word: string
  readonly operator: string
  /** Where it begins. */
  readonly at: number
}

/** Throws a FilterError. */
export function readTerm(scanner: Scanner, keys: readonly string[]): FilterTerm {
  const { at } = scanner
  if (scanner.next === '"') return { type: 'bytes', pattern: readQuoted(scanner) }
  if (scanner.next === '/') return expression(scanner)
  const match = scanner.take(/([a-z][\w-]*)(:|>=|<=|!=|=|>|<)/iy)
  if (match)
    return about(scanner, { word: (match[1] ?? '').toLowerCase(), operator: match[2] ?? '', at }, keys)
  const word = scanner.value()
  if (word === '') scanner.fail('this is not understood', at, 1)
  return { type: 'bytes', pattern: utf8(word) }
}

function about(scanner: Scanner, head: Head, keys: readonly string[]): FilterTerm {
  switch (head.word) {
    case 'len':
      return { type: 'length', comparison: comparison(head), value: number(scanner, 'len>8') }
    case 'gap':
      return { type: 'gap', comparison: comparison(head), ns: time(scanner) }
    case 'dir':
      equal(scanner, head, 'dir:rx')
      return direction(scanner)
    case 'session':
      equal(scanner, head, 'session:2')
      return { type: 'session', session: number(scanner, 'session:2') }
    case 'hex':
      equal(scanner, head, 'hex:01 03')
      return hex(scanner)
    case 'text':
      equal(scanner, head, 'text:OK')
      return words(scanner)
    case 'event':
      equal(scanner, head, 'event:break')
      return event(scanner)
    default:
      return decoded(scanner, head, keys)
  }
}

function direction(scanner: Scanner): FilterTerm {
  const { at } = scanner
  const value = scanner.value().toLowerCase()
  if (value === 'rx' || value === 'from-device') return { type: 'direction', isFromDevice: true }
  if (value === 'tx' || value === 'to-device') return { type: 'direction', isFromDevice: false }
  return scanner.fail('dir is rx (from the device) or tx (to the device)', at, value.length)
}

/** All pairs that follow belong to it, behind spaces too: a word that looks like hex digits needs quotes there. */
function hex(scanner: Scanner): FilterTerm {
  const { at } = scanner
  scanner.take(/[ \t]*/y)
  let digits = scanner.take(/[^\s()"]*/y)?.[0].replaceAll(':', '') ?? ''
  if (!/^(?:[0-9a-f]{2}|\?\?)+$/i.test(digits))
    scanner.fail('hex needs pairs of hex digits, like hex:01 03 ?? ff', at, scanner.at - at)
  for (let more; (more = scanner.take(/[ \t]+((?:[0-9a-f]{2}|\?\?)+)(?=[\s()]|$)/iy));)
    digits += more[1] ?? ''
  const pattern = (digits.match(/../g) ?? []).map((pair) =>
    pair === '??' ? undefined : Number.parseInt(pair, 16)
  )
  if (pattern.every((byte) => byte === undefined))
    scanner.fail('hex needs one byte at least that is not ??', at, scanner.at - at)
  return { type: 'bytes', pattern }
}

function words(scanner: Scanner): FilterTerm {
  if (scanner.next === '"') return { type: 'bytes', pattern: readQuoted(scanner) }
  const { at } = scanner
  const value = scanner.value()
  if (value === '') scanner.fail('text needs something to look for, like text:OK or text:"two words"', at, 1)
  return { type: 'bytes', pattern: utf8(value) }
}

function event(scanner: Scanner): FilterTerm {
  const { at } = scanner
  const kind = scanner.value().toLowerCase()
  if (!EVENTS.has(kind)) scanner.fail(`event is one of ${[...EVENTS].join(', ')}`, at, kind.length)
  return { type: 'event', ...(kind !== 'any' && { kind }) }
}

function decoded(scanner: Scanner, { word, operator, at }: Head, keys: readonly string[]): FilterTerm {
  if (!keys.includes(word)) {
    const known = [...OWN_WORDS, ...keys].join(', ')
    scanner.fail(`“${word}” is none of ${known}; put a text that you look for in quotes`, at, word.length)
  }
  equal(scanner, { word, operator, at }, `${word}:3`)
  const from = scanner.at
  const value = scanner.next === '"' ? String.fromCharCode(...readQuoted(scanner)) : scanner.value()
  if (value === '') scanner.fail(`${word} needs a value, like ${word}:3`, from, 1)
  return { type: 'decoded', key: word, value: value.toLowerCase() }
}

function expression(scanner: Scanner): FilterTerm {
  const { at } = scanner
  const match = scanner.take(/\/((?:[^\\/[\n]|\\.|\[(?:[^\\\]\n]|\\.)*\])+)\/([a-z]*)/iy)
  if (!match) return scanner.fail('this expression has no / at its end', at, scanner.text.length - at)
  const [all, source = '', flags = ''] = match
  if (!/^(?!.*(.).*\1)[ims]*$/.test(flags))
    scanner.fail('behind an expression may stand i, m and s', scanner.at - flags.length, flags.length)
  try {
    return { type: 'expression', expression: new RegExp(overBytes(source), flags) }
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/^.*\/\w*: /s, '') : 'it cannot be read'
    return scanner.fail(`this is no expression: ${why}`, at, all.length)
  }
}

function equal(scanner: Scanner, { word, operator, at }: Head, example: string): void {
  if (operator !== ':' && operator !== '=')
    scanner.fail(`${word} knows no ${operator}; write ${example}`, at, word.length + operator.length)
}

function comparison({ operator }: Head): Comparison {
  return COMPARISONS[operator] ?? '='
}

function number(scanner: Scanner, example: string): number {
  const { at } = scanner
  const match = scanner.take(/\d{1,9}(?=[\s()]|$)/y)
  return match
    ? Number(match[0])
    : scanner.fail(`here must stand a number, like ${example}`, at, scanner.rest)
}

/** ns. */
function time(scanner: Scanner): number {
  const { at } = scanner
  const match = scanner.take(/(\d{1,9}(?:\.\d{1,9})?)(us|µs|ms|s)?(?=[\s()]|$)/iy)
  const perUnit = UNIT_NS[match?.[2]?.toLowerCase() ?? 'ms']
  if (!match || perUnit === undefined)
    return scanner.fail('gap needs a time, like gap>100ms', at, scanner.rest)
  return Number(match[1]) * perUnit
}
