/**
 * One address for a pool of shares: who comes is given the next one that is free. Called by core; knows the shares by what they
 * say of themselves, and closes none of them.
 */
import type { Event } from '../base/event.ts'
import { Emitter, never } from '../base/event.ts'
import { Lifetime } from '../base/lifetime.ts'
import type { CloseReason } from '../contract/close.ts'
import { SHUTDOWN } from '../contract/close.ts'
import type { Fault } from '../contract/faults.ts'
import type { BridgeState, RotatorState } from '../contract/state.ts'
import type { Session, SessionIdentity, SessionSource, Terms } from '../sessions/session.ts'
import { warning, type BridgeNotice } from './notices.ts'

/** What a pool needs of a share. */
export interface Poolable {
  readonly state: BridgeState
  /** Asks those who came from there, or are the same paired computer, for a sign of life. */
  probe(who: Pick<SessionIdentity, 'address' | 'peer'>): void
  admit(session: Session, terms?: Terms): unknown
}

export interface RotatorOptions {
  readonly id: string
  readonly name: string
  readonly sources: readonly SessionSource[]
  /** Asked anew for each newcomer: shares come and go. */
  readonly pool: () => readonly Poolable[]
}

/** A refused client gets this long to read why. */
const REFUSAL_MS = 1000

export class Rotator {
  readonly #options: RotatorOptions
  readonly #life = new Lifetime()
  readonly #notices = new Emitter<BridgeNotice>()
  /** The id of the share that was given last. */
  #last: string | undefined
  /** Why nobody is placed any more. */
  #ending: CloseReason | undefined

  /** Its shares are there from the start, and tell of themselves. */
  readonly onState: Event<void> = never
  readonly onFault: Event<Fault> = never
  /** One line for people: who was turned away. */
  readonly onNotice: Event<BridgeNotice> = this.#notices.event

  constructor(options: RotatorOptions) {
    this.#options = options
    for (const { onSession, terms } of options.sources)
      this.#life.add(onSession((session) => this.#place(session, terms)))
  }

  get state(): RotatorState {
    const { id, name, sources, pool } = this.#options
    return {
      id,
      kind: 'rotator',
      name,
      enabled: !this.#ending,
      addresses: sources.map(({ address }) => address),
      shares: pool().map(({ state }) => state.id)
    }
  }

  /** Takes no more; those whom it placed stay. Resolves when the addresses are free: nothing is ever lost in here. */
  async close(...[, reason = SHUTDOWN]: [timeoutMs?: number, reason?: CloseReason]): Promise<number> {
    this.#ending = reason
    await Promise.all(this.#options.sources.map((source) => source.close(reason)))
    this.#life.dispose()
    return 0
  }

  #place(session: Session, terms: Terms | undefined): void {
    const pool = this.#options.pool()
    const begin = pool.findIndex(({ state }) => state.id === this.#last) + 1
    const inTurn = [...pool.slice(begin), ...pool.slice(0, begin)].filter(({ state }) => isFree(state))
    // One whose device is away is better than none: it may be back in a second.
    const share = inTurn.find(({ state }) => state.state.type !== 'waiting') ?? inTurn[0]
    if (!share || this.#ending) {
      const reason = this.#ending ? refusal(this.#ending.message) : allInUse(pool.length)
      for (const each of pool) each.probe(session.who)
      this.#notices.fire(warning(`client refused: ${session.who.label} (${reason.message})`))
      void session.close(reason, REFUSAL_MS)
      return
    }
    this.#last = share.state.id
    share.admit(session, terms)
  }
}

function isFree({ enabled, sessions }: BridgeState): boolean {
  return enabled && sessions.length === 0
}

function allInUse(count: number): CloseReason {
  const message =
    count === 0
      ? 'there is no port here any more'
      : `${count === 1 ? 'the port is' : `all ${count} ports are`} in use; try again when somebody has left`
  return refusal(message)
}

/** Whoever is turned away is told why. */
function refusal(message: string): CloseReason {
  return { code: 'refused', message }
}
