/**
 * A virtual serial port that is a USB adapter to its system: a CDC-ACM device by USB/IP, and a Session each time a local program opens it.
 * Called by core, which hands it to a link. The adapter stays plugged in while programs come and go; how it is plugged in (vhci-hcd on Linux,
 * usbip-win2 on Windows) is the business of who makes the wire.
 *
 * A session that the hub closes leaves the program there: it gets a new one after 0.5 s, then 1 s, … up to 10 s, as at a PTY.
 */
import { Backoff } from '../base/backoff.ts'
import { type Clock, systemClock } from '../base/clock.ts'
import type { Disposable, Event } from '../base/event.ts'
import { Emitter } from '../base/event.ts'
import type { Duplex } from '../base/duplex.ts'
import type { CloseReason } from '../contract/close.ts'
import type { ControlWish, LineSettings, LineWish } from '../contract/line.ts'
import { Fault } from '../contract/faults.ts'
import { type AdapterEvent, UsbipAdapter } from '../protocol/usbip-adapter.ts'
import type { UsbTexts } from '../protocol/usb-descriptors.ts'
import type { Session, SessionSource } from './session.ts'
import { UsbipSession } from './usbip-session.ts'

/** A session that lived so long was no failed try. */
const HEALTHY_MS = 10_000

const NOBODY_SERVES: CloseReason = { code: 'refused', message: 'nobody serves this port' }
const UNPLUGGED: CloseReason = { code: 'done', message: 'the USB adapter was unplugged' }

export interface UsbipOptions {
  /** Where programs find it: `/dev/farport/gps`, `COM7`. Often not known before the system has read what is plugged in (`named`). */
  readonly address: string
  /** To the system that has the adapter; it is resumed here. */
  readonly wire: Duplex
  /** By which it is imported. Absent: whoever has the other end was told what it is, and sends transfers at once. */
  readonly busId?: string
  readonly texts: UsbTexts
  readonly settings: LineSettings
  /** Behind the end of the wire: resolves when programs cannot find it any more. Never rejects. */
  readonly gone?: () => Promise<void>
  readonly clock?: Clock
}

export class UsbipSource implements SessionSource {
  #address: string
  readonly #wire: Duplex
  readonly #gone: () => Promise<void>
  readonly #adapter: UsbipAdapter
  readonly #clock: Clock
  readonly #sessions = new Emitter<Session>()
  readonly #faults = new Emitter<Fault>()
  readonly #backoff = new Backoff()
  #session: UsbipSession | undefined
  #isOpen = false
  #begunMs = 0
  #again: Disposable | undefined
  #settings: LineWish = {}
  #lines: ControlWish = {}
  #isClosed = false

  readonly onSession: Event<Session> = this.#sessions.event
  /** It is unplugged, and not by us. */
  readonly onFault: Event<Fault> = this.#faults.event

  constructor(options: UsbipOptions) {
    const { address, wire, busId, texts, settings, gone, clock = systemClock } = options
    this.#address = address
    this.#wire = wire
    this.#gone = gone ?? ((): Promise<void> => Promise.resolve())
    this.#clock = clock
    this.#adapter = new UsbipAdapter(busId ?? 'port', texts, settings)
    if (busId === undefined) this.#adapter.attached()
    wire.onData((chunk) => this.#take(this.#adapter.receive(chunk)))
    wire.onClose((reason) => this.#unplugged(reason))
    wire.resume()
  }

  get address(): string {
    return this.#address
  }

  /** The system has found a name for it. */
  named(address: string): void {
    this.#address = address
  }

  /** Unplugs it: a program that is there sees its port go. */
  async close(reason: CloseReason): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#again?.dispose()
    this.#session?.left(reason)
    await this.#wire.close(reason, 0)
    await this.#gone()
  }

  #take(events: readonly AdapterEvent[]): void {
    for (const event of events) {
      switch (event.type) {
        case 'send':
          this.#wire.write(event.bytes)
          break
        case 'settings':
          this.#settings = { ...this.#settings, ...event.wish }
          this.#session?.hear(event)
          break
        case 'lines':
          // Lines that are off before anybody opens it are nobody's wish: at the far port that would be a pulse.
          if (this.#isOpen || Object.values(event.wish).includes(true))
            this.#lines = { ...this.#lines, ...event.wish }
          this.#session?.hear(event)
          break
        case 'data':
        case 'break':
          this.#session?.hear(event)
          break
        case 'opened':
          this.#isOpen = true
          this.#begin()
          break
        case 'closed':
          this.#isOpen = false
          // The next program says itself what it wants of them; a driver lowers both at the close.
          this.#lines = {}
          this.#again?.dispose()
          this.#backoff.reset()
          this.#session?.left()
          break
        case 'end':
          void this.#wire.close(UNPLUGGED, 1000)
          break
        case 'violation':
          this.#faults.fire(
            new Fault('device-io', `The USB driver of this system said what USB/IP has not: ${event.what}.`)
          )
          break
        case 'imported':
        case 'configured':
          break
      }
    }
    this.#session?.fetched()
  }

  #begin(): void {
    if (this.#session || this.#isClosed || !this.#isOpen) return
    this.#begunMs = this.#clock.nowMs()
    this.#session = new UsbipSession({
      adapter: this.#adapter,
      clock: this.#clock,
      begin: () => ({ settings: this.#settings, lines: this.#lines }),
      send: (events) => this.#take(events),
      onEnded: () => this.#ended()
    })
    if (this.#sessions.hasListeners) this.#sessions.fire(this.#session)
    else this.#session.abort(NOBODY_SERVES)
  }

  #ended(): void {
    this.#session = undefined
    if (this.#isClosed || !this.#isOpen) return
    if (this.#clock.nowMs() - this.#begunMs > HEALTHY_MS) this.#backoff.reset()
    this.#again = this.#clock.after(this.#backoff.next(), () => this.#begin())
  }

  #unplugged(reason: CloseReason): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#again?.dispose()
    this.#session?.left(UNPLUGGED)
    this.#faults.fire(
      new Fault('device-io', `The USB adapter ${this.address} was unplugged here: ${reason.message}.`)
    )
  }
}
