/** Sessions that were taken off and are being closed, each until it is: what they still have to read goes out meanwhile. */
import type { CloseReason } from '../contract/close.ts'
import type { Session } from '../sessions/session.ts'
import type { Farewell } from './entry.ts'

export class Departures {
  readonly #closing = new Map<Session, Promise<void>>()

  /** `undelivered`: so many bytes were not read in time. */
  begin(session: Session, { reason, timeoutMs }: Farewell, undelivered: (bytes: number) => void): void {
    const closed = session.close(reason, timeoutMs).then((lost) => {
      this.#closing.delete(session)
      undelivered(lost)
    })
    this.#closing.set(session, closed)
  }

  /** Resolves when those who are leaving now are gone; never rejects. */
  async done(): Promise<void> {
    await Promise.all(this.#closing.values())
  }

  /** At once; what they have not read is lost, and told as undelivered. */
  abort(reason: CloseReason): void {
    for (const session of [...this.#closing.keys()]) session.abort(reason)
  }
}
