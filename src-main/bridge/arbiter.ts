/**
 * Who may write to the device and command its line. Called by the hub; knows sessions by their number alone, no bytes,
 * no time.
 */
import type { WRITERS } from '../contract/commands.ts'

/** `one`: the first to come, and after it the session that is here longest; `all`: everybody, chunk by chunk; `none`: nobody. */
export type WriterPolicy = (typeof WRITERS)[number]

/** How a session comes in. */
export interface Coming {
  /** It never writes. Default false. */
  readonly observe?: boolean
  /** With `one`: it writes from now on, and the writer until now when it leaves. Default false. */
  readonly takeOver?: boolean
}

export class Arbiter {
  readonly policy: WriterPolicy
  /** In the order in which they write; with `one`, the first is the writer. */
  #writers: number[] = []
  readonly #observers = new Set<number>()

  constructor(policy: WriterPolicy) {
    this.policy = policy
  }

  join(session: number, { observe = false, takeOver = false }: Coming = {}): void {
    if (observe) this.#observers.add(session)
    else if (takeOver) this.#writers.unshift(session)
    else this.#writers.push(session)
  }

  leave(session: number): void {
    this.#writers = this.#writers.filter((each) => each !== session)
    this.#observers.delete(session)
  }

  /** The one that writes; undefined where there is none, or not just one. */
  get writer(): number | undefined {
    return this.policy === 'one' ? this.#writers[0] : undefined
  }

  mayWrite(session: number): boolean {
    return this.policy === 'all' ? this.#writers.includes(session) : this.writer === session
  }

  /** Why a session that may not write may not, for people. */
  whyNot(session: number): string {
    if (this.policy === 'none') return 'nobody writes here'
    return this.#observers.has(session) ? 'it only watches' : 'another one writes'
  }
}
