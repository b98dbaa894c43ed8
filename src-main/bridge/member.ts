import type { Session } from '../sessions/session.ts'
import { Account } from './account.ts'
import { Answers } from './answers.ts'
import { Outbox } from './outbox.ts'

/** A session and what the hub keeps for it: its number, its counts, its bytes that wait, the answers it is owed. */
export class Member {
  /** From 1, never used twice in a hub. */
  readonly id: number
  readonly session: Session
  readonly account: Account
  readonly outbox = new Outbox()
  readonly answers = new Answers()
  /** Wall clock, ms since 1970. */
  readonly since = Date.now()
  /** Paused because its outbox is full. */
  paused = false
  /** It has said that it sends no more, and all that it sent was handed on. */
  inputEnded = false
  /** Gone; what it sent before is still on its way. */
  left = false

  constructor(id: number, session: Session, total: Account) {
    this.id = id
    this.session = session
    this.account = new Account(total)
  }
}
