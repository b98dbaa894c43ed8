/**
 * The way from the device: each chunk to the taps and to every session, without a copy. Called by the hub; which session
 * may hold the device up is the business of slow-sessions.ts.
 */
import type { Clock } from '../base/clock.ts'
import type { Port } from '../ports/port.ts'
import type { Session } from '../sessions/session.ts'
import type { Account } from './account.ts'
import type { Losses } from './losses.ts'
import type { Member } from './member.ts'
import { SlowSessions } from './slow-sessions.ts'
import type { Taps } from './taps.ts'

export interface FromDeviceOptions {
  readonly clock: Clock
  readonly taps: Taps
  readonly losses: Losses
}

export class FromDevice {
  readonly #options: FromDeviceOptions
  readonly #slow: SlowSessions<Session>
  #members: readonly Member[] = []
  #port: Port | undefined
  #receiving = false
  #resumeDue = false

  constructor(options: FromDeviceOptions) {
    this.#options = options
    this.#slow = new SlowSessions({
      clock: options.clock,
      pause: () => this.#port?.pause(),
      resume: () => {
        // Not before everybody has the present chunk: a port may deliver the next one within `resume`.
        if (this.#receiving) this.#resumeDue = true
        else this.#port?.resume()
      },
      drop: (session, why) => {
        // Its `onClose` brings it to `leave`, which counts what it did not get.
        session.abort({ code: 'too-slow', message: `too slow: ${why}` })
      }
    })
  }

  setPort(port: Port | undefined): void {
    this.#port = port
    if (!this.#slow.paused) port?.resume()
  }

  join(member: Member): void {
    this.#members = [...this.#members, member]
    this.#slow.add(member.session)
  }

  leave(member: Member): void {
    this.#members = this.#members.filter((each) => each !== member)
    this.#slow.remove(member.session)
  }

  /** What a session was given and will not get any more. */
  undelivered(member: Member, bytes: number, why: string): void {
    member.account.lostAfterwards('from-device', bytes)
    this.#options.losses.add({ direction: 'from-device', session: member.id, bytes, why })
  }

  drained(member: Member): void {
    this.#slow.drained(member.session)
  }

  /** What the device said before this one could hear it. */
  give(member: Member, chunk: Uint8Array): void {
    const { session } = member
    member.account.passed('from-device', chunk.length)
    const queuedBefore = session.queued
    this.#slow.wrote(session, queuedBefore, session.write(chunk))
  }

  /** Nobody could be given it. */
  unheard(total: Account, bytes: number, why: string): void {
    total.lost('from-device', bytes)
    this.#options.losses.add({ direction: 'from-device', session: 0, bytes, why })
  }

  /** The hot path. What comes while nobody listens is for the taps alone: it was meant for nobody, so it is no loss. */
  receive(chunk: Uint8Array): void {
    this.#options.taps.bytes('from-device', 0, chunk)
    this.#receiving = true
    for (const member of this.#members) {
      // It may have left while the chunk was written to the ones before it.
      if (!member.left) this.give(member, chunk)
    }
    this.#receiving = false
    if (!this.#resumeDue) return
    this.#resumeDue = false
    if (!this.#slow.paused) this.#port?.resume()
  }

  dispose(): void {
    this.#slow.dispose()
  }
}
