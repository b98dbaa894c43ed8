/**
 * Numbers in lines of text, for a plot: pairs (`temp:23.5 C, hum=45 %`) and columns (`1.2, 3.4`, tabs or spaces between them too), which a
 * line of names before them may call. What is neither, as a date, an address or a sentence, is no number. Pure; who draws them is the page.
 *
 * Known from microcontrollers: pairs and columns in one line one behind the other, a separator at the end of the line, `nan` and `ovf`
 * where a sensor says nothing, decimal commas where `;` separates.
 */
import { latin1, readText } from './decoders/text.ts'

/** `name`: of a pair or its column; the number of its column, from `1`, where nobody named it. */
export type TakeNumber = (name: string, value: number) => void

/** A longer line is no line of numbers; in bytes. */
export const MAX_NUMBERS_LINE = 1024
/** Longer names are no names; in characters. */
export const MAX_NUMBER_NAME = 40

const NUMBER = /[+-]?(?:0[xX][\dA-Fa-f]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)/y
const COMMA_NUMBER = /[+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][+-]?\d+)?/y
/** What stands for a number that there is not. */
const NOTHING = /[+-]?(?:nan|inf(?:inity)?|null|ovf)(?![\p{L}\p{N}_])/iuy
/** `°C`, `%`, `m/s²`, `m3`: a digit stands at its end alone. */
const UNIT = /[\p{L}%°µ‰'"²³Ω][\p{L}%°µ‰Ω/·*^²³-]{0,9}\d?(?![\p{L}\p{N}_.:=])/uy
/** Of the line, where columns follow it. */
const DATE =
  /^(?:\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?)?|\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?)Z?[\t ]*[,;\t ]/
const NAME_WORD = /^[\p{L}\p{N}_][\p{L}\p{N}\p{M}_.\-/()[\]%°#]*$/u
const BEGINS_NAME = /^[\p{L}_]/u
/** Ends a name, whatever else could. */
const WALL = /[,;\t|]/

/** Reads lines one behind the other: names of columns hold until others come. One for each direction. */
export class NumberReader {
  #names: readonly string[] = []
  /** Of the line before this one, if it could be names. */
  #maybe: readonly string[] | undefined

  /** The bytes of one line, with or without its end. Answers how many numbers it had. Never throws. */
  read(line: Uint8Array, take: TakeNumber): number {
    const text = textOf(line)
    if (text === undefined) {
      this.#maybe = undefined
      return 0
    }
    if (text === '') return 0
    const names = this.#maybe
    this.#maybe = undefined
    const found = readPairs(text, take)
    if (found > 0) return found
    const columns = readColumns(text)
    if (!columns) {
      this.#maybe = namesIn(text)
      return 0
    }
    if (names?.length === columns.length) this.#names = names
    const called = this.#names.length === columns.length ? this.#names : undefined
    let count = 0
    for (const [at, value] of columns.entries()) {
      if (Number.isNaN(value)) continue
      take(called?.[at] ?? String(at + 1), value)
      count++
    }
    return count
  }

  /** As if nothing was read before. */
  reset(): void {
    this.#names = []
    this.#maybe = undefined
  }
}

/** Without the blanks around it; undefined: with control bytes, or too long. */
function textOf(line: Uint8Array): string | undefined {
  if (line.length > MAX_NUMBERS_LINE) return undefined
  let isAscii = true
  for (const byte of line) {
    if (byte >= 0x80) isAscii = false
    // Tab, LF and CR are of text; NUL and other controls are not.
    else if (byte < 0x20 ? byte !== 9 && byte !== 10 && byte !== 13 : byte === 0x7f) return undefined
  }
  return (isAscii ? latin1(line) : readText(line).text).trim()
}

/** The numbers behind `:` and `=`. */
function readPairs(text: string, take: TakeNumber): number {
  const isComma = text.includes(';')
  let count = 0
  let from = 0
  // Behind a pair and a blank the next name is one word: what else stands there is the unit.
  let isBehind = false
  for (let at = nextSign(text, 0); at >= 0; at = nextSign(text, at)) {
    const name = nameBefore(text, from, at, isBehind)
    const value = name === undefined ? undefined : readValue(text, blanks(text, at + 1), isComma)
    if (name === undefined || !value) {
      from = ++at
      isBehind = false
      continue
    }
    count += tell(name, value.value, take)
    at = value.end
    // `acc: 1 2 3` is three of that name.
    for (let turn = 2; !value.hasUnit; turn++) {
      const next = blanks(text, at, true)
      const more = next === at ? undefined : readValue(text, next, isComma)
      if (!more || isSign(text, blanks(text, more.end))) break
      count += tell(`${name} ${turn}`, more.value, take)
      at = more.end
      if (more.hasUnit) break
    }
    from = at
    isBehind = true
  }
  return count
}

function tell(name: string, value: number, take: TakeNumber): number {
  if (Number.isNaN(value)) return 0
  take(name, value)
  return 1
}

function nextSign(text: string, from: number): number {
  for (let at = from; at < text.length; at++) if (isSign(text, at)) return at
  return -1
}

function isSign(text: string, at: number): boolean {
  const code = text.charCodeAt(at)
  return code === 0x3a || code === 0x3d
}

/** Past spaces and tabs; `separators`: and past one comma, semicolon or bar among them. */
function blanks(text: string, from: number, separators = false): number {
  let at = from
  let isFree = separators
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 0x20 || code === 9) continue
    if (!isFree || !(code === 0x2c || code === 0x3b || code === 0x7c)) break
    isFree = false
  }
  return at
}

/** Words that could name something, from the last one back; undefined: there is none. */
function nameBefore(text: string, from: number, end: number, isBehind: boolean): string | undefined {
  const place = text.slice(from, end)
  const wall = place.split(WALL)
  const words = (wall.at(-1) ?? '').trim().split(' ').filter(Boolean)
  let first = words.length
  while (first > 0 && NAME_WORD.test(unquoted(words[first - 1] ?? ''))) first--
  if (isBehind && wall.length === 1) first = Math.max(first, words.length - 1)
  while (first < words.length && !BEGINS_NAME.test(unquoted(words[first] ?? ''))) first++
  const name = unquoted(words.slice(first).join(' '))
  return name === '' || name.length > MAX_NUMBER_NAME ? undefined : name
}

function unquoted(text: string): string {
  return text.replace(/^["'{]+|["']+$/g, '')
}

interface Value {
  /** NaN: it says that there is none. */
  readonly value: number
  readonly end: number
  readonly hasUnit: boolean
}

/** The number there with its unit; undefined: there is none, or something that is no number goes on behind it. */
function readValue(text: string, at: number, isComma: boolean): Value | undefined {
  NOTHING.lastIndex = at
  if (NOTHING.test(text)) return { value: NaN, end: NOTHING.lastIndex, hasUnit: false }
  const number = isComma ? COMMA_NUMBER : NUMBER
  number.lastIndex = at
  const found = number.exec(text)?.[0]
  if (found === undefined) return undefined
  let end = number.lastIndex
  let hasUnit = false
  UNIT.lastIndex = end
  if (UNIT.test(text)) {
    end = UNIT.lastIndex
    hasUnit = true
  }
  if (!isEnd(text, end)) return undefined
  return { value: valueOf(isComma ? found.replace(',', '.') : found), end, hasUnit }
}

function valueOf(digits: string): number {
  const value =
    digits.startsWith('-0x') || digits.startsWith('-0X') ? -Number(digits.slice(1)) : Number(digits)
  return Number.isFinite(value) ? value : NaN
}

/** What may stand behind a number and its unit. A point may, at the end of a sentence. */
function isEnd(text: string, at: number): boolean {
  if (at >= text.length) return true
  const character = text.charAt(at)
  if (character === '.') return at + 1 >= text.length || text.charAt(at + 1) === ' '
  return ' \t,;|)]}"\''.includes(character)
}

/** A number for each column, NaN for an empty one; undefined: not all of the line is numbers. */
function readColumns(line: string): number[] | undefined {
  const dated = DATE.exec(line)
  const text = dated ? line.slice(dated[0].length) : line
  const isComma = text.includes(';')
  const columns: number[] = []
  let hasNumber = false
  for (let at = blanks(text, 0); at < text.length;) {
    if (WALL.test(text.charAt(at))) {
      columns.push(NaN)
      at = blanks(text, at + 1)
      continue
    }
    const value = readValue(text, at, isComma)
    if (!value) return undefined
    columns.push(value.value)
    hasNumber = true
    at = value.end
    if (!value.hasUnit) at = pastUnit(text, at)
    const next = blanks(text, at, true)
    if (next === at && at < text.length) return undefined
    at = next
  }
  return hasNumber ? columns : undefined
}

/** `23.5 °C`: the unit behind a blank. */
function pastUnit(text: string, at: number): number {
  const from = blanks(text, at)
  if (from === at) return at
  UNIT.lastIndex = from
  NOTHING.lastIndex = from
  return !NOTHING.test(text) && UNIT.test(text) ? UNIT.lastIndex : at
}

/** Two names or more, which could be those of columns. */
function namesIn(text: string): readonly string[] | undefined {
  const parts = WALL.test(text) ? text.split(/[,;\t|]/) : text.split(/ +/)
  if (parts.length > 1 && parts.at(-1)?.trim() === '') parts.pop()
  const names = parts.map((each) => unquoted(each.trim()))
  const areNames =
    names.length > 1 &&
    names.every(
      (each) =>
        each.length <= MAX_NUMBER_NAME &&
        BEGINS_NAME.test(each) &&
        each.split(' ').every((word) => NAME_WORD.test(word))
    )
  return areNames ? distinct(names) : undefined
}

/** Two columns of one name would be one line that jumps. */
function distinct(names: readonly string[]): readonly string[] {
  const seen = new Map<string, number>()
  return names.map((name) => {
    const before = (seen.get(name) ?? 0) + 1
    seen.set(name, before)
    return before === 1 ? name : `${name} ${before}`
  })
}
