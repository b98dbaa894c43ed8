/**
 * A local program at our USB serial adapter, as a Session: from when it opens the port until it closes it, the adapter is unplugged, or the hub
 * ends it. Made by usbip-source.ts. What a PTY cannot carry comes here: parity, data bits, DTR, RTS and breaks, in order with the data as the
 * driver sends them.
 */
import type { Clock } from '../base/clock.ts'
import { HIGH_WATER, LOW_WATER } from '../base/duplex.ts'
import type { Disposable, Event } from '../base/event.ts'
import { Emitter, never } from '../base/event.ts'
import type { CloseReason } from '../contract/close.ts'
import type {
  ControlLines,
  ControlWish,
  LineSettings,
  LineWish,
  ModemState,
  Purge
} from '../contract/line.ts'
import { NO_LINE_ERRORS, UNKNOWN_MODEM_STATE } from '../contract/line.ts'
import type { AdapterEvent, UsbipAdapter } from '../protocol/usbip-adapter.ts'
import type { Notice, Request, Session } from './session.ts'

const PROGRAM_LEFT: CloseReason = { code: 'done', message: 'the local program closed the port' }

/**
 * What a program does with DTR, RTS and breaks waits so long for the far port to open: a reset by DTR right behind the open would get nowhere.
 * Linux's driver waits 5 s for an answer.
 */
export const OPENING_MS = 3000

/** Of the program that has the port open. */
export type ProgramEvent = Extract<AdapterEvent, { type: 'data' | 'settings' | 'lines' | 'break' }>

export interface UsbipSessionOptions {
  readonly adapter: UsbipAdapter
  readonly clock: Clock
  /** What the program set before the session was there: the driver says what is new alone. */
  readonly begin: () => { readonly settings: LineWish; readonly lines: ControlWish }
  /** What the adapter answers goes out. */
  readonly send: (events: readonly AdapterEvent[]) => void
  /** Called once, after `onClose`. */
  readonly onEnded: () => void
}

export class UsbipSession implements Session {
  readonly who = { kind: 'program', label: 'a local program' } as const
  readonly #options: UsbipSessionOptions
  readonly #data = new Emitter<Uint8Array>()
  readonly #drain = new Emitter<void>()
  readonly #closes = new Emitter<CloseReason>()
  readonly #applies = new Emitter<Request<LineWish, LineSettings>>()
  readonly #controls = new Emitter<Request<ControlWish, ControlLines>>()
  readonly #breaks = new Emitter<number>()
  #modem: ModemState = UNKNOWN_MODEM_STATE
  #begun = false
  #paused = true
  /** What the driver was told is taken, and came while nobody heard: some transfers at the most. */
  readonly #pending: Uint8Array[] = []
  /** The program left; what it wrote before is handed on first. */
  #leaving: CloseReason | undefined
  #congested = false
  #ended = false
  #lost = 0
  #closing: Promise<number> | undefined
  #closed:
    | { readonly resolve: (lost: number) => void; readonly timer: Disposable; readonly reason: CloseReason }
    | undefined

  readonly onData: Event<Uint8Array> = this.#data.event
  readonly onDrain: Event<void> = this.#drain.event
  readonly onClose: Event<CloseReason> = this.#closes.event
  readonly onApply = this.#applies.event
  readonly onControl = this.#controls.event
  readonly onBreak = this.#breaks.event
  /** A driver empties its own buffers, and tells nobody. */
  readonly onPurge: Event<Purge> = never

  /** Ends the wait for the far port; undefined: it is not waited for. */
  #opening: Disposable | undefined

  constructor(options: UsbipSessionOptions) {
    this.#options = options
    options.send(options.adapter.heed(false))
    this.#opening = options.clock.after(OPENING_MS, () => this.#heed())
  }

  get queued(): number {
    return this.#ended ? this.#lost : this.#options.adapter.queued
  }

  get isPaused(): boolean {
    return this.#paused
  }

  write(chunk: Uint8Array): boolean {
    if (this.#ended || this.#closing) return true
    this.#options.send(this.#options.adapter.send(chunk))
    if (this.queued > HIGH_WATER) this.#congested = true
    return !this.#congested
  }

  pause(): void {
    this.#paused = true
    if (!this.#ended) this.#options.send(this.#options.adapter.take(false))
  }

  resume(): void {
    if (this.#ended || this.#closing) return
    this.#paused = false
    if (!this.#begun) {
      this.#begun = true
      const { settings, lines } = this.#options.begin()
      this.#apply(settings)
      if (Object.keys(lines).length > 0) this.#control(lines)
    }
    this.#flush()
    if (!this.isPaused) this.#options.send(this.#options.adapter.take(true))
  }

  notify({ modem, line, settings }: Notice): void {
    if (this.#ended) return
    const { adapter, send } = this.#options
    if (settings) {
      adapter.settle(settings)
      this.#heed()
    }
    if (modem) this.#modem = modem
    if (!modem && !line) return
    const { dcd, dsr, ri } = this.#modem
    const errors = line ?? NO_LINE_ERRORS
    send(
      adapter.notify({
        // A driver knows no "unknown": what nobody drives is off.
        dcd: dcd === true,
        dsr: dsr === true,
        ri: ri === true,
        break: errors.break > 0,
        framing: errors.framing > 0,
        parity: errors.parity > 0,
        overrun: errors.overrun > 0
      })
    )
  }

  close(reason: CloseReason, timeoutMs: number): Promise<number> {
    if (this.#ended) return this.#closing ?? Promise.resolve(0)
    this.pause()
    this.#closing ??= new Promise((resolve) => {
      const timer = this.#options.clock.after(timeoutMs, () => this.#end(reason))
      this.#closed = { resolve, timer, reason }
      this.fetched()
    })
    return this.#closing
  }

  abort(reason: CloseReason): void {
    this.#end(reason)
  }

  /** Of the driver, in order. */
  hear(event: ProgramEvent): void {
    if (this.#ended) return
    switch (event.type) {
      case 'data':
        this.#pending.push(event.bytes)
        this.#flush()
        return
      // Before it begins nobody hears; then all of it is told at once.
      case 'settings':
        if (this.#begun) this.#apply(event.wish)
        return
      case 'lines':
        if (this.#begun) this.#control(event.wish)
        return
      case 'break':
        this.#breaks.fire(event.durationMs)
    }
  }

  /** The driver took something. */
  fetched(): void {
    if (this.#ended) return
    const { queued } = this
    if (this.#closed && queued === 0) this.#end(this.#closed.reason)
    else if (this.#congested && queued <= LOW_WATER) {
      this.#congested = false
      this.#drain.fire()
    }
  }

  /** The program closed it, or the adapter is unplugged. */
  left(reason = PROGRAM_LEFT): void {
    if (this.#ended) return
    this.#leaving = reason
    this.#flush()
  }

  #flush(): void {
    while (!this.isPaused && !this.#ended) {
      const bytes = this.#pending.shift()
      if (!bytes) break
      this.#data.fire(bytes)
    }
    // A session that is closed reads nothing any more.
    if (this.#leaving && (this.#pending.length === 0 || this.#closing)) this.#end(this.#leaving)
  }

  /** The far port is open, or was not in time: then what it is not told now it is told at its opening. */
  #heed(): void {
    if (!this.#opening) return
    this.#opening.dispose()
    this.#opening = undefined
    this.#options.send(this.#options.adapter.heed(true))
  }

  #apply(wish: LineWish): void {
    this.#applies.fire({ wish, answer: (actual) => this.#options.adapter.settle(actual) })
  }

  /** CDC-ACM has no answer to it. */
  #control(wish: ControlWish): void {
    this.#controls.fire({ wish, answer: () => undefined })
  }

  #end(reason: CloseReason): void {
    if (this.#ended) return
    this.#ended = true
    // The driver waits for none that is not there.
    this.#heed()
    this.#options.send(this.#options.adapter.take(false))
    // Nobody reads it any more, and the next program shall not.
    this.#lost = this.#options.adapter.forget()
    this.#closed?.timer.dispose()
    this.#closes.fire(reason)
    this.#closed?.resolve(this.#lost)
    this.#options.onEnded()
  }
}
