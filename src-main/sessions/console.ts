/**
 * The person or program in front of this process as a Session: standard input and output, or any two streams. Made by
 * core for `--stdio` and `terminal`, used by bridge. It never ends or destroys streams that were lent to it.
 *
 * `stdio` is a pipe: every byte passes both ways. `terminal` is a person: raw mode, and Ctrl+] leaves. After the end of
 * the input both wait for the answer, then they leave.
 */
import type { Writable } from 'node:stream'
import type { Session, SessionIdentity, SessionSource } from './session.ts'
import { systemClock, type Clock } from '../base/clock.ts'
import { HIGH_WATER, LOW_WATER } from '../base/duplex.ts'
import { Emitter, never, type Disposable, type Event } from '../base/event.ts'
import { DONE, type CloseReason } from '../contract/close.ts'
import { ConsoleInput, type InputEnd, type InputStream } from './console-input.ts'

/** How long the answer may be silent after the end of the input, in ms. */
export const LINGER_MS = 500

const LINE_FEED = 0x0a

/** `process.stdout` is one; where there is no terminal behind it, `isTTY` is absent. */
export type OutputStream = Writable & { readonly isTTY?: boolean }

export interface ConsoleOptions {
  readonly clock?: Clock
  /** LINGER_MS by default. */
  readonly lingerMs?: number
  /** Gets what the device sends, too. A log that fails ends itself, not the session. */
  readonly log?: Writable
  /** The log failed (disk full); nothing more goes into it. */
  readonly onLogError?: (error: Error) => void
}

/** Binary-clean both ways, for programs. */
export function stdioSource(
  input: InputStream,
  output: Writable,
  options: ConsoleOptions = {}
): ConsoleSource {
  return new ConsoleSource('stdio', input, output, options)
}

/** Raw mode where the input is a terminal, Ctrl+] leaves. */
export function terminalSource(
  input: InputStream,
  output: OutputStream,
  options: ConsoleOptions = {}
): ConsoleSource {
  return new ConsoleSource('terminal', input, output, options)
}

type Mode = 'stdio' | 'terminal'

/** Gives its one session to the first listener. */
export class ConsoleSource implements SessionSource {
  readonly address: string
  readonly #given = new Emitter<Session>()
  readonly #ended = new Emitter<CloseReason>()
  readonly #make: () => ConsoleSession
  readonly #output: OutputStream
  #session: ConsoleSession | undefined
  #spent = false

  /** Fires once, when the session is over: nothing more will come from here. */
  readonly onEnd = this.#ended.event

  constructor(mode: Mode, input: InputStream, output: OutputStream, options: ConsoleOptions) {
    this.address = mode
    this.#output = output
    this.#make = () => new ConsoleSession(mode, input, output, options)
  }

  readonly onSession: Event<Session> = (listener) => {
    const subscription = this.#given.event(listener)
    // Later: a listener does not expect to be called before it has its Disposable.
    queueMicrotask(() => this.#give())
    return subscription
  }

  close(): Promise<void> {
    this.#spent = true
    return Promise.resolve()
  }

  /**
   * Puts the cursor of a terminal to the start of a line, where the device left it in the middle of one: before a message of ours,
   * and at the end. An output that is no terminal gets what the device sends and nothing else.
   */
  endLine(): void {
    if (this.#output.isTTY && this.#session?.takeOpenLine()) this.#output.write('\r\n')
  }

  #give(): void {
    if (this.#spent || !this.#given.hasListeners) return
    this.#spent = true
    const session = this.#make()
    this.#session = session
    session.onClose((reason) => this.#ended.fire(reason))
    this.#given.fire(session)
  }
}

/** A close that lets the output take what it was given. `finish` ends it early. */
interface Closing {
  readonly promise: Promise<number>
  readonly finish: () => void
}

export class ConsoleSession implements Session {
  readonly who: SessionIdentity
  readonly onApply = never
  readonly onControl = never
  readonly onBreak = never
  readonly onPurge = never

  readonly #drain = new Emitter<undefined>()
  readonly #closed = new Emitter<CloseReason>()
  readonly onDrain = this.#drain.event
  readonly onClose = this.#closed.event
  readonly onData: Event<Uint8Array>

  readonly #input: ConsoleInput
  readonly #output: Writable
  readonly #clock: Clock
  readonly #lingerMs: number
  readonly #onLogError: (error: Error) => void
  #log: Writable | undefined
  #inputEnded = false
  #drainOwed = false
  #linger: Disposable | undefined
  #closing: Closing | undefined
  #over = false
  #openLine = false

  constructor(mode: Mode, input: InputStream, output: Writable, options: ConsoleOptions) {
    const terminal = mode === 'terminal'
    this.who = { kind: 'program', label: terminal ? 'this terminal' : 'standard input and output' }
    this.#clock = options.clock ?? systemClock
    this.#lingerMs = options.lingerMs ?? LINGER_MS
    this.#onLogError = options.onLogError ?? (() => undefined)
    this.#output = output
    output.on('error', this.#onOutputError)
    output.on('close', this.#onOutputClose)
    this.#log = options.log
    this.#log?.on('error', this.#onLogFailed)
    this.#input = new ConsoleInput(input, terminal)
    this.#input.onEnd((end) => this.#onInputEnd(end))
    this.onData = this.#input.onData
  }

  get queued(): number {
    return Math.max(this.#output.writableLength, this.#log?.writableLength ?? 0)
  }

  /** Whether the device's last words stand without a line's end behind them; not any more from now on. */
  takeOpenLine(): boolean {
    const was = this.#openLine
    this.#openLine = false
    return was
  }

  write(chunk: Uint8Array): boolean {
    if (this.#over || this.#closing) return true
    if (chunk.length > 0) this.#openLine = chunk.at(-1) !== LINE_FEED
    this.#log?.write(chunk, this.#onWritten)
    this.#output.write(chunk, this.#onWritten)
    if (this.queued <= HIGH_WATER) return true
    this.#drainOwed = true
    return false
  }

  pause(): void {
    this.#input.pause()
  }

  resume(): void {
    if (!this.#over && !this.#closing) this.#input.resume()
  }

  notify(): void {
    // Lines and settings have no place among the bytes; whoever shows them has the state tree.
  }

  close(reason: CloseReason, timeoutMs: number): Promise<number> {
    if (this.#over) return Promise.resolve(0)
    this.#closing ??= this.#beginClose(reason, timeoutMs)
    const { promise } = this.#closing
    if (this.queued === 0) this.#closing.finish()
    return promise
  }

  abort(reason: CloseReason): void {
    if (this.#closing) this.#closing.finish()
    else this.#finish(reason)
  }

  #beginClose(reason: CloseReason, timeoutMs: number): Closing {
    this.#linger?.dispose()
    this.#input.dispose()
    let finish = (): void => undefined
    const promise = new Promise<number>((resolve) => {
      finish = () => {
        timeout.dispose()
        const lost = this.queued
        this.#finish(reason)
        resolve(lost)
      }
    })
    const timeout = this.#clock.after(timeoutMs, () => finish())
    return { promise, finish }
  }

  #finish(reason: CloseReason): void {
    if (this.#over) return
    this.#over = true
    this.#linger?.dispose()
    this.#input.dispose()
    this.#output.off('close', this.#onOutputClose)
    this.#log = undefined
    this.#closed.fire(reason)
  }

  /** What the device answered last may still be on its way to the output; then it is not the end. */
  #armLinger(): void {
    if (!this.#inputEnded || this.#over || this.#closing) return
    this.#linger?.dispose()
    this.#linger = this.#clock.after(this.#lingerMs, () => {
      if (this.queued === 0) this.#finish(DONE)
    })
  }

  #onInputEnd(end: InputEnd): void {
    switch (end.type) {
      case 'left':
        this.#finish(
          end.unsent === 0
            ? DONE
            : { code: 'done', message: `left; the device did not take the last ${end.unsent} bytes typed` }
        )
        return
      case 'failed':
        this.#finish({ code: 'error', message: `The input failed: ${end.error.message}` })
        return
      case 'ended':
        this.#inputEnded = true
        this.#armLinger()
    }
  }

  readonly #onWritten = (): void => {
    if (this.#over) return
    if (this.#closing) {
      if (this.queued === 0) this.#closing.finish()
      return
    }
    this.#armLinger()
    if (!this.#drainOwed || this.queued > LOW_WATER) return
    this.#drainOwed = false
    this.#drain.fire(undefined)
  }

  /** Stays on the stream: an error that comes after our end must not end the whole process. */
  readonly #onOutputError = (error: Error & { readonly code?: string }): void => {
    // Whoever read our output has what it wanted (`| head`): no failure.
    const reason: CloseReason =
      error.code === 'EPIPE' ? DONE : { code: 'error', message: `The output failed: ${error.message}` }
    this.abort(reason)
  }

  readonly #onOutputClose = (): void => this.abort(DONE)

  readonly #onLogFailed = (error: Error): void => {
    if (!this.#log) return
    this.#log = undefined
    this.#onLogError(error)
    this.#onWritten()
  }
}
