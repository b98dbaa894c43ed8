/**
 * Empties outboxes: whose piece goes next, and when a step between the bytes may begin. Those who left go first, in the
 * order in which they left, and whole; then those who are here, one piece of each in turn. Called by to-device.ts, which
 * says where the bytes go; knows no port, no rights and no counts.
 */
import type { Clock } from '../base/clock.ts'
import type { Disposable } from '../base/event.ts'
import type { Member } from './member.ts'
import { Step } from './outbox.ts'

/** How often to look whether the port has passed on what a step waits for: there is no event for the last byte. */
const LOOK_MS = 5

export interface PumpOptions {
  readonly clock: Clock
  /** More bytes may be sent now. */
  readonly open: () => boolean
  /** How many bytes of one member go at once. */
  readonly portion: () => number
  readonly send: (member: Member, chunk: Uint8Array) => void
  /** One that left has nothing on its way any more. */
  readonly gone: (member: Member) => void
}

export class Pump {
  readonly #options: PumpOptions
  #members: readonly Member[] = []
  #leaving: readonly Member[] = []
  #turn = 0
  #running = false
  #again = false
  #look: Disposable | undefined

  constructor(options: PumpOptions) {
    this.#options = options
  }

  /** Those who are here. */
  get members(): readonly Member[] {
    return this.#members
  }

  /** Those who left with something still on its way, the first to leave first. */
  get leaving(): readonly Member[] {
    return this.#leaving
  }

  join(member: Member): void {
    this.#members = [...this.#members, member]
  }

  leave(member: Member): void {
    this.#members = this.#members.filter((each) => each !== member)
    this.#leaving = [...this.#leaving, member]
  }

  /** Forgets those who left, with whatever they still have on its way. */
  abandon(): void {
    for (const { outbox } of this.#leaving) for (const step of outbox.steps) step.deadline?.dispose()
    this.#leaving = []
  }

  /** Sends what may go, until nothing moves any more. A call from within (a session resumes and sends) is made up for. */
  run(): void {
    this.#again = true
    if (this.#running) return
    this.#running = true
    try {
      while (this.#again) {
        this.#again = false
        this.#serveLeaving()
        if (this.#leaving.length === 0) this.#serveMembers()
      }
    } finally {
      this.#running = false
    }
    this.#lookLater()
  }

  /** Begins the step, wherever it stands; what is behind it waits for it all the same. */
  begin(step: Step): void {
    step.deadline?.dispose()
    if (step.state !== 'waiting') return
    step.state = 'running'
    void step.run().then(() => {
      step.state = 'done'
      this.run()
    })
  }

  dispose(): void {
    this.#look?.dispose()
    this.abandon()
    for (const { outbox } of this.#members) for (const step of outbox.steps) step.deadline?.dispose()
  }

  #serveLeaving(): void {
    for (let first = this.#leaving[0]; first; first = this.#leaving[0]) {
      while (this.#advance(first));
      if (!first.outbox.empty) return
      this.#leaving = this.#leaving.slice(1)
      this.#options.gone(first)
    }
  }

  #serveMembers(): void {
    const members = this.#members
    for (let idle = 0; idle < members.length;) {
      this.#turn = (this.#turn + 1) % members.length
      const member = members[this.#turn]
      idle = member && this.#advance(member) ? 0 : idle + 1
    }
    for (const member of members) {
      if (!member.paused || !member.outbox.empty) continue
      member.paused = false
      member.session.resume()
    }
  }

  /** Deals with the first piece of an outbox; answers whether anything moved. */
  #advance(member: Member): boolean {
    const { head } = member.outbox
    if (head instanceof Step) {
      if (head.state === 'waiting' && head.mayBegin()) this.begin(head)
      if (head.state !== 'done') return false
      member.outbox.shift()
      return true
    }
    if (!head || !this.#options.open()) return false
    const piece = member.outbox.take(this.#options.portion())
    if (piece) this.#options.send(member, piece)
    return true
  }

  #lookLater(): void {
    const [first] = this.#leaving
    const inTurn = first ? [first] : this.#members
    const waits = inTurn.some(({ outbox: { head } }) => head instanceof Step && head.state === 'waiting')
    if (!waits) {
      this.#look?.dispose()
      this.#look = undefined
    } else {
      this.#look ??= this.#options.clock.every(LOOK_MS, () => {
        this.run()
      })
    }
  }
}
