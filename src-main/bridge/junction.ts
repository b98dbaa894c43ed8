/**
 * What a share and a link have in common: one Port that is opened on demand, the places where Sessions come from, and a Hub
 * that joins them. Called through share.ts and link.ts, which only choose the rules. The one place that turns faults into
 * state; never rejects on its own account.
 */
import type { Clock } from '../base/clock.ts'
import { systemClock } from '../base/clock.ts'
import type { Disposable, Event } from '../base/event.ts'
import { Emitter } from '../base/event.ts'
import { Lifetime } from '../base/lifetime.ts'
import type { CloseReason } from '../contract/close.ts'
import { SHUTDOWN } from '../contract/close.ts'
import { Fault } from '../contract/faults.ts'
import type { Capabilities, ControlLines, ControlWish, LineSettings, LineWish } from '../contract/line.ts'
import type { BridgeState, PortState } from '../contract/state.ts'
import type { PortSource } from '../ports/port.ts'
import type { Session, SessionIdentity, SessionSource, Terms } from '../sessions/session.ts'
import type { Admission } from './admission.ts'
import { Guests } from './guests.ts'
import type { HubOptions } from './hub.ts'
import { Hub } from './hub.ts'
import { Keeper } from './keeper.ts'
import type { BridgeNotice } from './notices.ts'
import { noticeOf } from './notices.ts'
import { Sources } from './sources.ts'
import type { Recorder, Tap } from './tap.ts'

/** What every bridge is made from. The bridge owns the sources from here on, and closes them. */
export interface BridgeOptions {
  /** Its key in the state tree. */
  readonly id: string
  readonly name: string
  readonly port: PortSource
  readonly sources: readonly SessionSource[]
  /** They record from the start, and are closed after everything else. */
  readonly recorders?: readonly Recorder[]
  readonly clock?: Clock
}

export interface JunctionRules extends Omit<HubOptions, 'clock' | 'staysOpen'> {
  readonly kind: 'share' | 'link'
  /** It ends with its user, and is not in the settings. */
  readonly passing?: boolean
  /** Whose fault it is when the port ends without a cause of its own. */
  readonly far: 'device' | 'peer'
  /** Not even the owner commands the line. Default false. */
  readonly onlyWatches?: boolean
  /** The port stays open, also while nobody is there; `once-used`: from the first session on. */
  readonly hold: boolean | 'once-used'
  /** The port stays open so long after the last one left, in ms. Default 0. */
  readonly keepOpenMs?: number
  /** A session is closed when nothing passed for so long, in ms. Default never. */
  readonly inactivityMs?: number | undefined
  /** Who may come in. Default everybody. */
  readonly admission?: Admission
}

/** What may change while everybody goes on; each as in JunctionRules. */
export type LiveRules = Pick<
  JunctionRules,
  'writers' | 'keepSettings' | 'hold' | 'keepOpenMs' | 'inactivityMs'
>

/** Recorders get this long at the least: what the others leave of the time to close may be nothing. */
const RECORDING_MS = 250

export class Junction {
  readonly #options: BridgeOptions
  #rules: JunctionRules
  readonly #clock: Clock
  readonly #hub: Hub
  readonly #keeper: Keeper
  readonly #life = new Lifetime()
  readonly #states = new Emitter<void>()
  readonly #notices = new Emitter<BridgeNotice>()
  readonly #faults = new Emitter<Fault>()
  readonly #vacant = new Emitter<void>()
  readonly #guests: Guests
  readonly #sources: Sources
  #watch: Disposable | undefined
  #keptOpen: Disposable | undefined
  #stateDue = false
  #wasInUse = false
  #wasUsed = false
  #ending = false
  #closing: Promise<number> | undefined
  #reason = SHUTDOWN
  #name: string
  /** Its own settings. */
  #own: LineWish

  /** `state` differs from before in more than its byte counts; at most once per turn of the event loop. */
  readonly onState: Event<void> = this.#states.event
  /** One line for people per change: who came and left, what was lost. */
  readonly onNotice: Event<BridgeNotice> = this.#notices.event
  /** The port broke or cannot be opened; once per cause. It is tried again meanwhile. */
  readonly onFault: Event<Fault> = this.#faults.event
  /** The last session left, and all that it sent is with the port. */
  readonly onVacant: Event<void> = this.#vacant.event

  protected constructor(options: BridgeOptions, rules: JunctionRules) {
    this.#options = options
    this.#name = options.name
    this.#rules = rules
    this.#own = rules.configured ?? {}
    this.#clock = options.clock ?? systemClock
    this.#hub = new Hub({ ...rules, staysOpen: staysOpen(rules), clock: this.#clock })
    this.#guests = new Guests({
      hub: this.#hub,
      clock: this.#clock,
      admission: rules.admission,
      tell: (notice) => this.#notices.fire(notice)
    })
    this.#keeper = new Keeper({
      clock: this.#clock,
      source: options.port,
      slot: this.#hub,
      far: rules.far
    })
    this.#life.add(this.#hub.onChange(() => this.#update()))
    this.#life.add(this.#hub.onFault((fault) => this.#faults.fire(fault)))
    this.#life.add(
      this.#hub.onEvent((event) => {
        const notice = noticeOf(event)
        if (notice) this.#notices.fire(notice)
      })
    )
    this.#life.add(this.#keeper.onState(() => this.#announceState()))
    this.#life.add(this.#keeper.onFault((fault) => this.#faults.fire(fault)))
    for (const recorder of options.recorders ?? []) this.#life.add(this.#hub.tap(recorder))
    this.#sources = this.#life.add(
      new Sources({
        come: (session, { terms = {}, ear, address }) =>
          void this.#guests.admit(session, terms, ear?.take() ?? [], address),
        tap: (tap) => this.#hub.tap(tap),
        unheard: (bytes) => this.#hub.unheard(bytes, 'nobody answers yet'),
        changed: () => this.#announceState(),
        failed: (fault) => this.#faults.fire(fault)
      })
    )
    this.#sources.arrange(options.sources)
    this.#watchInactive()
    this.#life.defer(() => this.#watch?.dispose())
    // A port may open without any wait. Whoever makes a bridge and shall hear of that is a few promises away from listening.
    if (rules.hold) setImmediate(() => this.#update())
  }

  get state(): BridgeState {
    const { blocked } = this.#hub
    const { id, port } = this.#options
    return {
      id,
      kind: this.#rules.kind,
      name: this.#name,
      enabled: !this.#ending,
      ...(this.#rules.passing && { passing: true as const }),
      ...(this.#rules.onlyWatches && { onlyWatches: true as const }),
      port: port.label,
      ...this.#sources.state,
      state: this.#keeper.state,
      own: this.#hub.own,
      ...this.#carriedState,
      ...(blocked && { blocked }),
      sessions: this.#hub.sessions,
      ...this.#hub.total
    }
  }

  get name(): string {
    return this.#name
  }

  /** Its own settings, as `tune` left them. */
  get own(): LineWish {
    return this.#own
  }

  /** `close` was called. */
  get closing(): boolean {
    return this.#ending
  }

  /** How it goes with each port that it needs: its own, and at the other end of a cable another one. */
  get ports(): readonly PortState[] {
    return [this.#keeper.state, ...this.#sources.ports]
  }

  /** From now on it is called this; nobody notices but who looks. */
  rename(name: string): void {
    this.#name = name
    this.#announceState()
  }

  /** Records bytes and events from now on. */
  tap(tap: Tap): Disposable {
    return this.#hub.tap(tap)
  }

  /**
   * Takes no more sessions, delivers what is under way in both directions, closes everything: all within `timeoutMs`, what it
   * cuts off is lost. Resolves with the number of lost bytes when the addresses are free; never rejects. Another call may
   * only shorten the time. `reason`: what those who are here, and those who come meanwhile, are told.
   */
  close(timeoutMs: number, reason = SHUTDOWN): Promise<number> {
    if (this.#closing) this.#hurry(timeoutMs)
    else this.#closing = this.#close(timeoutMs, reason)
    return this.#closing
  }

  #hurry(timeoutMs: number): void {
    const limit = this.#clock.after(timeoutMs, () => {
      this.#hub.abortSessions(this.#reason)
      this.#hub.abandon('time to close was over')
      void this.#keeper.close(0)
      void this.#closeRecorders(RECORDING_MS)
    })
    void this.#closing?.then(() => limit.dispose())
  }

  async #close(timeoutMs: number, reason: CloseReason): Promise<number> {
    const endMs = this.#clock.nowMs() + timeoutMs
    const lostBefore = this.#lost
    this.#ending = true
    this.#reason = reason
    this.#guests.end(reason)
    const sources = this.#sources.close(reason)
    const late = this.#clock.after(timeoutMs, () => {
      this.#hub.abandon('time to close was over')
    })
    await Promise.all([this.#hub.closeSessions(reason, timeoutMs), this.#settled()])
    late.dispose()
    this.#keptOpen?.dispose()
    await this.#keeper.close(Math.max(0, endMs - this.#clock.nowMs()))
    await sources
    this.#hub.dispose()
    this.#life.dispose()
    await this.#closeRecorders(endMs - this.#clock.nowMs())
    return this.#lost - lostBefore
  }

  async #closeRecorders(timeoutMs: number): Promise<void> {
    const { recorders = [] } = this.#options
    await Promise.all(recorders.map((each) => each.close(Math.max(RECORDING_MS, timeoutMs))))
  }

  get #lost(): number {
    return this.#hub.total.lostToDevice + this.#hub.total.lostFromDevice
  }

  /** Resolves when nobody is here and nothing of those who left is under way. */
  #settled(): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (this.#hub.inUse) return
        subscription.dispose()
        resolve()
      }
      const subscription = this.#hub.onChange(look)
      look()
    })
  }

  /**
   * Somebody comes. `early`: what the device said before, and this one is still to have. Whoever comes with the peer and the use of
   * one that is here takes its place, also where the share is full: see `Hub.attach`. Answers the session's number, undefined where
   * it was refused or is gone already.
   */
  admit(session: Session, terms: Terms = {}, early: readonly Uint8Array[] = []): number | undefined {
    return this.#guests.admit(session, terms, early)
  }

  // Where they come from, while it runs.

  /**
   * Nobody comes from there any more, and those who did are closed, but for those that may stay: what they still have to read is
   * delivered if they take it within 1 s. Resolves when its address is free; never rejects.
   */
  async shut(
    source: SessionSource,
    reason: CloseReason,
    stays: (who: SessionIdentity) => boolean = () => false
  ): Promise<void> {
    const { address } = source
    const ended = this.#sources.end(source, reason)
    this.#guests.leave(address, reason, stays)
    await ended
  }

  /**
   * Sessions come from these, in this order; new ones may be among them, which are its own from here on. Those that are not were shut
   * before. After `close` nobody comes: then all of them are closed. Resolves when that is done.
   */
  async arrange(sources: readonly SessionSource[]): Promise<void> {
    if (this.#ending) await Promise.all(sources.map((source) => source.close(this.#reason)))
    else this.#sources.arrange(sources)
  }

  /** What waits to be tried again (its port, what it dials) is tried now. */
  retry(): void {
    this.#keeper.retry()
    this.#sources.retry()
  }

  /** Asks those who came from there, or are the same paired computer, for a sign of life. */
  probe(who: Pick<SessionIdentity, 'address' | 'peer'>): void {
    this.#guests.probe(who)
  }

  /**
   * What the session sent and the device did not take is not sent: lost, counted and told. `held`: what it had not handed on. Answers how
   * many bytes that was.
   */
  discard(session: number, held: number): number {
    return this.#hub.discard(session, held)
  }

  // Who may write, as people decide it. All of them throw a Fault `usage` for a session that never was here or has left; the first
  // four also for one that only watches, and where the policy is not `one`.

  /** It wants to hold it. Who asked first is the next, unless the holder grants it before. Of no effect for the holder, and twice. */
  ask(session: number): void {
    this.#hub.holding.ask(session)
  }

  /**
   * It holds it from now on, and its wish is gone; whoever held it stays and watches, and is the next where nobody asks. What that one
   * had waiting for the device is lost and counted, and its settings end. Of no effect for the holder.
   */
  grant(session: number): void {
    this.#hub.holding.give(session, 'granted')
  }

  /** As `grant`, and announced as taken. */
  takeOver(session: number): void {
    this.#hub.holding.give(session, 'taken')
  }

  /** Its wish is gone. Of no effect where it has none. */
  decline(session: number): void {
    this.#hub.holding.decline(session)
  }

  /** Closes one, or all who are here; what they still have to read is delivered if they take it within 1 s. Answers how many. */
  disconnect(session: number | undefined, reason: CloseReason): number {
    return this.#guests.disconnect(session, reason)
  }

  /**
   * A permission changed while it is here. `observe`: it may only watch from now on; what it held is the next one's, what it had waiting
   * is lost and counted. Else it may write in its turn. Repeated calls are safe.
   */
  restrict(session: number, observe: boolean): void {
    this.#guests.restrict(session, observe)
  }

  // The owner of this computer commands the line, whoever may write: users are told as of anybody else. All throw the Fault `usage`
  // where the port is not open, and `unsupported` where it cannot do that.

  /** Answers what the device really took; until those who use it have left. */
  async applyForOwner(wish: LineWish): Promise<LineSettings> {
    this.#commanded()
    return this.#hub.applyForOwner(wish)
  }

  /** Answers the lines as they are then. */
  async controlForOwner(wish: ControlWish): Promise<ControlLines> {
    this.#needs(wish)
    return this.#hub.controlForOwner(wish)
  }

  /** Resolves when it is over. */
  async sendBreakForOwner(durationMs: number): Promise<void> {
    this.#needs({ break: true })
    await this.#hub.sendBreakForOwner(durationMs)
  }

  /** Its own settings are others from now on, while everybody goes on. */
  tune(own: LineWish): void {
    if (this.#rules.fixed) this.#hub.refix(own)
    else {
      this.#hub.tune(this.#own, own)
      this.#rules.admission?.tune(own)
    }
    this.#own = own
    this.#announceState()
  }

  /** Other rules from now on, while everybody goes on: as they had been from the start for whoever comes and what happens from here on. */
  protected govern(rules: LiveRules): void {
    const { inactivityMs, keepOpenMs } = this.#rules
    this.#rules = { ...this.#rules, ...rules }
    this.#hub.govern({ ...this.#rules, staysOpen: staysOpen(this.#rules) })
    if (rules.inactivityMs !== inactivityMs) this.#watchInactive()
    // Nobody is here, and it waits for the next one: as long as it says now.
    if (this.#keptOpen && rules.keepOpenMs !== keepOpenMs) this.#keepOpen()
    if (!this.#ending) this.#update()
  }

  #watchInactive(): void {
    const { inactivityMs } = this.#rules
    this.#watch?.dispose()
    this.#watch = inactivityMs === undefined ? undefined : this.#guests.watch(inactivityMs)
  }

  #needs(wish: ControlWish): void {
    const { control } = this.#commanded()
    const missing = (['dtr', 'rts', 'break'] as const).find(
      (line) => wish[line] !== undefined && !control.has(line)
    )
    if (missing === undefined) return
    const what = missing === 'break' ? 'break' : missing.toUpperCase()
    throw new Fault(
      'unsupported',
      `${this.#options.port.label} carries no ${what}: it cannot, or its settings hold that line.`
    )
  }

  #commanded(): Capabilities {
    if (!this.#rules.onlyWatches) return this.#opened()
    throw onlyWatches(this.#name)
  }

  #opened(): Capabilities {
    const { capabilities } = this.#hub
    if (capabilities) return capabilities
    throw new Fault('usage', `The port of ${this.#name} is not open: it is opened when somebody uses it.`)
  }

  get #carriedState(): Pick<BridgeState, 'setBy' | 'carried'> {
    const { capabilities, setBy } = this.#hub
    if (!capabilities || this.#keeper.state.type !== 'open') return {}
    const { settings, control, modem } = capabilities
    return { setBy, carried: { settings: [...settings], control: [...control], modem: [...modem] } }
  }

  /** Something changed in the hub: the port is wanted or not, and people want to see it. */
  #update(): void {
    const { inUse } = this.#hub
    if (this.#wasInUse && !inUse) this.#keepOpen()
    this.#wasUsed ||= inUse
    this.#keeper.want(inUse || ((this.#holds || this.#keptOpen !== undefined) && !this.#ending))
    if (this.#wasInUse && !inUse) this.#vacant.fire()
    this.#wasInUse = inUse
    this.#announceState()
  }

  get #holds(): boolean {
    const { hold } = this.#rules
    return hold === 'once-used' ? this.#wasUsed : hold
  }

  /** The last one left: the port stays open for the next one, as long as it was said. */
  #keepOpen(): void {
    const { keepOpenMs = 0 } = this.#rules
    this.#keptOpen?.dispose()
    this.#keptOpen = undefined
    if (keepOpenMs === 0) return
    this.#keptOpen = this.#clock.after(keepOpenMs, () => {
      this.#keptOpen = undefined
      this.#update()
    })
  }

  #announceState(): void {
    if (this.#stateDue) return
    this.#stateDue = true
    queueMicrotask(() => {
      this.#stateDue = false
      this.#states.fire()
    })
  }
}

/** What whoever wants to set something is told, where that cannot be. */
export function onlyWatches(name: string): Fault {
  return new Fault(
    'usage',
    `${name} only watches: it writes and sets nothing at the other side. Connect without watching only, to do that.`
  )
}

/** The port goes on when the last one left. */
function staysOpen({ hold, keepOpenMs = 0 }: Pick<JunctionRules, 'hold' | 'keepOpenMs'>): boolean {
  return hold !== false || keepOpenMs > 0
}
