/** A filter's text and how far it is read: what the parser and its terms have in common. Pure. */
import { FilterError } from './filter.ts'

export class Scanner {
  readonly text: string
  #at = 0

  constructor(text: string) {
    this.text = text
  }

  /** The index of what comes next. */
  get at(): number {
    return this.#at
  }

  isDone(): boolean {
    return this.#at === this.text.length
  }

  /** The character that comes next; empty at the end. */
  get next(): string {
    return this.text[this.#at] ?? ''
  }

  skipSpace(): void {
    this.take(/\s*/y)
  }

  /** `sticky`: has the flag y. */
  ahead(sticky: RegExp): boolean {
    sticky.lastIndex = this.#at
    return sticky.test(this.text)
  }

  take(sticky: RegExp): RegExpExecArray | undefined {
    sticky.lastIndex = this.#at
    const match = sticky.exec(this.text)
    if (!match) return undefined
    this.#at += match[0].length
    return match
  }

  /** All up to a space, a parenthesis or a quote; may be empty. */
  value(): string {
    return this.take(/[^\s()"]*/y)?.[0] ?? ''
  }

  /** How long what stands here is, up to the next space or parenthesis. */
  get rest(): number {
    return /^[^\s()]*/.exec(this.text.slice(this.#at))?.[0].length ?? 0
  }

  /** Throws a FilterError. */
  fail(message: string, at: number, length: number): never {
    throw new FilterError(message, at, length)
  }
}
