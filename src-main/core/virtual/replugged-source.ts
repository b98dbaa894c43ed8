/**
 * A USB adapter that is plugged in again when it was unplugged, by somebody else or by its driver: to the link it is one source of sessions all the
 * while. Called by usbip-windows.ts, which knows how it is plugged in.
 */
import { Backoff } from '../../base/backoff.ts'
import type { Clock } from '../../base/clock.ts'
import { type Disposable, Emitter, type Event } from '../../base/event.ts'
import { type CloseReason, DONE } from '../../contract/close.ts'
import { type Fault, toFault } from '../../contract/faults.ts'
import type { Session, SessionSource } from '../../sessions/session.ts'

/** An adapter that is plugged in. */
export interface Plugged {
  readonly source: SessionSource
  /** Resolves, once, when it is unplugged and not by `unplug`; never rejects. */
  readonly gone: Promise<Fault>
  /** Takes it out, also where it is gone already; never rejects. Idempotent. */
  unplug(reason: CloseReason): Promise<void>
}

export class RepluggedSource implements SessionSource {
  readonly address: string
  readonly #plug: () => Promise<Plugged>
  readonly #clock: Clock
  readonly #sessions = new Emitter<Session>()
  readonly #faults = new Emitter<Fault>()
  readonly #backoff = new Backoff()
  #plugged: Plugged | undefined
  #plugging: Promise<void> | undefined
  #again: Disposable | undefined
  /** A cause is told once. */
  #told: string | undefined
  #closed: Promise<void> | undefined

  readonly onSession: Event<Session> = this.#sessions.event
  readonly onFault: Event<Fault> = this.#faults.event

  /** `first`: plugged in already; `plug` rejects where that fails, and then nothing is left behind. */
  constructor(address: string, first: Plugged, plug: () => Promise<Plugged>, clock: Clock) {
    this.address = address
    this.#plug = plug
    this.#clock = clock
    this.#serve(first)
  }

  retry(): void {
    if (!this.#again) return
    this.#again.dispose()
    this.#begin()
  }

  close(reason: CloseReason): Promise<void> {
    this.#closed ??= this.#end(reason)
    return this.#closed
  }

  #serve(plugged: Plugged): void {
    this.#plugged = plugged
    const { source } = plugged
    source.onSession((session) => {
      this.#told = undefined
      this.#backoff.reset()
      if (this.#sessions.hasListeners) this.#sessions.fire(session)
      else session.abort({ code: 'refused', message: 'nobody serves this port' })
    })
    void plugged.gone.then(async (fault) => {
      if (this.#closed) return
      this.#plugged = undefined
      this.#tell(fault)
      this.#wait()
      await plugged.unplug(DONE)
    })
  }

  #tell(fault: Fault): void {
    if (fault.message === this.#told) return
    this.#told = fault.message
    this.#faults.fire(fault)
  }

  #wait(): void {
    this.#again = this.#clock.after(this.#backoff.next(), () => this.#begin())
  }

  #begin(): void {
    this.#again = undefined
    this.#plugging = this.#plug().then(
      (plugged) => {
        this.#plugging = undefined
        if (this.#closed) return plugged.unplug(DONE)
        this.#serve(plugged)
        return undefined
      },
      (error: unknown) => {
        this.#plugging = undefined
        if (this.#closed) return
        this.#tell(toFault(error))
        this.#wait()
      }
    )
  }

  async #end(reason: CloseReason): Promise<void> {
    this.#again?.dispose()
    await this.#plugging
    await this.#plugged?.unplug(reason)
  }
}
