/**
 * A serial port of another computer as a Port: the client role of RFC 2217, telnet or raw over any Connection. Called by
 * remote-source, and by whoever has a Connection; never dials, and sets nothing on the far port that nobody wished.
 */
import type { CloseReason } from '../contract/close.ts'
import { DONE } from '../contract/close.ts'
import { Fault } from '../contract/faults.ts'
import type {
  Capabilities,
  ControlLines,
  ControlWish,
  LineSettings,
  LineState,
  LineWish,
  ModemState,
  Purge
} from '../contract/line.ts'
import { ALL_CAPABILITIES, DEFAULT_SETTINGS, NO_CAPABILITIES } from '../contract/line.ts'
import type { Clock } from '../base/clock.ts'
import { sleep, systemClock } from '../base/clock.ts'
import type { Event } from '../base/event.ts'
import { Emitter } from '../base/event.ts'
import type { Connection } from '../net/connection.ts'
import { TelnetLink } from '../net/telnet-link.ts'
import type { RemoteMode } from '../net/telnet-link.ts'
import { OPTION } from '../protocol/telnet.ts'
import type { Port } from './port.ts'
import { ComPortClient, disagreement } from './remote-com-port.ts'
import { LastWords } from './remote-last-words.ts'
import { abortable, requestsFor } from './remote-questions.ts'

const BREAK_ONLY: Capabilities = { ...NO_CAPABILITIES, control: new Set(['break']) }

export interface RemotePortOptions {
  /** Applied as soon as the port is open; absent fields stay what they are over there. Without RFC 2217: only remembered. */
  readonly settings?: LineWish
  /** A far end that does not speak RFC 2217 is a Fault, not plain telnet. */
  readonly requireRfc2217?: boolean
  /** Told what does not stop us, in one line each, each once. */
  readonly warn?: (message: string) => void
  readonly clock?: Clock
}

/**
 * Makes a Port of a Connection, which it owns from now on. With RFC 2217 it is open once the server agreed and told its
 * settings (eight round trips). Rejects with the signal's reason, or with a Fault: `peer-closed`, and `peer-protocol`
 * where RFC 2217 is required and missing.
 */
export async function openRemotePort(
  connection: Connection,
  mode: RemoteMode,
  options: RemotePortOptions,
  signal: AbortSignal
): Promise<Port> {
  const port = new RemotePort(connection, mode, options)
  try {
    await port.open(options, signal)
    return port
  } catch (error) {
    port.abort(DONE)
    throw error
  }
}

class RemotePort implements Port {
  readonly #mode: RemoteMode
  readonly #remote: string
  readonly #clock: Clock
  readonly #warn: (message: string) => void
  readonly #warned = new Set<string>()
  readonly #link: TelnetLink
  readonly #comPort: ComPortClient
  readonly #end = new AbortController()
  #opened = false
  readonly #closed = new Emitter<CloseReason>()

  /** Without RFC 2217: what was wished, and nobody over there knows of it. */
  #remembered: LineSettings = DEFAULT_SETTINGS
  #rememberedLines: ControlLines = { dtr: true, rts: true, break: false }
  #lastBreak: Promise<void> = Promise.resolve()

  readonly onData: Event<Uint8Array>
  readonly onDrain: Event<void>
  readonly onClose: Event<CloseReason>
  readonly onModemState: Event<ModemState>
  readonly onLineState: Event<LineState>
  readonly onSettings: Event<LineSettings>

  constructor(connection: Connection, mode: RemoteMode, options: RemotePortOptions) {
    this.#mode = mode
    this.#remote = connection.remote
    this.#clock = options.clock ?? systemClock
    this.#warn = options.warn ?? (() => undefined)
    const both = [OPTION.binary, OPTION.suppressGoAhead, ...(mode === 'rfc2217' ? [OPTION.comPort] : [])]
    this.#link = new TelnetLink(connection, {
      mode,
      holding: mode === 'raw' ? 'all' : 'data',
      agreeable: { us: new Set(both), him: new Set([...both, OPTION.echo]) }
    })
    const warn = (message: string): void => {
      this.#warnOnce(message)
    }
    this.#comPort = new ComPortClient(this.#link, { remote: this.#remote, clock: this.#clock, warn })
    this.onData = this.#link.onData
    this.onDrain = this.#link.onDrain
    this.onClose = this.#closed.event
    this.onModemState = this.#comPort.onModemState
    this.onLineState = this.#comPort.onLineState
    this.onSettings = this.#comPort.onSettings
    this.#listen()
  }

  get capabilities(): Capabilities {
    if (this.#comPort.active) return ALL_CAPABILITIES
    return this.#mode === 'raw' ? NO_CAPABILITIES : BREAK_ONLY
  }

  get settings(): LineSettings {
    return this.#comPort.active ? this.#comPort.settings : this.#remembered
  }

  get lines(): ControlLines {
    return this.#comPort.active ? this.#comPort.lines : this.#rememberedLines
  }

  get modemState(): ModemState {
    return this.#comPort.modemState
  }

  get queued(): number {
    return this.#link.queued
  }

  get suspended(): boolean {
    return this.#link.suspended
  }

  /** Called once, before anything else. */
  async open({ settings = {}, requireRfc2217 }: RemotePortOptions, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    if (this.#mode === 'rfc2217') {
      const either = AbortSignal.any([signal, this.#end.signal])
      const agreement = await this.#comPort.agree(either)
      if (agreement === 'agreed') await this.#comPort.interview(either)
      else this.#goOnWithout(agreement, requireRfc2217 ?? false)
    }
    await this.apply(settings, signal)
    this.#opened = true
  }

  write(chunk: Uint8Array): boolean {
    return this.#link.write(chunk)
  }

  pause(): void {
    this.#link.pause()
  }

  resume(): void {
    this.#link.resume()
  }

  close(reason: CloseReason, timeoutMs: number): Promise<number> {
    return this.#link.close(reason, timeoutMs)
  }

  abort(reason: CloseReason): void {
    this.#link.abort(reason)
  }

  async apply(wish: LineWish, signal: AbortSignal): Promise<LineSettings> {
    for (const request of requestsFor(wish)) {
      signal.throwIfAborted()
      await abortable(this.#comPort.ask(request), signal)
    }
    this.#throwIfEnded()
    this.#remembered = { ...this.settings, ...(this.#comPort.active ? {} : wish) }
    return this.settings
  }

  async control(wish: ControlWish): Promise<ControlLines> {
    for (const about of ['dtr', 'rts', 'break'] as const) {
      const on = wish[about]
      if (on === undefined) continue
      // Without RFC 2217 a break has no length of ours: only its beginning can be said.
      if (about === 'break' && on && !this.lines.break) this.#sendTelnetBreak()
      await this.#comPort.ask({ type: 'control', about, on })
    }
    this.#throwIfEnded()
    this.#rememberedLines = { ...this.lines, ...(this.#comPort.active ? {} : wish) }
    return this.lines
  }

  /** Breaks follow each other: the end of one must not cut the next. */
  sendBreak(durationMs: number): Promise<void> {
    const own = this.#lastBreak.then(() => this.#breakNow(durationMs))
    // The next one only waits for the end of this; who asked for this one learns from `own` what came of it.
    this.#lastBreak = own.catch(() => undefined)
    return own
  }

  /** Also drops what waits here: data that our reader has not taken, data that the server's SUSPEND holds back. */
  purge(which: Purge): void {
    if (which !== 'transmit') this.#link.dropReceived()
    if (which !== 'receive') this.#link.dropSuspended()
    void this.#comPort.ask({ type: 'purge', which })
  }

  #listen(): void {
    const shown = this.#link.onNegotiation(() => {
      // A telnet server shows itself by negotiating; who does not may be anything, and gets no telnet of ours first. Asked once: a
      // refusal is a negotiation as well, and asking at that would never end.
      shown.dispose()
      if (this.#mode === 'telnet')
        this.#link.negotiate(['us', OPTION.binary, true], ['him', OPTION.binary, true])
    })
    this.#link.onViolation(({ what }) => {
      this.#warnOnce(`${this.#remote} sent ${what}; it was ignored.`)
    })
    const words = new LastWords(this.#clock)
    const listening = this.#link.onData((bytes) => {
      words.hear(bytes)
      if (words.over) listening.dispose()
    })
    this.#link.onClose((reason) => {
      const { code, message } = reason
      // Before it was open, whatever came is what the server said, and no device's data.
      const said = this.#opened ? words.prompt : words.text
      const quote = said === '' ? '' : ` It said: ${said}`
      const text = `The connection to ${this.#remote} ended: ${message}. Connect again.${quote}`
      this.#end.abort(new Fault('peer-closed', text))
      const why = (code === 'done' || code === 'error') && words.prompt !== ''
      this.#closed.fire(why ? { code, message: `${message}, after it said "${words.prompt}"` } : reason)
    })
  }

  #goOnWithout(agreement: 'refused' | 'silent', isRequired: boolean): void {
    const { fact, fault } = disagreement(this.#remote, agreement)
    if (isRequired) throw fault
    this.#comPort.forgo()
    this.#warnOnce(`${fact}: going on as plain telnet, without line settings and control lines.`)
  }

  async #breakNow(durationMs: number): Promise<void> {
    this.#throwIfEnded()
    this.#sendTelnetBreak()
    // Not waited for as long as a wish: a server that acknowledges no break would make it seconds long.
    await this.#comPort.ask({ type: 'control', about: 'break', on: true }, 'optional')
    await sleep(this.#clock, durationMs, this.#end.signal)
    await this.#comPort.ask({ type: 'control', about: 'break', on: false }, 'optional')
    this.#throwIfEnded()
  }

  /** Without RFC 2217; over raw there is none, which a share's clients are not refused, so it is said. */
  #sendTelnetBreak(): void {
    if (this.#comPort.active) return
    if (this.#mode === 'raw') this.#warnOnce(`${this.#remote} is raw and carries no break: left out.`)
    else this.#link.send({ type: 'command', command: 'brk' })
  }

  #throwIfEnded(): void {
    this.#end.signal.throwIfAborted()
  }

  #warnOnce(message: string): void {
    if (this.#warned.has(message)) return
    this.#warned.add(message)
    this.#warn(message)
  }
}
