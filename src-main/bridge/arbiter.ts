/**
 * Who may write to the device and command its line. Called by the hub; knows sessions by their number alone, no bytes,
 * no time.
 */

/** `one`: the first to come, and after it the session that is here longest; `all`: everybody, chunk by chunk. */
export type WriterPolicy = 'one' | 'all'

export class Arbiter {
  readonly policy: WriterPolicy
  /** In the order in which they came; with `one`, the first is the writer. */
  #sessions: number[] = []

  constructor(policy: WriterPolicy) {
    this.policy = policy
  }

  join(session: number): void {
    this.#sessions.push(session)
  }

  leave(session: number): void {
    this.#sessions = this.#sessions.filter((each) => each !== session)
  }

  mayWrite(session: number): boolean {
    return this.policy === 'all' ? this.#sessions.includes(session) : this.#sessions[0] === session
  }
}
