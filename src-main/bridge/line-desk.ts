/**
 * What is in force on the line, and what its users asked for. The one place that asks a port for settings and control
 * lines: one `apply` at a time, answered even when the port breaks meanwhile. Without a port it takes the wishes down and
 * brings the next port to them. Called by the hub and to-device.ts; knows no bytes and no rights.
 */
import type { Event } from '../base/event.ts'
import { Emitter } from '../base/event.ts'
import type { Fault } from '../contract/faults.ts'
import { toFault } from '../contract/faults.ts'
import type { ControlLines, ControlWish, LineSettings, LineWish } from '../contract/line.ts'
import { DEFAULT_SETTINGS, sameSettings } from '../contract/line.ts'
import type { Port } from '../ports/port.ts'
import { difference, intersection, isQuery, sameWish, Wishes, without } from './wishes.ts'

export interface LineOptions {
  /** The owner's settings: the port opens with them, and they return when the writer changes. */
  readonly configured?: LineWish
  /** What no session can change: laid over every wish. */
  readonly fixed?: LineWish
  /** What is not configured returns to what the device had when it was first opened. Default false. */
  readonly returnsToFound?: boolean
}

/** Who asks for settings and lines, beside sessions by their numbers: the owner of this computer, from a page of ours. */
export const OWNER = -1
/** Nobody here did: another user of the far port. */
export const ELSEWHERE = -2

/** Something else is in force now. `session`: who caused it, 0 where nobody in particular did; or one of the two above. */
export type LineChange =
  | { readonly type: 'settings'; readonly session: number; readonly settings: LineSettings }
  | { readonly type: 'lines'; readonly session: number; readonly lines: ControlLines }

/**
 * When the configured settings return after a session left: at once, when the next one comes before the port is closed, when
 * those who are still here have left, never.
 */
export type Return = 'now' | 'with-the-next' | 'with-the-last' | 'never'

const NO_LINES: ControlLines = { dtr: false, rts: false, break: false }

export class LineDesk {
  #configured: LineWish
  readonly #returnsToFound: boolean
  /** What the device had of itself: fields that nobody had asked for when it was opened. */
  #found: LineWish = {}
  #fixed: LineWish
  readonly #changes = new Emitter<LineChange>()
  readonly #faults = new Emitter<Fault>()
  readonly #settingsWishes = new Wishes<LineSettings>()
  readonly #linesWishes = new Wishes<ControlLines>()
  #port: Port | undefined
  #gone = new AbortController()
  /** What to call when the port goes while it is asked. Any number: an AbortSignal warns of a leak at the eleventh. */
  readonly #asking = new Set<() => void>()
  /** The end of the row of applies: one at a time. */
  #row: Promise<unknown> = Promise.resolve()
  /** What was last told; without a port, what its last one had. */
  #settings: LineSettings
  #lines: ControlLines = NO_LINES
  /** The next port may come with settings that are not due any more: it was asked for before something changed. */
  #reconfigured = false
  /** Somebody left settings to those who are still here. */
  #leftBehind = false
  /** What is in force was the wish of somebody who left. */
  #stale = false

  readonly onChange: Event<LineChange> = this.#changes.event
  /** A port broke its promise: it rejected although it lives. */
  readonly onFault: Event<Fault> = this.#faults.event

  constructor(options: LineOptions) {
    this.#configured = options.configured ?? {}
    this.#fixed = options.fixed ?? {}
    this.#returnsToFound = options.returnsToFound ?? false
    this.#settings = DEFAULT_SETTINGS
  }

  /** The actual settings; without a port those that the next one will be asked for. */
  get settings(): LineSettings {
    return this.#port ? this.#port.settings : { ...this.#settings, ...this.opening }
  }

  /** The actual lines; without a port those that the next one will be asked for. */
  get lines(): ControlLines {
    return this.#port ? this.#port.lines : { ...this.#lines, ...this.#linesWishes.merged }
  }

  /** Who asked for what the next port is opened with: one of them; 0: nobody did. */
  get asker(): number {
    return this.#settingsWishes.askers.at(-1) ?? 0
  }

  /** What is in force where nobody asks for anything else. */
  get own(): LineWish {
    return { ...this.#configured, ...this.#fixed }
  }

  get configured(): LineWish {
    return this.#configured
  }

  /** What a port is to be opened with. */
  get opening(): LineWish {
    return { ...this.#configured, ...this.#settingsWishes.merged, ...this.#fixed }
  }

  /** Answers what is in force afterwards; never rejects. Stays asked for until the session is forgotten. */
  apply(session: number, wish: LineWish): Promise<LineSettings> {
    this.#settingsWishes.add(session, wish)
    return this.#inRow(() => this.#apply(session, { ...wish, ...this.#fixed }))
  }

  /** What no session can change is this from now on; it comes into force with the next `restore`. */
  refix(wish: LineWish): void {
    if (sameWish(wish, this.#fixed)) return
    this.#fixed = wish
    this.#stale = this.#port !== undefined
  }

  /** As `apply`, for the owner: also what no session can change. Stays asked for until those who use the port have left. */
  applyForOwner(wish: LineWish): Promise<LineSettings> {
    this.#settingsWishes.add(OWNER, wish)
    this.#fixed = { ...this.#fixed, ...intersection(wish, this.#fixed) }
    return this.#inRow(() => this.#apply(OWNER, wish))
  }

  /** At once, also while an `apply` is under way. Never rejects. */
  async control(session: number, wish: ControlWish): Promise<ControlLines> {
    this.#linesWishes.add(session, wish)
    return this.#control(session, wish)
  }

  /** At once. Never rejects. */
  async sendBreak(durationMs: number): Promise<void> {
    await this.#ask((port) => port.sendBreak(durationMs))
  }

  /**
   * What the session asked of the control lines counts no more, or is the wish of its `heir`; a break that it held ends in any
   * case: at once, as it began.
   */
  release(session: number, heir?: number): void {
    const { break: held, ...levels } = this.#linesWishes.forget(session)
    if (heir !== undefined) this.#linesWishes.add(heir, levels)
    if (held) void this.#control(0, { break: false })
  }

  /** The settings that the session asked for are the wish of its heir: what is in force stays as it is. */
  inherit(session: number, heir: number): Promise<void> {
    this.#settingsWishes.add(heir, this.#settingsWishes.forget(session))
    return Promise.resolve()
  }

  /**
   * The settings that the session asked for count no more; where it had changed some, `returns` says when the configured ones are
   * back. Resolves when what is due now is done; never rejects.
   */
  async forget(session: number, returns: Return): Promise<void> {
    const left = Object.keys(this.#settingsWishes.forget(session)).length
    // What the owner set was for those who are here.
    const owned = returns === 'with-the-last' ? 0 : Object.keys(this.#settingsWishes.forget(OWNER)).length
    if (returns !== 'with-the-last') this.#linesWishes.forget(OWNER)
    const changed = left > 0 || owned > 0 || this.#leftBehind
    if (!changed || returns === 'never') return
    this.#leftBehind = returns === 'with-the-last'
    if (this.#leftBehind) return
    if (this.#port) this.#stale = true
    else this.#reconfigured = true
    if (returns === 'now') await this.restore()
  }

  /** The owner's settings are others from now on; what is in force follows with the next `restore`. */
  configure(wish: LineWish): void {
    if (sameWish(wish, this.#configured)) return
    this.#configured = wish
    if (!this.#port) this.#reconfigured = true
    else if (difference(this.opening, this.#port.settings)) this.#stale = true
  }

  /** The settings in force are those of somebody who left. */
  get stale(): boolean {
    return this.#stale
  }

  /** Brings the configured settings back where `stale`; never rejects. */
  async restore(): Promise<void> {
    if (!this.#stale) return
    this.#stale = false
    await this.#inRow(async () => {
      const wish = { ...difference(this.#found, this.settings), ...this.opening }
      if (!isQuery(wish)) await this.#apply(0, wish)
    })
  }

  /** Takes the port and brings it to the wishes; resolves when that is done or the port is gone, never rejects. */
  connect(port: Port): Promise<void> {
    this.#port = port
    this.#gone = new AbortController()
    this.#settings = port.settings
    this.#lines = port.lines
    if (this.#returnsToFound) this.#found = { ...without(port.settings, this.opening), ...this.#found }
    // Most of it was opened with; what is left came meanwhile, or the device refused it and is asked once more.
    return this.#inRow(async () => {
      const configured = this.#reconfigured ? this.#configured : {}
      this.#reconfigured = false
      const wish = { ...configured, ...this.#settingsWishes.merged, ...this.#fixed }
      const settings = difference(wish, port.settings)
      if (settings) await this.#apply(0, settings)
      const lines = difference(this.#linesWishes.merged, port.lines)
      if (lines) await this.#control(0, lines)
    })
  }

  disconnect(): void {
    if (!this.#port) return
    this.#settings = this.#port.settings
    this.#lines = this.#port.lines
    this.#port = undefined
    this.#stale = this.#leftBehind = false
    this.#gone.abort()
    for (const giveUp of [...this.#asking]) giveUp()
  }

  /** Another hand than ours changed the port's settings. */
  changedElsewhere(): void {
    this.#tellSettings(ELSEWHERE)
  }

  #inRow<T>(step: () => Promise<T>): Promise<T> {
    const done = this.#row.then(step)
    this.#row = done
    return done
  }

  async #apply(session: number, wish: LineWish): Promise<LineSettings> {
    const actual = await this.#ask((port, signal) => port.apply(wish, signal))
    this.#tellSettings(session)
    return actual ?? this.settings
  }

  async #control(session: number, wish: ControlWish): Promise<ControlLines> {
    const actual = await this.#ask((port) => port.control(wish))
    this.#tellLines(session)
    return actual ?? this.lines
  }

  /** Undefined: there is no port, or it broke meanwhile. Its owner learns that from `onClose`, the wishes stay. */
  async #ask<T>(question: (port: Port, signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
    const port = this.#port
    if (!port) return undefined
    const { signal } = this.#gone
    try {
      return await this.#unlessGone(question(port, signal))
    } catch (error) {
      if (!signal.aborted) this.#faults.fire(toFault(error))
      return undefined
    }
  }

  /** The answer, or undefined as soon as the port is gone: nobody waits for one that never answers. */
  #unlessGone<T>(answer: Promise<T>): Promise<T | undefined> {
    return new Promise((resolve, reject) => {
      const giveUp = (): void => {
        resolve(undefined)
      }
      this.#asking.add(giveUp)
      answer.then(resolve, reject).finally(() => {
        this.#asking.delete(giveUp)
      })
    })
  }

  #tellSettings(session: number): void {
    if (!this.#port || sameSettings(this.#settings, this.#port.settings)) return
    this.#settings = this.#port.settings
    this.#tell({ type: 'settings', session, settings: this.#settings })
  }

  #tellLines(session: number): void {
    if (!this.#port || !difference(this.#port.lines, this.#lines)) return
    this.#lines = this.#port.lines
    this.#tell({ type: 'lines', session, lines: this.#lines })
  }

  #tell(change: LineChange): void {
    try {
      this.#changes.fire(change)
    } catch (error) {
      // A listener threw (a recorder): a bug, shown instead of leaving every later apply behind it unanswered.
      this.#faults.fire(toFault(error))
    }
  }
}
