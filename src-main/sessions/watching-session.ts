/**
 * One who only watches a port from here: it takes what the device says and lets it go, for the recording has it, and never writes or asks
 * for anything. Called by core; where it is, its port is open.
 */
import { Emitter, never } from '../base/event.ts'
import { DONE, type CloseReason } from '../contract/close.ts'
import type { Session, SessionIdentity } from './session.ts'

export class WatchingSession implements Session {
  readonly who: SessionIdentity = { kind: 'program', label: 'this computer (monitor)' }
  readonly onData = never
  readonly onDrain = never
  readonly onApply = never
  readonly onControl = never
  readonly onBreak = never
  readonly onPurge = never
  readonly #closed = new Emitter<CloseReason>()
  readonly onClose = this.#closed.event
  readonly queued = 0
  #over = false

  write(): boolean {
    return true
  }

  pause(): void {
    // It sends nothing.
  }

  resume(): void {
    // It sends nothing.
  }

  notify(): void {
    // The recording has it.
  }

  close(reason: CloseReason): Promise<number> {
    this.abort(reason)
    return Promise.resolve(0)
  }

  abort(reason: CloseReason): void {
    if (this.#over) return
    this.#over = true
    this.#closed.fire(reason)
  }

  /** It watches no more. Repeated calls are safe. */
  leave(): void {
    this.abort(DONE)
  }
}
