/**
 * The heart: one Port and its Sessions, joined. Called by junction.ts, which brings sessions and ports and takes them
 * away; sessions stay while a port goes and another one comes. Bytes go through to-device.ts and from-device.ts, settings
 * and lines through line-desk.ts; here it is only decided who hears of what. Opens nothing and dials nobody.
 */
import type { Clock } from '../base/clock.ts'
import type { Disposable, Event } from '../base/event.ts'
import { Emitter } from '../base/event.ts'
import { Lifetime } from '../base/lifetime.ts'
import type { CloseReason } from '../contract/close.ts'
import type { ONE_WAYS } from '../contract/commands.ts'
import type { Fault } from '../contract/faults.ts'
import type {
  Capabilities,
  ControlLines,
  ControlWish,
  LineSettings,
  LineWish,
  ModemState
} from '../contract/line.ts'
import { NO_CAPABILITIES, UNKNOWN_MODEM_STATE } from '../contract/line.ts'
import type { BlockedState, SessionState, SettingsOrigin } from '../contract/state.ts'
import type { HubEvent } from '../contract/traffic.ts'
import type { Port } from '../ports/port.ts'
import type { Notice, Session } from '../sessions/session.ts'
import type { Counts } from './account.ts'
import type { WriterPolicy } from './arbiter.ts'
import { Arbiter } from './arbiter.ts'
import { Departures } from './departures.ts'
import type { Attachment, Entry, Farewell } from './entry.ts'
import { FromDevice } from './from-device.ts'
import { Holding } from './holding.ts'
import type { LineOptions } from './line-desk.ts'
import { ELSEWHERE, LineDesk, OWNER } from './line-desk.ts'
import { Losses } from './losses.ts'
import type { Member } from './member.ts'
import { Roster } from './roster.ts'
import type { Tap } from './tap.ts'
import { Taps } from './taps.ts'
import { difference } from './wishes.ts'
import type { Absent } from './to-device.ts'
import { ToDevice } from './to-device.ts'

/** What may change while sessions go on. */
export interface HubRules {
  readonly writers: WriterPolicy
  /** The settings of a writer that left stay in force; else `configured` returns. */
  readonly keepSettings?: boolean
  /** The port goes on when the last session has left, so the settings return then, and not with the next one. */
  readonly staysOpen?: boolean
}

export interface HubOptions extends LineOptions, HubRules {
  readonly clock: Clock
  /** Bytes go this way alone; what the device says is for the taps then, what sessions send is lost. */
  readonly oneWay?: (typeof ONE_WAYS)[number] | undefined
}

/** The owner, as people read it. */
const THIS_COMPUTER = 'this computer'

export class Hub {
  readonly #clock: Clock
  readonly #arbiter: Arbiter
  readonly #oneWay: HubOptions['oneWay']
  readonly #deviceSpeaks: boolean
  #rules: HubRules
  readonly #roster = new Roster()
  readonly #taps: Taps
  readonly #losses: Losses
  readonly #line: LineDesk
  readonly #toDevice: ToDevice
  readonly #fromDevice: FromDevice
  /** Who may write, as sessions and people change it. */
  readonly holding: Holding
  readonly #changes = new Emitter<void>()
  readonly #departures = new Departures()
  #port: Port | undefined
  #portLife = new Lifetime()
  #setBy: SettingsOrigin = { type: 'own' }

  /** Something that people see changed: who is here, what is in force. Byte counts change without it. */
  readonly onChange: Event<void> = this.#changes.event
  readonly onEvent: Event<HubEvent>
  /** The port broke a promise. It goes on. */
  readonly onFault: Event<Fault>

  constructor(options: HubOptions) {
    const { clock } = options
    this.#clock = clock
    this.#oneWay = options.oneWay
    this.#rules = options
    this.#arbiter = new Arbiter(this.#policy)
    this.#deviceSpeaks = options.oneWay !== 'to-device'
    this.#taps = new Taps(clock)
    this.#losses = new Losses(clock, (loss) => {
      this.#taps.event({ type: 'lost', ...loss })
    })
    this.#line = new LineDesk(options)
    const shared = { clock, taps: this.#taps, losses: this.#losses }
    this.#fromDevice = new FromDevice(shared)
    this.#toDevice = new ToDevice({
      ...shared,
      arbiter: this.#arbiter,
      line: this.#line,
      keepSettings: () => this.#rules.keepSettings ?? false,
      staysOpen: () => this.#rules.staysOpen ?? false,
      onSettled: () => {
        this.#changes.fire()
      },
      onInputEnd: (member) => {
        this.holding.leave(member)
        this.#changes.fire()
      },
      onBlocked: () => {
        this.#changes.fire()
      }
    })
    this.holding = new Holding({
      arbiter: this.#arbiter,
      roster: this.#roster,
      taps: this.#taps,
      toDevice: this.#toDevice,
      onChange: () => {
        this.#changes.fire()
      }
    })
    this.onEvent = this.#taps.onEvent
    this.onFault = this.#line.onFault
    this.#line.onChange((change) => {
      this.#taps.event({ ...change, session: Math.max(0, change.session), ...this.#labelOf(change.session) })
      if (change.type === 'settings') this.#setBy = this.#originOf(change.session)
      // Who asked has its answer already.
      if (change.type === 'settings') this.#roster.tell({ settings: change.settings }, change.session)
      this.#changes.fire()
    })
  }

  // What people see.

  /** Sessions are here, or what one sent before it left is still on its way: the port is needed. */
  get inUse(): boolean {
    return this.#roster.size > 0 || this.#toDevice.settling > 0
  }

  /** It is here. */
  has(session: number): boolean {
    return this.#roster.find(session) !== undefined
  }

  /** It only watches because it wants no more. */
  watches(session: number): boolean {
    return this.#arbiter.watches(session)
  }

  get sessions(): SessionState[] {
    return this.#roster.states(this.#arbiter, (member) => this.#toDevice.waitingOf(member))
  }

  /** Since the start, sessions that left included. */
  get total(): Counts {
    return this.#roster.total.counts
  }

  /** Bytes wait and the device takes nothing. */
  get blocked(): BlockedState | undefined {
    return this.#toDevice.blocked
  }

  get settings(): LineSettings {
    return this.#line.settings
  }

  get lines(): ControlLines {
    return this.#line.lines
  }

  get modem(): ModemState {
    return this.#port?.modemState ?? UNKNOWN_MODEM_STATE
  }

  /** The owner's settings, as the last listener that somebody came by has them. */
  get configured(): LineWish {
    return this.#line.configured
  }

  /** As `configured`, and over it what no session can change. */
  get own(): LineWish {
    return this.#line.own
  }

  /** What the next port is to be opened with: the configured settings, and over them what its users asked for. */
  get opening(): LineWish {
    return this.#line.opening
  }

  /** What the port can carry; undefined: there is none. */
  get capabilities(): Capabilities | undefined {
    return this.#port?.capabilities
  }

  /** Who made the settings what they are. */
  get setBy(): SettingsOrigin {
    return this.#setBy
  }

  tap(tap: Tap): Disposable {
    return this.#taps.add(tap)
  }

  // Sessions.

  /**
   * Serves the session until it closes. It may be paused or not; from here on the hub does that.
   *
   * One that replaces another is the same use of the port on a new connection. It stands where the old one stood: its hold and
   * since when, or its wish. What the old one sent goes first, and the line stays exactly as it was left (settings, DTR and RTS;
   * only a break ends), so that nothing returns to the configured settings in between and no board is reset: what the old one
   * asked for is this one's wish now, and ends when this one leaves. Where either of the two only watches there is nothing to inherit.
   */
  attach(session: Session, entry: Entry = {}): Attachment {
    const { member, life } = this.#roster.add(session)
    const old = entry.replaces && this.#roster.find(entry.replaces.id)
    const inherits = !entry.observe && !entry.watch && old !== undefined && this.holding.succeed(old, member)
    const ceded = inherits ? undefined : this.holding.join(member, entry)
    if (entry.settings) this.#line.configure(entry.settings)
    this.#toDevice.join(member)
    this.#fromDevice.join(member)
    this.#listen(member, life)
    this.#taps.event({ type: 'attached', session: member.id, label: session.who.label })
    if (ceded) this.holding.tellTaken(member, ceded)
    session.notify(this.#greeting())
    for (const chunk of entry.early ?? []) this.#fromDevice.give(member, chunk)
    // Not before: what the device says now, the new one hears. Not later: what the old one sent is in front of what this one does.
    if (old) this.#close(old, entry.replaces, inherits && this.has(member.id) ? member : undefined)
    this.#changes.fire()
    session.resume()
    return {
      id: member.id,
      dispose: () => {
        this.#detach(member)
      }
    }
  }

  /**
   * Closes every session, each with its queue drained within `timeoutMs`, and those whose closing began before; resolves when all
   * are closed.
   */
  async closeSessions(reason: CloseReason, timeoutMs: number): Promise<void> {
    for (const member of this.#roster.members) this.#close(member, { reason, timeoutMs })
    const late = this.#clock.after(timeoutMs, () => {
      this.abortSessions(reason)
    })
    await this.#departures.done()
    late.dispose()
  }

  /** Closes this one; it sends nothing more from now on. Nothing happens where it has left already. */
  closeSession(id: number, reason: CloseReason, timeoutMs: number): void {
    const member = this.#roster.find(id)
    if (member) this.#close(member, { reason, timeoutMs })
  }

  #close(member: Member, farewell: Farewell, heir?: Member): void {
    const { message } = farewell.reason
    if (!this.#detach(member, message, heir)) return
    this.#departures.begin(member.session, farewell, (lost) =>
      this.#fromDevice.undelivered(member, lost, message)
    )
  }

  /** Closes everybody at once, also those who are being closed; what is queued is lost and counted. */
  abortSessions(reason: CloseReason): void {
    for (const { session } of this.#roster.members) session.abort(reason)
    this.#departures.abort(reason)
  }

  // The port.

  // The owner of this computer, whoever may write. Of no effect without a port; none of them rejects.

  applyForOwner(wish: LineWish): Promise<LineSettings> {
    return this.#line.applyForOwner(wish)
  }

  controlForOwner(wish: ControlWish): Promise<ControlLines> {
    return this.#line.control(OWNER, wish)
  }

  async sendBreakForOwner(durationMs: number): Promise<void> {
    if (!this.#port) return
    this.#taps.event({ type: 'break', session: 0, ...this.#labelOf(OWNER), durationMs })
    await this.#line.sendBreak(durationMs)
  }

  /** The owner's settings are others: those that a listener has over them stay. In force at once where no user asked for others. */
  tune(before: LineWish, own: LineWish): void {
    this.#line.configure({ ...own, ...difference(this.#line.configured, before) })
    void this.#line.restore()
  }

  /** By these from now on; what happened before them stays as it is. */
  govern(rules: HubRules): void {
    this.#rules = rules
    this.holding.govern(this.#policy)
  }

  get #policy(): WriterPolicy {
    return this.#oneWay === 'from-device' ? 'none' : this.#rules.writers
  }

  /** What no session can change is this from now on, and nothing else. */
  refix(fixed: LineWish): void {
    this.#line.refix(fixed)
    void this.#line.restore()
  }

  /**
   * The port is there, paused; or it is not, and `absent` says what becomes of bytes for it: `hold` keeps them for the next
   * one, `discard` loses and counts them, and with them those that the last port had not passed on.
   */
  setPort(port: Port | undefined, absent: Absent): void {
    const before = this.#port
    this.#portLife.dispose()
    this.#line.disconnect()
    this.#port = port
    if (before && absent === 'discard') this.#toDevice.lostInPort(before.queued, 'the device went away')
    this.#fromDevice.setPort(undefined)
    this.#toDevice.setPort(port, absent)
    if (port) this.#setBy = this.#originOf(this.#line.asker)
    if (port) this.#welcome(port)
    else if (before) {
      this.#taps.event({ type: 'port', state: 'closed' })
      this.#roster.tell(this.#greeting())
    }
    this.#changes.fire()
  }

  /** So many bytes of the device were kept for somebody who did not come. */
  unheard(bytes: number, why: string): void {
    this.#fromDevice.unheard(this.#roster.total, bytes, why)
  }

  /** A port that was taken off with `hold` could not pass on this many of its bytes. */
  undelivered(bytes: number): void {
    this.#toDevice.lostInPort(bytes, 'the device did not take them before it was closed')
  }

  /** See ToDevice. 0 for one that is not here. */
  discard(session: number, held: number): number {
    const member = this.#roster.find(session)
    const bytes = member ? this.#toDevice.discard(member, held) : 0
    if (bytes > 0) this.#changes.fire()
    return bytes
  }

  /** Waits no longer for what sessions that left had sent: it is lost. */
  abandon(why: string): void {
    this.#toDevice.abandon(why)
  }

  /** The end; sessions and port are closed by then. */
  dispose(): void {
    this.#portLife.dispose()
    this.#fromDevice.dispose()
    this.#toDevice.dispose()
    this.#losses.dispose()
  }

  #listen(member: Member, life: Lifetime): void {
    const { session } = member
    life.add(session.onData((chunk) => this.#toDevice.take(member, chunk)))
    life.add(session.onDrain(() => this.#fromDevice.drained(member)))
    life.add(session.onApply((request) => this.#toDevice.apply(member, request)))
    life.add(session.onControl((request) => this.#toDevice.control(member, request)))
    life.add(session.onBreak((durationMs) => this.#toDevice.sendBreak(member, durationMs)))
    life.add(session.onPurge((which) => this.#toDevice.purge(member, which)))
    if (session.onInputEnd) life.add(session.onInputEnd(() => this.#toDevice.retire(member)))
    life.add(
      session.onClose((reason) => {
        const { queued } = session
        this.#detach(member, reason.message)
        this.#fromDevice.undelivered(member, queued, reason.message)
      })
    )
  }

  /** False: it was taken off before. */
  #detach(member: Member, why?: string, heir?: Member): boolean {
    if (!this.#roster.remove(member)) return false
    const { id, session } = member
    this.#taps.event({ type: 'detached', session: id, label: session.who.label, ...(why && { why }) })
    // In this order: the port may go on within the first call, and who wrote is asked in the second.
    this.#fromDevice.leave(member)
    this.#toDevice.leave(member, heir)
    this.holding.leave(member)
    this.#changes.fire()
    return true
  }

  #welcome(port: Port): void {
    const life = (this.#portLife = new Lifetime())
    life.add(
      port.onData((chunk) => {
        if (this.#deviceSpeaks) this.#fromDevice.receive(chunk)
        else this.#taps.bytes('from-device', 0, chunk)
      })
    )
    life.add(port.onDrain(() => this.#toDevice.drained()))
    life.add(port.onSettings(() => this.#line.changedElsewhere()))
    life.add(
      port.onModemState((modem) => {
        this.#taps.event({ type: 'modem', modem })
        this.#roster.tell({ modem })
        this.#changes.fire()
      })
    )
    life.add(
      port.onLineState((line) => {
        this.#taps.event({ type: 'line', line })
        this.#roster.tell({ line })
      })
    )
    const { settings, lines, modemState: modem } = port
    this.#taps.event({ type: 'port', state: 'open', settings, lines, modem })
    void this.#line.connect(port).then(() => {
      if (port !== this.#port) return
      this.#roster.tell(this.#greeting())
      this.#fromDevice.setPort(port)
      this.#toDevice.ready()
      this.#changes.fire()
    })
  }

  #labelOf(session: number): { readonly label?: string } {
    if (session === OWNER) return { label: THIS_COMPUTER }
    const label = this.#roster.find(session)?.session.who.label
    return label === undefined ? {} : { label }
  }

  #originOf(session: number): SettingsOrigin {
    if (session === OWNER) return { type: 'owner' }
    if (session === ELSEWHERE) return { type: 'elsewhere' }
    const { label } = this.#labelOf(session)
    return label === undefined ? { type: 'own' } : { type: 'session', session, label }
  }

  /** What a session is told when it comes, and everybody when the port comes or goes. Unknown settings are not told. */
  #greeting(): Notice {
    return this.#port
      ? {
          settings: this.#port.settings,
          modem: this.#port.modemState,
          capabilities: this.#port.capabilities
        }
      : { modem: UNKNOWN_MODEM_STATE, capabilities: NO_CAPABILITIES }
  }
}
