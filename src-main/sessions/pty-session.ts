/**
 * A local program on a PTY, as a Session: from when it opens the slave until the last program closed it, or until the hub
 * ends it. Made by pty-source.ts, which tells it when the program left. Settings come in the order in which the kernel gives
 * them: before all data that waits, as a PTY has no place in the data for them.
 *
 * STOP and START (tcflow) need nothing from us: the kernel itself holds the program's output back.
 */
import type { Clock } from '../base/clock.ts'
import { HIGH_WATER, LOW_WATER } from '../base/duplex.ts'
import type { Disposable, Event } from '../base/event.ts'
import { Emitter, never } from '../base/event.ts'
import type { CloseReason } from '../contract/close.ts'
import type { ControlLines, ControlWish, LineSettings, LineWish, Purge } from '../contract/line.ts'
import type { Pty } from '../os/pty.ts'
import { TIOCPKT_FLUSHREAD, TIOCPKT_FLUSHWRITE, TIOCPKT_IOCTL } from '../os/pty.ts'
import type { PtyStream } from '../os/pty-stream.ts'
import type { ProgramWish, PtyDialogue } from './pty-dialogue.ts'
import type { Notice, Request, Session } from './session.ts'

const PROGRAM_LEFT: CloseReason = { code: 'done', message: 'the local program closed the port' }

/** How often a closing session looks whether the program has read everything. */
const DRAIN_POLL_MS = 5

export interface PtySessionOptions {
  readonly pty: Pty
  readonly dialogue: PtyDialogue
  readonly clock: Clock
  /** The PTY goes with this session: what the program has not read by then it will never read. */
  readonly isLast: () => boolean
  /**
   * It is over. `left`: the program closed it and all that it wrote was handed on; `silent`: nothing passed
   * either way. Called once, after `onClose`.
   */
  readonly onEnded: (left: boolean, silent: boolean) => void
}

export class PtySession implements Session {
  readonly who = { kind: 'program', label: 'a local program' } as const
  readonly #pty: Pty
  readonly #dialogue: PtyDialogue
  readonly #clock: Clock
  readonly #options: PtySessionOptions
  readonly #data = new Emitter<Uint8Array>()
  readonly #drain = new Emitter<void>()
  readonly #closes = new Emitter<CloseReason>()
  readonly #applies = new Emitter<Request<LineWish, LineSettings>>()
  readonly #controls = new Emitter<Request<ControlWish, ControlLines>>()
  readonly #purges = new Emitter<Purge>()
  /** Undefined once the program left: what it wrote is read without, and nothing is written any more. */
  #stream: PtyStream | undefined
  /** The program's wishes of before this session were passed on, if there were any. */
  #begun = false
  #paused = true
  #congested = false
  /** Flags that were taken while writing settings, to be handled in their turn. */
  #flags = 0
  /** Nothing passed either way so far. */
  #silent = true
  #lost = 0
  #ended = false
  #closing: Promise<number> | undefined
  #draining: { resolve: (lost: number) => void; timers: readonly Disposable[] } | undefined

  readonly onData: Event<Uint8Array> = this.#data.event
  readonly onDrain: Event<void> = this.#drain.event
  readonly onClose: Event<CloseReason> = this.#closes.event
  readonly onApply = this.#applies.event
  readonly onControl = this.#controls.event
  readonly onPurge = this.#purges.event
  /** The kernel drops a break on a PTY. */
  readonly onBreak: Event<number> = never

  constructor(options: PtySessionOptions) {
    this.#options = options
    this.#pty = options.pty
    this.#dialogue = options.dialogue
    this.#clock = options.clock
    if (this.#pty.presence().open) this.#openStream()
  }

  get queued(): number {
    return this.#ended ? this.#lost : (this.#stream?.queued ?? 0)
  }

  write(chunk: Uint8Array): boolean {
    if (this.#ended || this.#closing || chunk.length === 0) return true
    if (!this.#stream) {
      // The kernel would take it, and give it to the next program.
      this.#lost += chunk.length
      return true
    }
    this.#silent = false
    this.#stream.write(chunk)
    if (this.queued > HIGH_WATER) this.#congested = true
    return !this.#congested
  }

  pause(): void {
    this.#paused = true
    this.#stream?.pause()
  }

  resume(): void {
    if (this.#ended || this.#closing) return
    this.#paused = false
    if (!this.#begun) {
      this.#begun = true
      this.#pass(this.#dialogue.repeat())
    }
    this.#handleFlags()
    if (this.#stream) this.#stream.resume()
    else this.#readRest()
  }

  notify({ capabilities, settings }: Notice): void {
    if (this.#ended) return
    if (capabilities) this.#dialogue.farCan(capabilities)
    if (settings) this.#takeFlags(this.#dialogue.farSays(settings))
  }

  close(reason: CloseReason, timeoutMs: number): Promise<number> {
    if (this.#ended) return this.#closing ?? Promise.resolve(0)
    this.#closing ??= new Promise((resolve) => {
      this.pause()
      const look = (): void => {
        if (this.#stream && (this.#stream.queued > 0 || this.#pty.unread() > 0)) return
        this.#end(reason, false)
      }
      const giveUp = (): void => {
        this.#end(reason, false)
      }
      const timers = [this.#clock.every(DRAIN_POLL_MS, look), this.#clock.after(timeoutMs, giveUp)]
      this.#draining = { resolve, timers }
      look()
    })
    return this.#closing
  }

  abort(reason: CloseReason): void {
    this.#end(reason, false)
  }

  /** The last program closed the slave. What it wrote before is still handed on, then the session closes. */
  programLeft(): void {
    if (this.#ended || !this.#stream) return
    this.#lost += this.#stream.queued
    this.#closeStream()
    if (this.#draining) {
      this.#end(PROGRAM_LEFT, false)
      return
    }
    this.#drained()
    if (!this.#paused) this.#readRest()
  }

  #openStream(): void {
    this.#stream = this.#pty.stream({
      packet: (flags, data) => this.#packet(flags, data),
      written: () => this.#drained(),
      ended: () => this.programLeft()
    })
  }

  #closeStream(): void {
    this.#stream?.stop()
    this.#stream = undefined
  }

  /** What the stream left in the kernel, up to the point where the program closed; then the end. */
  #readRest(): void {
    while (!this.#paused && !this.#ended) {
      const packet = this.#pty.read()
      if (packet === 'left') {
        this.#end(PROGRAM_LEFT, true)
        return
      }
      if (packet === 'empty') {
        // Another program opened it already: this session goes on with that one.
        this.#openStream()
        this.#stream?.resume()
        return
      }
      this.#packet(packet[0] ?? 0, packet.subarray(1))
    }
  }

  #packet(flags: number, data: Uint8Array): void {
    if (this.#ended) return
    this.#flags |= flags
    this.#handleFlags()
    if (data.length === 0) return
    this.#silent = false
    this.#data.fire(data)
  }

  /** Flags that came out of turn: handled before the next data, which is now where none waits for a paused session. */
  #takeFlags(flags: number): void {
    this.#flags |= flags
    if (flags !== 0 && !this.#paused) {
      // Not at once: the hub is in the midst of telling us something.
      queueMicrotask(() => {
        if (!this.#paused && !this.#ended) this.#handleFlags()
      })
    }
  }

  #handleFlags(): void {
    while (this.#flags !== 0) {
      const flags = this.#flags
      this.#flags = 0
      // tcsetattr with TCSAFLUSH discards first, then sets.
      this.#purge(flags)
      if (flags & TIOCPKT_IOCTL) {
        this.#hear()
        this.#keepListening()
      }
    }
  }

  #hear(): void {
    if (!this.#ended) this.#pass(this.#dialogue.listen())
  }

  #keepListening(): void {
    if (!this.#ended) this.#flags |= this.#dialogue.keepListening()
  }

  #purge(flags: number): void {
    const receive = (flags & TIOCPKT_FLUSHREAD) !== 0
    const transmit = (flags & TIOCPKT_FLUSHWRITE) !== 0
    if (receive) {
      // What waits was there before the program asked, or came before anything that it wrote since went out.
      this.#flags |= this.#pty.discardInput()
      if (this.queued > 0) this.#renewStream()
    }
    if (receive || transmit)
      this.#purges.fire(receive && transmit ? 'both' : receive ? 'receive' : 'transmit')
  }

  /** libuv cannot drop what it was given, so what is queued goes with its stream. */
  #renewStream(): void {
    this.#closeStream()
    this.#openStream()
    if (!this.#paused) this.#stream?.resume()
    this.#drained()
  }

  #pass({ number = 0, settings, dtr }: ProgramWish): void {
    if (settings) {
      this.#applies.fire({
        wish: settings,
        answer: (actual) => {
          if (!this.#ended) this.#takeFlags(this.#dialogue.farAnswers(number, actual))
        }
      })
    }
    // Nobody can tell a program on a PTY what became of its DTR.
    if (dtr !== undefined) this.#controls.fire({ wish: { dtr }, answer: () => undefined })
  }

  #drained(): void {
    if (!this.#congested || this.queued > LOW_WATER || this.#ended) return
    this.#congested = false
    this.#drain.fire()
  }

  #end(reason: CloseReason, left: boolean): void {
    if (this.#ended) return
    const there = this.#stream !== undefined
    this.#lost += this.#stream?.queued ?? 0
    if (there && this.#options.isLast()) this.#lost += this.#pty.unread()
    this.#closeStream()
    this.#ended = true
    this.#draining?.timers.forEach((timer) => {
      timer.dispose()
    })
    this.#closes.fire(reason)
    this.#draining?.resolve(this.#lost)
    this.#options.onEnded(left, this.#silent)
  }
}
