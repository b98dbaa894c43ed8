/**
 * A program's standard input and output as a Port. Made by program-source.ts, used by bridge. Settings and lines are remembered
 * and without effect, but for what the program has commands of its own for (profiles.ts): a break, and its end as a hang-up.
 * When the program ends, the port closes, with what the program said last.
 */
import type { Clock } from '../../base/clock.ts'
import { HIGH_WATER, LOW_WATER } from '../../base/duplex.ts'
import { Emitter, never } from '../../base/event.ts'
import type { CloseReason } from '../../contract/close.ts'
import { Fault } from '../../contract/faults.ts'
import type { Capabilities, ControlLines, ControlWish, LineSettings, LineWish } from '../../contract/line.ts'
import { DEFAULT_SETTINGS, NO_CAPABILITIES, UNKNOWN_MODEM_STATE } from '../../contract/line.ts'
import type { Program, ProgramEnd } from '../../os/program.ts'
import type { ProgramStreamOwner } from '../../os/program-stream.ts'
import type { Port } from '../port.ts'
import { endProgram, FORCED_END_MS, until } from './ending.ts'
import { EscapedInput } from './escaped-input.ts'
import type { ProgramProfile } from './profiles.ts'
import type { ProgramErrors } from './program-errors.ts'

/** How long a program that ended may leave its output open to others who say nothing. */
const LINGER_MS = 500

/** What a program gets to end by its own command before its terminal hangs up. */
const OWN_END_MS = 3000

/** For the input that still waits when DTR drops, and for its end in good order. */
const HANG_UP_MS = 5000

export interface ProgramPortOptions {
  readonly program: Program
  /** `ipmitool`, for sentences. */
  readonly name: string
  readonly clock: Clock
  readonly settings: LineWish
  readonly profile: ProgramProfile
  readonly terminal: boolean
  /** Dropping DTR ends the program. */
  readonly hangUp: boolean
  /** Gets what it says on standard error. */
  readonly errors: ProgramErrors
  readonly warn: (text: string) => void
}

export class ProgramPort implements Port, ProgramStreamOwner {
  readonly capabilities: Capabilities
  readonly modemState = UNKNOWN_MODEM_STATE
  /** Resolves when nothing of the program is left. */
  readonly gone: Promise<void>
  readonly #options: ProgramPortOptions
  readonly #program: Program
  readonly #escaped: EscapedInput | undefined
  readonly #data = new Emitter<Uint8Array>()
  readonly #drain = new Emitter<void>()
  readonly #ends = new Emitter<CloseReason>()
  #settings: LineSettings
  #lines: ControlLines = { dtr: true, rts: true, break: false }
  #congested = false
  #paused = true
  #outputOpen = true
  #inputOpen = true
  #ended = false
  /** Bytes for a program that takes no more input: lost, and counted as such at its end. */
  #refused = 0
  #toldRefusal = false
  #toldReturn = false
  #closing: Promise<number> | undefined
  #ending: Promise<void> | undefined
  /** When its end should be over, by the clock. */
  #deadlineMs = Infinity
  #lost: number | undefined
  #letGo: () => void = () => undefined

  readonly onData = this.#data.event
  readonly onDrain = this.#drain.event
  readonly onClose = this.#ends.event
  readonly onModemState = never
  readonly onLineState = never
  readonly onSettings = never

  constructor(options: ProgramPortOptions) {
    const { program, profile, hangUp, settings, errors } = options
    this.#options = options
    this.#program = program
    this.#escaped = profile.escapes && new EscapedInput(profile.escapes)
    this.#settings = { ...DEFAULT_SETTINGS, ...settings }
    const control = new Set<keyof ControlLines>()
    if (this.#escaped) control.add('break')
    if (hangUp) control.add('dtr')
    this.capabilities = { ...NO_CAPABILITIES, control }
    this.gone = new Promise((resolve) => {
      this.#letGo = resolve
    })
    program.onErrors = (piece) => errors.take(piece)
    program.stream.owner = this
    void this.#watch()
  }

  get queued(): number {
    return this.#lost ?? (this.#inputOpen ? this.#program.stream.queued : 0)
  }

  get unsent(): number {
    return this.#lost === undefined && this.#inputOpen ? this.#program.stream.unread : 0
  }

  write(chunk: Uint8Array): boolean {
    if (this.#closing || this.#lost !== undefined || chunk.length === 0) return true
    // Nothing ever could take it, so there is nothing to wait for: counted as lost at the end.
    if (!this.#inputOpen) {
      this.#refuse(chunk.length)
      return true
    }
    return this.#send(this.#escaped?.data(chunk) ?? chunk)
  }

  pause(): void {
    this.#paused = true
    if (!this.#closing) this.#program.stream.pause()
  }

  resume(): void {
    if (this.#lost !== undefined) return
    this.#paused = false
    this.#program.stream.resume()
  }

  /** As Duplex says, the program's own end included; another call may shorten the time. */
  close(reason: CloseReason, timeoutMs: number): Promise<number> {
    if (this.#lost !== undefined && !this.#closing) return this.gone.then(() => this.queued)
    this.#endWithin(timeoutMs)
    this.#closing ??= this.#closeInGoodOrder(reason)
    return this.#closing
  }

  abort(reason: CloseReason): void {
    if (this.#lost !== undefined) return
    this.#endWithin(0)
    this.#finish(reason)
    void this.#endNow()
  }

  get settings(): LineSettings {
    return this.#settings
  }

  get lines(): ControlLines {
    return this.#lines
  }

  apply(wish: LineWish): Promise<LineSettings> {
    if (this.#lost !== undefined) return Promise.reject(this.#goneFault())
    this.#settings = { ...this.#settings, ...wish }
    return Promise.resolve(this.#settings)
  }

  control(wish: ControlWish): Promise<ControlLines> {
    if (this.#lost !== undefined) return Promise.reject(this.#goneFault())
    const before = this.#lines
    this.#lines = { ...before, ...wish }
    if (this.#lines.break && !before.break) this.#break()
    if (before.dtr && !this.#lines.dtr) this.#hangUp()
    return Promise.resolve(this.#lines)
  }

  /** The program decides how long its breaks are. */
  sendBreak(): Promise<void> {
    this.#break()
    return Promise.resolve()
  }

  /** What was taken is on its way, and its escapes were reckoned with: nothing can be taken back. */
  purge(): void {
    return undefined
  }

  // The program's side.

  received(chunk: Buffer): void {
    if (!this.#closing && this.#lost === undefined) this.#data.fire(chunk)
  }

  written(): void {
    if (!this.#congested || this.queued > LOW_WATER || this.#lost !== undefined) return
    this.#congested = false
    this.#drain.fire()
  }

  outputEnded(): void {
    this.#outputOpen = false
  }

  inputEnded(): void {
    this.#inputOpen = false
    const { queued } = this.#program.stream
    if (queued > 0) this.#refuse(queued)
    if (!this.#congested || this.#lost !== undefined) return
    this.#congested = false
    this.#drain.fire()
  }

  #send(bytes: Uint8Array): boolean {
    const { stream } = this.#program
    stream.write(bytes)
    if (stream.queued > HIGH_WATER) this.#congested = true
    return !this.#congested
  }

  #refuse(bytes: number): void {
    this.#refused += bytes
    if (this.#toldRefusal || this.#ended) return
    this.#toldRefusal = true
    this.#options.warn(`${this.#options.name} takes no input; what is sent to it is lost`)
  }

  #break(): void {
    if (!this.#escaped || this.#closing || this.#lost !== undefined || !this.#inputOpen) return
    if (!this.#escaped.lineBegins && !this.#toldReturn) {
      this.#toldReturn = true
      this.#options.warn(
        `${this.#options.name} sends a break only at the start of a line: a carriage return was sent before it`
      )
    }
    this.#send(this.#escaped.break())
  }

  #hangUp(): void {
    const { hangUp, name } = this.#options
    if (!hangUp) return
    void this.close({ code: 'done', message: `${name} was ended, as DTR was dropped` }, HANG_UP_MS)
  }

  async #closeInGoodOrder(reason: CloseReason): Promise<number> {
    const { stream } = this.#program
    const { clock } = this.#options
    // Nobody reads it any more, and without room for its output a program may not come to its input.
    stream.resume()
    const isDrained = (): boolean => stream.queued + stream.unread === 0
    await until(() => this.#isOver() || !this.#inputOpen || isDrained(), this.#polite(), clock)
    if (!this.#isOver() && isDrained()) await this.#endByItsOwnCommand()
    else this.#endWithin(0)
    // An abort was faster.
    if (!this.#isOpen()) return this.gone.then(() => this.queued)
    const left = this.#undelivered()
    stream.endInput()
    await this.#endProgram()
    if (this.#isOpen()) {
      this.#lost = left
      this.#fireEnd(reason)
    }
    this.#release()
    return this.queued
  }

  /** On a terminal nothing else ends it in good order. */
  async #endByItsOwnCommand(): Promise<void> {
    const command = this.#options.terminal ? this.#escaped?.end() : undefined
    if (!command) return
    this.#program.stream.write(command)
    const politeMs = this.#polite()
    await until(
      () => this.#isOver(),
      () => Math.min(OWN_END_MS, politeMs()),
      this.#options.clock
    )
  }

  /** It ended by itself: its children go too, and what it had said is delivered first. */
  async #watch(): Promise<void> {
    const { errors } = this.#options
    const end = await this.#program.ended
    this.#ended = true
    if (this.#isLeaving()) return
    await this.#endProgram()
    await this.#readToTheEnd()
    if (this.#isLeaving()) return
    errors.end()
    this.#finish(this.#reasonOf(end))
    this.#release()
  }

  /** As long as the owner is pausing, there may be more. */
  async #readToTheEnd(): Promise<void> {
    let errorsOpen = true
    void this.#program.silent.then(() => {
      errorsOpen = false
    })
    const read = (): boolean => (!this.#outputOpen && !errorsOpen) || !this.#isOpen()
    for (;;) {
      const done = await until(read, () => LINGER_MS, this.#options.clock)
      if (done || !this.#paused) return
    }
  }

  async #endNow(): Promise<void> {
    await this.#endProgram()
    this.#release()
  }

  /** Once, whoever asks for it first: `#endWithin` shortens it. */
  #endProgram(): Promise<void> {
    this.#ending ??= endProgram(this.#program, this.#options.clock, () => this.#deadlineMs)
    return this.#ending
  }

  #endWithin(timeoutMs: number): void {
    this.#deadlineMs = Math.min(this.#deadlineMs, this.#options.clock.nowMs() + timeoutMs)
  }

  /** How long it may be waited for from now on: so long that there is time left to end it by force. */
  #polite(): () => number {
    const sinceMs = this.#options.clock.nowMs()
    return () => {
      const leftMs = this.#deadlineMs - sinceMs
      return Math.max(leftMs / 2, leftMs - FORCED_END_MS)
    }
  }

  /** Only what was counted before the stream let go of it is right. */
  #finish(reason: CloseReason): void {
    this.#lost = this.#undelivered()
    this.#program.stream.endInput()
    this.#fireEnd(reason)
  }

  #fireEnd(reason: CloseReason): void {
    this.#ends.fire(reason)
    for (const emitter of [this.#data, this.#drain, this.#ends]) emitter.dispose()
  }

  #release(): void {
    this.#program.release()
    this.#letGo()
  }

  #isOpen(): boolean {
    return this.#lost === undefined
  }

  /** Methods and not the fields themselves, since they may change while something is waited for. */
  #isLeaving(): boolean {
    return this.#closing !== undefined || this.#lost !== undefined
  }

  #isOver(): boolean {
    return this.#ended || this.#lost !== undefined
  }

  #undelivered(): number {
    const { stream } = this.#program
    return (this.#inputOpen ? stream.queued : 0) + stream.unread + this.#refused
  }

  #reasonOf({ code, signal }: ProgramEnd): CloseReason {
    const { name, errors } = this.#options
    const said = errors.last === undefined ? '' : `: ${errors.last}`
    if (code === 0) return { code: 'done', message: `${name} ended by itself${said}` }
    const how = signal === null ? `ended with ${code ?? 'no exit code'}` : `was ended by ${signal}`
    return { code: 'error', message: `${name} ${how}${said}` }
  }

  #goneFault(): Fault {
    return new Fault('device-unplugged', `${this.#options.name} has ended: open it again`)
  }
}
