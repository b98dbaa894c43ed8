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
  /** With `one`: it writes from now on, and the writer until now when it leaves. Default false. */
  readonly takeOver?: boolean
}

/** How it stands with one session, as in SessionState. */
export interface Standing {
  readonly writer: boolean
  readonly observes: boolean
  readonly holdsSince?: number
  readonly asksSince?: number
}

interface Place {
  readonly session: number
  /** Of the holder. */
  holdsSince?: number
  wish?: Wish | undefined
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
    this.#setRow(this.#row.map(({ session }) => ({ session })))
  }

  join(session: number, { observe = false, takeOver = false }: Coming = {}): void {
    if (observe) return
    this.#setRow(takeOver ? [{ session }, ...this.#row] : [...this.#row, { session }])
  }

  /** It writes no more: it left, its input ended, or it may only watch from now on. Repeated calls are safe. */
  leave(session: number): void {
    const rest = this.#without(session)
    const next = this.#row[0]?.session === session ? nextOf(rest) : undefined
    this.#setRow(next ? [next, ...rest.filter((each) => each !== next)] : rest)
  }

  /** `heir` stands from now on where `session` stood, with its hold or its wish. False: that one stands nowhere. */
  succeed(session: number, heir: number): boolean {
    if (!this.mayHold(session)) return false
    this.#setRow(this.#row.map((each) => (each.session === session ? { ...each, session: heir } : each)))
    return true
  }

  /** Holds it from now on, its wish fulfilled; the holder until now comes next where nobody asks. Only for those who may hold it. */
  give(session: number): void {
    if (this.holder === session) return
    this.#setRow([{ session }, ...this.#without(session)])
  }

  /** False: nothing changes, for it holds it already, or asked before. Only for those who may hold it. */
  ask(session: number): boolean {
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

  /** It is one of those who write, now or in its turn. */
  mayHold(session: number): boolean {
    return this.#placeOf(session) !== undefined
  }

  mayWrite(session: number): boolean {
    return this.policy === 'all' ? this.mayHold(session) : this.holder === session
  }

  standing(session: number): Standing {
    const { holdsSince, wish } = this.#placeOf(session) ?? {}
    return {
      writer: this.mayWrite(session),
      observes: this.policy === 'none' || !this.mayHold(session),
      ...(holdsSince !== undefined && { holdsSince }),
      ...(wish && { asksSince: wish.since })
    }
  }

  /** Why a session that may not write may not, for people. */
  whyNot(session: number): string {
    if (this.policy === 'none') return 'nobody writes here'
    return this.mayHold(session) ? 'another one writes' : 'it only watches'
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

function order({ wish }: Place): number {
  return wish?.order ?? Infinity
}
