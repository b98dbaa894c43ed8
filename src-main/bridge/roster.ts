/** Who is here: the sessions of one hub, their numbers and their subscriptions. Decides nothing. */
import { Lifetime } from '../base/lifetime.ts'
import type { SessionState } from '../contract/state.ts'
import type { Notice, Session } from '../sessions/session.ts'
import { Account } from './account.ts'
import type { Arbiter } from './arbiter.ts'
import { Member } from './member.ts'

export class Roster {
  /** Everybody's bytes since the start, also of those who left. */
  readonly total = new Account()
  readonly #members = new Map<Member, Lifetime>()
  #lastId = 0

  get members(): Member[] {
    return [...this.#members.keys()]
  }

  find(id: number): Member | undefined {
    for (const member of this.#members.keys()) if (member.id === id) return member
    return undefined
  }

  /** The number was given to somebody, who may have left. */
  knew(id: number): boolean {
    return Number.isInteger(id) && id >= 1 && id <= this.#lastId
  }

  get size(): number {
    return this.#members.size
  }

  /** Gives the session its number; what is added to the lifetime ends when it is removed. */
  add(session: Session): { member: Member; life: Lifetime } {
    this.#lastId += 1
    const member = new Member(this.#lastId, session, this.total)
    const life = new Lifetime()
    this.#members.set(member, life)
    return { member, life }
  }

  /** False: it was removed before. */
  remove(member: Member): boolean {
    this.#members.get(member)?.dispose()
    return this.#members.delete(member)
  }

  /** `except`: the number of the one who knows already. */
  tell(notice: Notice, except?: number): void {
    for (const { id, session } of this.members) if (id !== except) session.notify(notice)
  }

  /** `waitingOf`: how many bytes of it wait for the device. */
  states(arbiter: Arbiter, waitingOf: (member: Member) => number): SessionState[] {
    return this.members.map((member) => {
      const { id, session, since, account } = member
      const waiting = waitingOf(member)
      return {
        id,
        label: session.who.label,
        ...(session.who.peer !== undefined && { peer: session.who.peer }),
        ...(session.who.use !== undefined && { use: session.who.use }),
        ...arbiter.standing(id),
        since,
        ...account.counts,
        ...(waiting > 0 && { waiting })
      }
    })
  }
}
