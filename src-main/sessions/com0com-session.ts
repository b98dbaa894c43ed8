/**
 * A local program at its end of a com0com pair, as a Session: from when it opens its COM port until it closes it, the pair is gone, or the hub
 * ends it. Made by com0com-source.ts, which reads our end and tells everything in order: data, settings, lines and breaks.
 */
import type { Clock } from '../base/clock.ts'
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
import type { CommDevice } from '../os/win32/comm.ts'
import type { Notice, Request, Session } from './session.ts'

/** How often a closing session looks whether the driver has taken everything. */
const DRAIN_POLL_MS = 5

export interface Com0comSessionOptions {
  /** Our end. Read by the source alone. */
  readonly device: CommDevice
  readonly clock: Clock
  /** What the program had set before the session was there. */
  readonly begin: () => { readonly settings: LineWish; readonly lines: ControlWish }
  /** It takes what is to be heard again. */
  readonly resumed: () => void
  /** What the program shall find at its inputs. */
  readonly drive: (modem: ModemState) => void
  /** The far device sent a break. */
  readonly sendBreak: () => void
  /** Called once, after `onClose`. */
  readonly onEnded: () => void
}

export class Com0comSession implements Session {
  readonly who = { kind: 'program', label: 'a local program' } as const
  readonly #options: Com0comSessionOptions
  readonly #data = new Emitter<Uint8Array>()
  readonly #drain = new Emitter<void>()
  readonly #closes = new Emitter<CloseReason>()
  readonly #applies = new Emitter<Request<LineWish, LineSettings>>()
  readonly #controls = new Emitter<Request<ControlWish, ControlLines>>()
  readonly #drained: Disposable
  #begun = false
  #paused = true
  #ended = false
  #lost = 0
  #closing: Promise<number> | undefined
  #draining: { readonly resolve: (lost: number) => void; readonly timers: readonly Disposable[] } | undefined

  readonly onData: Event<Uint8Array> = this.#data.event
  readonly onDrain: Event<void> = this.#drain.event
  readonly onClose: Event<CloseReason> = this.#closes.event
  readonly onApply = this.#applies.event
  readonly onControl = this.#controls.event
  /** A break has a beginning and an end here, and comes by `onControl`. */
  readonly onBreak: Event<number> = never
  /** A driver empties its own buffers, and tells nobody. */
  readonly onPurge: Event<Purge> = never

  constructor(options: Com0comSessionOptions) {
    this.#options = options
    this.#drained = options.device.onDrain(() => this.#drain.fire())
  }

  get queued(): number {
    return this.#ended ? this.#lost : this.#options.device.queued
  }

  /** It is to hear nothing now: paused, or on its way out. */
  get isPaused(): boolean {
    return this.#paused
  }

  write(chunk: Uint8Array): boolean {
    if (this.#ended || this.#closing) return true
    return this.#options.device.write(chunk)
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    if (this.#ended || this.#closing) return
    this.#paused = false
    if (!this.#begun) {
      this.#begun = true
      const { settings, lines } = this.#options.begin()
      if (Object.keys(settings).length > 0) this.apply(settings)
      this.control(lines)
    }
    this.#options.resumed()
  }

  notify({ modem, line }: Notice): void {
    if (this.#ended) return
    if (modem) this.#options.drive(modem)
    if (line && line.break > 0) this.#options.sendBreak()
  }

  close(reason: CloseReason, timeoutMs: number): Promise<number> {
    if (this.#ended) return this.#closing ?? Promise.resolve(this.#lost)
    this.pause()
    this.#closing ??= new Promise((resolve) => {
      const { clock } = this.#options
      const look = (): void => {
        if (this.#undelivered() === 0) this.#end(reason)
      }
      const timers = [clock.every(DRAIN_POLL_MS, look), clock.after(timeoutMs, () => this.#end(reason))]
      this.#draining = { resolve, timers }
      look()
    })
    return this.#closing
  }

  abort(reason: CloseReason): void {
    this.#end(reason)
  }

  /** Of the program. The next three are called only while it is not paused. */
  hear(bytes: Uint8Array): void {
    this.#data.fire(bytes)
  }

  /** Nobody can tell a program on Windows what became of its settings. */
  apply(wish: LineWish): void {
    this.#applies.fire({ wish, answer: () => undefined })
  }

  control(wish: ControlWish): void {
    this.#controls.fire({ wish, answer: () => undefined })
  }

  /** The program closed its port, or the pair is gone; all that it wrote was handed on. */
  left(reason: CloseReason): void {
    this.#end(reason)
  }

  #undelivered(): number {
    const { device } = this.#options
    return device.queued + device.unsent
  }

  #end(reason: CloseReason): void {
    if (this.#ended) return
    const { device, onEnded } = this.#options
    this.#lost = this.#undelivered()
    // What no program took would be the first that the next one reads.
    if (this.#lost > 0) device.purge('transmit')
    this.#ended = true
    this.#paused = true
    this.#drained.dispose()
    this.#draining?.timers.forEach((timer) => timer.dispose())
    this.#closes.fire(reason)
    this.#draining?.resolve(this.#lost)
    onEnded()
  }
}
