/** What was sent to each target, for the arrow keys. Kept in this browser alone. */
import { keep, stored } from '../appearance.svelte.ts'
import { readLine } from './send-line.ts'
import type { SendLine } from './send-bytes.ts'

const KEY = 'farport.sent'
/** Of one target. */
export const MAX_HISTORY = 100
/** Those that were used last. */
const MAX_TARGETS = 30
/** A longer one is not kept; in characters. */
const MAX_KEPT = 2000

/** Where the text is kept, as the page's storage. */
export interface Shelf {
  readonly get: (key: string) => string | undefined
  readonly set: (key: string, text: string) => void
}

export const browserShelf: Shelf = { get: stored, set: keep }

/** The lines of one target, and where in them somebody is. */
export class SendHistory {
  readonly #shelf: Shelf
  readonly #target: string
  #lines: readonly SendLine[]
  /** `length`: behind the newest one, where the draft is. */
  #at: number
  #draft: SendLine | undefined

  constructor(target: string, shelf: Shelf = browserShelf) {
    this.#shelf = shelf
    this.#target = target
    this.#lines = all(shelf).get(target) ?? []
    this.#at = this.#lines.length
  }

  /** The oldest first. */
  get lines(): readonly SendLine[] {
    return this.#lines
  }

  /** It was sent: the newest now, and nowhere else. */
  add(line: SendLine): void {
    this.#draft = undefined
    if (line.text !== '' && line.text.length <= MAX_KEPT) {
      const others = this.#lines.filter((each) => !isSame(each, line))
      this.#lines = [...others, line].slice(-MAX_HISTORY)
      this.#store()
    }
    this.#at = this.#lines.length
  }

  /** The one before (-1) or after (1) the one that is shown; undefined: there is none. `shown`: what stands in the field. */
  step(by: -1 | 1, shown: SendLine): SendLine | undefined {
    const next = this.#at + by
    if (next < 0 || next > this.#lines.length) return undefined
    if (this.#at === this.#lines.length) this.#draft = shown
    this.#at = next
    return this.#lines[next] ?? this.#draft
  }

  /** Something was typed: what is shown is no longer one of the lines. */
  typed(): void {
    this.#at = this.#lines.length
    this.#draft = undefined
  }

  #store(): void {
    const targets = all(this.#shelf)
    targets.delete(this.#target)
    targets.set(this.#target, this.#lines)
    this.#shelf.set(KEY, JSON.stringify([...targets].slice(-MAX_TARGETS)))
  }
}

function isSame(one: SendLine, other: SendLine): boolean {
  return (
    one.text === other.text &&
    one.mode === other.mode &&
    one.check === other.check &&
    one.ending === other.ending
  )
}

/** Whatever else stands there is nothing. */
function all(shelf: Shelf): Map<string, readonly SendLine[]> {
  try {
    const kept: unknown = JSON.parse(shelf.get(KEY) ?? '[]')
    if (!Array.isArray(kept)) return new Map()
    return new Map(
      kept.flatMap((pair: unknown) => {
        const [target, lines] = Array.isArray(pair) ? (pair as readonly unknown[]) : []
        if (typeof target !== 'string' || !Array.isArray(lines)) return []
        const sound = lines.map(readLine).filter((each) => each !== undefined)
        return [[target, sound.slice(-MAX_HISTORY)] as const]
      })
    )
  } catch {
    return new Map()
  }
}
