/**
 * The way to the device: what sessions send, as far as they may, to the port. Bytes keep their order, and an `apply` its
 * place among them, for as long as one second. What cannot go on waits in the writer's outbox; where nobody is there to
 * take it, it is lost and counted. Called by the hub; knows nothing of the way back.
 */
import type { Clock } from '../base/clock.ts'
import type { ControlLines, ControlWish, LineSettings, LineWish, Purge } from '../contract/line.ts'
import type { BlockedState } from '../contract/state.ts'
import type { Port } from '../ports/port.ts'
import type { Request } from '../sessions/session.ts'
import type { Arbiter } from './arbiter.ts'
import { Blockage, canBeHeldBack } from './blockage.ts'
import { unsentOf } from './drained.ts'
import { InFlight } from './in-flight.ts'
import type { LineDesk, Return } from './line-desk.ts'
import type { Losses } from './losses.ts'
import type { Member } from './member.ts'
import { Step } from './outbox.ts'
import { Patience, STANDSTILL_MS } from './patience.ts'
import { Pump } from './pump.ts'
import { Queries } from './queries.ts'
import type { Taps } from './taps.ts'
import { isQuery } from './wishes.ts'

/** What becomes of a writer's bytes while there is no port: wait for it, or be lost and counted. */
export type Absent = 'hold' | 'discard'

/** An `apply` waits no longer for the data before it (nor, at the first dial, for the port). */
export const APPLY_WAIT_MS = 1000

/** How much of one writer goes at once where others may write too: nobody waits for his turn behind 64 KiB of another. */
const TURN_BYTES = 4 * 1024

export interface ToDeviceOptions {
  readonly clock: Clock
  readonly arbiter: Arbiter
  readonly line: LineDesk
  readonly taps: Taps
  readonly losses: Losses
  /** The settings of a writer that left stay in force. */
  readonly keepSettings: () => boolean
  /** The port goes on when nobody is here. */
  readonly staysOpen: () => boolean
  /** A session that left has nothing on its way any more. */
  readonly onSettled: () => void
  /** All that a session sent before it ended its input is on its way. */
  readonly onInputEnd: (member: Member) => void
  /** `blocked` came, went, or has another cause. */
  readonly onBlocked: () => void
}

export class ToDevice {
  readonly #options: ToDeviceOptions
  readonly #pump: Pump
  readonly #inFlight = new InFlight()
  readonly #queries: Queries
  /** How long those who left are still waited for. */
  readonly #patience = new Map<Member, Patience>()
  #port: Port | undefined
  /** From the first bytes on that the port could be held back with. */
  #blockage: Blockage | undefined
  #absent: Absent = 'hold'
  /** The port is at its users' settings. */
  #ready = false
  /** … and takes more. */
  #writable = false

  constructor(options: ToDeviceOptions) {
    this.#options = options
    this.#queries = new Queries(options.clock, APPLY_WAIT_MS)
    this.#pump = new Pump({
      clock: options.clock,
      open: () => this.#writable,
      portion: () => this.#turnBytes,
      send: (member, chunk) => this.#send(member, chunk),
      gone: (member) => this.#forget(member)
    })
    // Flow control that comes into force while bytes wait: perhaps nothing more is written until they went.
    options.line.onChange(({ type }) => {
      if (type === 'settings') this.#watch(0)
    })
  }

  get blocked(): BlockedState | undefined {
    return this.#blockage?.state
  }

  /** What it sent and the port did not pass on, the system's part not counted. What the port holds is that of who wrote last. */
  waitingOf({ id, outbox }: Member): number {
    return outbox.size + (this.#inFlight.newest === id ? (this.#port?.queued ?? 0) : 0)
  }

  /** Sessions that left and whose bytes are still on their way. */
  get settling(): number {
    return this.#pump.leaving.length
  }

  join(member: Member): void {
    this.#pump.join(member)
    this.restoreFor(member)
  }

  /** Where what is in force was the wish of one that writes no more: the configured settings return before this one's bytes. */
  restoreFor(member: Member): void {
    const { clock, line } = this.#options
    if (!line.stale) return
    // The one before left so shortly before that the port was not closed in between, or is still here. Its bytes go at its own
    // settings, unless the device takes nothing any more.
    const restore = new Step(
      () => line.restore(),
      () => this.#unsent === 0
    )
    member.outbox.pushStep(restore)
    restore.deadline = clock.after(STANDSTILL_MS, () => this.#pump.begin(restore))
    this.#pump.run()
  }

  /**
   * The session sends no more but stays for the answer: after what it sent, the right to write is the next one's. Whoever can
   * end its input alone (raw, telnet) has no settings that would have to return.
   */
  retire(member: Member): void {
    const handOver = (): Promise<void> => {
      member.inputEnded = true
      this.#options.onInputEnd(member)
      return Promise.resolve()
    }
    member.outbox.pushStep(new Step(handOver, () => true))
    this.#pump.run()
  }

  /** It writes no more: what the port did not take yet is lost, and what it asked of the line ends. Tell the arbiter before. */
  cede(member: Member, why: string, returns: Return): void {
    const { keepSettings, line } = this.#options
    this.#giveUp(member, why)
    line.release(member.id)
    void line.forget(member.id, keepSettings() ? 'never' : returns)
    this.#pump.run()
  }

  /**
   * The session is gone; what it sent is still delivered, and its settings end after that. Tell the arbiter afterwards. With an
   * `heir` they do not: what it asked of the line is that one's wish then, and only a break that it held ends.
   */
  leave(member: Member, heir?: Member): void {
    const { arbiter, clock, keepSettings, line, staysOpen } = this.#options
    const wrote = arbiter.policy === 'one' && arbiter.mayWrite(member.id)
    member.left = true
    const returns = (): Return => {
      if (keepSettings()) return 'never'
      // Where nobody follows, the owner closes the port, which drains by itself and needs no other settings.
      if (this.#pump.members.length === 0) return staysOpen() ? 'now' : 'with-the-next'
      return wrote ? 'now' : 'with-the-last'
    }
    line.release(member.id, heir?.id)
    const goodbye = heir
      ? new Step(
          () => line.inherit(member.id, heir.id),
          () => true
        )
      : new Step(
          () => line.forget(member.id, returns()),
          () => returns() !== 'now' || this.#unsent === 0
        )
    member.outbox.pushStep(goodbye)
    const left = (): number => member.outbox.size + this.#unsent
    const giveUp = (): void => {
      this.#giveUp(member, 'the device took nothing for 10 s')
      this.#pump.run()
    }
    this.#patience.set(member, new Patience(clock, STANDSTILL_MS, left, () => undefined, giveUp))
    this.#pump.leave(member)
    this.#pump.run()
  }

  /** No port: `absent` says what becomes of the bytes. With `discard` what waits is lost now. */
  setPort(port: Port | undefined, absent: Absent): void {
    this.#absent = absent
    this.#blockage?.dispose()
    this.#blockage = undefined
    this.#port = port
    this.#ready = this.#writable = false
    if (!port && absent === 'discard') this.#queries.answerAll()
    if (port) this.#inFlight.clear()
    else if (absent === 'discard')
      for (const member of [...this.#pump.leaving, ...this.#pump.members])
        this.#giveUp(member, 'there is no device')
    this.#pump.run()
  }

  /** The port is at its users' settings: what waited may go. */
  ready(): void {
    this.#ready = this.#writable = true
    this.#queries.answerAll()
    this.#pump.run()
  }

  drained(): void {
    this.#writable = this.#ready
    this.#pump.run()
  }

  /** The newest `bytes` that a port took never reached its device. */
  lostInPort(bytes: number, why: string): void {
    this.#inFlight.lose(bytes, ({ id, account }, part) => {
      account.lostAfterwards('to-device', part)
      this.#options.losses.add({ direction: 'to-device', session: id, bytes: part, why })
    })
  }

  /** The hot path: a chunk of a session. */
  take(member: Member, chunk: Uint8Array): void {
    if (!this.#options.arbiter.mayWrite(member.id))
      this.#lose(member, chunk.length, this.#options.arbiter.whyNot(member.id))
    else if (this.#mayPass(member)) this.#pass(member, chunk)
    else if (!this.#port && this.#absent === 'discard') this.#lose(member, chunk.length, 'there is no device')
    else this.#keep(member, chunk)
  }

  /** As much as goes; the rest waits. */
  #pass(member: Member, chunk: Uint8Array): void {
    const most = this.#turnBytes
    let at = 0
    for (; at + most < chunk.length && this.#mayPass(member); at += most)
      this.#send(member, chunk.subarray(at, at + most))
    const rest = at === 0 ? chunk : chunk.subarray(at)
    if (this.#mayPass(member)) this.#send(member, rest)
    else this.#keep(member, rest)
  }

  #keep(member: Member, chunk: Uint8Array): void {
    if (member.outbox.push(chunk)) this.#pauseIfFull(member)
    else this.#lose(member, chunk.length, 'it did not pause')
  }

  get #turnBytes(): number {
    return this.#options.arbiter.policy === 'one' ? Infinity : TURN_BYTES
  }

  /** Nothing is in front of what it sends now. */
  #mayPass(member: Member): boolean {
    return this.#writable && member.outbox.empty && this.#pump.leaving.length === 0
  }

  /** Answered once, with what is in force then; in its place among the data where it changes anything. */
  apply(member: Member, request: Request<LineWish, LineSettings>): void {
    const { arbiter, clock, line } = this.#options
    const give = member.answers.expect()
    if (isQuery(request.wish) || !arbiter.mayWrite(member.id)) {
      this.#whenKnown(() => {
        give(() => {
          request.answer(line.settings)
        })
      })
      return
    }
    const run = async (): Promise<void> => {
      // Whoever took over meanwhile does not have the settings of the one before it.
      const heard = member.left || arbiter.mayWrite(member.id)
      const actual = heard ? await line.apply(member.id, request.wish) : line.settings
      give(() => {
        request.answer(actual)
      })
    }
    const step = new Step(run, () => this.#ready && this.#port?.queued === 0)
    member.outbox.pushStep(step)
    step.deadline = clock.after(APPLY_WAIT_MS, () => {
      this.#pump.begin(step)
    })
    if (!this.#port && this.#absent === 'discard') this.#pump.begin(step)
    this.#pauseIfFull(member)
    this.#pump.run()
  }

  /** At once; answered with what is in force then. */
  control(member: Member, request: Request<ControlWish, ControlLines>): void {
    const { arbiter, line } = this.#options
    const give = member.answers.expect()
    const answer = (): void => {
      give(() => {
        request.answer(line.lines)
      })
    }
    if (isQuery(request.wish) || !arbiter.mayWrite(member.id)) this.#whenKnown(answer)
    else void line.control(member.id, request.wish).then(answer)
  }

  /** At once; without a port never: a break has a meaning only now. */
  sendBreak(member: Member, durationMs: number): void {
    const { arbiter, line, taps } = this.#options
    if (!this.#port || !arbiter.mayWrite(member.id)) return
    const { label } = member.session.who
    taps.event({ type: 'break', session: member.id, label, durationMs })
    void line.sendBreak(durationMs)
  }

  /** At once. What is thrown away on request is no loss. */
  purge(member: Member, which: Purge): void {
    if (!this.#options.arbiter.mayWrite(member.id)) return
    if (which !== 'receive') member.outbox.dropBytes()
    this.#port?.purge(which)
    if (which !== 'receive') this.#blockage?.purged()
    if (this.#port?.queued === 0) this.#writable = this.#ready
    this.#pump.run()
  }

  /**
   * As a purge, by whoever sent it and does not want it any more: counted and told as lost. `held`: what its session had not handed on.
   * Answers how many bytes that was, as far as anybody can tell.
   */
  discard(member: Member, held: number): number {
    const why = 'discarded by who sent it'
    const waited = held + member.outbox.dropBytes()
    this.#lose(member, waited, why)
    const port = this.#port
    // What the port holds is another one's where this one writes no more.
    if (!port || !this.#options.arbiter.mayWrite(member.id)) return waited
    const before = unsentOf(port)
    port.purge('transmit')
    const dropped = Math.max(0, before - unsentOf(port))
    this.lostInPort(dropped, why)
    this.#blockage?.purged()
    if (port.queued === 0) this.#writable = this.#ready
    this.#pump.run()
    return waited + dropped
  }

  /** Waits no longer for those who left: what they sent is lost, what they asked for is not asked any more. */
  abandon(why: string): void {
    for (const member of this.#pump.leaving) {
      this.#lose(member, member.outbox.dropBytes(), why)
      this.#patience.get(member)?.dispose()
    }
    this.#patience.clear()
    this.#pump.abandon()
    this.#options.onSettled()
  }

  dispose(): void {
    this.#queries.answerAll()
    this.#blockage?.dispose()
    for (const patience of this.#patience.values()) patience.dispose()
    this.#pump.dispose()
  }

  /** Calls once it is known what is in force; waits no longer than an `apply`. */
  #whenKnown(answer: () => void): void {
    if (this.#ready || (!this.#port && this.#absent === 'discard')) answer()
    else this.#queries.add(answer)
  }

  #send(member: Member, chunk: Uint8Array): void {
    const port = this.#port
    if (!port) return
    this.#options.taps.bytes('to-device', member.id, chunk)
    member.account.passed('to-device', chunk.length)
    this.#inFlight.add(member, chunk.length)
    if (!port.write(chunk)) this.#writable = false
    this.#watch(chunk.length)
  }

  #watch(written: number): void {
    const port = this.#port
    if (!port || !canBeHeldBack(port)) return
    this.#blockage ??= new Blockage({
      clock: this.#options.clock,
      port,
      waiting: () => this.#waiting,
      changed: this.#options.onBlocked,
      tell: (event) => this.#options.taps.event(event)
    })
    this.#blockage.wrote(written)
  }

  /** Bytes of sessions, before the port. */
  get #waiting(): number {
    const members = [...this.#pump.leaving, ...this.#pump.members]
    return members.reduce((sum, { outbox }) => sum + outbox.size, 0)
  }

  /** What the port still has to pass on, the system's part included: another speed would garble that. */
  get #unsent(): number {
    return this.#port ? unsentOf(this.#port) : 0
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
    for (const step of member.outbox.steps) this.#pump.begin(step)
  }

  #forget(member: Member): void {
    this.#patience.get(member)?.dispose()
    this.#patience.delete(member)
    this.#options.onSettled()
  }
}
