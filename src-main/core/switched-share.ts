/**
 * A share that can be switched off and on while everything else goes on. Off, it listens nowhere, its clients are gone and its
 * device is free; its name, its number and its totals stay. Called by core.
 */
import type { Event } from '../base/event.ts'
import { Emitter } from '../base/event.ts'
import { Lifetime } from '../base/lifetime.ts'
import type { BridgeNotice } from '../bridge/notices.ts'
import type { Poolable } from '../bridge/rotator.ts'
import type { Share } from '../bridge/share.ts'
import { SHUTDOWN, SWITCHED_OFF, type CloseReason } from '../contract/close.ts'
import { Fault } from '../contract/faults.ts'
import type { ControlLines, ControlWish, LineSettings, LineWish } from '../contract/line.ts'
import type { BridgeState } from '../contract/state.ts'
import type { Session, SessionIdentity, Terms } from '../sessions/session.ts'
import type { Kept } from './kept.ts'
import type { ShareArguments } from './share-plan.ts'

/** What a share shows while it is off. */
export type OffState = Pick<BridgeState, 'id' | 'name' | 'port' | 'own'>

/** How it is made, and follows other words for it. One call at a time. */
export interface Plan {
  /** `settings`: its own ones; absent: those that it was written down with. */
  make(name: string, settings?: LineWish): Promise<Share>
  shed(spec: ShareArguments, share: Share | undefined): Promise<void>
  amend(spec: ShareArguments, share: Share | undefined): Promise<void>
}

export class SwitchedShare implements Kept, Poolable {
  #off: OffState
  readonly #plan: Plan
  /** Its own settings, where they are others by now than it was made for. */
  #settings: LineWish | undefined
  readonly #states = new Emitter<void>()
  readonly #notices = new Emitter<BridgeNotice>()
  readonly #faults = new Emitter<Fault>()
  #life = new Lifetime()
  #share: Share | undefined
  /** What the shares before this one carried. */
  #before = NOTHING
  /** One switching after the other. */
  #row: Promise<unknown> = Promise.resolve()
  #ended = false

  readonly onState: Event<void> = this.#states.event
  readonly onNotice: Event<BridgeNotice> = this.#notices.event
  readonly onFault: Event<Fault> = this.#faults.event

  /** It is off until it is switched on. `plan.make` rejects with a Fault; then nothing listens. */
  constructor(off: OffState, plan: Plan) {
    this.#off = off
    this.#plan = plan
  }

  /** `close` was called. */
  get ended(): boolean {
    return this.#ended
  }

  get state(): BridgeState {
    const live = this.#share?.state
    if (live) return { ...live, ...sum(this.#before, live) }
    const nothing = { addresses: [], dials: [], sessions: [], state: { type: 'idle' } } as const
    const own = this.#settings && { own: this.#settings }
    return { kind: 'share', enabled: false, ...this.#off, ...own, ...nothing, ...this.#before }
  }

  /** Rejects with the Fault of a share that cannot be made, which stays off then, or was stopped. Repeated calls are safe. */
  enable(): Promise<void> {
    return this.#inRow(async () => {
      if (this.#ended) throw new Fault('usage', `${this.#off.name} was stopped: it cannot be switched on.`)
      if (this.#share) return
      const settings = this.#settings
      const share = await this.#plan.make(this.#off.name, settings)
      if (this.#settings && this.#settings !== settings) share.tune(this.#settings)
      // It may have got another one meanwhile.
      share.rename(this.#off.name)
      this.#share = share
      this.#life = new Lifetime()
      this.#life.add(share.onState(() => this.#states.fire()))
      this.#life.add(share.onNotice((notice) => this.#notices.fire(notice)))
      this.#life.add(share.onFault((fault) => this.#faults.fire(fault)))
      this.#states.fire()
    })
  }

  /** As `Junction.close`; it can be switched on again. Repeated calls are safe. */
  disable(timeoutMs: number, reason = SWITCHED_OFF): Promise<number> {
    // Who waits for it to be on shall not make it wait: a second call only hurries.
    void this.#share?.close(timeoutMs, reason)
    return this.#inRow(async () => {
      const share = this.#share
      if (!share) return 0
      const lost = await share.close(timeoutMs, reason)
      this.#before = sum(this.#before, share.state)
      this.#life.dispose()
      this.#share = undefined
      this.#states.fire()
      return lost
    })
  }

  /** For good. */
  close(timeoutMs: number, reason = SHUTDOWN): Promise<number> {
    this.#ended = true
    return this.disable(timeoutMs, reason)
  }

  /** From now on it is called this, on or off; its clients go on. */
  rename(name: string): void {
    this.#off = { ...this.#off, name }
    this.#share?.rename(name)
    this.#states.fire()
  }

  /** Its own settings are these from now on, on or off; its clients go on. */
  tune(settings: LineWish): void {
    this.#settings = settings
    this.#share?.tune(settings)
    this.#states.fire()
  }

  /** Of its listeners and of what it dials, those that it is not to have any more as they are end, with those who came by them; see SharePlan. */
  shed(spec: ShareArguments): Promise<void> {
    return this.#inRow(() => this.#plan.shed(spec, this.#share))
  }

  /**
   * Other listeners and other rules from now on, on or off; whoever came by what goes on does so too. Rejects with the Fault of words
   * that no time mends.
   */
  amend(spec: ShareArguments): Promise<void> {
    return this.#inRow(() => this.#plan.amend(spec, this.#share))
  }

  /** As Junction; of no effect while it is off. */
  retry(): void {
    this.#share?.retry()
  }

  probe(who: Pick<SessionIdentity, 'address' | 'peer'>): void {
    this.#share?.probe(who)
  }

  // As in Junction; while it is off nobody is connected, and each throws the Fault `usage` that says so.

  ask(session: number): void {
    this.#on.ask(session)
  }

  grant(session: number): void {
    this.#on.grant(session)
  }

  takeOver(session: number): void {
    this.#on.takeOver(session)
  }

  decline(session: number): void {
    this.#on.decline(session)
  }

  restrict(session: number, observe: boolean): void {
    this.#on.restrict(session, observe)
  }

  async applyForOwner(wish: LineWish): Promise<LineSettings> {
    return this.#on.applyForOwner(wish)
  }

  async controlForOwner(wish: ControlWish): Promise<ControlLines> {
    return this.#on.controlForOwner(wish)
  }

  async sendBreakForOwner(durationMs: number): Promise<void> {
    await this.#on.sendBreakForOwner(durationMs)
  }

  /** All of nobody are 0, also while it is off. */
  disconnect(session: number | undefined, reason: CloseReason): number {
    if (session === undefined && !this.#share) return 0
    return this.#on.disconnect(session, reason)
  }

  get #on(): Share {
    if (this.#share) return this.#share
    throw new Fault(
      'usage',
      `${this.#off.name} is switched off: nobody is connected to it. Switch it on first.`
    )
  }

  /** As Junction; refused while it is off. */
  admit(session: Session, terms?: Terms): number | undefined {
    if (this.#share) return this.#share.admit(session, terms)
    session.abort({ code: 'refused', message: `${this.#off.name} is switched off` })
    return undefined
  }

  /** As Junction. */
  discard(session: number, held: number): number {
    return this.#share?.discard(session, held) ?? 0
  }

  #inRow<T>(step: () => Promise<T>): Promise<T> {
    const done = this.#row.then(step)
    this.#row = done.catch(() => undefined)
    return done
  }
}

type Totals = Pick<BridgeState, 'bytesToDevice' | 'bytesFromDevice' | 'lostToDevice' | 'lostFromDevice'>

const NOTHING: Totals = { bytesToDevice: 0, bytesFromDevice: 0, lostToDevice: 0, lostFromDevice: 0 }

function sum(a: Totals, b: Totals): Totals {
  return {
    bytesToDevice: a.bytesToDevice + b.bytesToDevice,
    bytesFromDevice: a.bytesFromDevice + b.bytesFromDevice,
    lostToDevice: a.lostToDevice + b.lostToDevice,
    lostFromDevice: a.lostFromDevice + b.lostFromDevice
  }
}
