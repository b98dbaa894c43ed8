/**
 * A capture that is sent again, as a Session: it writes as fast as it is let, and asks for settings and lines where it is told to; what
 * the device answers is for the recording. Called by core/recording; knows no file.
 */
import { Emitter, never } from '../base/event.ts'
import { DONE, type CloseReason } from '../contract/close.ts'
import { Fault } from '../contract/faults.ts'
import type { ControlLines, ControlWish, LineSettings, LineWish } from '../contract/line.ts'
import type { Request, Session, SessionIdentity } from './session.ts'

export class ReplaySession implements Session {
  readonly who: SessionIdentity = { kind: 'program', label: 'this computer (replay)' }
  readonly #data = new Emitter<Uint8Array>()
  readonly #applies = new Emitter<Request<LineWish, LineSettings>>()
  readonly #controls = new Emitter<Request<ControlWish, ControlLines>>()
  readonly #breaks = new Emitter<number>()
  readonly #closed = new Emitter<CloseReason>()
  readonly onData = this.#data.event
  readonly onDrain = never
  readonly onApply = this.#applies.event
  readonly onControl = this.#controls.event
  readonly onBreak = this.#breaks.event
  readonly onPurge = never
  readonly onClose = this.#closed.event
  readonly queued = 0
  #isPaused = true
  #over: CloseReason | undefined
  #wake: () => void = () => undefined

  write(): boolean {
    return true
  }

  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    this.#isPaused = false
    this.#wake()
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
    this.#over = reason
    this.#wake()
    this.#closed.fire(reason)
  }

  // What it replays.

  /** Resolves when they were handed on; the bytes must stay as they are. Rejects with `peer-closed` when the session is over. One call at a time. */
  async send(bytes: Uint8Array): Promise<void> {
    while (this.#isPaused && !this.#over) await new Promise<void>((resolve) => (this.#wake = resolve))
    this.#refuseOver()
    this.#data.fire(bytes)
  }

  /** Resolves with what the device really took. */
  apply(wish: LineWish): Promise<LineSettings> {
    this.#refuseOver()
    return new Promise((answer) => this.#applies.fire({ wish, answer }))
  }

  control(wish: ControlWish): Promise<ControlLines> {
    this.#refuseOver()
    return new Promise((answer) => this.#controls.fire({ wish, answer }))
  }

  sendBreak(durationMs: number): void {
    this.#refuseOver()
    this.#breaks.fire(durationMs)
  }

  /** It has sent everything, or shall send no more: what was handed on goes to the device. Repeated calls are safe. */
  leave(): void {
    this.abort(DONE)
  }

  #refuseOver(): void {
    if (this.#over)
      throw new Fault('peer-closed', `The replay was ended: ${this.#over.message}. Start it again to go on.`)
  }
}
