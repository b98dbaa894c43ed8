/**
 * Telnet's option negotiation by the Q method (RFC 1143 §7), for both sides of all 256 options. Called by net/telnet-link;
 * holds state, sends nothing itself.
 *
 * A state already set is never answered, so two ends that follow the method cannot loop. An end that does not follow it (it asks
 * again for what was refused) meets MAX_ANSWERS and silence.
 */
import type { Negotiation, Verb } from './telnet.ts'

/** `us`: what we do (they say DO, we say WILL). `him`: what the peer does (it says WILL, we say DO). RFC 1143's words. */
export type Side = 'us' | 'him'

/** The options that we agree to when the peer asks. */
export type Agreeable = Readonly<Record<Side, ReadonlySet<number>>>

/** An option that has just been settled; `enabled: false` is also the refusal of what we asked for. */
export interface OptionChange {
  readonly side: Side
  readonly option: number
  readonly enabled: boolean
}

/** Answers per option and side to what the peer asks unasked; more than any honest peer needs. */
export const MAX_ANSWERS = 16

type State = 'no' | 'yes' | 'want-no' | 'want-no-then-yes' | 'want-yes' | 'want-yes-then-no'

interface Entry {
  state: State
  answers: number
}

const SPEAK: Readonly<Record<Side, Readonly<Record<'on' | 'off', Verb>>>> = {
  us: { on: 'will', off: 'wont' },
  him: { on: 'do', off: 'dont' }
}

const HEAR: Readonly<Record<Verb, { readonly side: Side; readonly on: boolean }>> = {
  will: { side: 'him', on: true },
  wont: { side: 'him', on: false },
  do: { side: 'us', on: true },
  dont: { side: 'us', on: false }
}

export class TelnetOptions {
  readonly #agreeable: Agreeable
  readonly #entries: Readonly<Record<Side, Map<number, Entry>>> = { us: new Map(), him: new Map() }

  constructor(agreeable: Agreeable) {
    this.#agreeable = agreeable
  }

  enabled(side: Side, option: number): boolean {
    return this.#entries[side].get(option)?.state === 'yes'
  }

  /** We want the option on or off: answers what to send, undefined where it is so already or on its way. */
  ask(side: Side, option: number, on: boolean): Negotiation | undefined {
    const entry = this.#entry(side, option)
    switch (entry.state) {
      case 'no':
        return on ? this.#become(entry, 'want-yes', side, option, 'on') : undefined
      case 'yes':
        return on ? undefined : this.#become(entry, 'want-no', side, option, 'off')
      case 'want-no':
      case 'want-no-then-yes':
        entry.state = on ? 'want-no-then-yes' : 'want-no'
        return undefined
      case 'want-yes':
      case 'want-yes-then-no':
        entry.state = on ? 'want-yes' : 'want-yes-then-no'
        return undefined
    }
  }

  /** The peer spoke: answers what to send back, and what has been settled by it. */
  receive(verb: Verb, option: number): { reply?: Negotiation | undefined; change?: OptionChange } {
    const { side, on } = HEAR[verb]
    const entry = this.#entry(side, option)
    return on ? this.#heardOn(entry, side, option) : this.#heardOff(entry, side, option)
  }

  #heardOn(entry: Entry, side: Side, option: number): ReturnType<TelnetOptions['receive']> {
    switch (entry.state) {
      case 'no': {
        if (entry.answers >= MAX_ANSWERS) return {}
        entry.answers += 1
        if (!this.#agreeable[side].has(option)) return { reply: speak(side, option, 'off') }
        entry.state = 'yes'
        return { reply: speak(side, option, 'on'), change: { side, option, enabled: true } }
      }
      case 'yes':
        return {}
      // The peer answers our "off" by "on", against the rule: RFC 1143 takes it as answered.
      case 'want-no':
        entry.state = 'no'
        return { change: { side, option, enabled: false } }
      case 'want-no-then-yes':
      case 'want-yes':
        entry.state = 'yes'
        return { change: { side, option, enabled: true } }
      case 'want-yes-then-no':
        return { reply: this.#become(entry, 'want-no', side, option, 'off') }
    }
  }

  #heardOff(entry: Entry, side: Side, option: number): ReturnType<TelnetOptions['receive']> {
    const change = { side, option, enabled: false }
    switch (entry.state) {
      case 'no':
        return {}
      case 'yes':
        entry.state = 'no'
        entry.answers += 1
        return { reply: speak(side, option, 'off'), change }
      case 'want-no-then-yes':
        return { reply: this.#become(entry, 'want-yes', side, option, 'on') }
      case 'want-no':
      case 'want-yes':
      case 'want-yes-then-no':
        entry.state = 'no'
        return { change }
    }
  }

  #become(entry: Entry, state: State, side: Side, option: number, say: 'on' | 'off'): Negotiation {
    entry.state = state
    return speak(side, option, say)
  }

  #entry(side: Side, option: number): Entry {
    const known = this.#entries[side].get(option)
    if (known) return known
    const entry: Entry = { state: 'no', answers: 0 }
    this.#entries[side].set(option, entry)
    return entry
  }
}

function speak(side: Side, option: number, say: 'on' | 'off'): Negotiation {
  return { type: 'negotiation', verb: SPEAK[side][say], option }
}
