/** Who may come in, and as what. Called by junction.ts for each newcomer; decides, and does nothing itself. */
import type { NEWCOMERS } from '../contract/commands.ts'
import type { CloseReason } from '../contract/close.ts'
import type { LineWish } from '../contract/line.ts'
import type { Session, Terms } from '../sessions/session.ts'
import { sameWish } from './wishes.ts'

/** See `newcomer` in the share's schema. */
export type Newcomer = (typeof NEWCOMERS)[number]

export interface AdmissionRules {
  readonly maxClients: number
  readonly newcomer: Newcomer
}

export interface AdmissionOptions extends AdmissionRules {
  /** The bridge's own settings, under those of the terms. */
  readonly settings: LineWish
}

/** Someone who is here, the first to come first. */
export interface Present {
  readonly session: Session
  readonly terms: Terms
}

export type Verdict =
  | { readonly type: 'refused'; readonly reason: CloseReason }
  | {
      readonly type: 'admitted'
      /** Those who have to go for it. */
      readonly kicked: readonly Session[]
      readonly takesOver: boolean
      /** What holds on the line for as long as it is here; undefined: whatever does. */
      readonly settings: LineWish | undefined
    }

export class Admission {
  #rules: AdmissionRules
  #settings: LineWish

  constructor({ settings, ...rules }: AdmissionOptions) {
    this.#rules = rules
    this.#settings = settings
  }

  /** Newcomers are judged by these from now on; nobody who is here has to go. */
  govern(rules: AdmissionRules): void {
    this.#rules = rules
  }

  /** The bridge's own settings are these from now on. */
  tune(settings: LineWish): void {
    this.#settings = settings
  }

  judge(terms: Terms, present: readonly Present[]): Verdict {
    const { maxClients, newcomer } = this.#rules
    const settings = this.#settingsOf(terms)
    const others = present.filter((each) => !agree(this.#settingsOf(each.terms), settings))
    const room = maxClients - (present.length - others.length)
    const inTheWay = [
      ...others,
      ...present.filter((each) => !others.includes(each)).slice(0, Math.max(0, 1 - room))
    ]
    if (inTheWay.length > 0 && newcomer !== 'kick-old')
      return { type: 'refused', reason: others.length > 0 ? OTHER_SETTINGS : full(maxClients) }
    return {
      type: 'admitted',
      kicked: inTheWay.map((each) => each.session),
      takesOver: (newcomer === 'take-over' || terms.takeOver === true) && !terms.observe && !terms.watch,
      settings
    }
  }

  /** Whoever watches takes what there is, unless its listener says what it is to be. */
  #settingsOf({ settings, observe, watch }: Terms): LineWish | undefined {
    return (observe || watch) && !settings ? undefined : { ...this.#settings, ...settings }
  }
}

function agree(a: LineWish | undefined, b: LineWish | undefined): boolean {
  return !a || !b || sameWish(a, b)
}

const OTHER_SETTINGS: CloseReason = {
  code: 'refused',
  message: 'the port is in use with other settings; try again when its user has left'
}

/** A newcomer never pushes anybody out unless the owner said so. */
function full(maxClients: number): CloseReason {
  const clients = maxClients === 1 ? 'another client is' : `${maxClients} clients are`
  return { code: 'refused', message: `${clients} connected already; try again when one has left` }
}
