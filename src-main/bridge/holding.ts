/**
 * How control passes from one session to another: asked for, granted, taken, lost with its session or its permission. Called
 * by the hub when sessions come and go, and through junction.ts by people; the rules of the row are in arbiter.ts. What the
 * one before had waiting is lost and counted, what it asked of the line ends, and what the next one sends goes at the
 * configured settings.
 */
import { Fault } from '../contract/faults.ts'
import type { ControlStep } from '../contract/traffic.ts'
import type { Arbiter, Coming, WriterPolicy } from './arbiter.ts'
import type { Member } from './member.ts'
import type { Roster } from './roster.ts'
import type { Taps } from './taps.ts'
import type { ToDevice } from './to-device.ts'

export interface HoldingOptions {
  readonly arbiter: Arbiter
  readonly roster: Roster
  readonly taps: Taps
  readonly toDevice: ToDevice
  /** Somebody's standing changed. */
  readonly onChange: () => void
}

export class Holding {
  readonly #options: HoldingOptions

  constructor(options: HoldingOptions) {
    this.#options = options
  }

  // As sessions come and go.

  /** Comes in. Answers the one that it took control from, which stays and watches. */
  join(member: Member, coming: Coming): Member | undefined {
    const { arbiter } = this.#options
    const before = this.#holder
    arbiter.join(member.id, coming)
    if (!before || arbiter.holder === before.id) return undefined
    this.#cede(before, 'another one took over')
    return before
  }

  /** Comes in where `old` stands, which leaves next. False: that one may not write, so there is nothing to inherit. */
  succeed(old: Member, heir: Member): boolean {
    return this.#options.arbiter.succeed(old.id, heir.id)
  }

  /** It left, or sends no more: control is the next one's. */
  leave(member: Member): void {
    const { arbiter } = this.#options
    const held = arbiter.holder === member.id
    arbiter.leave(member.id)
    if (held) this.#tellNext()
  }

  /** It may write, but another one does now. */
  awaits(id: number): boolean {
    const { writer, observes, watches } = this.#options.arbiter.standing(id)
    return !writer && !observes && !watches
  }

  // As people want it. All throw a Fault `usage` for a session that is not here.

  /** See Junction. */
  ask(id: number): void {
    if (this.#entered(id)) return
    const member = this.#candidate(id)
    if (this.#options.arbiter.ask(id)) this.#tell('asked', member)
  }

  /** See Junction. */
  give(id: number, how: 'granted' | 'taken'): void {
    if (this.#entered(id)) return
    const { arbiter, toDevice } = this.#options
    const member = this.#candidate(id)
    const before = this.#holder
    if (before === member) return
    arbiter.give(id)
    if (before)
      this.#cede(before, how === 'taken' ? 'another one took over' : 'control was given to another one')
    toDevice.restoreFor(member)
    this.#tell(how, member, before)
  }

  /** See Junction. */
  decline(id: number): void {
    const member = this.#candidate(id)
    if (this.#options.arbiter.decline(id)) this.#tell('declined', member)
  }

  /** See Junction. False: nothing changed. `watch`: it came to watch, and does so also where it may do more. */
  restrict(id: number, observe: boolean, watch = false): boolean {
    const { arbiter, toDevice } = this.#options
    const member = this.here(id)
    if (member.inputEnded || arbiter.mayHold(id) !== observe) return false
    if (!observe) {
      arbiter.join(id, { watch })
      this.#tell('permitted', member)
      return true
    }
    const wrote = arbiter.mayWrite(id)
    const held = arbiter.holder === id
    arbiter.leave(id)
    if (wrote) {
      this.#cede(member, 'it may only watch from now on')
      // Nobody may follow it: then the settings return before what it would send, which is as good a place as any.
      toDevice.restoreFor(this.#holder ?? member)
    }
    this.#tell('restricted', member)
    if (held) this.#tellNext()
    return true
  }

  /**
   * By another rule from now on. Whoever wrote and may not any more watches: what it had waiting is lost and counted, and its settings
   * end. Of no effect where it is the rule already.
   */
  govern(policy: WriterPolicy): void {
    const { arbiter, roster, toDevice } = this.#options
    if (policy === arbiter.policy) return
    const [wrote, held] = [roster.members.filter(({ id }) => arbiter.mayWrite(id)), this.#holder]
    arbiter.govern(policy)
    const ceding = wrote.filter(({ id }) => !arbiter.mayWrite(id))
    for (const member of ceding) this.#cede(member, 'the rule changed, and it only watches now')
    const [first] = ceding
    if (first) toDevice.restoreFor(this.#holder ?? first)
    if (this.#holder !== held) this.#tellNext()
    this.#options.onChange()
  }

  /** The session with this number; throws the Fault for one that is not here. */
  here(id: number): Member {
    const { roster } = this.#options
    const member = roster.find(id)
    if (member) return member
    throw new Fault(
      'usage',
      roster.knew(id)
        ? `Client ${id} has left already.`
        : `There is no client ${id} here. \`farport list\` shows who is.`
    )
  }

  /** It watched because it wanted no more, and there is nobody to take control from: it writes at once. */
  #entered(id: number): boolean {
    const { arbiter } = this.#options
    if (!arbiter.watches(id) || arbiter.policy === 'none' || arbiter.holder !== undefined) return false
    arbiter.enter(id)
    this.#tell('granted', this.here(id))
    return true
  }

  /** … which can be given control. */
  #candidate(id: number): Member {
    const { arbiter } = this.#options
    const member = this.here(id)
    if (arbiter.policy !== 'one')
      throw new Fault(
        'usage',
        `${arbiter.policy === 'all' ? 'Everybody' : 'Nobody'} may write here: there is no control to ask for or to give.`
      )
    if (arbiter.mayHold(id)) return member
    const who = `Client ${id} (${member.session.who.label})`
    throw new Fault(
      'usage',
      member.inputEnded
        ? `${who} has said that it sends no more, and only listens: it cannot be given control.`
        : `${who} may only watch. Permit it to control this port first.`
    )
  }

  get #holder(): Member | undefined {
    const { arbiter, roster } = this.#options
    return arbiter.holder === undefined ? undefined : roster.find(arbiter.holder)
  }

  /** What it asked of the line counts no more. Where others write as they did, its settings are theirs until they have left. */
  #cede(member: Member, why: string): void {
    const { arbiter, toDevice } = this.#options
    const stay = arbiter.policy === 'all' && arbiter.anybody
    toDevice.cede(member, why, stay ? 'with-the-last' : 'with-the-next')
  }

  /** The newcomer took control as it came. */
  tellTaken(member: Member, before: Member): void {
    this.#tell('taken', member, before)
  }

  #tellNext(): void {
    const next = this.#holder
    if (next) this.#tell('next', next)
  }

  #tell(step: ControlStep, { id, session }: Member, before?: Member): void {
    const from = before && { from: before.session.who.label }
    this.#options.taps.event({ type: 'control', step, session: id, label: session.who.label, ...from })
    this.#options.onChange()
  }
}
