/**
 * JSON that knows where it stands: for every value the place in the text, and for text that is no JSON the place and the
 * reason in words. `JSON.parse` tells neither, and lets the second of two equal keys win in silence.
 */

/** Deeper than settings ever are; a text of brackets alone must not use up the stack. */
export const MAX_DEPTH = 64

export type Path = readonly (string | number)[]

/** Both from 1; the column in UTF-16 units, as editors count. */
export interface Place {
  readonly line: number
  readonly column: number
}

export interface JsonText {
  readonly value: unknown
  /** Where the value of a path begins (`key`: where its key does), or what is nearest above it. */
  placeOf(path: Path, what?: 'value' | 'key'): Place
}

/** The text is no JSON; `message` is the reason. */
export class JsonTextError extends Error {
  readonly place: Place

  constructor(message: string, place: Place) {
    super(message)
    this.name = 'JsonTextError'
    this.place = place
  }
}

interface Node {
  readonly value: unknown
  readonly at: number
  readonly members: ReadonlyMap<string | number, Member>
}

interface Member {
  readonly keyAt: number
  readonly node: Node
}

const BLANKS = /[ \t\r\n]*/y
const STRING = /"[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[\da-fA-F]{4})[^"\\\u0000-\u001f]*)*"/y
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.+-])/y
const WORD = /(?:true|false|null)(?!\w)/y

const NO_MEMBERS: ReadonlyMap<string | number, Member> = new Map()

/** Throws JsonTextError. */
export function readJson(text: string): JsonText {
  const root = new Reader(text).read()
  return {
    value: root.value,
    placeOf: (path, what = 'value') => {
      let { at } = root
      let node = root
      for (const [index, key] of path.entries()) {
        const member = node.members.get(key)
        if (!member) break
        node = member.node
        at = what === 'key' && index === path.length - 1 ? member.keyAt : node.at
      }
      return placeAt(text, at)
    }
  }
}

function placeAt(text: string, at: number): Place {
  const before = text.slice(0, at)
  return { line: before.split('\n').length, column: at - before.lastIndexOf('\n') }
}

class Reader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  read(): Node {
    const root = this.#value(0)
    this.#skipBlanks()
    if (this.#at < this.#text.length) this.#unexpected('the end of the file was expected here')
    return root
  }

  #value(depth: number): Node {
    this.#skipBlanks()
    if (depth > MAX_DEPTH) this.#fail(`brackets are nested more than ${MAX_DEPTH} deep`)
    const at = this.#at
    if (this.#take('{')) return this.#object(at, depth)
    if (this.#take('[')) return this.#array(at, depth)
    const token = this.#match(STRING) ?? this.#match(NUMBER) ?? this.#match(WORD)
    if (token === undefined) this.#noToken('a value was expected here')
    return { value: JSON.parse(token), at, members: NO_MEMBERS }
  }

  #object(at: number, depth: number): Node {
    const members = new Map<string, Member>()
    if (!this.#take('}'))
      do {
        this.#skipBlanks()
        const keyAt = this.#at
        const token = this.#match(STRING)
        if (token === undefined) this.#noToken('a name in double quotes was expected here')
        const key = JSON.parse(token) as string
        if (members.has(key)) this.#fail(`${token} is there twice`, keyAt)
        if (!this.#take(':')) this.#unexpected(`a colon was expected after ${token}`)
        members.set(key, { keyAt, node: this.#value(depth + 1) })
      } while (this.#goesOn('}'))
    // Unlike an assignment, this takes `__proto__` for a key like any other.
    const value = Object.fromEntries([...members].map(([key, { node }]) => [key, node.value]))
    return { value, at, members }
  }

  #array(at: number, depth: number): Node {
    const members = new Map<number, Member>()
    if (!this.#take(']'))
      do {
        const node = this.#value(depth + 1)
        members.set(members.size, { keyAt: node.at, node })
      } while (this.#goesOn(']'))
    return { value: [...members.values()].map(({ node }) => node.value), at, members }
  }

  /** After a member: true behind a comma, false behind the closing bracket. */
  #goesOn(closing: '}' | ']'): boolean {
    if (this.#take(closing)) return false
    if (!this.#take(',')) this.#unexpected(`a comma or "${closing}" was expected here`)
    this.#skipBlanks()
    if (this.#text[this.#at] === closing) this.#fail(`there is a comma too many before this "${closing}"`)
    return true
  }

  #skipBlanks(): void {
    this.#match(BLANKS)
  }

  #take(character: string): boolean {
    this.#skipBlanks()
    if (this.#text[this.#at] !== character) return false
    this.#at++
    return true
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)?.[0]
    if (found !== undefined) this.#at += found.length
    return found
  }

  /** What people really do wrong is named in place of what was expected. */
  #unexpected(expected: string): never {
    const rest = this.#text.slice(this.#at, this.#at + 2)
    if (rest === '') this.#fail('the file ends in the middle, as if it was cut off')
    if (rest.startsWith('#') || rest === '//' || rest === '/*') this.#fail('comments are not possible here')
    this.#fail(expected)
  }

  #noToken(expected: string): never {
    const first = this.#text[this.#at]
    if (first === "'") this.#fail('text stands in double quotes')
    if (first === '"')
      this.#fail('this text has no end, or a character that must be written with a backslash')
    this.#unexpected(expected)
  }

  #fail(reason: string, at = this.#at): never {
    throw new JsonTextError(reason, placeAt(this.#text, at))
  }
}
