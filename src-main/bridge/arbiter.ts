/**
 * Who may write to the device and command its line: the row of those who may, and the wishes of those who ask. Called by
 * holding.ts, and asked by the hub; knows sessions by their number alone, no bytes and no labels. Times are for people to
 * read (wall clock, ms since 1970); the order of wishes is kept beside them, for that clock may jump.
 */
import type { WRITERS } from '../contract/commands.ts'

/** `one`: the holder alone; `all`: everybody, chunk by chunk; `none`: nobody. */
export type WriterPolicy = (typeof WRITERS)[number]

/** How a session comes in. */
export interface Coming {
  /** It never writes. Default false. */
  readonly observe?: boolean
  /** It only watches until it asks for more, or is given it: it is nobody's heir. Default false. */
  readonly watch?: boolean
  /** With `one`: it writes from now on, and the writer until now when it leaves. Default false. */
  readonly takeOver?: boolean
}

/** How it stands with one session, as in SessionState. */
export interface Standing {
  readonly writer: boolean
  readonly observes: boolean
  readonly watches?: true
  readonly holdsSince?: number
  readonly asksSince?: number
}

interface Place {
  readonly session: number
  /** Of the holder. */
  holdsSince?: number
  wish?: Wish | undefined
  /** It came to watch, and is here because it asks: where it is turned down it watches again. */
  watched?: true | undefined
}

interface Wish {
  /** Smaller: asked before. */
  readonly order: number
  readonly since: number
}

export class Arbiter {
  #policy: WriterPolicy
  /** Those who may write; with `one`, the first is the holder, and whoever held it before stands nearer to it. */
  #row: readonly Place[] = []
  /** Those who watch because they want no more. */
  #aside: ReadonlySet<number> = new Set()
  #lastWish = 0

  constructor(policy: WriterPolicy) {
    this.#policy = policy
  }

  get policy(): WriterPolicy {
    return this.#policy
  }

  /** By another rule from now on. With `one`, the one who is here longest is the holder; who held it, and who asked for it, is forgotten. */
  govern(policy: WriterPolicy): void {
    if (policy === this.#policy) return
    this.#policy = policy
    const back = this.#row.filter(({ watched }) => watched)
    this.#aside = new Set([...this.#aside, ...back.map(({ session }) => session)])
    this.#setRow(this.#row.filter((each) => !back.includes(each)).map(({ session }) => ({ session })))
  }

  join(session: number, { observe = false, watch = false, takeOver = false }: Coming = {}): void {
    if (observe) return
    if (watch) {
      this.#aside = new Set([...this.#aside, session])
      return
    }
    this.#setRow(takeOver ? [{ session }, ...this.#row] : [...this.#row, { session }])
  }

  /** It writes no more: it left, its input ended, or it may only watch from now on. Repeated calls are safe. */
  leave(session: number): void {
    this.#aside = without(this.#aside, session)
    const rest = this.#without(session)
    const next = this.#row[0]?.session === session ? nextOf(rest) : undefined
    this.#setRow(next ? [next, ...rest.filter((each) => each !== next)] : rest)
  }

  /** `heir` stands from now on where `session` stood, with its hold or its wish. False: that one stands nowhere. */
  succeed(session: number, heir: number): boolean {
    if (!this.#placeOf(session)) return false
    this.#setRow(this.#row.map((each) => (each.session === session ? { ...each, session: heir } : each)))
    return true
  }

  /** Holds it from now on, its wish fulfilled; the holder until now comes next where nobody asks. Only for those who may hold it. */
  give(session: number): void {
    if (this.holder === session) return
    this.#aside = without(this.#aside, session)
    this.#setRow([{ session }, ...this.#without(session)])
  }

  /** It watches because it wanted no more, and wants more now: it writes in its turn from now on, as if it came just now. */
  enter(session: number): void {
    if (!this.watches(session)) return
    this.#aside = without(this.#aside, session)
    this.#setRow([...this.#row, { session }])
  }

  /** False: nothing changes, for it holds it already, or asked before. Only for those who may hold it. */
  ask(session: number): boolean {
    if (this.watches(session)) {
      this.#aside = without(this.#aside, session)
      this.#setRow([...this.#row, { session, watched: true }])
    }
    const place = this.#placeOf(session)
    if (!place || place.wish || this.holder === session) return false
    this.#lastWish += 1
    place.wish = { order: this.#lastWish, since: Date.now() }
    return true
  }

  /** Its wish is gone; false: it had none. */
  decline(session: number): boolean {
    const place = this.#placeOf(session)
    if (!place?.wish) return false
    place.wish = undefined
    if (place.watched) {
      this.#setRow(this.#without(session))
      this.#aside = new Set([...this.#aside, session])
    }
    return true
  }

  /** The one that writes; undefined where there is none, or not just one. */
  get holder(): number | undefined {
    return this.policy === 'one' ? this.#row[0]?.session : undefined
  }

  /** Somebody may write, now or in its turn. */
  get anybody(): boolean {
    return this.#row.length > 0
  }

  /** It may be given control, or writes now or in its turn. */
  mayHold(session: number): boolean {
    return this.#placeOf(session) !== undefined || this.watches(session)
  }

  /** It only watches because it wants no more; it may ask for more. */
  watches(session: number): boolean {
    return this.#aside.has(session)
  }

  mayWrite(session: number): boolean {
    return this.policy === 'all' ? this.#placeOf(session) !== undefined : this.holder === session
  }

  standing(session: number): Standing {
    const { holdsSince, wish } = this.#placeOf(session) ?? {}
    return {
      writer: this.mayWrite(session),
      observes: this.policy === 'none' || !this.mayHold(session),
      ...(this.watches(session) && { watches: true }),
      ...(holdsSince !== undefined && { holdsSince }),
      ...(wish && { asksSince: wish.since })
    }
  }

  /** Why a session that may not write may not, for people. */
  whyNot(session: number): string {
    if (this.policy === 'none') return 'nobody writes here'
    return this.#placeOf(session) ? 'another one writes' : 'it only watches'
  }

  #placeOf(session: number): Place | undefined {
    return this.#row.find((each) => each.session === session)
  }

  #without(session: number): readonly Place[] {
    return this.#row.filter((each) => each.session !== session)
  }

  /** Since when the first one holds it, and that nobody else does, is put right here. */
  #setRow(row: readonly Place[]): void {
    this.#row = row
    if (this.policy !== 'one') return
    for (const [at, place] of row.entries()) {
      if (at > 0) delete place.holdsSince
      else {
        place.wish = undefined
        place.watched = undefined
        place.holdsSince ??= Date.now()
      }
    }
  }
}

/**
 * Who follows a holder that left: whoever asked has said what the others have not, and the first to ask has waited longest.
 * Where nobody asks, whoever held it last (it was taken from that one, or given away), and then whoever is here longest.
 */
function nextOf(row: readonly Place[]): Place | undefined {
  const asking = row.filter(({ wish }) => wish)
  return asking.length > 0 ? asking.reduce((a, b) => (order(b) < order(a) ? b : a)) : row[0]
}

function without(all: ReadonlySet<number>, session: number): ReadonlySet<number> {
  return all.has(session) ? new Set([...all].filter((each) => each !== session)) : all
}

function order({ wish }: Place): number {
  return wish?.order ?? Infinity
}
