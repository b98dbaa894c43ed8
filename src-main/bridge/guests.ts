/**
 * Who comes in and who has to go: the doorkeeper of one share or link. Called by junction.ts for each newcomer, and for
 * whomever people disconnect or restrict. The rules are in admission.ts, what sessions do once they are in is the hub's.
 */
import type { Clock } from '../base/clock.ts'
import type { Disposable } from '../base/event.ts'
import type { CloseReason } from '../contract/close.ts'
import type { Session, SessionIdentity, Terms } from '../sessions/session.ts'
import type { Admission, Present, Verdict } from './admission.ts'
import type { Hub } from './hub.ts'
import { Inactivity } from './inactivity.ts'
import type { BridgeNotice } from './notices.ts'
import { warning } from './notices.ts'

export interface GuestsOptions {
  readonly hub: Hub
  readonly clock: Clock
  /** Who may come in. Absent: everybody. */
  readonly admission: Admission | undefined
  readonly tell: (notice: BridgeNotice) => void
}

interface Guest extends Present {
  /** Its number in the hub. */
  readonly id: number
  /** What it came with; `terms` are as its permission is now. */
  readonly came: Terms
  /** The address of the source that brought it; undefined: it came by none. */
  readonly by: string | undefined
}

/** A refused client gets this long to read why. */
const REFUSAL_MS = 1000

/** What a client got before the close-on string has this long to go out. */
const ENOUGH_MS = 10_000

const KICKED: CloseReason = { code: 'taken-over', message: 'another client took this place' }
const REPLACED: CloseReason = { code: 'taken-over', message: 'the same computer came again' }
/** Nothing passed: how long that may be is the owner's wish. */
const INACTIVE: CloseReason = { code: 'inactive', message: 'nothing was sent or received for too long' }

export class Guests {
  readonly #options: GuestsOptions
  /** Those who are here, the first to come first. */
  readonly #here = new Map<Session, Guest>()
  /** Why nobody comes in any more. */
  #ending: CloseReason | undefined

  constructor(options: GuestsOptions) {
    this.#options = options
  }

  /** Whoever comes from now on is refused, and told why. */
  end(reason: CloseReason): void {
    this.#ending = reason
  }

  /** See Junction. `by`: the address of the source that brings it. */
  admit(session: Session, came: Terms, early: readonly Uint8Array[], by?: string): number | undefined {
    const { admission, hub } = this.#options
    const terms = session.who.observe ? { ...came, observe: true } : came
    const old = this.#earlierSelf(session.who)
    const verdict: Verdict | undefined = this.#ending
      ? { type: 'refused', reason: { code: 'refused', message: this.#ending.message } }
      : admission?.judge(
          terms,
          [...this.#here.values()].filter((each) => each !== old).map((each) => this.#presentOf(each))
        )
    if (verdict?.type === 'refused') {
      this.#refuse(session, verdict.reason)
      hub.unheard(lengthOf(early), verdict.reason.message)
      return undefined
    }
    for (const each of verdict?.kicked ?? []) this.#dismiss(this.#here.get(each), KICKED)
    if (old) this.#here.delete(old.session)
    session.onClose(() => this.#here.delete(session))
    session.onEnough?.((reason) => this.#dismiss(this.#here.get(session), reason, ENOUGH_MS))
    const { id } = hub.attach(session, {
      early,
      observe: terms.observe ?? false,
      watch: this.#comesToWatch(terms, old),
      ...(old && { replaces: { id: old.id, reason: REPLACED, timeoutMs: REFUSAL_MS } }),
      // Whoever only comes again is no newcomer, and takes over nothing that it did not have.
      ...(verdict && { takeOver: verdict.takesOver && !old, settings: verdict.settings })
    })
    // What it sent before, or the first word to it, may have been its end.
    if (!hub.has(id)) return undefined
    if (hub.holding.awaits(id)) this.probe(session.who)
    this.#here.set(session, { session, terms, came, by, id })
    return id
  }

  /**
   * Asks those who came from the same address, or are the same paired computer, for a sign of life: a client that comes again, and is
   * refused or has to wait until it may write, has often lost its old connection.
   */
  probe({ address, peer }: Pick<SessionIdentity, 'address' | 'peer'>): void {
    for (const session of this.#here.keys()) {
      const { who } = session
      const same =
        (address !== undefined && who.address === address) || (peer !== undefined && who.peer === peer)
      if (same) session.probe?.()
    }
  }

  /** See Junction. */
  disconnect(id: number | undefined, reason: CloseReason): number {
    if (id === undefined) {
      const all = [...this.#here.values()]
      for (const guest of all) this.#dismiss(guest, reason)
      return all.length
    }
    this.#here.delete(this.#options.hub.holding.here(id).session)
    this.#options.hub.closeSession(id, reason, REFUSAL_MS)
    return 1
  }

  /** Those who came by that address have to go, but for those that may stay. */
  leave(address: string, reason: CloseReason, stays: (who: SessionIdentity) => boolean): void {
    const came = [...this.#here.values()].filter(({ by }) => by === address)
    for (const guest of came) if (!stays(guest.session.who)) this.#dismiss(guest, reason)
  }

  /** See Junction. */
  restrict(id: number, observe: boolean): void {
    const { hub } = this.#options
    const guest = this.#find(id)
    // Its key may by now, but not where it came in.
    if (!observe && guest?.session.who.observe !== undefined && guest.came.observe) return
    if (!hub.holding.restrict(id, observe, guest?.came.watch)) return
    if (!guest) return
    const { came } = guest
    // Whoever may write only now takes the line as it finds it, unless its listener says what it is to be.
    const terms = observe
      ? { ...came, observe }
      : { ...came, observe, settings: came.settings ?? hub.configured }
    this.#here.set(guest.session, { ...guest, terms })
  }

  /** Closes each through which nothing passed for so long, from now on. */
  watch(limitMs: number): Disposable {
    const { clock, hub } = this.#options
    return new Inactivity(
      clock,
      limitMs,
      () => hub.sessions,
      (id) => this.#dismiss(this.#find(id), INACTIVE)
    )
  }

  /** As it stands now: who came to watch, and has or had control since, takes the line as it finds it, like who may write only now. */
  #presentOf({ session, terms, id }: Guest): Present {
    const { hub } = this.#options
    if (!terms.watch || terms.observe || hub.watches(id)) return { session, terms }
    return { session, terms: { ...terms, watch: false, settings: terms.settings ?? hub.configured } }
  }

  /** One that came to watch, was given control, and only comes again, has it still. */
  #comesToWatch({ watch = false }: Terms, old: Guest | undefined): boolean {
    return watch && !(old?.came.watch && !this.#options.hub.watches(old.id))
  }

  /** The same use of the same paired computer: its connection of before is dead, or it would not come again. */
  #earlierSelf({ peer, use }: SessionIdentity): Guest | undefined {
    if (peer === undefined || use === undefined) return undefined
    for (const guest of this.#here.values()) {
      const { who } = guest.session
      if (who.peer === peer && who.use === use) return guest
    }
    return undefined
  }

  #find(id: number): Guest | undefined {
    for (const guest of this.#here.values()) if (guest.id === id) return guest
    return undefined
  }

  #refuse(session: Session, reason: CloseReason): void {
    this.probe(session.who)
    this.#options.tell(warning(`client refused: ${session.who.label} (${reason.message})`))
    void session.close(reason, REFUSAL_MS)
  }

  /** Its place is free at once; what it still has to read is delivered if it takes that soon. */
  #dismiss(guest: Guest | undefined, reason: CloseReason, timeoutMs = REFUSAL_MS): void {
    if (!guest) return
    this.#here.delete(guest.session)
    this.#options.hub.closeSession(guest.id, reason, timeoutMs)
  }
}

function lengthOf(chunks: readonly Uint8Array[]): number {
  return chunks.reduce((sum, { length }) => sum + length, 0)
}
