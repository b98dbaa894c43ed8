/**
 * The way to the device: from the sessions that may write, one after the other, to the port. Bytes keep their order, and
 * an `apply` its place among them, for as long as one second. What cannot go on waits in the writer's outbox, or is
 * lost and counted where nobody is there to take it. Called by the hub; knows nothing of the way back.
 */
import type { Clock } from '../base/clock.ts'
import type { Disposable } from '../base/event.ts'
import type { LineSettings, LineWish, Purge } from '../contract/line.ts'
import type { Port } from '../ports/port.ts'
import type { Request } from '../sessions/session.ts'
import type { Arbiter } from './arbiter.ts'
import { InFlight } from './in-flight.ts'
import type { LineDesk } from './line-desk.ts'
import type { Losses } from './losses.ts'
import type { Member } from './member.ts'
import { Step } from './outbox.ts'
import { Patience, STANDSTILL_MS } from './patience.ts'
import type { Taps } from './taps.ts'
import { isQuery } from './wishes.ts'

/** What becomes of a writer's bytes while there is no port: wait for it, or be lost and counted. */
export type Absent = 'hold' | 'discard'

/** An `apply` waits no longer for the data before it (nor, at the first dial, for the port). */
export const APPLY_WAIT_MS = 1000

/** How often to look whether the port has passed on what an `apply` waits for: there is no event for the last byte. */
const LOOK_MS = 5

export interface ToDeviceOptions {
  readonly clock: Clock
  readonly arbiter: Arbiter
  readonly line: LineDesk
  readonly taps: Taps
  readonly losses: Losses
  /** The settings of a writer that left stay in force. */
  readonly keepSettings: boolean
  /** A session that left has nothing on its way any more. */
  readonly onSettled: () => void
}

export class ToDevice {
  readonly #options: ToDeviceOptions
  readonly #inFlight = new InFlight()
  #members: readonly Member[] = []
  /** Those who left with something still on its way; the first to leave is the first to be served. */
  #leaving: readonly { member: Member; patience: Disposable }[] = []
  #port: Port | undefined
  #absent: Absent = 'hold'
  /** The port is at the users' settings and takes more. */
  #writable = false
  #ready = false
  /** Whose turn it is, where several may write. */
  #turn = 0
  #pumping = false
  #again = false
  #look: Disposable | undefined

  constructor(options: ToDeviceOptions) {
    this.#options = options
  }

  /** Sessions that left and whose bytes are still on their way. */
  get settling(): number {
    return this.#leaving.length
  }

  join(member: Member): void {
    this.#members = [...this.#members, member]
  }

  /** The session is gone; what it sent is still delivered, and its settings end after that. Tell the arbiter afterwards. */
  leave(member: Member): void {
    const { arbiter, clock, keepSettings, line } = this.#options
    const writes = arbiter.policy === 'one' && arbiter.mayWrite(member.id)
    this.#members = this.#members.filter((each) => each !== member)
    member.left = true
    // Where nobody follows, the owner closes the port, which drains by itself and needs no other settings.
    const restores = (): boolean => writes && !keepSettings && this.#members.length > 0
    const goodbye = new Step(
      () => line.forget(member.id, restores()),
      () => !restores() || !this.#port || this.#port.queued === 0
    )
    member.outbox.pushStep(goodbye)
    const patience = new Patience(
      clock,
      STANDSTILL_MS,
      () => member.outbox.size + (this.#port?.queued ?? 0),
      () => undefined,
      () => {
        this.#giveUp(member, 'the device took nothing for 10 s')
        this.#pump()
      }
    )
    this.#leaving = [...this.#leaving, { member, patience }]
    this.#pump()
  }

  /** No port: `absent` says what becomes of the bytes. With `discard` what is under way is lost now. */
  setPort(port: Port | undefined, absent: Absent): void {
    this.#absent = absent
    this.#port = port
    this.#ready = this.#writable = false
    if (port) this.#inFlight.clear()
    else if (absent === 'discard')
      for (const member of this.#everybody()) this.#giveUp(member, 'there is no device')
    this.#pump()
  }

  /** The port is at the users' settings: what waited may go. */
  ready(): void {
    this.#ready = this.#writable = true
    this.#pump()
  }

  drained(): void {
    this.#writable = this.#ready
    this.#pump()
  }

  /** The newest `bytes` that a port took never reached its device. */
  lostInPort(bytes: number, why: string): void {
    this.#inFlight.lose(bytes, (member, part) => {
      member.account.lostAfterwards('to-device', part)
      this.#options.losses.add({ direction: 'to-device', session: member.id, bytes: part, why })
    })
  }

  /** The hot path: a chunk of a session. */
  take(member: Member, chunk: Uint8Array): void {
    if (!this.#options.arbiter.mayWrite(member.id)) this.#lose(member, chunk.length, 'another one writes')
    else if (this.#writable && member.outbox.empty && this.#leaving.length === 0) this.#send(member, chunk)
    else if (!this.#port && this.#absent === 'discard') this.#lose(member, chunk.length, 'there is no device')
    else if (member.outbox.push(chunk)) this.#pauseIfFull(member)
    else this.#lose(member, chunk.length, 'it did not pause')
  }

  /** Answered once, with what is in force then; in its place among the data where it changes anything. */
  apply(member: Member, request: Request<LineWish, LineSettings>): void {
    const { arbiter, clock, line } = this.#options
    const give = member.answers.expect()
    if (isQuery(request.wish) || !arbiter.mayWrite(member.id)) {
      give(() => {
        request.answer(line.settings)
      })
      return
    }
    const step = new Step(
      async () => {
        const actual = await line.apply(member.id, request.wish)
        give(() => {
          request.answer(actual)
        })
      },
      () => this.#ready && this.#port?.queued === 0
    )
    member.outbox.pushStep(step)
    step.deadline = clock.after(APPLY_WAIT_MS, () => {
      this.#begin(step)
    })
    if (!this.#port && this.#absent === 'discard') this.#begin(step)
    this.#pauseIfFull(member)
    this.#pump()
  }

  /** At once. What is thrown away on request is no loss. */
  purge(member: Member, which: Purge): void {
    if (!this.#options.arbiter.mayWrite(member.id)) return
    if (which !== 'receive') member.outbox.dropBytes()
    this.#port?.purge(which)
    if (this.#port?.queued === 0) this.#writable = this.#ready
    this.#pump()
  }

  /** Waits no longer for those who left: what they sent is lost, what they asked for is not asked any more. */
  abandon(why: string): void {
    for (const { member, patience } of this.#leaving) {
      patience.dispose()
      this.#lose(member, member.outbox.dropBytes(), why)
      for (const step of member.outbox.steps) step.deadline?.dispose()
    }
    this.#leaving = []
    this.#options.onSettled()
    this.#pump()
  }

  dispose(): void {
    this.#look?.dispose()
    for (const { patience } of this.#leaving) patience.dispose()
    for (const member of this.#everybody()) for (const step of member.outbox.steps) step.deadline?.dispose()
  }

  /** Sends what may go, until nothing moves any more. A call from within (a session resumes and sends) is made up for. */
  #pump(): void {
    this.#again = true
    if (this.#pumping) return
    this.#pumping = true
    try {
      while (this.#again) {
        this.#again = false
        this.#pumpLeaving()
        if (this.#leaving.length === 0) this.#pumpMembers()
      }
    } finally {
      this.#pumping = false
    }
    this.#lookLater()
  }

  #pumpLeaving(): void {
    for (let first = this.#leaving[0]; first; first = this.#leaving[0]) {
      while (this.#advance(first.member));
      if (!first.member.outbox.empty) return
      first.patience.dispose()
      this.#leaving = this.#leaving.slice(1)
      this.#options.onSettled()
    }
  }

  /** One piece of each in turn, so that no writer can keep another out. */
  #pumpMembers(): void {
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

  /** The first piece of an outbox; answers whether it is gone. */
  #advance(member: Member): boolean {
    const head = member.outbox.head
    if (head instanceof Step) {
      if (head.state === 'waiting' && head.mayBegin()) this.#begin(head)
      if (head.state !== 'done') return false
      member.outbox.shift()
      return true
    }
    if (!head || !this.#writable) return false
    member.outbox.shift()
    this.#send(member, head)
    return true
  }

  #begin(step: Step): void {
    step.deadline?.dispose()
    if (step.state !== 'waiting') return
    step.state = 'running'
    void step.run().then(() => {
      step.state = 'done'
      this.#pump()
    })
  }

  #send(member: Member, chunk: Uint8Array): void {
    const port = this.#port
    if (!port) return
    this.#options.taps.bytes('to-device', member.id, chunk)
    member.account.passed('to-device', chunk.length)
    this.#inFlight.add(member, chunk.length)
    if (!port.write(chunk)) this.#writable = false
  }

  #pauseIfFull(member: Member): void {
    if (!member.outbox.full || member.paused) return
    member.paused = true
    member.session.pause()
  }

  #lose(member: Member, bytes: number, why: string): void {
    member.account.lost('to-device', bytes)
    this.#options.losses.add({ direction: 'to-device', session: member.id, bytes, why })
  }

  /** Its bytes are lost; its steps happen now, so that every request is answered. */
  #giveUp(member: Member, why: string): void {
    this.#lose(member, member.outbox.dropBytes(), why)
    for (const step of member.outbox.steps) this.#begin(step)
  }

  #everybody(): Member[] {
    return [...this.#leaving.map(({ member }) => member), ...this.#members]
  }

  /** While a step waits for the last byte to leave the port, looks again and again: there is no event for it. */
  #lookLater(): void {
    const first = this.#leaving[0]
    const inTurn = first ? [first.member] : this.#members
    const waits = inTurn.some(({ outbox: { head } }) => head instanceof Step && head.state === 'waiting')
    if (!waits || !this.#ready) {
      this.#look?.dispose()
      this.#look = undefined
    } else {
      this.#look ??= this.#options.clock.every(LOOK_MS, () => {
        this.#pump()
      })
    }
  }
}
