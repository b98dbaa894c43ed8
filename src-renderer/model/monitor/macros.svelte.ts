/** Macros: lines that a person sends often, in an order of his own. Kept in this browser, for all ports; files bring them elsewhere. */
import { Fault } from '../../../src-main/contract/faults.ts'
import { words } from '../../words/words.ts'
import type { SendLine } from './send-bytes.ts'
import { browserShelf, type Shelf } from './send-history.ts'
import { fieldsOf, parsed, readLine } from './send-line.ts'

const KEY = 'farport.macros'
export const MAX_MACROS = 100
export const MAX_MACRO_NAME = 60
/** A repeated one waits no less and no more, in ms. */
export const REPEAT_MS = { min: 1, max: 86_400_000 } as const
export const MAX_TIMES = 1_000_000

/** What marks a file of them. */
const MARK = 'farport-macros'

export interface Repeat {
  /** From one sending to the next, or as soon as the device has taken it. */
  readonly everyMs: number
  /** 0: until it is stopped. */
  readonly times: number
}

export interface Macro extends SendLine {
  /** In this browser. */
  readonly id: string
  readonly name: string
  /** Absent: it is sent once. */
  readonly repeat?: Repeat
}

export class Macros {
  readonly #shelf: Shelf
  readonly #makeId: () => string
  list = $state.raw<readonly Macro[]>([])

  constructor(shelf: Shelf = browserShelf, makeId: () => string = () => crypto.randomUUID()) {
    this.#shelf = shelf
    this.#makeId = makeId
    this.reread()
  }

  /** Another window may have changed them. */
  reread(): void {
    const kept = parsed(this.#shelf.get(KEY) ?? '[]')
    const found = (Array.isArray(kept) ? kept : []).map(readMacro).filter((each) => each !== undefined)
    this.list = found.slice(0, MAX_MACROS).map((each) => ({ ...each, id: this.#makeId() }))
  }

  /** The new one, at the end. Throws `usage` where there are too many. */
  add(macro: Omit<Macro, 'id'>): Macro {
    if (this.list.length >= MAX_MACROS) throw new Fault('usage', words.macros.full(MAX_MACROS))
    const added = { ...macro, id: this.#makeId() }
    this.#keep([...this.list, added])
    return added
  }

  change(macro: Macro): void {
    this.#keep(this.list.map((each) => (each.id === macro.id ? macro : each)))
  }

  /** Answers what brings it back to where it was. */
  remove(id: string): () => void {
    const before = this.list
    this.#keep(before.filter((each) => each.id !== id))
    return () => this.#keep(before)
  }

  /** By so many places; it stays within the list. */
  move(id: string, by: -1 | 1): void {
    const from = this.list.findIndex((each) => each.id === id)
    const to = from + by
    const [macro, other] = [this.list[from], this.list[to]]
    if (!macro || !other) return
    this.#keep(this.list.map((each, at) => (at === from ? other : at === to ? macro : each)))
  }

  /** A file of all of them. */
  toJson(): string {
    const all = this.list.map(withoutId)
    return `${JSON.stringify({ [MARK]: 1, macros: all }, undefined, 2)}\n`
  }

  /** Those of a file behind the others, but for those that are there already; how many that are. Throws `usage` with what is wrong with it. */
  addJson(text: string): number {
    const file = fieldsOf(parsed(text.trim()))
    if (file[MARK] !== 1 || !Array.isArray(file.macros)) throw new Fault('usage', words.macros.noFile)
    const all = (file.macros as readonly unknown[]).map(readMacro)
    const broken = all.findIndex((each) => each === undefined)
    if (broken >= 0) throw new Fault('usage', words.macros.broken(broken + 1))
    const known = this.list.map((each) => JSON.stringify(withoutId(each)))
    const added = all
      .filter((each) => each !== undefined)
      .filter((each) => !known.includes(JSON.stringify(each)))
      .map((each) => ({ ...each, id: this.#makeId() }))
    if (this.list.length + added.length > MAX_MACROS) throw new Fault('usage', words.macros.full(MAX_MACROS))
    this.#keep([...this.list, ...added])
    return added.length
  }

  #keep(list: readonly Macro[]): void {
    this.list = list
    this.#shelf.set(KEY, JSON.stringify(list.map(withoutId)))
  }
}

/** In an order of its fields that is always the same. */
function withoutId({ name, mode, text, check, ending, repeat }: Omit<Macro, 'id'>): Omit<Macro, 'id'> {
  return {
    name,
    mode,
    text,
    check,
    ending,
    ...(repeat && { repeat: { everyMs: repeat.everyMs, times: repeat.times } })
  }
}

/** Undefined: it is none. */
function readMacro(value: unknown): Omit<Macro, 'id'> | undefined {
  const line = readLine(value)
  const { name, repeat } = fieldsOf(value)
  if (!line || typeof name !== 'string' || !isMacroName(name)) return undefined
  if (repeat === undefined) return withoutId({ ...line, name })
  const { everyMs, times } = fieldsOf(repeat)
  if (!isWhole(everyMs, REPEAT_MS.min, REPEAT_MS.max) || !isWhole(times, 0, MAX_TIMES)) return undefined
  return withoutId({ ...line, name, repeat: { everyMs, times } })
}

export function isMacroName(name: string): boolean {
  return name.trim() !== '' && name.length <= MAX_MACRO_NAME && !/\p{Cc}/u.test(name)
}

function isWhole(value: unknown, least: number, most: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most
}
